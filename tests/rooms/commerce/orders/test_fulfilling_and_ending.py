"""What becomes of an order: paid, expired, cancelled, paid too late, paid twice, paid in the moment it is closed."""

import asyncio
from typing import cast

import pytest

from app.commerce import orders
from app.gateways.channels.base import Channel
from app.gateways.channels.wechatpay import H5, NATIVE
from tests.flow import Flow, PayerIsFaster, at_once
from tests.rooms.conftest import KEYRING
from tests.wire.wechatpay_asking import ours_for
from workers.jobs import JOBS
from workers.subscriptions import SETTLE


async def _expired(flow: Flow) -> orders.OrderFacts:
    order = await flow.opened()
    await flow.time_is_up(order)
    assert (await flow.sweep())["expired"] == 1
    return order


async def test_an_unpaid_order_expires_at_the_channel_first_and_gives_its_credits_back(flow: Flow) -> None:
    order = await _expired(flow)
    payment = await flow.payment(order)
    assert (await flow.state(order), payment["state"]) == ("expired", "closed")
    assert (await flow.sandbox.trade(payment["reference"]))["state"] == "CLOSED"
    assert await flow.grams() == {"inventory": 100_000_000, "reserved": 0, "retired": 0}
    with pytest.raises(orders.OrderOver):
        await flow.open(order)

    anew = await flow.river.order("k2")
    assert (await flow.grams())["reserved"] == anew.mass_g
    assert (await flow.sweep())["expired"] == 0


async def test_an_order_nobody_opened_a_payment_for_expires_without_asking_anybody(flow: Flow) -> None:
    order = await flow.river.order()
    await flow.time_is_up(order)
    await flow.sandbox.control("POST", "fault", {"route": "*", "kind": "500", "times": 5})
    assert sorted(await at_once(lambda: orders.expire_due(channels=flow.channels), 3)) == [0, 0, 1]
    assert await flow.state(order) == "expired"


@pytest.mark.parametrize("fault", ["502", "unsigned"])
async def test_while_the_channel_is_silent_an_order_whose_time_is_up_waits(flow: Flow, fault: str) -> None:
    order = await flow.opened()
    await flow.time_is_up(order)
    await flow.sandbox.control("POST", "fault", {"route": "close", "kind": fault})
    await flow.sandbox.control("POST", "fault", {"route": "query", "kind": fault})
    assert (await flow.sweep())["expired"] == 0
    assert (await flow.state(order), (await flow.payment(order))["state"]) == ("placed", "closing")
    assert (await flow.grams())["reserved"] == order.mass_g

    assert (await flow.sweep())["expired"] == 1
    assert (await flow.grams())["reserved"] == 0


async def test_while_the_channel_cannot_be_reached_an_order_whose_time_is_up_waits(flow: Flow) -> None:
    order = await flow.opened()
    await flow.time_is_up(order)
    nobody = ours_for(flow.sandbox, base_url="http://127.0.0.1:9")
    assert await orders.expire_due(channels=flow.with_channel(nobody)) == 0
    await nobody.aclose()
    assert await flow.state(order) == "placed"
    assert (await flow.grams())["reserved"] == order.mass_g


async def test_however_many_wait_for_a_silent_channel_an_order_that_needs_none_expires(flow: Flow) -> None:
    waiting, free = await flow.opened("k1"), await flow.river.order("k2")
    for order in (waiting, free):  # the one that waits has been over for longer
        await flow.time_is_up(order)
    nobody = ours_for(flow.sandbox, base_url="http://127.0.0.1:9")
    assert await orders.expire_due(channels=flow.with_channel(nobody), limit=1) == 1
    await nobody.aclose()
    assert [await flow.state(order) for order in (waiting, free)] == ["placed", "expired"]


async def test_an_order_is_refunded_though_its_channel_has_not_closed_another_attempt_yet(flow: Flow) -> None:
    order = await flow.opened(method=H5)
    await flow.open(order, NATIVE)  # the first attempt is closing; nobody has told the channel
    await flow.pays(order)
    await flow.receive_notice()
    await JOBS[SETTLE]["fulfil_paid"](await flow.open_rows("fulfil_paid"), flow.tools)
    await orders.take_back(order.id, by=order.person_id, reason="重复下单", keyring=KEYRING)
    await flow.work()
    await flow.receive_notice()
    await flow.work()
    assert [row["state"] for row in await flow.payments(order)] == ["closing", "refunded"]
    assert await flow.state(order) == "refunded", "nobody would come back to it"


async def test_a_payment_that_comes_after_the_end_is_honoured_while_credits_are_open(flow: Flow) -> None:
    order = await _expired(flow)
    await flow.pays(order, late=True)
    await flow.receive_notice()
    assert (await flow.payment(order))["was_late"] is True

    await flow.work()

    assert await flow.state(order) == "paid"
    assert (await flow.grams())["retired"] == order.mass_g
    assert await flow.count("certificate") == 1


async def test_a_payment_that_comes_after_the_end_goes_back_in_full_when_the_credits_are_gone(flow: Flow) -> None:
    order = await _expired(flow)
    await flow.others_take_all(order)
    reference = await flow.pays(order, late=True)
    await flow.receive_notice()

    await flow.work()
    assert await flow.state(order) == "refunding"
    await flow.receive_notice()  # the channel says that the money is back
    await flow.work()

    (theirs,) = (await flow.sandbox.truth())["refunds"]
    assert (theirs["out_trade_no"], theirs["fen"], theirs["state"]) == (reference, order.amount_minor, "SUCCESS")
    assert (await flow.state(order), (await flow.payment(order))["state"]) == ("refunded", "refunded")
    assert await flow.money() == {"clearing:wechatpay": 0, "prepaid": 0, "sales": 0}
    assert await flow.count("retirement") == 0


