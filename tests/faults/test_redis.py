"""F7: Redis may be empty, gone for a while, or never there; it holds nothing that is missed."""

import asyncio
import time

import pytest
from redis.asyncio import Redis

from tests.effort import slowness
from tests.faults.seeing import SETTLED_WITHIN_S, one_of_each, reader
from tests.stack import Stack


async def test_a_flushed_and_a_killed_redis_delay_and_lose_nothing(undrawn: Stack) -> None:
    """Ten payments while everything in Redis is deleted; two more after it was killed and stayed away for 3 s."""
    assert undrawn.servers is not None
    redis = Redis(unix_socket_path=undrawn.servers.redis_socket)

    async def flush() -> None:  # more often than a worker looks for jobs, so that those are lost which were enqueued
        while True:
            await redis.flushall()
            await asyncio.sleep(0.005)

    async with reader(undrawn), undrawn.phone() as phone:
        first = [await phone.order() for _ in range(10)]
        flushing = asyncio.create_task(flush())
        await asyncio.gather(*(phone.pay(order) for order in first))
        await asyncio.sleep(1)  # until the last of them was told of and enqueued
        flushing.cancel()
        await asyncio.gather(flushing, return_exceptions=True)
        await redis.aclose()

        await asyncio.to_thread(undrawn.servers.kill_valkey)
        away = time.monotonic()
        second = [await phone.order() for _ in range(2)]
        await asyncio.gather(*(phone.pay(order) for order in second))
        for order in second:  # without a queue, the workers look every second
            await phone.certificate(order, 10)
        await asyncio.sleep(max(0.0, 3 - (time.monotonic() - away)))
        await asyncio.to_thread(undrawn.servers.start_valkey)

        third = await phone.order()
        await phone.pay(third)
        for order in (*first, third):
            await phone.certificate(order, SETTLED_WITHIN_S)
    await one_of_each(undrawn, [*first, *second, third])
    assert all(undrawn.is_running(name) for name in ("serve", "worker")), "somebody died of it"


@pytest.mark.parametrize("url", ["", "unix:///nowhere/valkey.sock"], ids=["none", "dead"])
async def test_the_whole_way_is_gone_without_redis(whole: Stack, url: str) -> None:
    """None configured, or one that never answers."""
    for name in ("serve", "worker", "render"):
        await whole.kill(name)
        whole.begin(name, REDIS_URL=url)
    await whole.ready("serve")
    async with whole.phone() as phone:
        orders = [await phone.order() for _ in range(2)]
        await asyncio.gather(*(phone.pay(order) for order in orders))
        for order in orders:
            await phone.files(await phone.certificate(order))
    await one_of_each(whole, orders, drawn=True)
    for name in ("serve", "worker", "render"):
        code, seconds = await whole.stop(name)
        assert (code, seconds < 5 * slowness()) == (0, True), f"{name}: {code} after {seconds:.1f} s"
