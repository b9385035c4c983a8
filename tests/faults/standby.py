"""A second local cluster that follows the first, and can be made the one."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from app.embedded import Servers
from tests.scratch import scratch
from tests.stack import eventually


@dataclass
class Standby:
    """It follows; `promote` lets it lead."""

    run: Path
    """Its socket's folder."""
    process: subprocess.Popen[bytes]
    log: Path

    def url(self, role: str) -> str:
        """As `Servers.database_url`."""
        return f"postgresql://{role}@/diandian?host={self.run}"

    async def promote(self) -> None:
        """Let it lead; returns when it takes writes."""
        connection = await asyncpg.connect(self.url("postgres"))
        try:
            assert await connection.fetchval("SELECT pg_promote(wait_seconds => 60)"), self.log.read_text()[-2000:]
        finally:
            await connection.close()


@contextlib.contextmanager
def standby(servers: Servers) -> Iterator[Standby]:
    """A copy of the running cluster that streams from it, as the same account; ended and gone with the block."""
    assert servers.postgres_pid is not None
    programs = Path(f"/proc/{servers.postgres_pid}/exe").readlink().parent
    owner = (servers.home / "postgres").stat()
    account = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    with scratch("standby") as folder, tempfile.TemporaryDirectory(prefix="dd-") as run:
        folder.chmod(0o711)
        data, log = folder / "postgres", folder / "postgres.log"
        data.mkdir(mode=0o700)
        Path(run).chmod(0o700)
        for own in (data, Path(run)):
            os.chown(own, owner.st_uid, owner.st_gid)
        subprocess.run(
            [programs / "pg_basebackup", "-D", data, "-h", servers.socket_dir, "-U", "postgres", "-R", "-X", "stream",
             "--checkpoint=fast", "--no-sync"],
            check=True, capture_output=True, cwd="/", timeout=60, **account,
        )  # fmt: skip
        with log.open("wb") as said:
            process = subprocess.Popen(
                [programs / "postgres", "-D", data, "-k", run, "-c", "listen_addresses=", "-c", "timezone=UTC"],
                stdout=said, stderr=said, cwd="/", **account,
            )  # fmt: skip
        try:
            yield Standby(Path(run), process, log)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)
            shutil.rmtree(data, ignore_errors=True)


async def is_followed(servers: Servers, *, synchronous: bool) -> None:
    """Wait until the cluster says that somebody follows it, synchronously or not."""
    connection = await asyncpg.connect(servers.database_url("postgres"))
    try:
        if synchronous:
            await connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            await connection.execute("SELECT pg_reload_conf()")
        wanted = {"sync", "quorum"} if synchronous else {"async", "sync", "quorum"}

        async def follows() -> bool:
            rows = await connection.fetch("SELECT state, sync_state FROM pg_stat_replication")
            return any(row["state"] == "streaming" and row["sync_state"] in wanted for row in rows)

        await eventually(follows, 30, "nobody follows")
    finally:
        await connection.close()


async def cut_off(servers: Servers) -> None:
    """Nothing more is sent to whoever follows: the processes that send are stopped, and only a kill ends them."""
    connection = await asyncpg.connect(servers.database_url("postgres"))
    try:
        senders = [row["pid"] for row in await connection.fetch("SELECT pid FROM pg_stat_replication")]
        assert senders, "nobody follows"
        for pid in senders:
            os.kill(pid, signal.SIGSTOP)
    finally:
        await connection.close()
