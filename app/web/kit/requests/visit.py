"""One request as our handlers see it: its id, its language, who came. Filled lazily, read by every door."""

from contextlib import AbstractAsyncContextManager, AsyncExitStack
from random import getrandbits
from time import time_ns
from typing import Any, Final, TypeVar

import msgspec
from litestar.types import Scope

from app.kernel.ids import ALPHABET
from app.kernel.text import Language

T = TypeVar("T")
_PAIRS: Final = [first + second for first in ALPHABET for second in ALPHABET]
_KEY: Final = "visit"


class Visit(msgspec.Struct, weakref=False):
    """What is known about one request. Only the kit writes here."""

    request_id: str
    language: Language | None = None
    """Set by the first who asks for it; then the answer says so in its headers."""
    is_language_wished: bool = False
    """`?lang=` was given: the answer sets the cookie."""
    session: Any = None
    """A `guards.Session`, or None for nobody or not yet asked: `guards.session_of` tells."""
    session_sought: bool = False
    takes_keys: bool = False
    """An organisation's key may ask here: said by a guard, before the session is sought."""
    is_believed: bool = False
    """A trusted proxy said for whom it asks, so the scope's client is the reader."""
    held: AsyncExitStack | None = None
    """What this request holds until its answer begins: see `hold`."""
    token: str | None = None
    """The session's token as it came, or as it was opened during this request."""


def of(scope: Scope) -> Visit:
    """The visit of this connection, begun now where the front has not seen it (a test of one handler)."""
    state = scope.setdefault("state", {})
    visit = state.get(_KEY)
    if visit is None:
        visit = state[_KEY] = Visit(new_request_id())
    assert isinstance(visit, Visit)
    return visit


async def hold(scope: Scope, thing: AbstractAsyncContextManager[T]) -> T:
    """Enter something that the front leaves when the answer begins, or the request ends without one: a place in a line.

    Not when the answer has been read: a slow reader would keep the place.
    """
    seen = of(scope)
    if seen.held is None:
        seen.held = AsyncExitStack()
    return await seen.held.enter_async_context(thing)


async def let_go(seen: Visit) -> None:
    """Leave what the request holds."""
    if (held := seen.held) is not None:
        seen.held = None
        await held.aclose()


METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})


def method_of(scope: Scope) -> str:
    """The verb as metrics and logs may write it: one of HTTP's own. What else comes, somebody has made up."""
    method = scope.get("method", "-")
    return method if method in METHODS else "other"


def begin(scope: Scope) -> Visit:
    """A new visit for a request that has just come."""
    visit = scope.setdefault("state", {})[_KEY] = Visit(new_request_id())
    return visit


def new_request_id() -> str:
    """`req_` and a ULID: 48 bits of milliseconds and 80 random ones, in our alphabet.

    Every request pays for it, so it is written two characters at a time and without asking the system for
    randomness: it tells requests apart and guards nothing.
    """
    value = time_ns() // 1_000_000 << 80 | getrandbits(80)
    pairs = _PAIRS
    return (
        f"req_{pairs[value >> 120]}{pairs[value >> 110 & 1023]}{pairs[value >> 100 & 1023]}{pairs[value >> 90 & 1023]}"
        f"{pairs[value >> 80 & 1023]}{pairs[value >> 70 & 1023]}{pairs[value >> 60 & 1023]}{pairs[value >> 50 & 1023]}"
        f"{pairs[value >> 40 & 1023]}{pairs[value >> 30 & 1023]}{pairs[value >> 20 & 1023]}{pairs[value >> 10 & 1023]}"
        f"{pairs[value & 1023]}"
    )
