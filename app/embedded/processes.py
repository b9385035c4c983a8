"""Starting, finding and ending the operating system's processes. Nothing about databases.

Only the keeper uses this: it has one thread, which both the death signal and `preexec_fn` ask for.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

_ON_LINUX: Final = sys.platform == "linux"
_LIBC: Final = ctypes.CDLL(None) if _ON_LINUX else None
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_CHILD_SUBREAPER: Final = 36


@dataclass(frozen=True, slots=True)
class Account:
    """Whom a server runs as when we are root."""

    uid: int
    gid: int


def spawn(
    argv: Sequence[str | Path],
    *,
    account: Account | None,
    stop: signal.Signals,
    output: IO[bytes] | int,
    stdin: int = subprocess.DEVNULL,
) -> "subprocess.Popen[bytes]":
    """Start a server that gets the signal `stop` from the kernel should the keeper itself be killed (Linux).

    Its own process group keeps the terminal's Ctrl-C away; `/` as working folder is readable for every account.
    """
    me = os.getpid()

    def tie() -> None:  # after the change of user, which would clear the death signal
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, int(stop))
        if os.getppid() != me:
            os._exit(1)

    return subprocess.Popen(  # noqa: S603  # our own binaries, no shell
        argv,
        stdin=stdin,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd="/",
        env=environment(),
        preexec_fn=tie,  # noqa: PLW1509  # the keeper has one thread
        process_group=0,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def run(argv: Sequence[str | Path], *, account: Account | None, given: str = "") -> str | None:
    """Run a short command to its end: None when it succeeded, else what it said."""
    try:
        process = spawn(argv, account=account, stop=signal.SIGKILL, output=subprocess.PIPE, stdin=subprocess.PIPE)
    except (OSError, subprocess.SubprocessError) as refusal:
        return str(refusal)
    said, _ = process.communicate(given.encode())
    return None if process.returncode == 0 else said.decode(errors="replace").strip() or f"exit {process.returncode}"


def adopt_orphans() -> None:
    """Become the parent of grandchildren whose parent was killed, so that `collect` can (Linux).

    A container's first process often collects nobody; hundreds of kills would fill its process table.
    """
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1)


def collect(pids: Iterable[int]) -> None:
    """Clear those that have ended out of the process table, where they are ours to clear."""
    for pid in pids:
        try:
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            continue


def environment() -> Mapping[str, str]:
    """Ours without what would redirect PostgreSQL's programs, and in plain English."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))} | {"LC_ALL": "C"}


def matching(words: str) -> list[int]:
    """The processes whose command line holds `words`, as it was given; every account may ask this."""
    return [row.pid for row in _table() if f" {words} " in row.command + " "]


def family(pid: int) -> list[int]:
    """The process and its children."""
    return [row.pid for row in _table() if pid in (row.pid, row.parent)]


def gone(pids: Iterable[int | None]) -> bool:
    """Whether none of them runs any more; one that only waits to be collected does not run."""
    return not set(pids) & {row.pid for row in _table()}


def end(pids: Iterable[int], how: signal.Signals) -> None:
    """Send `how` to each that is still there."""
    for pid in pids:
        try:
            os.kill(pid, how)
        except ProcessLookupError:
            continue


def wait_until(done: Callable[[], bool], *, timeout_s: float) -> bool:
    """Look every ten milliseconds; whether it came true in time."""
    deadline = time.monotonic() + timeout_s
    while not done():
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.01)
    return True


def put_down(pids: list[int], *, first: signal.Signals, timeout_s: float) -> None:
    """End processes that are not our children: asked to with `first`, killed after `timeout_s`."""
    end(pids, first)
    if not wait_until(lambda: gone(pids), timeout_s=timeout_s):
        end(pids, signal.SIGKILL)
        wait_until(lambda: gone(pids), timeout_s=10)


@dataclass(frozen=True, slots=True)
class _Row:
    pid: int
    parent: int
    command: str


def _table() -> Iterator[_Row]:
    if not _ON_LINUX:
        yield from _told_by_ps()
        return
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                stat = Path(entry.path, "stat").read_bytes()
                command = Path(entry.path, "cmdline").read_bytes()
            except OSError:  # it ended meanwhile
                continue
            state, parent = stat[stat.rindex(b")") + 2 :].split()[:2]  # a name may hold spaces and brackets
            if state not in b"ZX":
                yield _Row(int(entry.name), int(parent), os.fsdecode(command.replace(b"\0", b" ")))


def _told_by_ps() -> Iterator[_Row]:
    argv = ["/bin/ps", "-axww", "-o", "pid=,ppid=,state=,command="]
    for line in subprocess.run(argv, capture_output=True, check=True).stdout.splitlines():  # noqa: S603  # constant
        pid, parent, state, command = line.split(None, 3)
        if not state.startswith(b"Z"):
            yield _Row(int(pid), int(parent), os.fsdecode(command))
