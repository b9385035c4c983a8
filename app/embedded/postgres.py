"""One PostgreSQL cluster on a private socket: making it, starting, stopping, and killing it for the fault tests."""

import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Final

from app.embedded import processes
from app.embedded.errors import ServerFailed
from app.embedded.logs import end_of
from app.embedded.places import Place, private

DATABASE: Final = "diandian"
SUPERUSER: Final = "postgres"
OWNER: Final = "ddt_owner"
"""Owns the database and everything migrations make."""
APPLICATION: Final = "ddt_app"
"""May connect; what else it may, migrations grant."""
MAJOR: Final = "18"
_READY_S: Final = 60
"""Includes the recovery after a crash."""

_SETTINGS: Final = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
"""On the command line, so that no configuration file in the data folder can weaken them."""

_ROLES: Final = f"""
SELECT format('CREATE ROLE %I LOGIN', wanted) FROM unnest(ARRAY['{OWNER}', '{APPLICATION}']) AS wanted
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) \\gexec
SELECT 'CREATE DATABASE {DATABASE} OWNER {OWNER}'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{DATABASE}') \\gexec
REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC;
GRANT CONNECT ON DATABASE {DATABASE} TO {APPLICATION};
"""  # constants of this file only


class Postgres:
    """The cluster in one place."""

    def __init__(self, place: Place, run: Path) -> None:
        self._place = place
        self._run = run
        self._log = place.log / "postgres.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The postmaster; None while it is down."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def take_over(self) -> None:
        """End what an earlier keeper that was killed has left running here."""
        data = self._place.postgres
        processes.put_down(processes.matching(f"-D {data} -k"), first=signal.SIGINT, timeout_s=20)
        # The postmaster is gone. A pid file whose number meanwhile belongs to some other process of ours
        # (usual after a container restart) would make PostgreSQL refuse for ever. One whose number is free
        # stays: PostgreSQL reads in it whether a last child still holds the memory.
        note = data / "postmaster.pid"
        if note.exists() and not processes.gone([int((note.read_text().split() or ["0"])[0])]):
            note.unlink()

    def start(self) -> None:
        """Make the cluster if there is none, start it, and see that database and roles are there.

        Running already, it stays as it is.

        Raises:
            ServerFailed: it did not accept a connection in time.
        """
        if self.pid is not None:
            return
        self._make()
        self._launch()
        impatient_at = time.monotonic() + 10
        if not processes.wait_until(lambda: self._ready(impatient_at), timeout_s=_READY_S):
            raise ServerFailed(f"PostgreSQL did not come up in {_READY_S} s.\n{end_of(self._log)}")
        if (said := self._tell(_ROLES)) is not None:
            raise ServerFailed(f"PostgreSQL refused its first statements: {said}\n{end_of(self._log)}")

    def ask_to_stop(self) -> None:
        """Fast shutdown: clients are cut off, everything committed is on disc. Returns at once."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)

    def wait(self) -> None:
        """Until it is down; killed after twenty seconds, which only costs a recovery at the next start."""
        if self._process is None:
            return
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """SIGKILL to the postmaster and all its children, as when the power goes; returns when they are gone."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGSTOP)  # so that it cannot start another child meanwhile
        all_of_it = processes.family(self._process.pid)
        processes.end(all_of_it, signal.SIGKILL)
        self._process.wait(10)
        processes.wait_until(lambda: processes.gone(all_of_it), timeout_s=10)
        processes.collect(all_of_it)

    def _make(self) -> None:
        data, account = self._place.postgres, self._place.account
        if (version := data / "PG_VERSION").exists():
            if (found := version.read_text().strip()) != MAJOR:
                raise ServerFailed(
                    f"{data} was made by PostgreSQL {found}; this is {MAJOR}. "
                    "Keep what you need with that version's pg_dump, then remove the folder."
                )
            return
        # Aside and renamed when whole: an interrupted start leaves no half cluster. A folder of its
        # own, since the account may not make one in `home`.
        nursery = self._place.home / "postgres.new"
        shutil.rmtree(nursery, ignore_errors=True)
        private(nursery, account)
        argv: list[str | Path] = [
            self._place.binaries.postgres / "initdb",
            "-D",
            nursery,
            "-U",
            SUPERUSER,
            "-A",
            "trust",
        ]
        if said := processes.run([*argv, "-E", "UTF8", "--locale=C", "--data-checksums"], account=account):
            raise ServerFailed(f"PostgreSQL could not make its data folder {nursery}:\n{said}")
        nursery.rename(data)

    def _launch(self) -> None:
        argv: list[str | Path] = [
            self._place.binaries.postgres / "postgres",
            "-D",
            self._place.postgres,
            "-k",
            self._run,
        ]
        for name, value in _SETTINGS.items():
            argv += ["-c", f"{name}={value}"]
        with self._log.open("ab") as log:
            self._process = processes.spawn(argv, account=self._place.account, stop=signal.SIGINT, output=log)

    def _ready(self, impatient_at: float) -> bool:
        """Whether it accepts connections; started again if the memory of a killed one was still held."""
        assert self._process is not None
        if self._process.poll() is not None:
            said = end_of(self._log)
            if "shared memory" not in said or time.monotonic() > impatient_at:
                raise ServerFailed(f"PostgreSQL does not start.\n{said}")
            time.sleep(0.1)
            self._launch()
        try:
            lines = (self._place.postgres / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[0] == str(self._process.pid) and lines[7].strip() == "ready"

    def _tell(self, statements: str) -> str | None:
        """Run statements as the superuser: None when all went well, else the complaint."""
        argv: list[str | Path] = [self._place.binaries.postgres / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1"]
        return processes.run(
            [*argv, "-h", self._run, "-U", SUPERUSER, "-d", "postgres"], account=None, given=statements
        )
