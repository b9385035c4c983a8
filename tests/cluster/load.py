"""Visitors who scan, compute, order and pay through the proxy for as long as they are let."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from tests.cluster.ground import Cluster
from tests.effort import slowness
from tests.faults.seeing import SETTLED_WITHIN_S, uuid_of
from tests.stack import Phone

INSIST_S: Final = 90.0
"""How long a visitor asks again while nobody serves."""


@dataclass(slots=True)
class Visits:
    """What visitors were promised."""

    orders: list[Mapping[str, Any]] = field(default_factory=list)
    """Acknowledged: the answer was 201."""
    paid: list[Mapping[str, Any]] = field(default_factory=list)
    """The cashier took the money."""
    is_over: bool = False
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def leave(self) -> None:
        """Everybody goes at once, in the middle of whatever they do."""
        self.is_over = True
        for task in self.tasks:
            task.cancel()

    async def demand_orders(self, cluster: Cluster) -> None:
        """Every acknowledged order is in the database."""
        wanted = {uuid_of(order) for order in self.orders}
        rows = await cluster.sql("SELECT id FROM purchase_order WHERE id = ANY($1::uuid[])", list(wanted))
        lost = wanted - {row["id"] for row in rows}
        assert not lost, f"{len(lost)} of {len(wanted)} acknowledged orders are lost: {sorted(map(str, lost))[:5]}"

    async def settle(self, cluster: Cluster) -> None:
        """Wait until each paid order has its certificate, asked for in the database."""
        wanted = [uuid_of(order) for order in self.paid]
        deadline = asyncio.get_running_loop().time() + 2 * SETTLED_WITHIN_S * slowness()
        while waiting := await cluster.sql(_WAITING, wanted):
            assert asyncio.get_running_loop().time() < deadline, f"{len(waiting)} paid orders have no certificate"
            await asyncio.sleep(0.2)


@asynccontextmanager
async def visitors(cluster: Cluster, number: int, *, pause_s: float = 0.2) -> AsyncIterator[Visits]:
    """So many people at once while the block runs, each a new one after each visit; they end their visits with it."""
    visits = Visits()
    visits.tasks += [asyncio.create_task(_come_again(cluster, visits, pause_s)) for _ in range(number)]
    try:
        yield visits
        has_left, visits.is_over = visits.is_over, True
        if not has_left:
            await asyncio.gather(*visits.tasks)
    finally:
        visits.leave()
        await asyncio.gather(*visits.tasks, return_exceptions=True)


async def visit(phone: Phone, visits: Visits, outcome: str = "success") -> Any:
    """Scan, compute, order, pay; the order."""
    await phone.insist(phone.scan, INSIST_S)
    await phone.insist(phone.enter, INSIST_S)
    key = secrets.token_hex(12)
    order = await phone.insist(lambda: phone.order(key=key), INSIST_S)
    visits.orders.append(order)
    payment_key = secrets.token_hex(12)
    redirect_url = await phone.insist(lambda: phone.open_payment(order, key=payment_key), INSIST_S)
    await phone.decide(redirect_url, outcome)
    visits.paid.append(order)
    await phone.insist(lambda: phone.look(order), INSIST_S)
    return order


async def _come_again(cluster: Cluster, visits: Visits, pause_s: float) -> None:
    while not visits.is_over:
        async with cluster.phone() as phone:
            await visit(phone, visits)
        await asyncio.sleep(pause_s)


@asynccontextmanager
async def reading(cluster: Cluster, number: int = 2, *, pause_s: float = 0.2) -> AsyncIterator[None]:
    """So many who only read public pages while the block runs, over connections that are kept."""

    async def read() -> None:
        async with cluster.phone() as phone:
            while True:
                for path in (f"/s/{cluster.code}", f"/api/v1/scenes/{cluster.code}", "/api/v1/books"):
                    with contextlib.suppress(httpx.TransportError):
                        await phone.client.get(path)
                    await asyncio.sleep(pause_s)

    tasks = [asyncio.create_task(read()) for _ in range(number)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


_WAITING = """
SELECT o.id FROM purchase_order o WHERE o.id = ANY ($1::uuid[]) AND NOT EXISTS (
    SELECT FROM certificate c JOIN retirement r ON r.id = c.retirement_id WHERE r.cause = 'order:' || o.id)
"""
