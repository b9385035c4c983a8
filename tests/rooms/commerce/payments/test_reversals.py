"""What a channel does without us: recorded once, posted once, never more than was paid; what is retired stays retired."""

import asyncpg
import pytest

from app.commerce import orders, payments
from app.gateways.database import fetch
from app.kernel.ids import uuid7
from app.registry import books, ledger
from tests.flow import Flow, at_once
from tests.rooms.commerce.payments.test_refunding import gone, refused
from tests.rooms.conftest import connected, refusal
from tests.tiny.shop import Shop, shop

__all__ = ["shop"]


async def _sold(shop: Shop) -> tuple[orders.OrderFacts, str]:
    """An order that is paid by the tiny channel and retired, and its number there."""
    order = await shop.opened()
    reference = (await shop.flow.payment(order))["reference"]
    assert await shop.receive(shop.far.approve(reference)) == 200
    await shop.flow.sweep()
    await shop.flow.work()
    assert await shop.flow.state(order) == "paid"
    return order, reference


async def _reversals() -> list[dict[str, object]]:
    return await fetch("SELECT kind, reversal_id, amount_minor, is_gone, refund_id FROM payment_reversal ORDER BY id")


async def _fates() -> list[tuple[str, str | None]]:
    return [(row["fate"], row["fact"]) for row in await fetch("SELECT fate, fact FROM payment_notice ORDER BY id")]


async def _is_balanced(flow: Flow) -> bool:
    return (await books.prove(connect=lambda: asyncpg.connect(flow.river.stand.app_url))).is_balanced


async def test_money_that_the_channel_took_back_is_posted_once_however_often_it_tells_and_the_grams_stay_retired(
    shop: Shop,
) -> None:
    order, reference = await _sold(shop)
    told = [shop.far.tells(reference, "reversed", id_="R1", amount=22) for _ in range(3)]  # three events, one reversal
    answers = [await shop.receive(one) for one in (told[0], *told)]

    assert set(answers) == {200}
    assert await _reversals() == [
        {"kind": "reversed", "reversal_id": "R1", "amount_minor": 22, "is_gone": True, "refund_id": None}
    ]
    assert await shop.money() == {"clearing:reversed": -22, "sales": 22}
    assert await ledger.balances(["clearing:reversed"], unit="CNY") == {"clearing:reversed": -22}
    assert (await shop.flow.payment(order))["state"] == "refunded"
    assert await shop.flow.state(order) == "paid"
    assert await shop.flow.count("retirement", "state = 'settled'") == 1
    assert await _is_balanced(shop.flow)


async def test_one_reversal_told_by_many_events_at_once_is_posted_once(shop: Shop) -> None:
    _, reference = await _sold(shop)
    told = iter([shop.far.tells(reference, "reversed", id_="R1", amount=22) for _ in range(6)])
    assert set(await at_once(lambda: shop.receive(next(told)), 6)) == {200}
    assert await shop.flow.count("payment_reversal") == 1
    assert await shop.flow.count("ledger_transfer", "kind = 'reversed'") == 1


async def test_a_dispute_is_recorded_with_its_end_and_moves_no_money(shop: Shop) -> None:
    order, reference = await _sold(shop)
    for kind in ("dispute_opened", "dispute_won"):
        assert await shop.receive(shop.far.tells(reference, kind, id_="D1", amount=22)) == 200
    assert [(row["kind"], row["is_gone"]) for row in await _reversals()] == [
        ("dispute_opened", False), ("dispute_won", False),
    ]  # fmt: skip
    assert await shop.money() == {"clearing:tiny": -22, "sales": 22}
    assert (await shop.flow.payment(order))["state"] == "paid"
    assert await _is_balanced(shop.flow)


@pytest.mark.parametrize(
    ("lies", "fact"),
    [
        ({"amount": 23}, "beyond_paid"),
        ({"amount": 0}, "amount"),
        ({"amount": -5}, "amount"),
        ({"transaction": "XN99999999"}, "transaction"),
        ({"currency": "USD"}, "currency"),
        ({"reference": "0000000000000000000000"}, "unknown_payment"),
    ],
)
async def test_what_does_not_fit_the_payment_is_parked_and_moves_nothing(
    shop: Shop, lies: dict[str, object], fact: str
) -> None:
    _, reference = await _sold(shop)
    told = shop.far.tells(reference, "reversed", id_="R1", amount=22, lies=lies)
    assert await shop.receive(told) == 200
    assert (await _fates())[-1] == ("parked", fact)
    await shop.flow.sweep()
    assert await _reversals() == []
    assert await shop.money() == {"clearing:tiny": -22, "sales": 22}


async def test_one_number_with_another_amount_is_parked(shop: Shop) -> None:
    _, reference = await _sold(shop)
    for amount in (5, 6):
        assert await shop.receive(shop.far.tells(reference, "reversed", id_="R1", amount=amount)) == 200
    assert (await _fates())[-1] == ("parked", "reversal_differs")
    assert [row["amount_minor"] for row in await _reversals()] == [5]


