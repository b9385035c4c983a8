"""What a page may show as of a moment ago: read by one for all who ask, and kept for when the database is slow to tell.

While a lock or a long statement holds up the reading, whoever asks is shown what is known, for as long as that is not too
old: a page goes on, and nobody keeps a connection for it but the one reading. Never for a decision: those look in their own
transaction.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from app.gateways import tracing
from app.gateways.database import DatabaseAway, is_in_transaction, sqlstate
from app.gateways.pool import LOCKED
from app.gateways.postgresql import shares
from app.gateways.postgresql.shares import Use

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
PATIENCE_S: Final = 0.75
"""How long somebody who could be shown what is known waits for something newer, from when its reading began."""
_HINDERED_S: Final = 1.0
_SHORT_S: Final = 0.05
"""How long they wait for something else, within `_HINDERED_S` of a reading that was not there in time: a page that shows three
values is held up once, not three times."""
KEPT_S: Final = 600.0
"""How old that may be."""


@dataclass(slots=True)
class _GivenUp:
    """When somebody last was shown what was known, of anything."""

    at: float = float("-inf")


_given_up: Final = _GivenUp()


@dataclass(slots=True)
class _Known(Generic[V]):
    value: V
    at: float


class Recent(Generic[K, V]):
    """Values by key, each read anew once it is `fresh_s` old; at most `most` are kept, those read last."""

    def __init__(
        self, *, fresh_s: float, most: int = 1024, patience_s: float = PATIENCE_S, kept_s: float = KEPT_S
    ) -> None:
        self._fresh_s, self._most, self._patience_s, self._kept_s = fresh_s, most, patience_s, kept_s
        self._known: dict[K, _Known[V]] = {}
        self._reading: dict[K, asyncio.Task[V]] = {}
        self._began: dict[K, float] = {}
        self._slow: set[K] = set()
        """Whose last reading was not there in time, so that nobody waits for the next one."""

    def drop(self, key: K) -> None:
        """What is known is over: whoever asks next reads it, and waits for it."""
        self._known.pop(key, None)
        self._reading.pop(key, None)

    def forget(self) -> None:
        """Read everything anew: for tests, whose tables are new."""
        self._known.clear()
        self._reading.clear()
        self._slow.clear()
        _given_up.at = float("-inf")

    async def get(self, key: K, read: Callable[[], Awaitable[V]], *, is_fresh: bool = False) -> V:
        """The value; `is_fresh` reads it now, for this caller alone.

        Raises:
            Whatever `read` raises, where nothing is known that may be shown instead.
        """
        if is_fresh:
            value = await read()
            self._keep(key, value)
            return value
        known, now = self._known.get(key), time.monotonic()
        if known is not None and now - known.at < self._fresh_s:
            return known.value
        reading = self._begin(key, read)
        if known is None or now - known.at > self._kept_s:
            return await asyncio.shield(reading)
        if key in self._slow and not reading.done():
            _given_up.at = now
            return known.value
        try:
            async with asyncio.timeout(self._patience_for(key, now)):
                return await asyncio.shield(reading)
        except Exception as trouble:
            # No connection in time is a time-out as well; a database that is away is not: then nothing is shown.
            if sqlstate(trouble) != LOCKED and (
                not isinstance(trouble, TimeoutError) or isinstance(trouble, DatabaseAway)
            ):
                raise
            self._slow.add(key)
            _given_up.at = time.monotonic()
            return known.value

    def _patience_for(self, key: K, now: float) -> float:
        """What is left of it, where somebody waits for the same reading already; little where another was just given up."""
        if now - _given_up.at < _HINDERED_S:
            return min(_SHORT_S, self._patience_s)
        return max(0.0, self._began.get(key, now) + self._patience_s - now)

    def _begin(self, key: K, read: Callable[[], Awaitable[V]]) -> "asyncio.Task[V]":
        reading = self._reading.get(key)
        if reading is None:
            assert not is_in_transaction(), "what is in a transaction is a decision"
            self._began[key] = time.monotonic()
            reading = self._reading[key] = asyncio.get_running_loop().create_task(self._read(key, read))
            reading.add_done_callback(_heard)
        return reading

    async def _read(self, key: K, read: Callable[[], Awaitable[V]]) -> V:
        shares.work_for_many(Use.READ)
        ours = asyncio.current_task()
        try:
            with tracing.bound(None):
                value = await read()
            if self._reading.get(key) is ours:
                self._keep(key, value)
            return value
        finally:
            if self._reading.get(key) is ours:
                del self._reading[key]
                self._began.pop(key, None)

    def _keep(self, key: K, value: V) -> None:
        self._slow.discard(key)
        self._known.pop(key, None)
        self._known[key] = _Known(value, time.monotonic())
        while len(self._known) > self._most:
            del self._known[next(iter(self._known))]


def _heard(reading: "asyncio.Task[V]") -> None:
    """A failure that nobody waited for is no news: the next who asks reads again."""
    with suppress(asyncio.CancelledError):
        reading.exception()
