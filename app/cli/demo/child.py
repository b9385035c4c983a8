"""Run a module so that it ends when its parent is gone: `python -m app.cli.demo.child -m app.cli serve …`.

A thread reads standard input, which is a pipe from the parent. However the parent ends, the pipe ends, and
this process asks itself to stop as if somebody had pressed Ctrl-C.
"""

import os
import runpy
import signal
import sys
import threading
import time

_GRACE_S = 10.0


def _watch() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE_S)
    os._exit(1)


def main() -> None:
    """Tie, then become the module."""
    _, module, *arguments = sys.argv[1:]
    threading.Thread(target=_watch, daemon=True).start()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


main()
