"""F3 and F5: PostgreSQL dies under load, or is restarted; the API says 503 meanwhile and everybody comes back."""

import asyncio
import contextlib
import os
import signal
import time

import httpx

from tests.faults.seeing import SETTLED_WITHIN_S, one_of_each, reader
from tests.stack import Phone, Stack


async def _pay_through_it(phone: Phone, orders: list, at_s: float) -> None:
    await asyncio.sleep(at_s)
    order = await phone.order()
    orders.append(order)
    redirect_url = await phone.open_payment(order)
    await phone.decide(redirect_url)


async def _ask_through_it(stack: Stack, seen: set[int]) -> None:
    """What anybody is told meanwhile, by a page, the API and the notice door."""
    async with httpx.AsyncClient(base_url=stack.base, trust_env=False, timeout=15) as client:
        while True:
            with contextlib.suppress(httpx.TransportError):
                for path in (f"/s/{stack.code}", f"/api/v1/scenes/{stack.code}", "/api/v1/books", "/readyz"):
                    seen.add((await client.get(path)).status_code)
            await asyncio.sleep(0.05)


async def test_a_killed_postgresql_loses_no_acknowledged_notice(undrawn: Stack) -> None:
    """SIGKILL to the postmaster and its children in the middle of twenty payments, then recovery."""
    assert undrawn.servers is not None
    orders: list = []
    seen: set[int] = set()
    asking = asyncio.create_task(_ask_through_it(undrawn, seen))
    async with reader(undrawn), undrawn.phone() as phone:
        await phone.enter()
        paying = [asyncio.create_task(_pay_through_it(phone, orders, 0.05 * number)) for number in range(20)]
        await asyncio.sleep(0.5)
        await asyncio.to_thread(undrawn.servers.kill_postgres)
        await asyncio.sleep(1.0)
        acknowledged = {
            notice["subject"] for notice in (await undrawn.truth())["notices"] if notice["state"] == "acknowledged"
        }
        await asyncio.to_thread(undrawn.servers.start_postgres)
        back = time.monotonic()
        await asyncio.gather(*paying)
        for order in orders:
            await phone.certificate(order, SETTLED_WITHIN_S)
        settled_s = time.monotonic() - back
    asking.cancel()
    assert {code for code in seen if code >= 500} == {503}, seen
    assert settled_s <= SETTLED_WITHIN_S
    assert len(orders) == 20
    await one_of_each(undrawn, orders)
    booked = await undrawn.sql("SELECT reference FROM payment WHERE state = 'paid'")
    assert acknowledged <= {row["reference"] for row in booked}
    assert all(undrawn.is_running(name) for name in ("serve", "worker")), "somebody died of it"


async def test_a_restarted_postgresql_is_found_again_by_everybody(undrawn: Stack) -> None:
    """A smart shutdown waits for our pools, which never leave; after a second the operator loses patience."""
    assert undrawn.servers is not None
    assert undrawn.servers.postgres_pid is not None
    async with reader(undrawn), undrawn.phone() as phone:
        first = await phone.order()
        os.kill(undrawn.servers.postgres_pid, signal.SIGTERM)
        await asyncio.sleep(1.0)
        await asyncio.to_thread(undrawn.servers.restart_postgres)
        back = time.monotonic()
        await phone.pay(first)
        await phone.certificate(first)
        assert time.monotonic() - back < 10
    await one_of_each(undrawn, [first])
