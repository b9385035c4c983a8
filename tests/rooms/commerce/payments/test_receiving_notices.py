"""A channel's message, taken in as it came from the far side: genuine, repeated, lying, forged, too early."""

import asyncio
import contextvars

import pytest

from app.commerce import orders, payments
from app.gateways.channels.base import Charge
from app.gateways.channels.wechatpay import NATIVE
from app.gateways.database import fetch, fetch_one, transaction
from app.kernel.clock import utc_now
from app.kernel.money import Currency
from tests.flow import HALF_AN_HOUR, WECHATPAY, Flow, at_once
from tests.rooms.conftest import KEYRING


async def test_a_genuine_notice_pays_once_and_books_the_money(flow: Flow) -> None:
    order = await flow.opened()
    reference = await flow.pays(order)
    notice = await flow.receive_notice()

    payment = await flow.payment(order)
    theirs = await flow.sandbox.trade(reference)
    assert (payment["state"], payment["transaction_id"]) == ("paid", theirs["transaction_id"])
    assert await flow.money() == {"clearing:wechatpay": -22, "prepaid": 22, "sales": 0}
    (kept,) = await fetch("SELECT id, fate, fact, reference, body FROM payment_notice")
    assert (kept["fate"], kept["fact"], kept["reference"]) == ("applied", None, reference)
    seen = await payments.find_notice(kept["id"], keyring=KEYRING)
    assert seen is not None and seen[1].body.encode() == notice.body and notice.body not in bytes(kept["body"])
    assert len(await flow.open_rows("fulfil_paid")) == 1

    await flow.work()
    assert await flow.state(order) == "paid"
    assert await flow.money() == {"clearing:wechatpay": -22, "prepaid": 0, "sales": 22}
    assert (await flow.grams())["retired"] == order.mass_g


async def test_a_repeated_notice_pays_once_in_turn_and_at_once(flow: Flow) -> None:
    order = await flow.opened()
    await flow.pays(order)
    notice = await flow.notice()

    at_the_same_time = await at_once(lambda: flow.receive(notice), 20)
    await flow.work()
    in_turn = [await flow.receive(notice) for _ in range(20)]

    assert {answer.status for answer in (*at_the_same_time, *in_turn)} == {204}
    assert await flow.count("payment_notice") == 1
    assert await flow.count("outbox_message", "kind = 'payment.succeeded'") == 1
    await flow.work()
    assert await flow.count("retirement") == await flow.count("certificate") == 1


async def test_the_same_success_under_other_event_ids_pays_once(flow: Flow) -> None:
    order = await flow.opened()
    plan = {
        "out_trade_no": (await flow.payment(order))["reference"],
        "duplicate": 4,
        "at_once": True,
        "fresh_ids": True,
    }
    await flow.sandbox.control("POST", "notify", plan)
    await flow.pays(order)
    notices = [await flow.notice() for _ in range(4)]

    answers = await asyncio.gather(*(flow.receive(notice) for notice in notices))

    assert {answer.status for answer in answers} == {204}
    assert await flow.count("payment_notice", "fate = 'applied'") == 4
    assert await flow.count("outbox_message", "kind = 'payment.succeeded'") == 1
    assert (await flow.money())["prepaid"] == 22


async def test_a_notice_and_our_own_question_at_once_pay_once(flow: Flow) -> None:
    order = await flow.opened()
    await flow.pays(order)
    notice = await flow.notice()
    payment_id = (await flow.payment(order))["id"]

    await asyncio.gather(
        *(flow.receive(notice) for _ in range(4)),
        *(payments.ask(payment_id, channels=flow.channels) for _ in range(4)),
    )

    assert await flow.count("outbox_message", "kind = 'payment.succeeded'") == 1
    assert (await flow.money())["prepaid"] == 22


