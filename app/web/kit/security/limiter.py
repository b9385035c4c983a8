"""How often an account may act, counted where it must be.

What must never go unlimited (codes, sign-in, money, new guests) is counted in PostgreSQL: exact over all processes, kept
when Valkey is emptied, and refused with the database away. What only slows somebody down is counted in Valkey, and while
that is silent each process allows its share.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.gateways import counting, metrics
from app.gateways.counting import Count
from app.views import errors

REDIS_S: Final = 0.2
_PAUSE_S: Final = 1.0
"""After a silence Redis is not asked for this long: a queue of waiting requests would be the worse outage."""
MISS_S: Final = 3600.0
REMEMBERED: Final = 20_000
"""Accounts that one process keeps in mind of each kind; then it forgets whose time comes first."""

_log = structlog.get_logger("web")

_GCRA: Final = """
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local waits, dues, refused = {}, {}, false
for n, key in ipairs(KEYS) do
  local step, burst = tonumber(ARGV[2 * n - 1]), tonumber(ARGV[2 * n])
  local due = math.max(tonumber(redis.call('GET', key) or now), now) + step
  local wait = due - burst * step - now
  dues[n], waits[n] = due, math.max(wait, 0)
  refused = refused or wait > 0
end
if not refused then
  for n, key in ipairs(KEYS) do
    redis.call('SET', key, string.format('%.0f', dues[n]), 'PX', math.ceil((dues[n] - now) / 1000) + 1000)
  end
end
return waits
"""
"""One stroke in Redis, by its own clock: a try under every key or under none. Gives microseconds to wait for each."""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` times in any `window_s` seconds, for one account and action."""

    action: str
    count: int
    window_s: int = 60
    is_exact: bool = False
    """Counted in PostgreSQL; else in Valkey, or by each process while that is silent."""


Try = tuple[Limit, str]
"""What is tried, and by which account."""
CountExactly = Callable[[Sequence[Count]], Awaitable[list[float]]]


class Limiter:
    """Counts tries. `processes` is how many of these there are in all, each with its share while Redis is silent."""

    def __init__(
        self, redis: "Redis | None", *, processes: int = 1, count_exactly: CountExactly = counting.take
    ) -> None:
        self._ask: Callable[..., Awaitable[Any]] | None = redis.register_script(_GCRA) if redis is not None else None
        self._silent_until = 0.0
        self._processes = processes
        self._count_exactly = count_exactly
        self._refused_until = _Remembered()
        self._refusing_until = 0.0
        self._missed_until = _Remembered()
        self._due = _Remembered()

    async def wait_s(self, *tries: Try) -> int:
        """Seconds until all of this may be done again; 0 and counted where it may be done now. All exact, or none."""
        is_exact = tries[0][0].is_exact
        known_s = max(self.refused_s(limit.action, account) for limit, account in tries) if is_exact else 0
        if known_s:
            metrics.limits_refused(tries[0][0].action).inc()
            return known_s
        waits = [math.ceil(wait_s) for wait_s in await self._waits(tries)]
        for (limit, account), wait_s in zip(tries, waits, strict=True):
            if wait_s and is_exact:
                self.refuse(limit.action, account, wait_s)
        if any(waits):
            metrics.limits_refused(tries[0][0].action).inc()
        return max(waits)

    async def check(self, *tries: Try) -> None:
        """Count one try.

        Raises:
            RequestsTooMany: with the seconds to wait.
        """
        if (wait_s := await self.wait_s(*tries)) > 0:
            raise errors.RequestsTooMany(retry_after_s=wait_s)

    @property
    def refuses_somebody(self) -> bool:
        """Whether `refuse` was told of anybody whose time may not have come."""
        return time.monotonic() < self._refusing_until

    def refuse(self, action: str, account: str, wait_s: int) -> None:
        """Remember, in this process, that the account is to wait; so a flood that is refused asks nobody."""
        until = time.monotonic() + wait_s
        self._refused_until.keep((action, account), until)
        self._refusing_until = max(self._refusing_until, until)

    def refused_s(self, action: str, account: str) -> int:
        """Seconds that this process still refuses the account; 0: it does not."""
        return max(0, math.ceil(self._refused_until.get((action, account), 0.0) - time.monotonic()))

    def remember_miss(self, action: str, account: str) -> None:
        """Keep in mind, in this process, that the account has missed; nothing is counted by it."""
        self._missed_until.keep((action, account), time.monotonic() + MISS_S)

    def has_missed(self, action: str, account: str) -> bool:
        """Whether the account missed lately, as far as this process knows."""
        return self._missed_until.get((action, account), 0.0) > time.monotonic()

    async def _waits(self, tries: Sequence[Try]) -> Sequence[float]:
        if tries[0][0].is_exact:
            return await self._count_exactly(
                [Count(f"{limit.action}:{account}", limit.count, limit.window_s) for limit, account in tries]
            )
        if self._ask is not None and time.monotonic() >= self._silent_until:
            keys = [f"gcra:{limit.action}:{account}" for limit, account in tries]
            rates = [(limit.window_s * 1_000_000 // limit.count, limit.count) for limit, _ in tries]
            try:
                async with asyncio.timeout(REDIS_S):
                    waits = await self._ask(keys=keys, args=[figure for rate in rates for figure in rate])
                return [int(wait) / 1_000_000 for wait in waits]
            except (RedisError, OSError, TimeoutError) as silence:
                self._silent_until = time.monotonic() + _PAUSE_S
                _log.warning("limit.silent", action=tries[0][0].action, error=type(silence).__name__)
        return self._own_share(tries)

    def _own_share(self, tries: Sequence[Try]) -> list[float]:
        """The same decision from this process's memory."""
        now = time.monotonic()
        dues, waits = [], []
        for limit, account in tries:
            share = max(1, limit.count // self._processes)
            due = max(self._due.get((limit.action, account), now), now) + limit.window_s / share
            dues.append(due)
            waits.append(max(0.0, due - limit.window_s - now))
        if not any(waits):
            for (limit, account), due in zip(tries, dues, strict=True):
                self._due.keep((limit.action, account), due)
        return waits


class _Remembered(dict[tuple[str, str], float]):
    """Instants of the monotonic clock by action and account, never more than `REMEMBERED`."""

    def keep(self, key: tuple[str, str], until: float) -> None:
        """Set one; where all places are taken, first let go of those whose time has come, then of the soonest."""
        if key not in self and len(self) >= REMEMBERED:
            now = time.monotonic()
            by_time = sorted(self, key=self.__getitem__)
            gone = max(sum(1 for until in self.values() if until <= now), REMEMBERED // 10)
            for one in by_time[:gone]:
                del self[one]
        self[key] = until
