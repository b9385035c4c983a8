"""The settling worker as it was before it went on: each hop in a transaction of its own. For P2, beside the real one."""

from functools import partial
from typing import Any

from workers import main
from workers.tools import Tools


def _alone(**given: Any) -> Tools:
    return Tools(**(given | {"is_going_on": False}))


if __name__ == "__main__":
    main.Tools = partial(_alone)  # type: ignore[misc, assignment]
    main.main()