async def test_a_reversal_that_is_faster_than_the_payment_waits_for_it(shop: Shop) -> None:
    order = await shop.opened()
    reference = (await shop.flow.payment(order))["reference"]
    shop.far.approve(reference)
    number = shop.far.trade(reference)["number"]
    shop.far.answer("capture", {"number": number})
    assert await shop.receive(shop.far.tells(reference, "reversed", id_="R1", amount=22)) == 200
    assert await _fates() == [("parked", "not_paid")]

    await shop.swept()
    await shop.flow.work()
    await shop.flow.sweep()
    assert await _fates() == [("applied", None)]
    assert await shop.money() == {"clearing:reversed": -22, "sales": 22}


async def test_an_order_that_cannot_be_delivered_ends_although_somebody_gave_its_money_back_before_we_could(
    flow: Flow,
) -> None:
    order = await gone(flow)
    payment = await flow.payment(order)
    asked = {"reference": payment["reference"], "amount_minor": order.amount_minor}
    await flow.sandbox.control("POST", "wechatpay/console_refund", asked)
    await flow.receive_notice()
    await flow.work()
    assert await flow.state(order) == "refunded"
    assert await flow.count("payment_refund") == 0
    assert (await flow.payment(order))["state"] == "refunded"
    assert await _is_balanced(flow)


async def test_a_refund_at_the_merchants_console_is_recorded_by_its_notice_and_bounds_what_we_can_give_back(
    flow: Flow,
) -> None:
    order = await flow.paid()
    await flow.work()
    reference = (await flow.payment(order))["reference"]
    await flow.sandbox.control("POST", "wechatpay/console_refund", {"reference": reference, "amount_minor": 5})
    await flow.receive_notice()

    (row,) = await _reversals()
    assert (row["kind"], row["amount_minor"], row["is_gone"]) == ("merchant_refund", 5, True)
    assert await ledger.balances(["clearing:reversed"], unit="CNY") == {"clearing:reversed": -5}
    assert await flow.state(order) == "paid"
    assert (await payments.list_reversals([orders.cause_of(order.id)]))[orders.cause_of(order.id)][0].amount_minor == 5
    paid_minor = order.amount_minor
    insert = (
        "INSERT INTO payment_refund (id, payment_id, reference, amount_minor, cause, state, requested_at, queries)"
        f" SELECT '{uuid7()}', id, 'RF-X', {paid_minor - 4}, 'x', 'requested', clock_timestamp(), 0 FROM payment"
    )
    async with connected(flow.river.stand.app_url) as app:
        assert await refusal(app, insert) == ("23514", "payment_refunds_within_paid")
    assert await _is_balanced(flow)


async def test_a_refund_at_the_console_in_place_of_one_that_the_channel_refused_ends_the_order(flow: Flow) -> None:
    order, reference = await refused(flow)
    payment = await flow.payment(order)
    asked = {"reference": payment["reference"], "amount_minor": order.amount_minor}
    await flow.sandbox.control("POST", "wechatpay/console_refund", asked)
    await flow.receive_notice()
    await flow.work()

    (row,) = await _reversals()
    assert (row["is_gone"], row["refund_id"] is not None) == (False, True)
    (refund,) = await fetch("SELECT state, reference, channel_refund_id FROM payment_refund")
    assert (refund["state"], refund["reference"]) == ("done", reference)
    assert refund["channel_refund_id"] == row["reversal_id"]
    assert await flow.state(order) == "refunded"
    assert await flow.money() == {"clearing:wechatpay": 0, "prepaid": 0, "sales": 0}
    assert await _is_balanced(flow)


async def test_the_database_refuses_a_reversal_of_no_payment_of_more_than_was_paid_and_any_change(shop: Shop) -> None:
    order, reference = await _sold(shop)
    assert await shop.receive(shop.far.tells(reference, "reversed", id_="R1", amount=20)) == 200
    insert = (
        "INSERT INTO payment_reversal (id, payment_id, channel, kind, reversal_id, amount_minor, currency, at, notice_id,"
        " recorded_at) SELECT gen_random_uuid(), p.id, '{channel}', 'reversed', '{id}', {amount}, '{currency}',"
        " clock_timestamp(), n.id, clock_timestamp() FROM payment p, payment_notice n LIMIT 1"
    )
    fits = {"channel": "tiny", "id": "R2", "amount": 2, "currency": "CNY"}
    async with connected(shop.flow.river.stand.app_url) as app:
        for change, constraint in (
            ({"amount": 3}, "payment_refunds_within_paid"),
            ({"amount": 0}, "payment_reversal_amount_check"),
            ({"channel": "wechatpay"}, "payment_reversal_fits"),
            ({"currency": "USD"}, "payment_reversal_fits"),
            ({"id": "R1"}, "payment_reversal_once_key"),
        ):
            assert (await refusal(app, insert.format(**(fits | change))))[1] == constraint
        post = (
            "SELECT ledger.post('reversed:' || id, 'reversed', ARRAY['clearing:reversed', 'clearing:tiny'],"
            " ARRAY['CNY', 'CNY'], ARRAY[-19, 19]) FROM payment_reversal"
        )
        assert (await refusal(app, post))[1] in {"ledger_transfer_conflict", "payment_posted_as_it_is"}
        for change in ("UPDATE payment_reversal SET amount_minor = 1", "DELETE FROM payment_reversal"):
            assert (await refusal(app, change))[0] == "42501"
    assert order
