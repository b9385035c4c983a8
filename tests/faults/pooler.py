"""A PgBouncer before a local cluster, by the installed program; in transaction mode, with fewer connections than callers."""

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.embedded import Servers
from tests.far_side import free_port
from tests.scratch import scratch

PROGRAM = shutil.which("pgbouncer")
SERVER_CONNECTIONS = 4
"""Fewer than one process of ours has in its pool, so that they change hands."""
_SETTINGS = """
[databases]
{database} = host={socket} port=5432 dbname={database}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
auth_type = trust
auth_file = {users}
pool_mode = {mode}
default_pool_size = {size}
max_client_conn = 300
logfile = {log}
pidfile =
unix_socket_dir =
"""


@dataclass
class Pooler:
    """It listens on loopback."""

    port: int
    database: str
    log: Path

    def url(self, role: str = "ddt_app") -> str:
        """As `Servers.database_url`."""
        return f"postgresql://{role}@127.0.0.1:{self.port}/{self.database}"


@contextlib.contextmanager
def pooler(servers: Servers, *, database: str = "diandian", mode: str = "transaction") -> Iterator[Pooler]:
    """One that runs as the cluster's own account, which alone may use its socket; ended with the block."""
    assert PROGRAM is not None
    owner = (servers.home / "postgres").stat()
    account = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    with scratch("pooler") as folder:
        folder.chmod(0o711)
        port, users, log, settings = free_port(), folder / "users", folder / "log", folder / "pgbouncer.ini"
        users.write_text('"ddt_app" ""\n"ddt_owner" ""\n')
        log.touch()
        told = {
            "database": database,
            "socket": servers.socket_dir,
            "port": port,
            "users": users,
            "mode": mode,
            "log": log,
        }
        settings.write_text(_SETTINGS.format(**told, size=SERVER_CONNECTIONS))
        for own in (users, log, settings):
            os.chown(own, owner.st_uid, owner.st_gid)
        process = subprocess.Popen([PROGRAM, "-q", settings], cwd="/", **account)
        try:
            deadline = time.monotonic() + 10
            while "process up" not in log.read_text():
                assert process.poll() is None and time.monotonic() < deadline, log.read_text()
                time.sleep(0.02)
            yield Pooler(port, database, log)
        finally:
            process.kill()
            process.wait(5)
