"""Money on its way back: never more than was paid, one number until it is final."""

import asyncio
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from app.commerce import orders, payments
from app.commerce.payments.refunding import apply_refund_outcome
from app.foundation import approvals
from app.foundation.identity import Role, RoleMissing
from app.gateways.channels.base import Done, RawRequest
from app.gateways.database import fetch, fetch_one, transaction
from app.kernel.clock import utc_now
from app.kernel.ids import uuid7
from app.registry import books, ledger
from tests.effort import moment_s
from tests.flow import Flow, at_once
from tests.rooms.conftest import connected, refusal
from tests.staff import staff
from tests.wire.wechatpay_asking import ours_for
from workers.jobs import JOBS
from workers.subscriptions import SETTLE

_INSERT = (
    "INSERT INTO payment_refund (id, payment_id, reference, amount_minor, cause, state, requested_at, queries)"
    " VALUES ($1, $2, $3, $4, gen_random_uuid()::text, 'requested', clock_timestamp(), 0)"
)


async def gone(flow: Flow) -> orders.OrderFacts:
    """An order that is paid only after it was cancelled, when its credits are gone: all of its money goes back."""
    order = await flow.opened()
    assert await orders.cancel(order.id, by=order.person_id, channels=flow.channels)
    await flow.others_take_all(order)
    await flow.pays(order, late=True)
    await flow.receive_notice()
    return order


async def _finished(flow: Flow) -> None:
    """The far side brings the refund to its end and says so."""
    await flow.receive_notice()
    await flow.work()


async def test_many_askings_for_one_payments_money_are_one_refund(flow: Flow) -> None:
    order = await gone(flow)
    await flow.work()
    payment_id = (await flow.payment(order))["id"]

    async def again() -> object:
        async with transaction() as tx:
            return await payments.refund(payment_id, cause="again", tx=tx)

    assert len(set(await at_once(again, 5))) == 1
    await _finished(flow)
    assert await flow.count("payment_refund") == 1
    assert await flow.state(order) == "refunded"


async def test_a_refund_that_several_ask_for_at_once_is_written_once(flow: Flow) -> None:
    order = await gone(flow)  # and nobody has gone on with it yet
    payment_id = (await flow.payment(order))["id"]

    async def ask() -> object:
        async with transaction() as tx:
            return await payments.refund(payment_id, cause="credits_gone", tx=tx)

    assert len(set(await at_once(ask, 5))) == 1
    await flow.work()
    await _finished(flow)
    assert await flow.count("payment_refund") == 1
    assert await flow.state(order) == "refunded"


async def test_the_database_refuses_more_than_was_paid_whoever_writes_it(flow: Flow) -> None:
    order = await flow.paid()
    await flow.work()
    payment_id = (await flow.payment(order))["id"]
    first, second = [await asyncpg.connect(flow.river.stand.app_url) for _ in range(2)]
    try:
        with pytest.raises(asyncpg.CheckViolationError):
            await first.execute(_INSERT, uuid7(), payment_id, "RF-TOO-MUCH", order.amount_minor + 1)

        async def most_of_it(connection: asyncpg.Connection, name: str) -> bool:
            try:
                await connection.execute(_INSERT, uuid7(), payment_id, name, order.amount_minor - 1)
            except asyncpg.CheckViolationError as refusal:
                assert refusal.constraint_name == "payment_refunds_within_paid"  # noqa: PT017 - one of two must meet it
                return False
            return True

        both = await asyncio.gather(most_of_it(first, "RF-ONE"), most_of_it(second, "RF-TWO"))
        assert sorted(both) == [False, True]
        for backwards in (
            "payment SET state = 'closed', transaction_id = NULL, paid_at = NULL",
            "payment SET state = 'pending'",
        ):
            with pytest.raises(asyncpg.CheckViolationError, match="cannot go from paid"):
                await first.execute(f"UPDATE {backwards}")
        assert await first.execute("UPDATE payment_refund SET state = 'refused'") == "UPDATE 1"
        await first.execute(_INSERT, uuid7(), payment_id, "RF-THREE", order.amount_minor)
        with pytest.raises(asyncpg.CheckViolationError):  # nor may the refused one come back to life beside it
            await first.execute("UPDATE payment_refund SET state = 'requested' WHERE state = 'refused'")
    finally:
        await first.close()
        await second.close()
    flow.broken = [
        f"I6: order {order.id} is paid and has 0 payments that stay"
    ]  # what was done by hand here is noticed


