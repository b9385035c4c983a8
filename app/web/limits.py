"""How slowly a body may come, and how often an account may act.

Redis holds hints only: while it is silent, what merely reads goes on, and what must not go unlimited is refused.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Any, Final

import structlog
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import Guard, HTTPReceiveMessage, HTTPRequestEvent, Receive
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.kernel.errors import Unavailable
from app.web import errors, guards

BODY_S: Final = 5.0
"""Patience with a body that does not come; source: measured, 1 100 half-sent bodies stop a worker of granian."""
BODY_BYTES_PER_S: Final = 64 * 1024
"""Every this many bytes that do come buy one more second, so that an upload over a slow phone arrives."""
REDIS_S: Final = 0.2
_PAUSE_S: Final = 1.0
"""After a silence Redis is not asked for this long: a queue of waiting requests would be the worse outage."""

_log = structlog.get_logger("web")

_GCRA: Final = """
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local step, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local due = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now) + step
local wait = due - burst * step - now
if wait > 0 then return wait end
redis.call('SET', KEYS[1], string.format('%.0f', due), 'PX', math.ceil((due - now) / 1000) + 1000)
return 0
"""
"""One stroke in Redis, by its own clock. Gives 0 for allowed, else microseconds to wait."""


def hurried(receive: Receive, *, seconds: float = BODY_S, bytes_per_s: int = BODY_BYTES_PER_S) -> Receive:
    """`receive` that gives up on a body which stalls; after the whole body it only waits for the reader to leave.

    Raises:
        TooSlow: from the call that waited too long.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    whole = False

    async def patient() -> HTTPReceiveMessage:
        nonlocal end, whole
        if whole:
            return await receive()  # type: ignore[return-value]  # an HTTP scope gives HTTP messages
        try:
            async with asyncio.timeout_at(end):
                message: Any = await receive()
        except TimeoutError:
            raise errors.TooSlow from None
        event: HTTPRequestEvent = message
        end += len(event.get("body", b"")) / bytes_per_s
        whole = not event.get("more_body", False)
        return event

    return patient


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` times in any `window_s` seconds, for one account and action."""

    action: str
    count: int
    window_s: int = 60
    fails_open: bool = True
    """False: refused while Redis is silent."""


class Limiter:
    """Exact over all processes: one script decides and writes (GCRA)."""

    def __init__(self, redis: "Redis | None") -> None:
        self._ask: Callable[..., Awaitable[Any]] | None = redis.register_script(_GCRA) if redis is not None else None
        self._silent_until = 0.0
        self._refused_until: dict[tuple[str, str], float] = {}

    async def wait_s(self, limit: Limit, account: str) -> int:
        """Seconds until this account may do this again; 0 and counted where it may do it now.

        Raises:
            Unavailable: Redis is silent and the limit does not fail open.
        """
        step = limit.window_s * 1_000_000 // limit.count
        if self._ask is not None and time.monotonic() >= self._silent_until:
            try:
                async with asyncio.timeout(REDIS_S):
                    wait = await self._ask(keys=[f"gcra:{limit.action}:{account}"], args=[step, limit.count])
                return math.ceil(int(wait) / 1_000_000)
            except (RedisError, OSError, TimeoutError) as silence:
                self._silent_until = time.monotonic() + _PAUSE_S
                _log.warning("limit.silent", action=limit.action, error=type(silence).__name__)
        if limit.fails_open:
            return 0
        raise Unavailable

    async def check(self, limit: Limit, account: str) -> None:
        """Count one try.

        Raises:
            RequestsTooMany: with the seconds to wait.
        """
        if (wait_s := await self.wait_s(limit, account)) > 0:
            raise errors.RequestsTooMany(retry_after_s=wait_s)

    @property
    def refuses_somebody(self) -> bool:
        """Whether `refuse` was told of anybody whose time may not have come."""
        return bool(self._refused_until)

    def refuse(self, limit: Limit, account: str, wait_s: int) -> None:
        """Remember, in this process, that the account is to wait."""
        now = time.monotonic()
        self._refused_until = {one: until for one, until in self._refused_until.items() if until > now}
        self._refused_until[limit.action, account] = now + wait_s

    def refused_s(self, action: str, account: str) -> int:
        """Seconds that this process still refuses the account; 0: it does not."""
        until = self._refused_until.get((action, account), 0.0)
        return max(0, math.ceil(until - time.monotonic()))


SHARED_ADDRESS: Final = 60
"""How many strangers may stand behind one address: everybody at an event comes through its Wi-Fi."""


def limited(
    action: str, count: int, *, window_s: int = 60, fails_open: bool = True, sharing: int = SHARED_ADDRESS
) -> Guard:
    """Guard: at most `count` times in `window_s` seconds for a person. Takes its `Limiter` from `app.state.limiter`.

    Somebody unknown is counted by address, which gets `sharing` times as much.
    """
    personal = Limit(action, count, window_s, fails_open)
    shared = Limit(action, count * sharing, window_s, fails_open)

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        limiter: Limiter = connection.app.state.limiter
        is_known = await guards.session_of(connection) is not None
        await limiter.check(personal if is_known else shared, await account_of(connection))

    return guard


async def account_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Whom a limit counts: the person, or for nobody known the address.

    The person first, since all who scan at one event share an address. Of IPv6 the first 64 bits: one customer
    has all the rest.
    """
    session = await guards.session_of(connection)
    if session is not None:
        return str(session.person_id)
    client = connection.client
    try:
        address = ip_address(client.host if client is not None else "")
    except ValueError:
        return "unknown"
    return f"{IPv6Address(int(address) >> 64 << 64)}/64" if isinstance(address, IPv6Address) else str(address)


class Guessing:
    """Limits what somebody tries and does not hit; whoever hits goes on without a question to Redis.

    A miss is counted before it is answered, exactly over all processes. The one over the limit is refused, and so is
    all that the account asks of this process until its time has come; another process learns of it by the next
    miss there. Why that is enough: docs/decisions/0024-keeping.md.
    """

    def __init__(self, action: str, count: int, *, window_s: int = 60, sharing: int = SHARED_ADDRESS) -> None:
        self._personal = Limit(action, count, window_s)
        self._shared = Limit(action, count * sharing, window_s)

    async def guard(self, connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        """Guard: refuses whoever has missed too often."""
        limiter: Limiter = connection.app.state.limiter
        if limiter.refuses_somebody:
            wait_s = limiter.refused_s(self._personal.action, await account_of(connection))
            if wait_s > 0:
                raise errors.RequestsTooMany(retry_after_s=wait_s)

    async def missed(self, connection: ASGIConnection[Any, Any, Any, Any]) -> None:
        """Count a miss, before it is told.

        Raises:
            RequestsTooMany: it is one too many, and shall not be told.
        """
        limiter: Limiter = connection.app.state.limiter
        limit = self._personal if await guards.session_of(connection) is not None else self._shared
        account = await account_of(connection)
        if (wait_s := await limiter.wait_s(limit, account)) > 0:
            limiter.refuse(limit, account, wait_s)
            raise errors.RequestsTooMany(retry_after_s=wait_s)
