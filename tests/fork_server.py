"""Begins the processes of a `Stack`: the whole program is read once, then every process is a fork of this one.

A fault test restarts a dozen processes; reading the program for each anew would take two seconds of processor
time apiece. What a fork runs is the command line as it stands, with its own environment, in a process of its
own. Reads one JSON object a line (`arguments`, `environment`, `log`, and `out` where standard output is wanted
apart), answers `{"pid": …}`, and later `{"ended": pid, "code": …}`. When its input ends it kills what it began and leaves.
"""

import ctypes
import gc
import importlib
import json
import os
import re
import resource
import select
import signal
import sys
import traceback

from app.foundation.fonts.finding import find_fonts
from config.database import MODELS
from config.settings import PROJECT

VERBS = sorted((PROJECT / "app/cli").rglob("[a-z]*.py"))


def main() -> None:
    """Read the program, then serve until the input ends."""
    for program in (
        "app.cli.operations.migrating",
        "app.cli.seeding.scenes",
        "app.cli.demo.city_event",
        "app.cli.operations.serving",
        "app.sandbox.__main__",
        "workers.main",
        # What every process would read for itself: Tortoise when it is opened, anyio at its first lock, a verb when it runs.
        *MODELS,
        "anyio._backends._asyncio",
        *(".".join(path.relative_to(PROJECT).with_suffix("").parts) for path in VERBS if "demo" not in path.parts),
    ):
        importlib.import_module(program)
    find_fonts()  # whoever asks for the characters of a face again has them
    gc.freeze()  # so that no fork copies all of this by counting it

    living: set[int] = set()
    tell({"ready": os.getpid()})
    heard = b""
    while True:
        if select.select([0], [], [], 0.01 if living else None)[0]:
            if not (said := os.read(0, 65536)):
                break
            *lines, heard = (heard + said).split(b"\n")
            for line in lines:
                wish = json.loads(line)
                pid = os.fork()
                if pid == 0:
                    become(wish)
                living.add(pid)
                tell({"pid": pid})
        while living:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            living.discard(pid)
            tell({"ended": pid, "code": os.waitstatus_to_exitcode(status)})
    for pid in living:
        os.kill(pid, signal.SIGKILL)


def become(wish: dict) -> None:
    """Be that process; never returns."""
    code = 70
    try:
        os.setpgid(0, 0)
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(1, int(signal.SIGKILL))  # PR_SET_PDEATHSIG: nothing outlives the nursery
        log = os.open(wish["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        nothing = os.open(os.devnull, os.O_RDONLY)
        out = os.open(wish["out"], os.O_WRONLY | os.O_CREAT, 0o644) if "out" in wish else log
        for source, target in ((nothing, 0), (out, 1), (log, 2)):
            os.dup2(source, target)
        os.environ.clear()
        os.environ.update(wish["environment"])
        if room := os.environ.get("MEMORY_MB"):
            limit_memory(int(room))
        importlib.reload(sys.modules["app.gateways.faults"])  # it reads FAULT_POINT when it is imported
        code = run(wish["arguments"])
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - whatever it was, the log says it
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        import atexit

        atexit._run_exitfuncs()
        os._exit(code)


def limit_memory(room_mb: int) -> None:
    """Let this process take so much more than it has, and no byte beyond it."""
    (has_kb,) = re.findall(r"VmData:\s+(\d+) kB", open("/proc/self/status").read())  # noqa: SIM115, PTH123
    most = int(has_kb) * 1024 + room_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def run(arguments: list[str]) -> int:
    """The entrance of one program, with what the command line would have given it."""
    program, *rest = arguments
    sys.argv = [program, *rest]
    if program == "sandbox":
        sys.modules["app.sandbox.__main__"].main()
        return 0
    if program == "prepare":  # a migrated and seeded database, in one process
        for verb in ("migrate", "seed"):
            sys.modules["app.cli"].main([verb], standalone_mode=False)
        return 0
    if program == "event":  # the city's event of the demo; the token of its screen
        tell(sys.modules["app.cli.demo.city_event"].event(environment=os.environ, data=rest[0]))
        return 0
    sys.modules["app.cli"].main(arguments, standalone_mode=True)
    return 0


def tell(fact: dict) -> None:
    """One line to whoever began this."""
    os.write(1, json.dumps(fact).encode() + b"\n")


if __name__ == "__main__":
    main()
