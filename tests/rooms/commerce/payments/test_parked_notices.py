"""Parked messages that two people decide about: their money goes back at the channel once, or it is noted why not."""

from datetime import timedelta

import pytest

from app.commerce import payments
from app.commerce.payments import Decision
from app.foundation import approvals
from app.foundation.identity import Role, RoleMissing
from app.gateways.channels.base import Charge, Opening
from app.gateways.channels.wechatpay import NATIVE
from app.gateways.database import fetch
from app.kernel.clock import utc_now
from app.kernel.money import Currency
from tests.effort import moment_s
from tests.flow import Flow
from tests.rooms.conftest import connected, refusal
from tests.staff import staff

REASON = "客户重复付款，原路退回"


async def _stray(flow: Flow, lie: str = "unknown_order") -> int:
    """An authentic message about money that no payment of ours stands for; its number."""
    order = await flow.opened()
    reference = (await flow.payment(order))["reference"]
    await flow.sandbox.control("POST", "notify", {"out_trade_no": reference, "tamper": lie})
    await flow.pays(order)
    await flow.receive_notice()
    (row,) = await fetch("SELECT id FROM payment_notice WHERE fate = 'parked'")
    return int(row["id"])


async def _propose(notice: int, decision: Decision) -> approvals.Approval:
    return await payments.propose_decision(notice, decision, reason=REASON, by=await staff(Role.FINANCE))


async def test_what_fits_nothing_is_noted_by_two_people_and_waits_for_nobody_any_more(flow: Flow) -> None:
    notice = await _stray(flow)
    proposed = await _propose(notice, Decision.NOTE)
    with pytest.raises(approvals.SamePerson):
        await payments.decide(proposed.id, seen=proposed.sha256, by=proposed.maker_id)
    await payments.decide(proposed.id, seen=proposed.sha256, by=await staff(Role.FINANCE))

    assert await fetch("SELECT fate, fact FROM payment_notice") == [{"fate": "decided", "fact": "unknown_payment"}]
    assert await fetch("SELECT state, reason, reference FROM payment_notice_decision") == [
        {"state": "noted", "reason": REASON, "reference": None}
    ]
    with pytest.raises(payments.NoticeNotParked):
        await _propose(notice, Decision.NOTE)
    await flow.due_now()
    await flow.sweep()  # the channel itself is asked, and settles the payment
    await flow.work()


async def test_its_money_goes_back_at_the_channel_under_one_number_whatever_is_lost_on_the_way(flow: Flow) -> None:
    charge = Charge(
        reference="STRAY0000000000000001", description="碳中和", amount_minor=77, currency=Currency.CNY, method=NATIVE.code,
        expires_at=utc_now() + timedelta(minutes=30),
    )  # fmt: skip
    assert isinstance(await flow.channel.open(charge), Opening)
    await flow.sandbox.control("POST", "pay", {"out_trade_no": charge.reference})
    await flow.receive_notice()
    (row,) = await fetch("SELECT id, fact FROM payment_notice")
    assert row["fact"] == "unknown_payment"

    proposed = await _propose(row["id"], Decision.REFUND)
    await payments.decide(proposed.id, seen=proposed.sha256, by=await staff(Role.FINANCE))
    await flow.sandbox.control("POST", "fault", {"route": "refund", "kind": "timeout_after", "hold_s": moment_s(0.1)})
    await flow.sweep()
    (sent,) = await fetch("SELECT reference, state FROM payment_notice_decision")
    assert sent["state"] == "requested"
    await flow.due_now("payment_notice_decision")
    await flow.sweep()
    await flow.receive_notice()  # and the notice of the refund ends it

    (then,) = await fetch("SELECT reference, state, last_word FROM payment_notice_decision")
    assert then == {"reference": sent["reference"], "state": "done", "last_word": "SUCCESS"}
    (theirs,) = (await flow.sandbox.truth())["refunds"]
    assert (theirs["out_refund_no"], theirs["fen"]) == (sent["reference"], 77)
    assert await flow.money() == {"clearing:wechatpay": 0, "prepaid": 0, "sales": 0}


async def test_what_the_channel_finally_refuses_to_give_back_is_left_with_its_word(flow: Flow) -> None:
    flow.sandbox.refusals_expected = True
    notice = await _stray(flow, "other_amount")  # the far side's own trade is of another amount: it refuses that refund
    proposed = await _propose(notice, Decision.REFUND)
    await payments.decide(proposed.id, seen=proposed.sha256, by=await staff(Role.FINANCE))
    await flow.sweep()
    assert await fetch("SELECT state, last_word FROM payment_notice_decision") == [
        {"state": "refused", "last_word": "PARAM_ERROR"}
    ]
    await flow.due_now()
    await flow.sweep()
    await flow.work()


async def test_money_that_a_payment_of_ours_stands_for_is_not_given_back_so(flow: Flow) -> None:
    notice = await _stray(flow, "other_amount")
    proposed = await _propose(notice, Decision.REFUND)
    await flow.due_now()
    await flow.sweep()  # the channel says what was really paid: the payment has that transaction now
    with pytest.raises(payments.NoticeHasNoMoney):
        await payments.decide(proposed.id, seen=proposed.sha256, by=await staff(Role.FINANCE))
    async with connected(flow.river.stand.app_url) as app:
        asked = f"SELECT payments.decide_notice(gen_random_uuid(), '{proposed.id}', 'RF-X')"
        assert (await refusal(app, asked))[1] == "payment_notice_decision_two_people"
    await flow.work()


async def test_only_finance_decides_and_needs_a_reason(flow: Flow) -> None:
    notice = await _stray(flow)
    for clerk in (await flow.river.guest(), await staff(Role.OPERATOR)):
        with pytest.raises(RoleMissing):
            await payments.propose_decision(notice, Decision.NOTE, reason=REASON, by=clerk)
    with pytest.raises(payments.RefundActUnfit):
        await payments.propose_decision(notice, Decision.NOTE, reason=" ", by=await staff(Role.FINANCE))
    with pytest.raises(payments.NoticeUnknown):
        await payments.propose_decision(0, Decision.NOTE, reason=REASON, by=await staff(Role.FINANCE))
    await flow.due_now()
    await flow.sweep()
    await flow.work()
