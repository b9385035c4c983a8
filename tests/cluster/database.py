"""PostgreSQL servers of the cluster: a primary, a standby that streams from it, and one that is restored from an archive."""

import contextlib
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Final

import asyncpg

from app.embedded import processes
from app.embedded.postgres import _ROLES
from tests.cluster import programs
from tests.cluster.programs import Programs
from tests.stack import eventually

_SETTINGS: Final = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "wal_level": "replica",
    "wal_keep_size": "512MB",
    "hot_standby_feedback": "on",
}


class Server:
    """One server in a folder of its own, on a private socket."""

    def __init__(self, folder: Path, name: str, found: Programs) -> None:
        self.name = name
        self.data = folder / name
        self.log = folder / f"{name}.log"
        self.run = Path(tempfile.mkdtemp(prefix="dd-", dir="/tmp"))  # a socket's path is short
        self.account = found.account
        self._found = found
        self._process: subprocess.Popen[bytes] | None = None
        programs.own(self.run, found.account)

    def url(self, role: str, database: str = "diandian") -> str:
        """For a program of ours."""
        return f"postgresql://{role}@/{database}?host={self.run}"

    def make(self) -> None:
        """An empty cluster with the roles and the database that an operator makes (docs/runbooks/install.md)."""
        self._own_folder()
        initdb = [self._found.postgres / "initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        programs.run([*initdb, "--locale=C", "--data-checksums"], account=self._found.account)
        self.begin()
        psql = [self._found.postgres / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", self.run, "-U", "postgres"]
        processes.wait_until(lambda: processes.run([*psql, "-c", "SELECT 1"], account=None) is None, timeout_s=60)
        said = processes.run([*psql, "-d", "postgres"], account=None, given=_ROLES)
        assert said is None, said

    def copy_of(self, data: Path) -> None:
        """The data of a server that was shut down, as a machine is set up from another."""
        subprocess.run(["cp", "-a", data, self.data], check=True)

    def backup_of(self, other: "Server", *, follows: bool) -> None:
        """A base backup of a server that runs; `follows`: set up to stream from it."""
        self._own_folder()
        argv = [
            self._found.postgres / "pg_basebackup",
            "-D",
            self.data,
            "-h",
            other.run,
            "-U",
            "postgres",
            "-X",
            "stream",
        ]
        argv += ["--checkpoint=fast", "--no-sync", *(["-R"] if follows else [])]
        programs.run(argv, account=self._found.account)

    def begin(self, **settings: str) -> None:
        """Begin it; `ready` waits for it."""
        argv: list[str | Path] = [self._found.postgres / "postgres", "-D", self.data, "-k", self.run]
        for name, value in (_SETTINGS | settings).items():
            argv += ["-c", f"{name}={value}"]
        self._process = programs.begin(argv, log=self.log, account=self._found.account)

    async def ready(self, *, leads: bool, within_s: float = 60) -> None:
        """Wait until it answers, and leads or follows."""

        async def answers() -> bool:
            assert self._process is not None
            assert self._process.poll() is None, f"{self.name} ended: {self.log.read_text()[-2000:]}"
            with contextlib.suppress(OSError, asyncpg.PostgresError):
                return (await self.sql("SELECT pg_is_in_recovery() AS follows"))[0]["follows"] is not leads
            return False

        await eventually(answers, within_s, lambda: f"{self.name} is not there: {self.log.read_text()[-2000:]}")

    async def sql(self, statement: str, *values: object) -> list[Any]:
        """One statement as the superuser."""
        connection = await asyncpg.connect(self.url("postgres", "postgres"), timeout=10)
        try:
            return list(await connection.fetch(statement, *values))
        finally:
            await connection.close(timeout=5)

    async def demand_standby(self, *, synchronous: bool) -> None:
        """Wait until somebody streams from it; `synchronous`: from now on a commit waits until that one shows it."""
        if synchronous:
            await self.sql("ALTER SYSTEM SET synchronous_commit = 'remote_apply'")
            await self.sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
            await self.sql("SELECT pg_reload_conf()")
        wanted = {"sync", "quorum"} if synchronous else {"async", "sync", "quorum"}

        async def is_there() -> bool:
            rows = await self.sql("SELECT state, sync_state FROM pg_stat_replication")
            return any(row["state"] == "streaming" and row["sync_state"] in wanted for row in rows)

        await eventually(is_there, 30, "nobody follows")

    async def hold_standby(self) -> None:
        """Nothing more reaches whoever follows: the processes that send are stopped, and only a kill ends them."""
        senders = [row["pid"] for row in await self.sql("SELECT pid FROM pg_stat_replication")]
        assert senders, "nobody follows"
        processes.end(senders, signal.SIGSTOP)

    async def promote(self) -> None:
        """Let it lead; returns when it takes writes. It waits for no standby of its own."""
        await self.sql("SELECT pg_promote(wait_seconds => 60)")
        await self.sql("ALTER SYSTEM RESET synchronous_standby_names")
        await self.sql("SELECT pg_reload_conf()")

    def kill(self) -> None:
        """SIGKILL to the postmaster and all its children, as when a machine dies."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)  # so that it begins no other child meanwhile
        everything = processes.family(self._process.pid)
        processes.end(everything, signal.SIGKILL)
        self._process.wait(10)
        processes.wait_until(lambda: processes.gone(everything), timeout_s=10)

    def stop(self) -> None:
        """End it, if it still runs, and leave no socket behind; its data stay."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
        shutil.rmtree(self.run, ignore_errors=True)

    def _own_folder(self) -> None:
        self.data.mkdir(mode=0o700)
        programs.own(self.data, self._found.account)