@pytest.mark.parametrize(
    ("lie", "fact"),
    [
        ("other_amount", "amount"),
        ("other_currency", "currency"),
        ("other_mchid", "merchant"),
        ("other_appid", "app"),
        ("unknown_order", "unknown_payment"),
    ],
)
async def test_an_authentic_notice_that_does_not_fit_is_parked_and_moves_nothing(
    flow: Flow, lie: str, fact: str
) -> None:
    order = await flow.opened()
    await flow.sandbox.control(
        "POST", "notify", {"out_trade_no": (await flow.payment(order))["reference"], "tamper": lie}
    )
    await flow.pays(order)

    await flow.receive_notice()  # acknowledged: sending it again would change nothing
    await flow.work()

    assert await fetch("SELECT fate, fact FROM payment_notice") == [{"fate": "parked", "fact": fact}]
    assert (await flow.payment(order))["state"] == "pending"
    assert await flow.state(order) == "placed"
    assert await flow.money() == {"clearing:wechatpay": 0, "prepaid": 0, "sales": 0}

    await flow.due_now()
    assert (await flow.sweep())["asked"] == 1  # the channel's own answer is the truth about its trade
    assert (await flow.payment(order))["state"] == "paid"


async def test_a_trade_of_another_amount_under_our_number_is_never_taken_for_payment(flow: Flow) -> None:
    order = await flow.river.order()
    way = {"channel": WECHATPAY, "method": NATIVE}
    async with transaction() as tx:
        await payments.prepare(
            payments.NewPayment(
                **way, subject=orders.cause_of(order.id), amount_minor=order.amount_minor, currency=Currency.CNY,
                description="碳中和", expires_at=order.expires_at,
            ),
            tx=tx,
        )  # fmt: skip
    await flow.channel.open(_charge(flow_reference := (await flow.payment(order))["reference"], order.amount_minor + 1))
    await flow.pays(order)

    await flow.receive_notice()
    await payments.ask((await flow.payment(order))["id"], channels=flow.channels)
    await flow.work()

    assert await fetch("SELECT fate, fact FROM payment_notice") == [{"fate": "parked", "fact": "amount"}]
    assert await flow.state(order) == "placed"
    theirs = await flow.sandbox.trade(flow_reference)
    flow.broken = [  # a person decides about money that we do not claim; the comparison of books points at it
        f"I9: wechatpay: their payment {flow_reference} of 23 CNY ({theirs['transaction_id']}) is not in the other book",
        "I9: wechatpay: they hold 23 CNY for us, the ledger says 0",
    ]


async def test_a_notice_that_is_faster_than_our_own_commit_is_matched_once_the_row_is_there(flow: Flow) -> None:
    order = await flow.river.order()
    async with transaction() as tx:
        payment_id = await payments.prepare(
            payments.NewPayment(
                subject=orders.cause_of(order.id), channel=WECHATPAY, method=NATIVE,
                amount_minor=order.amount_minor, currency=Currency.CNY, description="碳中和",
                expires_at=order.expires_at,
            ),
            tx=tx,
        )  # fmt: skip
        row = await fetch_one("SELECT reference FROM payment WHERE id = $1", payment_id, tx=tx)
        assert row is not None
        await flow.channel.open(_charge(row["reference"], order.amount_minor))
        await flow.sandbox.control("POST", "pay", {"out_trade_no": row["reference"]})
        await asyncio.create_task(
            flow.receive_notice(), context=_outside()
        )  # as another process would, on its own connection
        assert await fetch("SELECT fate, fact FROM payment_notice", tx=tx) == [
            {"fate": "parked", "fact": "unknown_payment"}
        ]

    done = await flow.sweep()
    await flow.work()

    assert (done["matched"], done["asked"]) == (1, 1)
    assert await flow.state(order) == "paid"
    assert await flow.count("payment_notice", "fate = 'applied'") == 1


