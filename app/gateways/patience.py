"""Asking several far sides at once: so many at a time of each, and none for longer than its deadline."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Final, TypeVar

import structlog

from app.gateways.database import TROUBLE
from app.kernel.errors import Unavailable

T = TypeVar("T")

CALL_S: Final = 25.0
"""For one call of any far side, whatever its gateway promises; a gateway's own deadlines are shorter."""
AT_ONCE: Final = 8
"""Calls under way at one far side."""

_log = structlog.get_logger()


async def within(call: Awaitable[T], *, seconds: float = CALL_S) -> T:
    """What a far side answers, or its silence once the time is over.

    Raises:
        Unavailable: it took too long; what it did meanwhile is unknown.
    """
    try:
        async with asyncio.timeout(seconds):
            return await call
    except TimeoutError as silence:
        raise Unavailable(f"no answer within {seconds:g} s") from silence


async def ask_each(
    items: Iterable[T],
    ask: Callable[[T], Awaitable[object]],
    *,
    far_side: Callable[[T], object],
    what: str,
    at_once: int = AT_ONCE,
) -> None:
    """Ask about every item, each far side in a lane of its own, so that a slow one holds up nobody else's.

    Silence is no failure: the item's next time stands already. One item that nobody can deal with is logged and stops
    none of the others.

    Raises:
        Whatever the database raises when it is away, once all are through.
    """
    lanes: dict[object, asyncio.Semaphore] = {}

    async def one(item: T) -> None:
        async with lanes.setdefault(far_side(item), asyncio.Semaphore(at_once)):
            try:
                await ask(item)
            except (Unavailable, *TROUBLE):
                raise
            except Exception:  # noqa: BLE001 - of any kind: logged, and the next round tries again
                _log.exception("sweep.failed", name=what)

    for outcome in await asyncio.gather(*(one(item) for item in items), return_exceptions=True):
        if isinstance(outcome, BaseException) and not isinstance(outcome, Unavailable):
            raise outcome
