"""The keeper: the process that owns both servers, and ends them when the process it serves is gone.

It hangs on a pipe from that process. Whether that one closes it, returns, crashes or is killed: the pipe
ends, and the servers are shut down cleanly. Should the keeper itself be killed, the kernel tells the servers
(Linux), and the next start takes over what is left. It runs on the standard library alone, in one thread.

Started as `python -m app.embedded.keeper FOLDER POSTGRES_BIN VALKEY`; reads verbs, one a line, and answers
each, and its own start, with one line of JSON.
"""

import fcntl
import json
import os
import select
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import IO, Any, Final, NoReturn

from app.embedded import logs, places, processes
from app.embedded.errors import EmbeddedRefusal, FolderInUse, ServerFailed
from app.embedded.places import Binaries
from app.embedded.postgres import Postgres
from app.embedded.valkey import Valkey

_GRACE_S: Final = 1.0
"""How long a holder of the folder may go on before we believe that it stays."""
_ENDING_S: Final = 40.0
"""How long a holder may take that is ending: it says so, or the process it serves is gone."""


def main() -> None:
    """Serve until the pipe ends."""
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, _leave)
    processes.adopt_orphans()
    folder, postgres_bin, valkey = (Path(argument) for argument in sys.argv[1:])
    try:
        with _held(folder) as note:
            _serve(folder, Binaries(postgres_bin, valkey), note)
    except EmbeddedRefusal as refusal:
        _answer(refusal=type(refusal).__name__, text=str(refusal))
    except OSError as refusal:
        _answer(refusal=ServerFailed.__name__, text=str(refusal))


def _serve(folder: Path, binaries: Binaries, note: "_Note") -> None:
    _sweep(note.left_behind())
    place = places.choose(folder, binaries)
    run = places.socket_folder(place)
    note.write(state="running", run=str(run))
    postgres, valkey = Postgres(place, run), Valkey(place, run)

    def state() -> dict[str, object]:
        return {"postgres_pid": postgres.pid, "valkey_pid": valkey.pid}

    def restart_postgres() -> None:
        postgres.ask_to_stop()
        postgres.wait()
        postgres.start()

    verbs: dict[str, Callable[[], None]] = {
        "start_postgres": postgres.start,
        "restart_postgres": restart_postgres,
        "kill_postgres": postgres.kill,
        "start_valkey": valkey.start,
        "kill_valkey": valkey.kill,
        "look": lambda: None,  # the state that every answer holds
    }
    try:
        postgres.take_over()
        valkey.take_over()
        for log in ("postgres.log", "valkey.log"):
            logs.turn(place.log / log)
        valkey.launch()
        postgres.start()
        valkey.wait_until_ready()
        _answer(run=str(run), home=str(place.home), valkey=str(valkey.socket), notes=place.notes, **state())
        for verb in _verbs():
            try:
                verbs[verb]()
                _answer(**state())
            except ServerFailed as refusal:
                _answer(refusal=type(refusal).__name__, text=str(refusal), **state())
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the way out is taken once, to its end
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        note.write(state="ending", run=str(run))
        postgres.ask_to_stop()
        valkey.ask_to_stop()
        postgres.wait()
        valkey.wait()
        _sweep(str(run))


def _verbs() -> Iterator[str]:
    """What the process we serve asks for, until it is gone.

    Its number is watched beside the pipe, since a child it forked may keep the pipe open.
    """
    parent, heard = os.getppid(), b""
    while os.getppid() == parent:
        if select.select([0], [], [], 0.5)[0]:
            if not (said := os.read(0, 4096)):
                return
            *lines, heard = (heard + said).split(b"\n")
            yield from (line.decode() for line in lines)


def _answer(**facts: object) -> None:
    try:
        os.write(1, json.dumps(facts).encode() + b"\n")
    except BrokenPipeError:  # nobody listens any more; the pipe to us has ended as well
        return


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)


class _Note:
    """What the lock file says for people, for the next start, and for who meets the lock held."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def read(self) -> dict[str, Any]:
        self._file.seek(0)
        try:
            found = json.loads(self._file.read())
        except ValueError:  # empty, or half written by one that was killed
            return {}
        return found if isinstance(found, dict) else {}

    def write(self, *, state: str, run: str) -> None:
        self._file.seek(0)
        self._file.truncate()
        json.dump({"state": state, "pid": os.getppid(), "keeper": os.getpid(), "run": run}, self._file)
        self._file.flush()

    def left_behind(self) -> str:
        """The socket folder of a keeper that could not remove it."""
        return str(self.read().get("run", ""))


@contextmanager
def _held(folder: Path) -> Iterator[_Note]:
    """Hold the folder. The lock falls with the process that holds it, so that none can be left behind.

    Raises:
        FolderInUse: somebody else holds it and is not about to end.
    """
    with os.fdopen(os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600), "r+") as file:
        note = _Note(file)
        begun = time.monotonic()
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                found = note.read()
                is_ending = found.get("state") == "ending" or processes.gone([found.get("pid")])
                patience_s = _ENDING_S if is_ending else _GRACE_S
                if time.monotonic() - begun > patience_s:
                    raise FolderInUse(
                        f"Process {found.get('pid', '?')} keeps its servers in {folder}. "
                        "Stop it first, or give this one a folder of its own."
                    ) from None
                time.sleep(0.05)
        yield note


def _sweep(run: str) -> None:
    """Remove a socket folder of ours under the temporary folder; the one in the data folder stays, emptied."""
    if not run or not Path(run).is_dir() or Path(run).is_symlink():
        return
    if Path(run).name.startswith("dd-"):
        shutil.rmtree(run, ignore_errors=True)
        return
    for left in Path(run).iterdir():
        if left.is_socket() or left.name.endswith(".lock"):
            left.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
