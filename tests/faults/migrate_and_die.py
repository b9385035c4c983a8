"""`python tests/faults/migrate_and_die.py COMMIT:2`: `diandian migrate`, killed right after its second COMMIT.

`any:17` counts every statement. Right after one is right before the next, so these are all points there are. What was run
is told on standard output, one statement a line, by its first word.
"""

import os
import signal
import sys
from typing import Any

import asyncpg


def count(word: str, left: int) -> None:
    """Let the process die by SIGKILL after that many statements beginning with the word; 0: never."""
    for name in ("execute", "_execute"):
        original = getattr(asyncpg.Connection, name)

        async def counted(self: Any, query: str, *args: Any, _run: Any = original, **more: Any) -> Any:
            nonlocal left
            done = await _run(self, query, *args, **more)
            verb = query.split(None, 1)[0].rstrip(";").upper() if query.strip() else ""
            sys.stdout.write(f"{verb}\n")
            sys.stdout.flush()
            if word in {"any", verb}:
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
            return done

        setattr(asyncpg.Connection, name, counted)


if __name__ == "__main__":
    sys.path[0] = os.getcwd()  # noqa: PTH109 - the project
    what, _, number = sys.argv[1].partition(":")
    count(what, int(number))
    from app.cli import main

    sys.argv = ["diandian", "migrate"]
    main()