async def _parked_and_closed(flow: Flow, order: orders.OrderFacts) -> None:
    """A payment whose notice came before its row could be seen, and which was closed by then."""
    async with transaction() as tx:
        payment_id = await payments.prepare(
            payments.NewPayment(
                subject=orders.cause_of(order.id), channel=WECHATPAY, method=NATIVE,
                amount_minor=order.amount_minor, currency=Currency.CNY, description="碳中和",
                expires_at=order.expires_at,
            ),
            tx=tx,
        )  # fmt: skip
        row = await fetch_one("SELECT reference FROM payment WHERE id = $1", payment_id, tx=tx)
        assert row is not None
        await flow.channel.open(_charge(row["reference"], order.amount_minor))
        await flow.sandbox.control("POST", "pay", {"out_trade_no": row["reference"]})
        await asyncio.create_task(flow.receive_notice(), context=_outside())
        await fetch(
            "UPDATE payment SET state = 'closed', next_query_at = NULL WHERE id = $1", payment_id, tx=tx,
        )  # fmt: skip


async def test_a_parked_notice_of_a_payment_closed_meanwhile_is_asked_about_and_not_just_marked_so(flow: Flow) -> None:
    order = await flow.river.order()
    await _parked_and_closed(flow, order)

    assert (await flow.sweep())["matched"] == 1
    await flow.work()

    assert (await flow.payment(order))["state"] == "paid"
    assert await fetch("SELECT fate, fact FROM payment_notice") == [{"fate": "applied", "fact": "asked"}]
    assert await flow.state(order) == "paid"


async def test_a_parked_notice_stays_parked_while_the_channel_that_should_be_asked_is_silent(flow: Flow) -> None:
    order = await flow.river.order()
    await _parked_and_closed(flow, order)
    await flow.sandbox.control("POST", "fault", {"route": "query", "kind": "code:SYSTEM_ERROR", "times": 1})

    assert (await flow.sweep())["matched"] == 0

    assert await fetch("SELECT fate, fact FROM payment_notice") == [{"fate": "parked", "fact": "unknown_payment"}]
    assert (await flow.sweep())["matched"] == 1
    await flow.work()
    assert await flow.state(order) == "paid"


async def test_a_forged_notice_is_refused_and_leaves_no_row(flow: Flow) -> None:
    order = await flow.opened()
    reference = await flow.pays(order, "success_no_notify")
    forgeries = ("body", "signature", "no_signature", "wrong_key", "unknown_serial", "stale", "tag", "probe")
    for forgery in forgeries:
        await flow.sandbox.control("POST", "notify", {"out_trade_no": reference, "tamper": forgery})

    answers = [await flow.receive(await flow.notice()) for _ in forgeries]

    assert {(answer.status, answer.body) for answer in answers} == {
        (401, answers[0].body)
    }  # one answer for every cause
    assert await flow.count("payment_notice") == 0
    assert (await flow.payment(order))["state"] == "pending"
    await payments.ask((await flow.payment(order))["id"], channels=flow.channels)


async def test_a_genuine_notice_that_says_not_paid_changes_nothing(flow: Flow) -> None:
    order = await flow.opened()
    reference = await flow.pays(order, "success_no_notify")
    await flow.sandbox.control("POST", "notify", {"out_trade_no": reference, "tamper": "not_success"})
    await flow.receive_notice()
    assert (await flow.payment(order))["state"] == "pending"
    await flow.sandbox.control("POST", "notify", {"out_trade_no": reference})
    await flow.receive_notice()
    assert (await flow.payment(order))["state"] == "paid"


async def test_a_coupon_of_the_channel_changes_nothing_for_us(flow: Flow) -> None:
    order = await flow.opened()
    await flow.pays(order, payer_total=1)
    await flow.receive_notice()
    assert (await flow.payment(order))["state"] == "paid"
    assert (await flow.money())["prepaid"] == order.amount_minor


def _charge(reference: str, amount_minor: int) -> Charge:
    return Charge(
        reference=reference, description="碳中和", amount_minor=amount_minor, currency=Currency.CNY,
        method=NATIVE.code, expires_at=utc_now() + HALF_AN_HOUR,
    )  # fmt: skip


def _outside() -> contextvars.Context:
    return contextvars.Context()
