"""F1, F2 and F3 of gifts: API, worker and PostgreSQL die in the middle of a burst; nobody loses theirs, nobody has two."""

import asyncio
import signal
from typing import Any

import pytest

from app.cli.seeding.gifts import GIFT_CODE
from app.gateways.faults import POINTS
from tests.books import PENDING_LONGEST_S, books_add_up
from tests.faults.seeing import SETTLED_WITHIN_S
from tests.stack import Away, Phone, Stack, eventually

COLLECT_POINTS = [point for point in POINTS if point.startswith("collect.")]
GIFT_POINTS = [point for point in POINTS if point.startswith("gifts.")]


async def collect(phone: Phone) -> Any:
    """Collect by API, asking again while nobody answers; a repeat is the same gift."""
    if "authorization" not in phone.client.headers:
        await phone.insist(phone.enter)

    async def ask() -> Any:
        answer = await phone.client.post(f"/api/v1/scenes/{GIFT_CODE}/gift", json={"mode": "metro", "km": 23})
        if answer.status_code in {502, 503, 504}:
            raise Away(answer.text)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()

    return await phone.insist(ask)


async def count(stack: Stack) -> int:
    """Collections so far."""
    return int((await stack.sql("SELECT count(*) AS n FROM gift_collection"))[0]["n"])


async def retired_once(stack: Stack, gifts: list[Any], *, before: int) -> None:
    """Each of these is retired, once; the pool's line is whole, and nothing is there that nobody was told of."""

    async def done() -> bool:
        rows = await stack.sql("SELECT count(*) AS n FROM retirement WHERE cause LIKE 'gift:%' AND state = 'settled'")
        return int(rows[0]["n"]) >= before + len(gifts)

    await eventually(done, SETTLED_WITHIN_S, "not every gift is retired")
    assert len({one["id"] for one in gifts}) == len(gifts)
    assert await count(stack) == before + len(gifts)
    assert await books_add_up(stack.super_url, patience_s=PENDING_LONGEST_S) == []


@pytest.mark.parametrize("point", COLLECT_POINTS)
async def test_an_api_killed_while_somebody_collects_costs_them_nothing(undrawn: Stack, point: str) -> None:
    before = await count(undrawn)
    await undrawn.kill("serve")
    undrawn.begin("serve", FAULT_POINT=point, REDIS_URL="")
    await undrawn.ready("serve")

    async def supervise() -> None:
        assert await undrawn.ended("serve") == -9, undrawn.fresh_log("serve")[-2000:]
        undrawn.begin("serve")

    supervisor = asyncio.create_task(supervise())
    async with undrawn.phone() as phone:
        gift = await collect(phone)
        await supervisor
        assert (await collect(phone))["id"] == gift["id"]
    await retired_once(undrawn, [gift], before=before)


async def test_a_worker_killed_at_every_point_of_a_gift_retires_each_once(undrawn: Stack) -> None:
    before = await count(undrawn)
    await undrawn.kill("worker")
    gifts = []
    for point in GIFT_POINTS:
        async with undrawn.phone() as phone:
            gifts.append(await collect(phone))
        undrawn.begin("worker", FAULT_POINT=point)
        assert await undrawn.ended("worker") == -9, f"{point}: {undrawn.fresh_log('worker')[-2000:]}"
    undrawn.begin("worker")
    await retired_once(undrawn, gifts, before=before)


async def test_in_a_burst_the_api_and_every_line_to_postgresql_are_killed_and_each_has_exactly_one_gift(
    undrawn: Stack,
) -> None:
    """Forty people tap while the API dies by SIGKILL and connections are ended under it; each asks until answered."""
    before = await count(undrawn)
    phones = [Phone(undrawn) for _ in range(40)]
    for phone in phones:
        await phone.enter()

    async def disturb() -> None:
        await asyncio.sleep(0.05)
        await undrawn.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'diandian%'"
        )
        await asyncio.sleep(0.1)
        undrawn.signal("serve", signal.SIGKILL)
        await undrawn.ended("serve")
        undrawn.begin("serve")

    async def one(at: int) -> Any:
        await asyncio.sleep(at * 0.008)
        return await collect(phones[at])

    try:
        *gifts, _ = await asyncio.gather(*(one(at) for at in range(len(phones))), disturb())
    finally:
        for phone in phones:
            await phone.client.aclose()
    await retired_once(undrawn, gifts, before=before)
