"""The id of the request that led here: the front makes it, log lines carry it, messages of the outbox keep it, jobs go on
under it, and far sides are told it as `X-Request-Id`.

A job takes many messages at once. What it does for one of them is done under that one's id; a line or an event that may
come from several has none, since unknown is never guessed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

import structlog

HEADER: Final = "x-request-id"
_ID: Final = structlog.contextvars.bind_contextvars(request_id="-")["request_id"].var
"""Where structlog finds the id for every line; set directly, which costs a tenth."""
structlog.contextvars.unbind_contextvars("request_id")
_causes: Final[ContextVar[dict[str, str | None] | None]] = ContextVar("causes", default=None)
"""Of the messages that this job has taken: each subject's request."""


def begin(request_id: str) -> None:
    """From now on this task is about that request."""
    _ID.set(request_id)


def current() -> str | None:
    """The request that this task is about, or None."""
    found = _ID.get(None)
    return found if isinstance(found, str) and found != "-" else None


@contextmanager
def bound(request_id: str | None) -> Iterator[None]:
    """Be about that request, or about none, for the block."""
    token = _ID.set(request_id if request_id is not None else ...)  # structlog's own word for "no value"
    try:
        yield
    finally:
        _ID.reset(token)


@contextmanager
def following() -> Iterator[None]:
    """Collect the requests of the messages that are taken in the block, by subject: a job's run."""
    token = _causes.set({})
    try:
        with bound(None):
            yield
    finally:
        _causes.reset(token)


def note(subject: str, request_id: str | None) -> None:
    """A message about `subject`, written during that request, was taken."""
    if (causes := _causes.get()) is not None:
        causes[subject] = request_id


def follow(subject: str, cause: str) -> None:
    """What is done about `subject` from here on follows from what was done about `cause`: it has the same request."""
    if (causes := _causes.get()) is not None and (found := cause_of(cause)) is not None:
        causes[subject] = found


def cause_of(subject: str) -> str | None:
    """The request of what is done about `subject` here: the one this task is about; in a job, that of the message about
    the same subject, or the one that all of its messages came from.
    """
    if (own := current()) is not None:
        return own
    causes = _causes.get() or {}
    if (found := causes.get(subject)) is not None:
        return found
    all_ = set(causes.values())
    return all_.pop() if len(all_) == 1 else None


def followed() -> list[str]:
    """Every request that the messages taken so far came from."""
    return sorted({found for found in (_causes.get() or {}).values() if found is not None})


@contextmanager
def about(subject: str) -> Iterator[None]:
    """Do the block under the request of this subject's message."""
    with bound(cause_of(subject)):
        yield