@pytest.mark.parametrize("fault", ["timeout_before", "timeout_after", "502", "unsigned"])
async def test_a_refund_without_an_answer_is_sent_again_under_the_same_number(flow: Flow, fault: str) -> None:
    order = await gone(flow)
    await flow.sandbox.control("POST", "fault", {"route": "refund", "kind": fault, "hold_s": moment_s(1)})
    impatient = ours_for(flow.sandbox, flow.door.url, read_timeout_s=moment_s(0.2))
    await _only(flow, "fulfil_paid")
    (row,) = await fetch("SELECT id, reference FROM payment_refund")
    await payments.send_refund(row["id"], channels=flow.with_channel(impatient))
    await impatient.aclose()
    assert (await _refund())["state"] == "requested"

    await flow.due_now("payment_refund")
    await flow.sweep()
    for _ in range(100):
        if (await _refund())["state"] == "done":
            break
        await asyncio.sleep(0.02)
        await flow.due_now("payment_refund")
        await flow.sweep()
    await flow.work()

    (theirs,) = (await flow.sandbox.truth())["refunds"]
    assert (theirs["out_refund_no"], theirs["fen"]) == (row["reference"], order.amount_minor)
    assert await flow.state(order) == "refunded"


async def test_a_refund_notice_moves_the_money_once_however_often_it_comes(flow: Flow) -> None:
    order = await gone(flow)
    await flow.work()
    notice: RawRequest = await flow.notice()

    answers = await at_once(lambda: flow.receive(notice), 10)
    await flow.work()

    assert {answer.status for answer in answers} == {204}
    assert await flow.count("ledger_transfer", "kind = 'refund'") == 1
    assert await flow.money() == {"clearing:wechatpay": 0, "prepaid": 0, "sales": 0}
    assert (await flow.payment(order))["state"] == "refunded"
    assert await flow.count("certificate") == 0


@pytest.mark.parametrize(
    ("channel", "changed", "fact"),
    [
        ("wechatpay", {"amount_minor": 1}, "refund_differs"),
        ("wechatpay", {"currency": "USD"}, "refund_differs"),
        ("bank", {}, "unknown_refund"),
    ],
)
async def test_a_word_about_a_refund_of_another_amount_currency_or_channel_moves_nothing(
    flow: Flow, channel: str, changed: dict[str, Any], fact: str
) -> None:
    await gone(flow)
    await flow.work()
    refund = await _refund()
    word = Done(
        reference=str(refund["reference"]), transaction_id="50300" + "1" * 23, at=utc_now(),
        amount_minor=int(str(refund["amount_minor"])), currency="CNY",
    )  # fmt: skip
    async with transaction() as tx:
        assert await apply_refund_outcome(channel, str(refund["reference"]), replace(word, **changed), tx=tx) == fact
    assert (await _refund())["state"] == "requested"
    assert await flow.count("ledger_transfer", "kind = 'refund'") == 0
    await flow.receive_notice()
    assert (await _refund())["state"] == "done"


async def test_a_refund_told_of_and_asked_about_at_once_ends_once(flow: Flow) -> None:
    order = await gone(flow)
    await flow.work()
    notice = await flow.notice()
    refund = await _refund()

    async def asked() -> None:
        await payments.send_refund(refund["id"], channels=flow.channels)

    await asyncio.gather(flow.receive(notice), *(asked() for _ in range(4)))
    await flow.work()
    assert await flow.count("outbox_message", "kind = 'refund.finished' AND job = 'finish_refunds'") == 1
    assert await flow.count("ledger_transfer", "kind = 'refund'") == 1
    assert await flow.state(order) == "refunded"


async def test_a_refund_the_channel_closes_is_left_to_a_person(flow: Flow) -> None:
    order = await gone(flow)
    await flow.sandbox.control("POST", "refund", {"result": "CLOSED"})
    await flow.work()
    await _finished(flow)
    assert (await _refund())["state"] == "refused"
    assert await flow.state(order) == "refunding"  # never silently kept, never claimed to be back
    assert (await flow.money())["prepaid"] == order.amount_minor


async def test_an_abnormal_refund_is_not_taken_for_done_and_is_asked_about_again(flow: Flow) -> None:
    order = await gone(flow)
    await flow.sandbox.control("POST", "refund", {"result": "ABNORMAL"})
    await flow.work()
    await _finished(flow)
    row = await _refund()
    assert (row["state"], row["last_word"]) == ("requested", "ABNORMAL")
    assert row["next_query_at"] is not None
    assert await flow.state(order) == "refunding"


async def _refund() -> dict[str, object]:
    row = await fetch_one("SELECT * FROM payment_refund")
    assert row is not None
    return row


async def _only(flow: Flow, job: str) -> None:
    await JOBS[SETTLE][job](await flow.open_rows(job), flow.tools)


async def refused(flow: Flow) -> tuple[orders.OrderFacts, str]:
    """An order whose money the channel does not give back."""
    order = await gone(flow)
    await flow.sandbox.control("POST", "refund", {"result": "CLOSED"})
    await flow.work()
    await _finished(flow)
    (row,) = await fetch("SELECT reference FROM payment_refund WHERE state = 'refused'")
    return order, row["reference"]


