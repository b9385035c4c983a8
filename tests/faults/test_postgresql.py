"""F3 and F5: PostgreSQL dies under load, or is restarted; the API says 503 meanwhile and everybody comes back."""

import asyncio
import os
import signal
import socket
import time

import pytest

from tests.effort import slowness
from tests.faults.seeing import SETTLED_WITHIN_S, asking, one_of_each, reader
from tests.stack import Phone, Stack, eventually


async def _pay_through_it(phone: Phone, orders: list, at_s: float) -> None:
    await asyncio.sleep(at_s)
    order = await phone.order()
    orders.append(order)
    redirect_url = await phone.open_payment(order)
    await phone.decide(redirect_url)


async def _acknowledged(stack: Stack) -> set[str]:
    """The numbers of the trades whose notice we took, as the far side knows."""
    return {one["subject"] for one in (await stack.truth())["notices"] if one["state"] == "acknowledged"}


async def test_a_killed_postgresql_loses_no_acknowledged_notice(undrawn: Stack) -> None:
    """SIGKILL to the postmaster and its children in the middle of twenty payments, as some were taken; then recovery.

    A payment would be found by asking; that its notice was kept shows that what was acknowledged was on disc.
    """
    assert undrawn.servers is not None
    orders: list = []
    before = await _acknowledged(undrawn)

    async def some() -> bool:
        return len(await _acknowledged(undrawn) - before) >= 3

    async with asking(undrawn) as seen, reader(undrawn), undrawn.phone() as phone:
        await phone.enter()
        paying = [asyncio.create_task(_pay_through_it(phone, orders, 0.05 * number)) for number in range(20)]
        await eventually(some, 20, "no notice is acknowledged", every_s=0.01)
        await asyncio.to_thread(undrawn.servers.kill_postgres)
        await asyncio.sleep(1.0)
        acknowledged = await _acknowledged(undrawn) - before
        await asyncio.to_thread(undrawn.servers.start_postgres)
        back = time.monotonic()
        await asyncio.gather(*paying)
        for order in orders:
            await phone.certificate(order, SETTLED_WITHIN_S)
        settled_s = time.monotonic() - back
    assert 503 in seen
    assert settled_s <= SETTLED_WITHIN_S * slowness()
    assert len(orders) == 20
    await one_of_each(undrawn, orders)
    booked = await undrawn.sql("SELECT reference FROM payment WHERE state = 'paid'")
    assert acknowledged <= {row["reference"] for row in booked}
    assert acknowledged <= {row["reference"] for row in await undrawn.sql("SELECT reference FROM payment_notice")}
    assert all(undrawn.is_running(name) for name in ("serve", "worker")), "somebody died of it"


@pytest.mark.parametrize("how", ["smart", "fast", "immediate"])
async def test_a_restarted_postgresql_is_found_again_by_everybody(undrawn: Stack, how: str) -> None:
    """In the middle of payments. A smart shutdown waits for our pools, which never leave: the operator loses patience."""
    servers = undrawn.servers
    assert servers is not None
    assert servers.postgres_pid is not None
    orders: list = []
    async with asking(undrawn), reader(undrawn), undrawn.phone() as phone:
        first = await phone.order()
        paying = [asyncio.create_task(_pay_through_it(phone, orders, 0.1 * number)) for number in range(5)]
        await asyncio.sleep(0.2)
        if how == "smart":
            os.kill(servers.postgres_pid, signal.SIGTERM)
            await asyncio.sleep(1.0)
        if how == "immediate":
            os.kill(servers.postgres_pid, signal.SIGQUIT)  # as a crash, but by its own hand
            await eventually(lambda: is_down(servers.socket_dir), 20, "PostgreSQL does not end")
            await asyncio.to_thread(servers.start_postgres)
        else:
            await asyncio.to_thread(servers.restart_postgres)
        await asyncio.gather(*paying)
        await phone.pay(first)
        for order in (first, *orders):
            await phone.certificate(order, SETTLED_WITHIN_S)
    await one_of_each(undrawn, [first, *orders])
    assert all(undrawn.is_running(name) for name in ("serve", "worker")), "somebody died of it"


def is_down(socket_dir: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(f"{socket_dir}/.s.PGSQL.5432") != 0
