"""Paying through PayPal: approved by the payer, taken by us, and what is no money although it looks like it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from app.gateways.channels.base import Approved, Closed, Done, Opening, Paid, Pending, Refused, StillOpen, Unknown
from app.gateways.channels.paypal import PayPal
from app.kernel.clock import utc_now
from app.kernel.money import Currency
from tests.effort import moment_s
from tests.far_side import Sandbox
from tests.wire.paypal_asking import back, charge, fault, opened, ours_for, outcome


@pytest.fixture
async def ours(sandbox: Sandbox) -> AsyncIterator[PayPal]:
    channel = ours_for(sandbox, read_timeout_s=moment_s(0.6))
    yield channel
    await channel.aclose()


async def paid(ours, sandbox, **changed):
    trade = await opened(ours, **changed)
    await outcome(sandbox, trade)
    done = await ours.advance(trade)
    assert isinstance(done, Done), done
    return trade, done


async def book(sandbox):
    return (await sandbox.truth())["channels"]["paypal"]


async def test_an_opened_order_sends_its_payer_to_paypal(ours, sandbox):
    opening = await ours.open(charge())
    assert isinstance(opening, Opening)
    assert opening.redirect_url == f"{sandbox.url}/cashier/{opening.theirs}"


async def test_an_order_moves_nothing_until_it_is_approved_and_taken(ours, sandbox):
    trade = await opened(ours)
    assert await ours.query(trade) == Pending(code="PAYER_ACTION_REQUIRED")
    assert isinstance(await ours.advance(trade), Pending)
    await outcome(sandbox, trade)
    assert await ours.query(trade) == Approved(code="APPROVED")
    assert not (await book(sandbox))["balances"]
    assert isinstance(await ours.advance(trade), Done)
    assert (await book(sandbox))["balances"] == {"USD": {"paid": 62, "refunded": 0, "held": 62}}


async def test_taken_by_two_at_once_it_is_paid_once(ours, sandbox):
    trade = await opened(ours)
    await outcome(sandbox, trade)
    words = await asyncio.gather(*(ours.advance(trade) for _ in range(5)))
    assert len({word.transaction_id for word in words}) == 1
    assert len((await book(sandbox))["trades"]) == 1


async def test_a_capture_without_an_answer_is_found_out_by_asking(ours, sandbox):
    trade = await opened(ours)
    await outcome(sandbox, trade)
    await fault(sandbox, "capture", "timeout_after", hold_s=moment_s(1.2))
    assert await ours.advance(trade) == Pending(code="TIMEOUT")
    assert isinstance(await ours.query(trade), Done)
    assert isinstance(await ours.advance(trade), Done)


@pytest.mark.parametrize("kind", ["reset", "bad_json", "500", "502", "429"])
async def test_whatever_goes_wrong_with_a_capture_decides_nothing(ours, sandbox, kind):
    trade = await opened(ours)
    await outcome(sandbox, trade)
    await fault(sandbox, "capture", kind, hold_s=moment_s(1.5))
    assert isinstance(await ours.advance(trade), Pending)
    assert isinstance(await ours.advance(trade), Done)
    assert (await book(sandbox))["balances"]["USD"]["paid"] == 62


async def test_captured_by_another_call_of_ours_it_is_done(ours, sandbox):
    trade, done = await paid(ours, sandbox)
    await fault(sandbox, "query", "bad_json")
    assert isinstance(await ours.advance(trade), Pending)
    assert await ours.advance(trade) == done


async def test_what_was_captured_before_our_question_was_answered_is_done(ours, sandbox):
    trade = await opened(ours)
    await outcome(sandbox, trade)
    await fault(sandbox, "capture", "code:ORDER_ALREADY_CAPTURED")
    assert await ours.advance(trade) == Pending(code="ORDER_ALREADY_CAPTURED")  # the order says that it was not


async def test_a_declined_card_goes_back_to_approval_and_another_one_pays(ours, sandbox):
    trade = await opened(ours)
    await outcome(sandbox, trade, "declined")
    word = await ours.advance(trade)
    assert isinstance(word, Pending)
    assert (word.code, word.is_unpaid) == ("INSTRUMENT_DECLINED", True)
    assert await ours.query(trade) == Pending(code="PAYER_ACTION_REQUIRED")
    await outcome(sandbox, trade)
    assert isinstance(await ours.advance(trade), Done)


@pytest.mark.parametrize("reason", ["ECHECK", "PENDING_REVIEW", "RECEIVING_PREFERENCE_MANDATES_MANUAL_ACTION"])
async def test_a_completed_order_whose_capture_waits_is_no_money_until_it_comes(ours, sandbox, reason):
    await sandbox.control("POST", "paypal/capture", {"result": "PENDING", "reason": reason})
    trade = await opened(ours)
    await outcome(sandbox, trade)
    word = await ours.advance(trade)
    assert isinstance(word, Pending)
    assert (word.code, word.is_unpaid) == (f"CAPTURE_{reason}"[:64], False)
    assert isinstance(await ours.close(trade), StillOpen)
    await sandbox.control("POST", "paypal/capture", {"result": "COMPLETED", "reference": trade.reference})
    assert isinstance(await ours.query(trade), Done)
    assert isinstance(await ours.close(trade), Paid)


async def test_a_completed_order_whose_capture_was_declined_is_no_money_and_can_be_closed(ours, sandbox):
    await sandbox.control("POST", "paypal/capture", {"result": "DECLINED"})
    trade = await opened(ours)
    await outcome(sandbox, trade)
    word = await ours.advance(trade)
    assert isinstance(word, Pending)
    assert (word.code, word.is_unpaid) == ("CAPTURE_DECLINED", True)
    assert await ours.close(trade) == Closed(code="CAPTURE_DECLINED")
    assert not (await book(sandbox))["balances"]


async def test_a_payer_who_cancels_comes_back_and_may_still_pay(ours, sandbox):
    trade = await opened(ours, return_url="http://127.0.0.1:9/o/1?lang=en")
    sent = await outcome(sandbox, trade, "cancel")
    assert sent["sent_to"] == f"http://127.0.0.1:9/o/1?lang=en&token={trade.theirs}"
    assert isinstance(await ours.query(trade), Pending)
    sent = await outcome(sandbox, trade)
    assert sent["sent_to"].startswith(f"http://127.0.0.1:9/o/1?lang=en&token={trade.theirs}&PayerID=")
    assert isinstance(await ours.advance(trade), Done)


async def test_what_is_given_up_is_closed_without_a_call_that_ends_it(ours, sandbox):
    trade = await opened(ours)
    assert await ours.close(trade) == Closed(code="PAYER_ACTION_REQUIRED")
    await outcome(sandbox, trade)  # PayPal lets them approve all the same; nobody takes it
    assert await ours.close(trade) == Closed(code="APPROVED")
    assert not (await book(sandbox))["balances"]


async def test_an_order_that_nobody_approved_ends_after_three_hours(ours, sandbox):
    trade = await opened(ours)
    await sandbox.control("POST", "clock", {"offset_s": 3 * 3600 + 1})
    assert await ours.query(trade) == Unknown(code="INVALID_RESOURCE_ID")
    assert isinstance(await ours.close(trade), Closed)


async def test_an_order_whose_number_we_never_got_is_unknown_and_closed_by_not_taking_it(ours):
    trade = replace(await opened(ours), theirs=None)
    assert isinstance(await ours.query(trade), Unknown)
    assert isinstance(await ours.advance(trade), Unknown)
    assert isinstance(await ours.close(trade), Closed)


async def test_an_order_of_another_reference_is_never_ours(ours, sandbox):
    trade, _ = await paid(ours, sandbox)
    other = replace(trade, reference="P0000000000000000000000009")
    assert await ours.query(other) == Pending(code="MISMATCH")
    assert isinstance(await ours.close(other), StillOpen)


async def test_money_for_another_merchant_is_never_ours(ours, sandbox):
    trade, _ = await paid(ours, sandbox)
    stranger = ours_for(sandbox, merchant_id="SOMEBODYELSE1")
    assert await stranger.query(trade) == Pending(code="MISMATCH")
    await stranger.aclose()


async def test_the_same_charge_sent_twice_at_once_makes_one_order(ours, sandbox):
    asked = charge()
    one, other = await asyncio.gather(ours.open(asked), ours.open(asked))
    assert one == other
    assert len((await book(sandbox))["trades"]) == 1


@pytest.mark.parametrize("kind", ["timeout_after", "reset", "bad_json", "429"])
async def test_an_opening_without_a_readable_answer_can_be_repeated(ours, sandbox, kind):
    asked = charge()
    await fault(sandbox, "open", kind, hold_s=moment_s(1.2))
    assert isinstance(await ours.open(asked), Pending)
    assert isinstance(await ours.open(asked), Opening)
    assert len((await book(sandbox))["trades"]) == 1


@pytest.mark.parametrize(("issue", "expected"), [("PAYEE_ACCOUNT_RESTRICTED", Refused), ("SOMETHING_NEW", Pending)])
async def test_only_a_documented_no_refuses_an_opening(ours, sandbox, issue, expected):
    await fault(sandbox, "open", f"code:{issue}")
    word = await ours.open(charge())
    assert isinstance(word, expected)
    assert word.code == issue


async def test_a_charge_past_its_time_is_not_sent(ours, sandbox):
    assert await ours.open(charge(expires_at=utc_now() - timedelta(seconds=1))) == Pending(code="EXPIRED")
    assert not (await book(sandbox))["trades"]


async def test_a_token_that_is_refused_is_replaced_once_and_the_call_goes_through(ours, sandbox):
    trade = await opened(ours)
    await sandbox.control("POST", "paypal/tokens/revoke")
    assert isinstance(await ours.query(trade), Pending)
    assert (await ours.query(trade)).code == "PAYER_ACTION_REQUIRED"


async def test_refunds_in_parts_never_exceed_what_was_paid(ours, sandbox):
    trade, done = await paid(ours, sandbox)
    first = back(trade, done, 20)
    assert isinstance(await ours.refund(first), Done)
    assert isinstance(await ours.refund(first), Done)
    assert isinstance(await ours.refund(back(trade, done, 42)), Done)
    refused = await ours.refund(back(trade, done, 1))
    assert isinstance(refused, Refused)
    assert (refused.code, refused.is_over) == ("CAPTURE_FULLY_REFUNDED", False)
    assert (await book(sandbox))["balances"]["USD"]["held"] == 0
    assert await ours.query(trade) == done


@pytest.mark.parametrize("kind", ["timeout_after", "reset", "timeout_before"])
async def test_a_refund_without_an_answer_is_sent_again_and_given_back_once(ours, sandbox, kind):
    trade, done = await paid(ours, sandbox)
    refund = back(trade, done, 62)
    await fault(sandbox, "refund", kind, hold_s=moment_s(1.2))
    assert isinstance(await ours.refund(refund), Pending)
    assert isinstance(await ours.query_refund(refund), Done)
    assert (await book(sandbox))["balances"]["USD"]["refunded"] == 62


@pytest.mark.parametrize(("result", "expected"), [("COMPLETED", Done), ("FAILED", Refused), ("CANCELLED", Refused)])
async def test_a_refund_that_waits_is_not_done_until_paypal_says_how_it_ended(ours, sandbox, result, expected):
    trade, done = await paid(ours, sandbox)
    await sandbox.control("POST", "channels/paypal/refund", {"result": "PENDING"})
    refund = back(trade, done, 62)
    assert await ours.refund(refund) == Pending(code="ECHECK")
    ended = {"result": result, "refund_reference": refund.refund_reference}
    await sandbox.control("POST", "channels/paypal/refund", ended)
    word = await ours.query_refund(refund)
    assert isinstance(word, expected)
    assert not isinstance(word, Refused) or word.is_over


@pytest.mark.parametrize(
    ("issue", "expected"), [("REFUND_FAILED_INSUFFICIENT_FUNDS", Refused), ("PREVIOUS_REQUEST_IN_PROGRESS", Pending)]
)
async def test_only_a_documented_no_refuses_a_refund(ours, sandbox, issue, expected):
    trade, done = await paid(ours, sandbox)
    await fault(sandbox, "refund", f"code:{issue}")
    assert isinstance(await ours.refund(back(trade, done, 62)), expected)


async def test_a_refund_in_another_currency_is_refused_by_paypal(ours, sandbox):
    trade, done = await paid(ours, sandbox)
    sandbox.expect_refusals()
    word = await ours.refund(replace(back(trade, done, 62), currency=Currency.CNY))
    assert not isinstance(word, Done)


async def test_the_payer_approves_on_a_page_in_english_and_comes_back(ours, sandbox):
    trade = await opened(ours)
    async with httpx.AsyncClient(base_url=sandbox.url, trust_env=False, verify=False) as payer:
        page = await payer.get(f"/cashier/{trade.theirs}", headers={"accept-language": "en-GB,en"})
        assert "US$" in page.text
        assert "0.62" in page.text
        assert "PayPal" in page.text
        sent = await payer.post(f"/cashier/{trade.theirs}", data={"outcome": "success"})
    assert sent.status_code == 303
    assert sent.headers["location"].startswith(f"http://127.0.0.1:9/o/1?token={trade.theirs}&PayerID=")
    assert isinstance(await ours.query(trade), Approved)
