"""Named points at which a rehearsal kills the process, to see that nothing is lost there.

`FAULT_POINT=notice.verified:2` sends SIGKILL to the process at its second pass of that point, and
`FAULT_POINT=outbox.taken@order:7` whenever it passes there with that subject in hand: a poisoned row.
Production refuses to start with the variable set; without it a pass costs one comparison.
"""

import os
import signal
from collections.abc import Iterable
from typing import Final

POINTS: Final = (
    "order.before_commit",
    "order.placed",
    "payment.before_open",
    "payment.opened",
    "notice.verified",
    "notice.before_commit",
    "notice.committed",
    "collect.before",
    "collect.committed",
    "gifts.before_commit",
    "gifts.committed",
    "fulfil.before_commit",
    "fulfil.committed",
    "settle.before_commit",
    "settle.committed",
    "issue.before_commit",
    "issue.committed",
    "draw.drawn",
    "draw.stored",
    "outbox.taken",
)
"""Every point of the river; a test finds each in the source and kills there."""

_what, _, _subject = os.environ.get("FAULT_POINT", "").partition("@")
_name, _, _pass = _what.partition(":")
_left = int(_pass or "1")


def reach(point: str, subjects: Iterable[str] = ()) -> None:
    """Pass a named point, where it matters with what in hand."""
    if not _name:
        return
    assert point in POINTS, point
    global _left  # noqa: PLW0603 - one countdown per process is the point
    if point == _name and (not _subject or _subject in subjects):
        _left -= 1
        if _left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
