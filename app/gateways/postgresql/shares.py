"""Who may take how many connections of a pool, and how long one request waits in all: bulkheads.

A change stands before locks that others hold, and keeps its connection meanwhile. So changes leave some connections of each
pool to those who only read, or who come in: however long a table of the ledger is locked, pages and new sessions go on.

A request counts what it has waited, for connections and for locks together. When that is spent it is told to come again,
whatever it would have waited for next. What nobody waits for (jobs, loops, verbs) has no such bound: `JOB`.
"""

from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

CONNECTION_S_LEAST: Final = 0.1
"""Of a request whose patience is spent: a connection that is free is given all the same."""
LOCK_S_LEAST: Final = 0.5
"""Of a transaction that begins with its request's patience almost spent: it may still pass a lock that is let go at once."""
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Use(StrEnum):
    """What a connection is borrowed for. The words are labels of metrics."""

    READ = "read"
    """A request that only reads, and one by which somebody comes in: it writes rows of its own and meets no lock of others."""
    CHANGE = "change"
    """Any other request."""
    JOB = "job"
    """Nobody waits for it."""


@dataclass(slots=True)
class Borrower:
    """One request, or one task of a process that serves several."""

    use: Use
    patience_s: float | None = None
    """How long it may wait in all; None: as long as each single wait may take."""
    waited_s: float = 0.0

    def left_s(self) -> float | None:
        """What is left of its patience, never below zero; None: it has no such bound."""
        return None if self.patience_s is None else max(0.0, self.patience_s - self.waited_s)


_JOB: Final = Borrower(Use.JOB)
_borrower: Final[ContextVar[Borrower]] = ContextVar("borrower", default=_JOB)


def begin(method: str, *, patience_s: float) -> Borrower:
    """From now on this task is a request of that method."""
    borrower = Borrower(Use.READ if method in _SAFE else Use.CHANGE, patience_s)
    _borrower.set(borrower)
    return borrower


def current() -> Borrower:
    """Whoever this task borrows for."""
    return _borrower.get()


def come_in() -> None:
    """This request lets somebody in: it does not stand behind those that change something."""
    if (borrower := current()).use is Use.CHANGE:
        borrower.use = Use.READ


def work_for_many(use: Use, patience_s: float | None = None) -> None:
    """This task, which the first of many requests began, borrows for all of them: what follows is a new piece of work."""
    _borrower.set(Borrower(use, patience_s))


def is_spent() -> bool:
    """Whether the request has waited as long as it may, so that trying again is for its caller."""
    left_s = current().left_s()
    return left_s is not None and left_s < LOCK_S_LEAST


def lock_ms() -> int | None:
    """How long a transaction that begins now may wait for a lock; None: as long as the role's setting says."""
    left_s = current().left_s()
    return None if left_s is None else int(1000 * max(LOCK_S_LEAST, left_s))
