"""F1: the API dies by SIGKILL at each of its fault points; a supervisor begins it again, the phone asks again."""

import asyncio

import pytest

from app.gateways.faults import POINTS
from tests.faults.seeing import one_of_each, uuid_of
from tests.stack import DUE_NOW, Stack

API_POINTS = [point for point in POINTS if point.startswith(("order.", "payment.", "notice."))]


@pytest.mark.parametrize("point", API_POINTS)
async def test_an_api_killed_at_a_point_costs_nobody_anything(undrawn: Stack, point: str) -> None:
    # In Redis the killed process leaves a hold on the phone's key for five seconds; one point waits for it.
    redis = {} if point in {"order.placed", "notice.committed"} else {"REDIS_URL": ""}
    await undrawn.kill("serve")
    undrawn.begin("serve", FAULT_POINT=point, **redis)
    await undrawn.ready("serve")

    async def supervise() -> None:
        assert await undrawn.ended("serve") == -9, undrawn.fresh_log("serve")[-2000:]
        undrawn.begin("serve")

    supervisor = asyncio.create_task(supervise())
    async with undrawn.phone() as phone:
        order = await phone.order(key="an intent")
        redirect_url = await phone.open_payment(order, key="another intent")
        await phone.decide(redirect_url)
        await phone.certificate(order)
    await supervisor
    await one_of_each(undrawn, [order])

    people = await undrawn.sql(
        "SELECT count(*) FROM purchase_order WHERE person_id = (SELECT person_id FROM purchase_order WHERE id = $1)",
        uuid_of(order),
    )
    assert people[0][0] == 1, "the repeated intent became a second order"
    trades = [trade for trade in (await undrawn.truth())["trades"] if trade["token"] in redirect_url]
    rows = await undrawn.sql("SELECT reference FROM payment WHERE subject = $1", f"order:{uuid_of(order)}")
    assert [row["reference"] for row in rows] == [trade["out_trade_no"] for trade in trades]


async def test_a_notice_that_never_comes_is_replaced_by_asking(undrawn: Stack) -> None:
    """The order is paid, the API dies before it hears of it, and the far side never says it again."""
    async with undrawn.phone() as phone:
        order = await phone.order()
        await phone.pay(order, "success_no_notify")
        await undrawn.kill("serve")
        # The first question is due 15 s after the payment was opened; the rows are told that this is now.
        await undrawn.sql(DUE_NOW)
        undrawn.begin("serve")
        await phone.certificate(order)
    await one_of_each(undrawn, [order])
