"""A channel that is all that WeChat Pay is not, through the real rooms: sold, paid, closed, given back, refused."""

from datetime import timedelta
from typing import Any

import pytest

from app.commerce import orders, payments
from app.gateways.channels.methods import Circumstances, Place
from app.gateways.channels.wechatpay import H5, NATIVE
from app.kernel.money import Currency
from app.kernel.text import Language
from tests.flow import WECHATPAY
from tests.tiny.gateway import SCAN
from tests.tiny.shop import Shop


async def test_what_its_payer_approved_is_taken_by_us_once_and_the_order_is_fulfilled(shop: Shop) -> None:
    order = await shop.opened()
    approved = shop.far.approve((await shop.flow.payment(order))["reference"])
    assert [await shop.receive(approved) for _ in range(2)] == [200, 200]
    assert await shop.states(order) == [("tiny", "pending")]  # agreed to, and nothing has moved

    await shop.flow.sweep()  # at once, without waiting for its time
    assert await shop.states(order) == [("tiny", "paid")]
    reference = (await shop.flow.payment(order))["reference"]
    assert await shop.receive(shop.far.notice(reference)) == 200
    await shop.flow.work()
    assert await shop.flow.state(order) == "paid"
    assert await shop.flow.count("retirement") == 1
    assert await shop.money() == {"clearing:tiny": -22, "sales": 22}


async def test_what_was_given_up_is_not_taken_although_it_was_approved(shop: Shop) -> None:
    order = await shop.opened()
    shop.far.approve((await shop.flow.payment(order))["reference"])
    assert await orders.cancel(order.id, by=order.person_id, channels=shop.flow.channels)
    assert await shop.states(order) == [("tiny", "closed")]
    assert {one["state"] for one in shop.far.trades.values()} == {"APPROVED"}
    assert await shop.money() == {}


@pytest.mark.parametrize(
    ("tamper", "status"), [("body", 401), ("wrong_key", 401), ("stale", 401), ("other_amount", 200)]
)
async def test_a_notice_that_lies_moves_nothing(shop: Shop, tamper: str, status: int) -> None:
    order = await shop.opened()
    reference = (await shop.flow.payment(order))["reference"]
    shop.far.approve(reference)
    shop.far.answer("capture", {"number": shop.far.trade(reference)["number"]})
    assert await shop.receive(shop.far.notice(reference, tamper=tamper)) == status
    assert await shop.states(order) == [("tiny", "pending")]
    assert await shop.flow.count("payment_notice", "fate = 'parked'") == (1 if status == 200 else 0)
    await shop.swept()  # the truth is told to whoever asks
    assert await shop.states(order) == [("tiny", "paid")]
    await shop.flow.work()


async def test_choosing_it_closes_the_first_way_at_the_other_channel(shop: Shop) -> None:
    order = await shop.flow.opened(method=H5)
    await shop.open(order)
    assert await shop.states(order) == [(WECHATPAY, "closing"), ("tiny", "pending")]
    await shop.swept()
    assert await shop.states(order) == [(WECHATPAY, "closed"), ("tiny", "pending")]


async def test_a_code_that_may_still_be_scanned_keeps_its_payment_closing_and_the_order_waiting(shop: Shop) -> None:
    order = await shop.opened()
    await shop.flow.open(order, NATIVE)
    await shop.swept()
    assert await shop.states(order) == [("tiny", "closing"), (WECHATPAY, "pending")]
    await shop.flow.time_is_up(order)
    await shop.swept()
    assert await shop.states(order) == [("tiny", "closed"), (WECHATPAY, "closed")]
    assert await shop.flow.state(order) == "expired"
    assert (await shop.flow.grams())["reserved"] == 0


async def test_of_two_channels_that_are_both_paid_the_second_goes_back(shop: Shop) -> None:
    order = await shop.opened()
    first = (await shop.flow.payment(order))["reference"]
    await shop.flow.open(order, NATIVE)
    await shop.flow.pays(order)
    await shop.flow.receive_notice()
    shop.far.approve(first)
    shop.far.answer("capture", {"number": shop.far.trade(first)["number"]})  # somebody took it before we gave it up
    assert await shop.receive(shop.far.notice(first)) == 200
    await shop.flow.work()
    assert await shop.states(order) == [("tiny", "refunded"), (WECHATPAY, "paid")]
    assert [one["amount"] for one in shop.far.refunds.values()] == [22]
    assert await shop.money() == {"clearing:wechatpay": -22, "sales": 22}
    assert await shop.flow.state(order) == "paid"


async def test_credits_wait_for_it_for_days_and_never_shorter_once_they_do(shop: Shop) -> None:
    order = await shop.flow.opened(method=H5)
    assert order.expires_at - order.placed_at == timedelta(minutes=30)
    await shop.open(order)
    waits = await orders.find(order.id, by=order.person_id)
    assert waits.expires_at - waits.placed_at == timedelta(days=3)
    await shop.flow.open(order, H5)
    again = await orders.find(order.id, by=order.person_id)
    assert again.expires_at == waits.expires_at
    (_, tiny, phone) = await shop.flow.payments(order)
    assert tiny["expires_at"] == waits.expires_at
    assert phone["expires_at"] - phone["created_at"] <= timedelta(hours=2)
    assert await orders.expire_due(channels=shop.flow.channels) == 0


async def test_money_that_comes_after_the_credits_are_gone_goes_back_by_it(shop: Shop) -> None:
    order = await shop.opened()
    reference = (await shop.flow.payment(order))["reference"]
    shop.far.approve(reference)
    await shop.flow.time_is_up(order)
    await shop.swept()
    assert await shop.flow.state(order) == "expired"
    await shop.flow.others_take_all(order)
    shop.far.answer("capture", {"number": shop.far.trade(reference)["number"]})
    assert await shop.receive(shop.far.notice(reference)) == 200
    await shop.flow.work()
    assert await shop.flow.state(order) == "refunded"
    assert await shop.money() == {}


async def test_it_is_offered_where_it_says_it_works_and_takes_what_it_says_it_takes(shop: Shop) -> None:
    def keys(place: Place, language: Language = Language.ZH, amount: int = 100, **changed: Any) -> list[str]:
        values = {"currency": Currency.CNY, "knows_payer": False} | changed
        here = Circumstances(place=place, language=language, amount_minor=amount, **values)
        return [one.key for one in payments.offer(shop.flow.channels, here)]

    phone = ["wechatpay.h5", "wechatpay.native"]
    assert keys(Place.PHONE) == [*phone, "tiny.scan"]
    assert keys(Place.PHONE, Language.EN) == ["tiny.scan", *phone]  # it favours readers of English
    assert keys(Place.PHONE, amount=9) == phone
    assert keys(Place.WECHAT, knows_payer=True) == ["wechatpay.jsapi", "wechatpay.native"]
    assert keys(Place.PHONE, currency=Currency.USD) == ["tiny.card"]
    assert keys(Place.PHONE, currency=Currency.USD, amount=99) == []
    order = await shop.flow.river.order("small")
    with pytest.raises(payments.MethodUnavailable):
        payments.choose(shop.flow.channels, "tiny.cash")
    gone = orders.Way(channel="gone", method=SCAN)
    with pytest.raises(payments.MethodUnavailable):
        await orders.pay(order.id, gone, by=order.person_id, description="x", channels=shop.flow.channels)
    assert await shop.flow.payments(order) == []
