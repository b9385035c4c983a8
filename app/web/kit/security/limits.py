"""How slowly a body may come, and how often somebody may act: the guards that handlers name.

Whom a limit counts: a person by themselves, since all who scan at one event share an address; somebody unknown by
address. Guests are free, so what a crowd of them could do together (miss codes, sign in, come anew) counts by address as
well. What honest people do at one event, scan, collect and look, counts by person only.
"""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from typing import Any, Final, TypeVar

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import Guard, HTTPReceiveMessage, HTTPRequestEvent, Receive

from app.kernel.errors import DomainError
from app.views import errors
from app.web.kit.requests import addresses
from app.web.kit.security import guards
from app.web.kit.security.limiter import Limit, Limiter, Try
from app.web.kit.security.newcomers import by_address_of, host_of

T = TypeVar("T")
Connection = ASGIConnection[Any, Any, Any, Any]

BODY_S: Final = 5.0
"""Patience with a body that does not come; source: measured, 1 100 half-sent bodies stop a worker of granian."""
BODY_BYTES_PER_S: Final = 64 * 1024
"""Every this many bytes that do come buy one more second, so that an upload over a slow phone arrives."""


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


SHARED_ADDRESS: Final = 60
"""How many strangers may stand behind one address: everybody at an event comes through its Wi-Fi."""


def limited(
    action: str,
    count: int,
    *,
    window_s: int = 60,
    is_exact: bool = False,
    sharing: int = SHARED_ADDRESS,
    by_address: bool = False,
) -> Guard:
    """Guard: at most `count` times in `window_s` seconds for a person. Takes its `Limiter` from `app.state.limiter`.

    Somebody unknown is counted by address, which gets `sharing` times as much; with `by_address`, somebody known too.
    `is_exact` for what must never go unlimited: see `Limiter`.
    """
    limit = Limit(action, count, window_s, is_exact)

    async def guard(connection: Connection, _: BaseRouteHandler) -> None:
        limiter: Limiter = connection.app.state.limiter
        await limiter.check(*await _tries(connection, limit, sharing=sharing, by_address=by_address))

    guard.limit = limit  # type: ignore[attr-defined] # for whoever asks which routes are limited, and how
    return guard


async def account_of(connection: Connection) -> str:
    """Whom a limit counts: the person, or for nobody known the address. Of IPv6 the first 64 bits."""
    session = await guards.counted_of(connection)
    return str(session.person_id) if session is not None else addresses.accounts(host_of(connection))[0][0]


async def _tries(connection: Connection, limit: Limit, *, sharing: int, by_address: bool) -> list[Try]:
    session = await guards.counted_of(connection)
    tries = [(limit, str(session.person_id))] if session is not None else []
    if session is None or by_address:
        tries += by_address_of(connection, replace(limit, count=limit.count * sharing))
    return tries


class Guessing:
    """Limits what somebody tries and does not hit; whoever hits goes on without a question to anybody.

    A miss is counted before it is told, of the person and of the address, exactly over all processes. Whoever is over
    the limit is refused, and so is all that the account asks of this process until its time has come; another process
    learns of it by the next miss there. Where it is the address that is over, persons there who missed nothing go on:
    one who guesses must not close the event's Wi-Fi to the others. Why that is enough: docs/decisions/0031-floods.md.
    """

    def __init__(self, action: str, count: int, *, window_s: int = 60, sharing: int = SHARED_ADDRESS) -> None:
        self._limit = Limit(action, count, window_s, is_exact=True)
        self._sharing = sharing

    async def guard(self, connection: Connection, _: BaseRouteHandler) -> None:
        """Guard: refuses whoever has missed too often."""
        limiter: Limiter = connection.app.state.limiter
        if not limiter.refuses_somebody:
            return
        action, person = self._limit.action, await guards.counted_of(connection)
        wait_s = 0
        if person is None or limiter.has_missed(action, str(person.person_id)):
            wait_s = max(limiter.refused_s(action, one) for one, _ in addresses.accounts(host_of(connection)))
        if person is not None:
            wait_s = max(wait_s, limiter.refused_s(action, str(person.person_id)))
        if wait_s > 0:
            raise errors.RequestsTooMany(retry_after_s=wait_s)

    async def missed(self, connection: Connection) -> None:
        """Count a miss, before it is told.

        Raises:
            RequestsTooMany: it is one too many, and shall not be told.
        """
        limiter: Limiter = connection.app.state.limiter
        if (person := await guards.counted_of(connection)) is not None:
            limiter.remember_miss(self._limit.action, str(person.person_id))
        await limiter.check(*await _tries(connection, self._limit, sharing=self._sharing, by_address=True))

    async def found(self, looking: Awaitable[T], connection: Connection, *, unknown: type[DomainError]) -> T:
        """What `looking` finds; where it says `unknown`, a miss is counted before that is told.

        Raises:
            RequestsTooMany: too many of these.
        """
        try:
            return await looking
        except unknown:
            await self.missed(connection)
            raise
