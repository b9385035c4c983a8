"""A copy of the cluster as it was at a moment, which can be begun in its place: what a restore to that moment gives."""

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
class Restored:
    """It lies still until `begin`."""

    command: list[str | Path]
    account: dict[str, object]
    run: Path
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def url(self, role: str) -> str:
        """As `Servers.database_url`."""
        return f"postgresql://{role}@/diandian?host={self.run}"

    async def begin(self) -> None:
        """Let it lead; returns when it takes writes."""
        with self.log.open("wb") as said:
            self.process = subprocess.Popen(self.command, stdout=said, stderr=said, cwd="/", **self.account)  # type: ignore[call-overload]  # noqa: ASYNC220

        async def answers() -> bool:
            with contextlib.suppress(OSError, asyncpg.PostgresError):
                connection = await asyncpg.connect(self.url("postgres"))
                try:
                    return not await connection.fetchval("SELECT pg_is_in_recovery()")
                finally:
                    await connection.close()
            return False

        await eventually(answers, 60, lambda: self.log.read_text()[-2000:])


@contextlib.contextmanager
def kept(servers: Servers) -> Iterator[Restored]:
    """Copy the running cluster, in the middle of whatever it does; gone with the block."""
    assert servers.postgres_pid is not None
    programs = Path(f"/proc/{servers.postgres_pid}/exe").readlink().parent
    owner = (servers.home / "postgres").stat()
    account = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    with scratch("restored") as folder, tempfile.TemporaryDirectory(prefix="dd-") as run:
        folder.chmod(0o711)
        data, log = folder / "postgres", folder / "postgres.log"
        data.mkdir(mode=0o700)
        Path(run).chmod(0o700)
        for own in (data, Path(run)):
            os.chown(own, owner.st_uid, owner.st_gid)
        subprocess.run(
            [programs / "pg_basebackup", "-D", data, "-h", servers.socket_dir, "-U", "postgres", "-X", "stream",
             "--checkpoint=fast", "--no-sync"],
            check=True, capture_output=True, cwd="/", timeout=60, **account,
        )  # fmt: skip
        # As the run-book has it: a restore ends with a promotion, which begins another line of history. There is no archive;
        # what the copy brought along is all that there is.
        (data / "recovery.signal").touch()
        os.chown(data / "recovery.signal", owner.st_uid, owner.st_gid)
        command = [
            programs / "postgres", "-D", data, "-k", run, "-c", "listen_addresses=", "-c", "timezone=UTC",
            "-c", "restore_command=false", "-c", "recovery_target=immediate", "-c", "recovery_target_action=promote",
        ]  # fmt: skip
        one = Restored(command, account, Path(run), log)
        try:
            yield one
        finally:
            if one.process is not None:
                one.process.send_signal(signal.SIGINT)
                try:
                    one.process.wait(20)
                except subprocess.TimeoutExpired:
                    one.process.kill()
                    one.process.wait(5)
            shutil.rmtree(data, ignore_errors=True)