@pytest.mark.parametrize("together", [True, False])
async def test_of_two_payments_by_two_methods_the_second_goes_back_and_one_retirement_stays(
    flow: Flow,
    together: bool,  # noqa: FBT001 - a case of the test
) -> None:
    order = await flow.opened(method=H5)
    await flow.open(order, NATIVE)
    for payment in await flow.payments(order):
        await flow.sandbox.control("POST", "pay", {"out_trade_no": payment["reference"]})
        await flow.receive_notice()
        if not together:
            await flow.work()
    await flow.work()
    await flow.receive_notice()
    await flow.work()

    assert [row["state"] for row in await flow.payments(order)] == ["paid", "refunded"]
    assert await flow.state(order) == "paid"
    assert await flow.money() == {"clearing:wechatpay": -22, "prepaid": 0, "sales": 22}
    assert await flow.count("retirement") == await flow.count("certificate") == 1


async def test_an_order_paid_twice_too_late_is_refunded_only_when_all_of_its_money_is_back(flow: Flow) -> None:
    order = await flow.opened(method=H5)
    await flow.open(order, NATIVE)
    assert await orders.cancel(order.id, by=order.person_id, channels=flow.channels)
    await flow.others_take_all(order)
    first, second = await flow.payments(order)
    for payment in (first, second):
        await flow.sandbox.control("POST", "pay", {"out_trade_no": payment["reference"], "late": True})
        await flow.receive_notice()
    await flow.sandbox.control("POST", "refund", {"result": "PROCESSING"})
    await flow.work()
    slow, fast = [await flow.refund_of(payment) for payment in (first, second)]
    await flow.sandbox.control("POST", "refund", {"result": "SUCCESS", "out_refund_no": fast})
    await flow.receive_notice()
    await flow.work()
    assert await flow.state(order) == "refunding"

    await flow.sandbox.control("POST", "refund", {"result": "SUCCESS", "out_refund_no": slow})
    await flow.receive_notice()
    await flow.work()
    assert await flow.state(order) == "refunded"
    assert await flow.money() == {"clearing:wechatpay": 0, "prepaid": 0, "sales": 0}


async def test_somebody_who_pays_in_the_moment_of_closing_has_paid(flow: Flow) -> None:
    order = await flow.opened()
    await flow.time_is_up(order)
    racing = flow.with_channel(cast("Channel", PayerIsFaster(flow)))
    assert await orders.expire_due(channels=racing) == 0
    assert (await flow.payment(order))["state"] == "paid"  # told by the close, asked for at once
    assert (await flow.state(order), (await flow.grams())["reserved"]) == ("placed", order.mass_g)

    await flow.work()
    assert await flow.state(order) == "paid"
    assert (await flow.payment(order))["was_late"] is False
    await flow.receive_notice()  # and the notice that came meanwhile changes nothing
    await flow.work()
    assert await flow.count("retirement") == 1


async def test_its_owner_cancels_an_unpaid_order_and_may_do_so_again(flow: Flow) -> None:
    order = await flow.opened()
    answers = await at_once(lambda: orders.cancel(order.id, by=order.person_id, channels=flow.channels), 3)
    assert answers == [True, True, True]  # whoever was slower hears the same
    assert await orders.cancel(order.id, by=order.person_id, channels=flow.channels)
    assert (await flow.state(order), (await flow.payment(order))["state"]) == ("cancelled", "closed")
    assert (await flow.grams())["reserved"] == 0


async def test_an_order_of_somebody_else_looks_like_none(flow: Flow) -> None:
    order = await flow.opened()
    stranger = await flow.river.guest()
    for call in (
        orders.cancel(order.id, by=stranger, channels=flow.channels),
        orders.find(order.id, by=stranger),
        orders.rename(order.id, by=stranger, name_sealed=b"x"),
        orders.pay(
            order.id,
            orders.Way(channel=flow.channel.name, method=NATIVE),
            by=stranger, description="x", channels=flow.channels,
        ),
    ):  # fmt: skip
        with pytest.raises(orders.OrderUnknown):
            await call
    assert await flow.state(order) == "placed"


async def test_a_paid_order_cannot_be_cancelled_not_even_before_anything_followed(flow: Flow) -> None:
    order = await flow.paid()
    assert not await orders.cancel(order.id, by=order.person_id, channels=flow.channels)
    await flow.work()
    with pytest.raises(orders.OrderOver):
        await orders.cancel(order.id, by=order.person_id, channels=flow.channels)
    assert (await flow.grams())["retired"] == order.mass_g


async def test_paying_and_expiring_at_once_end_in_exactly_one_of_both(flow: Flow) -> None:
    placed = [await flow.opened(f"k{number}") for number in range(6)]
    for order in placed:
        await flow.time_is_up(order)
        await flow.pays(order)

    await asyncio.gather(
        orders.expire_due(channels=flow.channels),
        *(flow.receive_notice() for _ in placed),
        orders.expire_due(channels=flow.channels),
    )
    await flow.work()

    assert {await flow.state(order) for order in placed} == {"paid"}  # their money had moved before anybody closed


async def test_a_name_goes_on_the_certificate_until_the_order_is_paid(flow: Flow) -> None:
    order = await flow.paid()
    assert await orders.rename(order.id, by=order.person_id, name_sealed=b"sealed")
    assert await orders.rename(order.id, by=order.person_id, name_sealed=None)
    await flow.work()
    assert not await orders.rename(order.id, by=order.person_id, name_sealed=b"too late")
    assert not (await orders.find(order.id, by=order.person_id)).has_name