async def test_a_person_asks_again_for_what_the_channel_closed_under_a_new_number_and_it_is_kept_who(
    flow: Flow,
) -> None:
    order, old = await refused(flow)
    clerk = await staff(Role.FINANCE)
    assert [one.reference for one in await payments.list_refused(limit=9)] == [old]

    await flow.sandbox.control("POST", "refund", {"result": "SUCCESS"})
    new = await payments.refund_again(old, by=clerk, reason="商户余额已充值")
    await flow.work()
    await flow.receive_notice()
    await flow.work()

    assert await flow.state(order) == "refunded"
    assert (await _refund())["reference"] == new != old
    assert (await flow.money())["prepaid"] == 0
    (act,) = await fetch("SELECT act, by_id, reason, reference_before, last_word FROM payment_refund_act")
    assert act == {
        "act": "asked_again", "by_id": clerk, "reason": "商户余额已充值", "reference_before": old, "last_word": "CLOSED",
    }  # fmt: skip
    assert await payments.list_refused(limit=9) == []


async def test_a_refusal_that_did_not_end_the_number_is_asked_again_under_the_same(flow: Flow) -> None:
    order = await gone(flow)
    await flow.sandbox.control("POST", "fault", {"route": "refund", "kind": "code:USER_ACCOUNT_ABNORMAL"})
    await flow.work()
    row = await _refund()
    assert (row["state"], row["last_word"]) == ("refused", "USER_ACCOUNT_ABNORMAL")

    assert (
        await payments.refund_again(row["reference"], by=await staff(Role.FINANCE), reason="已联系") == row["reference"]
    )
    await flow.work()
    await flow.receive_notice()
    await flow.work()
    assert await flow.state(order) == "refunded"


async def test_a_person_settles_by_hand_what_went_back_another_way_and_the_books_say_so(flow: Flow) -> None:
    order, reference = await refused(flow)
    clerk, second = await staff(Role.FINANCE), await staff(Role.FINANCE)
    proposed = await payments.propose_by_hand(
        reference, by=clerk, reason="渠道关闭，银行转账退回", evidence="ICBC 20310722-0091"
    )
    with pytest.raises(approvals.SamePerson):
        await payments.settle_by_hand(proposed.id, seen=proposed.sha256, by=clerk)
    assert await flow.state(order) != "refunded"
    await payments.settle_by_hand(proposed.id, seen=proposed.sha256, by=second)
    await flow.work()

    assert await flow.state(order) == "refunded"
    assert await flow.money() == {"clearing:wechatpay": -order.amount_minor, "prepaid": 0, "sales": 0}
    assert await ledger.balances(["clearing:hand"], unit="CNY") == {"clearing:hand": order.amount_minor}
    (act,) = await fetch("SELECT act, by_id, evidence FROM payment_refund_act")
    assert act == {"act": "settled", "by_id": clerk, "evidence": "ICBC 20310722-0091"}
    with pytest.raises(payments.RefundNotRefused):
        await payments.propose_by_hand(reference, by=clerk, reason="再来一次", evidence="ICBC 20310722-0091")
    assert (await books.prove(connect=lambda: asyncpg.connect(flow.river.stand.app_url))).is_balanced


async def test_only_the_platforms_finance_leads_a_refund_on_and_postgresql_asks_as_well(flow: Flow) -> None:
    _, reference = await refused(flow)
    (row,) = await fetch("SELECT id FROM payment_refund")
    for clerk in (await flow.river.guest(), await staff(Role.OPERATOR)):
        with pytest.raises(RoleMissing):
            await payments.refund_again(reference, by=clerk, reason="已联系")
        with pytest.raises(RoleMissing):
            await payments.propose_by_hand(reference, by=clerk, reason="已联系", evidence="ICBC 1")
        ask = f"SELECT payments.ask_again(gen_random_uuid(), '{row['id']}', '{clerk}', 'x', NULL)"
        async with connected(flow.river.stand.app_url) as app:
            assert await refusal(app, ask) == ("42501", "payment_refund_act_power")


async def test_what_a_person_did_about_a_refund_needs_a_reason_and_stays_written(flow: Flow) -> None:
    _, reference = await refused(flow)
    clerk = await staff(Role.FINANCE)
    with pytest.raises(payments.RefundActUnfit) as refusal:
        await payments.propose_by_hand(reference, by=clerk, reason="银行转账", evidence=" ")
    assert refusal.value.field == "/evidence"
    with pytest.raises(payments.RefundActUnfit):
        await payments.refund_again(reference, by=clerk, reason="")
    with pytest.raises(payments.RefundUnknown):
        await payments.refund_again("RF-NONE", by=clerk, reason="已联系")
    connection = await asyncpg.connect(flow.river.stand.app_url)
    try:
        for by_hand in ("'requested'", "'settled'"):
            with pytest.raises(asyncpg.CheckViolationError):
                await connection.execute(f"UPDATE payment_refund SET state = {by_hand}")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("DELETE FROM payment_refund_act")
    finally:
        await connection.close()
