"""What fault tests look at: the books during a fault and after it, and what became of each order."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from app.kernel import ids
from tests.books import PENDING_LONGEST_S, books_add_up
from tests.stack import Phone, Stack, eventually

SETTLED_WITHIN_S = 30.0
"""Everything pending is settled this soon after a fault ends: the common figure of all fault tests."""


async def books_agree(stack: Stack) -> None:
    """Our books add up and are the far side's; both sides are given a moment to meet."""
    broken: list[str] = []

    async def agree() -> bool:
        broken[:] = await books_add_up(stack.super_url, truth=await stack.truth(), patience_s=PENDING_LONGEST_S)
        return not broken

    await eventually(agree, SETTLED_WITHIN_S, lambda: f"the books do not agree: {broken}", every_s=0.3)


@dataclass
class Reading:
    """What a reader saw of the books while a fault was on."""

    rounds: int = 0
    broken: list[str] = field(default_factory=list)


@asynccontextmanager
async def reader(stack: Stack) -> AsyncIterator[Reading]:
    """Read the books every 200 ms, each time in one snapshot; fails at the end where one of them was broken."""
    reading = Reading()

    async def read() -> None:
        while True:
            # While the server is away there is nothing to read; the next round reads what it then says.
            with contextlib.suppress(asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError, OSError,
                                     asyncpg.InterfaceError, asyncpg.InternalClientError,
                                     asyncpg.AdminShutdownError):  # fmt: skip
                reading.broken += await books_add_up(stack.super_url, patience_s=PENDING_LONGEST_S)
                reading.rounds += 1
            await asyncio.sleep(0.2)

    task = asyncio.create_task(read())
    try:
        yield reading
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    assert not reading.broken, reading.broken
    assert reading.rounds


@asynccontextmanager
async def asking(stack: Stack, *, every_s: float = 0.05) -> AsyncIterator[set[int]]:
    """What anybody is told meanwhile, by a page, the API and readiness: the statuses seen. Of 500 and more only 503."""
    seen: set[int] = set()

    async def ask() -> None:
        async with httpx.AsyncClient(base_url=stack.base, trust_env=False, verify=False, timeout=15) as client:
            while True:
                with contextlib.suppress(httpx.TransportError):
                    for path in (f"/s/{stack.code}", f"/api/v1/scenes/{stack.code}", "/api/v1/books", "/readyz"):
                        seen.add((await client.get(path)).status_code)
                await asyncio.sleep(every_s)

    task = asyncio.create_task(ask())
    try:
        yield seen
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    assert {code for code in seen if code >= 500} <= {503}, seen


async def one_of_each(stack: Stack, orders: Iterable[Mapping[str, Any]], *, drawn: bool = False) -> None:
    """Each paid order has one payment that moved money, one retirement, one certificate, and (`drawn`) its files."""
    wanted = [uuid_of(order) for order in orders]
    rows = await stack.sql(_EACH, wanted)
    assert {row["id"]: tuple(row)[1:4] for row in rows} == dict.fromkeys(wanted, (1, 1, 1))
    if drawn:

        async def files() -> bool:
            return all(row["files"] == 2 for row in await stack.sql(_EACH, wanted))

        await eventually(files, SETTLED_WITHIN_S, "the files are not drawn", every_s=0.2)


_EACH = """
SELECT o.id,
       (SELECT count(*) FROM payment WHERE subject = 'order:' || o.id AND transaction_id IS NOT NULL) AS payments,
       (SELECT count(*) FROM retirement WHERE cause = 'order:' || o.id AND state = 'settled') AS retirements,
       (SELECT count(*) FROM certificate c JOIN retirement r ON r.id = c.retirement_id WHERE r.cause = 'order:' || o.id)
           AS certificates,
       (SELECT count(*) FROM certificate_file f JOIN certificate c ON c.id = f.certificate_id
        JOIN retirement r ON r.id = c.retirement_id WHERE r.cause = 'order:' || o.id) AS files
FROM purchase_order o WHERE o.id = ANY ($1::uuid[])
"""


async def paid(phone: Phone) -> Any:
    """An order whose money has reached our books; nothing of it may be fulfilled yet."""
    order = await phone.order()
    await phone.pay(order)
    await eventually(lambda: _has_money(phone.stack, order), 20, "the notice did not come")
    return order


async def _has_money(stack: Stack, order: Mapping[str, Any]) -> bool:
    rows = await stack.sql("SELECT state FROM payment WHERE subject = $1", f"order:{uuid_of(order)}")
    return [row["state"] for row in rows] == ["paid"]


def uuid_of(order: Mapping[str, Any]) -> UUID:
    """The order's id in the database."""
    found = ids.parse("ord", order["id"])
    assert found is not None
    return found
