"""e-CNY from opening to refund, against the sandbox."""

import asyncio
import contextlib
from datetime import timedelta

import pytest

from app.gateways.channels.base import (
    Closed,
    Done,
    Opening,
    Paid,
    Pending,
    RawRequest,
    Refused,
    StillOpen,
    Unknown,
)
from app.gateways.channels.ecny_cmb import H5, QR
from app.kernel.clock import utc_now
from app.kernel.errors import Unavailable
from tests.loopback import serving
from tests.wire.ecny_asking import NAME, back, charge, fault, ours_for, pay, trade


@pytest.fixture
async def ours(sandbox, notice_door):
    channel = ours_for(sandbox, notice_door.url)
    yield channel
    await channel.aclose()


async def opened(ours, **changed):
    asked = charge(**changed)
    assert isinstance(await ours.open(asked), Opening)
    return asked


async def paid(ours, sandbox, **changed):
    asked = await opened(ours, **changed)
    await pay(sandbox, asked.reference)
    done = await ours.query(trade(asked))
    assert isinstance(done, Done), done
    return asked, done


async def finished(ours, refund):
    for _ in range(200):
        outcome = await ours.query_refund(refund)
        if not isinstance(outcome, Pending):
            return outcome
        await asyncio.sleep(0.02)
    return outcome


async def test_a_phone_is_sent_to_the_app_and_another_screen_shows_a_code(ours, sandbox):
    there, here = await ours.open(charge(H5)), await ours.open(charge(QR))
    assert (there.code_url, here.redirect_url) == (None, None)
    assert there.redirect_url.startswith(sandbox.url)
    assert here.code_url
    assert there.theirs
    assert here.theirs


async def test_the_same_charge_again_is_the_same_order_and_another_amount_is_none(ours, sandbox):
    asked = await opened(ours)
    assert await ours.open(asked) == await ours.open(asked)
    other = charge(reference=asked.reference, expires_at=asked.expires_at, amount_minor=63)
    assert await ours.open(other) == Pending(code="AMT_MISMATCHED_ORDER")


async def test_what_the_bank_takes_no_signs_in_is_written_without_them(ours, sandbox):
    await opened(ours, description="<低碳>/大运&a=b 😀 𠮷 12.4 kg" * 5)
    assert not await sandbox.refusals()


@pytest.mark.parametrize(("outcome", "state"), [("declined", "F"), ("cancel", "D")])
async def test_a_visit_without_money_is_unpaid_and_may_be_tried_again_until_it_is_closed(ours, sandbox, outcome, state):
    asked = await opened(ours)
    await pay(sandbox, asked.reference, outcome)
    status = await ours.query(trade(asked))
    assert status == Pending(code=state)
    assert status.is_unpaid
    await pay(sandbox, asked.reference)
    assert isinstance(await ours.query(trade(asked)), Done)


async def test_what_nobody_has_touched_is_pending_without_a_word_on_money(ours):
    asked = await opened(ours)
    status = await ours.query(trade(asked))
    assert status == Pending(code="P")
    assert not status.is_unpaid


async def test_what_ran_out_is_unpaid_and_can_be_closed(ours, sandbox):
    asked = await opened(ours)
    await sandbox.control("POST", "clock", {"offset_s": 3600, "stamp_offset_s": 0})
    status = await ours.query(trade(asked))
    assert status == Pending(code="ORDERID_INVALID")
    assert status.is_unpaid
    assert await ours.close(trade(asked)) == Closed(code="C")


@pytest.mark.parametrize(("outcome", "code"), [("declined", "F"), ("cancel", "C")])
async def test_what_failed_or_was_left_can_be_closed(ours, sandbox, outcome, code):
    asked = await opened(ours)
    await pay(sandbox, asked.reference, outcome)
    assert await ours.close(trade(asked)) == Closed(code=code)
    assert await ours.query(trade(asked)) == Closed(code="C")


async def test_closing_twice_says_closed_twice(ours):
    asked = await opened(ours)
    assert await ours.close(trade(asked)) == Closed(code="C")
    assert await ours.close(trade(asked)) == Closed(code="C")
    assert await ours.open(asked) == Refused(code="ORDERID_INVALID", text="订单号已失效")


async def test_what_is_paid_is_not_closed_and_not_opened_again(ours, sandbox):
    asked, _ = await paid(ours, sandbox)
    assert await ours.close(trade(asked)) == Paid(code="ORDER_PAID")
    assert await ours.open(asked) == Pending(code="ORDER_PAID")


@pytest.mark.parametrize("code", ["TRADESTATE_NOT_LAWFUL", "NOT_ALLOWED", "A_WORD_OF_NEXT_YEAR"])
async def test_where_the_bank_refuses_to_close_it_is_asked_what_became_of_it(ours, sandbox, code):
    asked, _ = await paid(ours, sandbox)
    await fault(sandbox, "close", f"code:{code}")
    assert await ours.close(trade(asked)) == Paid(code=code)
    asked = await opened(ours)
    await fault(sandbox, "close", f"code:{code}")
    assert await ours.close(trade(asked)) == StillOpen(code=code)


async def test_what_the_bank_never_heard_of_stays_open_until_its_time_is_over(ours):
    asked = charge()
    assert await ours.query(trade(asked)) == Unknown(code="CMBORDERID_NOT_EXIST")
    assert await ours.close(trade(asked)) == StillOpen(code="CMBORDERID_NOT_EXIST")
    over = charge(expires_at=utc_now() - timedelta(seconds=1))
    assert await ours.close(trade(over)) == Closed(code="CMBORDERID_NOT_EXIST")


async def test_money_that_comes_after_the_close_is_told(ours, sandbox, notice_door):
    asked = await opened(ours)
    assert isinstance(await ours.close(trade(asked)), Closed)
    await pay(sandbox, asked.reference, late=True)
    told = await ours.read_notice(raw((await notice_door.wait(1))[0]))
    assert isinstance(told.outcome, Done)
    assert told.outcome.reference == asked.reference


async def test_a_charge_past_its_time_is_not_sent(ours):
    assert await ours.open(charge(expires_at=utc_now())) == Pending(code="EXPIRED")


@pytest.mark.parametrize("tamper", [None, "with_state"])
async def test_a_notice_with_and_without_a_state_is_paid_by_the_banks_own_word(ours, sandbox, notice_door, tamper):
    asked = await opened(ours)
    if tamper is not None:
        await sandbox.control("POST", f"channels/{NAME}/notify", {"reference": asked.reference, "tamper": tamper})
    await pay(sandbox, asked.reference)
    told = await ours.read_notice(raw((await notice_door.wait(1))[0]))
    assert told.outcome == await ours.query(trade(asked))
    assert (told.kind, told.mismatch) == ("PAYMENT" if tamper is None else "PAYMENT.S", None)


@pytest.mark.parametrize("kind", ["502", "unsigned", "code:SYSTERM_ERROR"])
async def test_a_notice_that_the_bank_cannot_confirm_just_now_is_taken_when_it_comes_again(
    ours, sandbox, notice_door, kind
):
    """Nobody asks about a payment that is closed: had we said SUCCESS here, money that came late would be told by no one."""
    asked = await opened(ours)
    await ours.close(trade(asked))
    await pay(sandbox, asked.reference, late=True)
    told = raw((await notice_door.wait(1))[0])
    await fault(sandbox, "query", kind)
    with pytest.raises(Unavailable):
        await ours.read_notice(told)
    assert isinstance((await ours.read_notice(told)).outcome, Done)


@pytest.mark.parametrize(
    ("tamper", "mismatch"),
    [
        ("other_amount", "amount"),
        ("other_currency", "amount"),
        ("other_merchant", "merchant"),
        ("other_wallet", "kind"),
        ("not_success", None),
        ("unknown_order", None),
    ],
)
async def test_a_lie_of_the_banks_own_pays_nothing(ours, sandbox, notice_door, tamper, mismatch):
    asked = await opened(ours)
    await sandbox.control("POST", f"channels/{NAME}/notify", {"reference": asked.reference, "tamper": tamper})
    await pay(sandbox, asked.reference)
    told = await ours.read_notice(raw((await notice_door.wait(1))[0]))
    assert isinstance(told.outcome, Pending)
    assert told.mismatch == mismatch


async def test_our_answer_is_what_the_bank_calls_heard(sandbox):
    """Not SUCCESS, or not under our key: it sends again."""
    came = []
    bodies = []

    async def door(reader, writer):
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            length = int(head.partition("content-length:")[2].partition("\r\n")[0])
            came.append(await reader.readexactly(length))
            body = bodies[min(len(came), len(bodies)) - 1]
            writer.write(f"HTTP/1.1 200 OK\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n".encode() + body)
            await writer.drain()

    async with serving(door) as port:
        channel = ours_for(sandbox, f"http://127.0.0.1:{port}/notify")
        good = channel.acknowledge(accepted=True).body
        bodies += [b"SUCCESS", good.replace(b"UTF-8", b"UTF-9"), channel.acknowledge(accepted=False).body, good]
        asked = await opened(channel)
        await pay(sandbox, asked.reference)
        for _ in range(300):
            (told,) = (await sandbox.truth())["notices"]
            if told["state"] != "waiting":
                break
            await asyncio.sleep(0.02)
        assert (told["state"], told["attempts"], len(came)) == ("acknowledged", 4, 4)
        assert len({(await channel.read_notice(RawRequest(body=one, headers={}))).event_id for one in came}) == 1
        await channel.aclose()


async def test_a_refund_comes_back_in_parts_and_no_more_than_was_paid(ours, sandbox, notice_door):
    asked, done = await paid(ours, sandbox)
    first = back(asked, done, 20)
    assert await ours.refund(first) == Pending(code="P")
    outcome = await finished(ours, first)
    assert isinstance(outcome, Done)
    assert (outcome.reference, outcome.amount_minor) == (first.refund_reference, 20)
    assert await ours.query(trade(asked)) == done  # R: that some of it went back does not undo the payment
    assert await ours.refund(back(asked, done, 43)) == Refused(code="NOT_ENOUGH", text="余额不足")
    rest = back(asked, None, 42)  # by our number alone
    await ours.refund(rest)
    assert isinstance(await finished(ours, rest), Done)
    deliveries = await notice_door.wait(3)
    told = [await ours.read_notice(raw(one)) for one in deliveries]
    assert {one.refund_reference for one in told} == {None, first.refund_reference, rest.refund_reference}
    assert all(isinstance(one.outcome, Done) for one in told)


async def test_a_refund_number_that_the_bank_knows_is_asked_about(ours, sandbox):
    asked, done = await paid(ours, sandbox)
    refund = back(asked, done, 62)
    await ours.refund(refund)
    outcome = await finished(ours, refund)
    await fault(sandbox, "refund", "code:ORDERID_DUPLICATION")
    assert await ours.refund(refund) == outcome
    await fault(sandbox, "refund", "code:ORDERID_DUPLICATION")
    assert await ours.refund(back(asked, done, 62)) == Pending(code="ORDERID_DUPLICATION")


async def test_a_refund_that_failed_is_refused_and_its_number_may_be_sent_again(ours, sandbox):
    asked, done = await paid(ours, sandbox)
    refund = back(asked, done, 62)
    await sandbox.control("POST", f"channels/{NAME}/refund", {"result": "F"})
    await ours.refund(refund)
    outcome = await finished(ours, refund)
    assert isinstance(outcome, Refused)
    assert not outcome.is_over
    await sandbox.control("POST", f"channels/{NAME}/refund", {"result": "S"})
    await ours.refund(refund)
    assert isinstance(await finished(ours, refund), Done)


async def test_a_refund_waits_where_the_merchants_takings_run_short(ours, sandbox):
    asked, done = await paid(ours, sandbox)
    await fault(sandbox, "refund", "code:MCH_EXSRFN_AMOUNT_LESS")
    assert await ours.refund(back(asked, done, 62)) == Pending(code="MCH_EXSRFN_AMOUNT_LESS")


async def test_an_unpaid_order_has_nothing_to_give_back(ours):
    asked = await opened(ours)
    assert await ours.refund(back(asked, None, 62)) == Refused(code="UNPAIED_ORDER", text="订单未支付")
    assert await ours.query_refund(back(asked, None, 62)) == Unknown(code="CMBORDERID_NOT_EXIST")


async def test_the_banks_new_key_is_believed_from_its_first_answer(sandbox, notice_door):
    ours = ours_for(sandbox, notice_door.url)
    only_old = ours_for(sandbox, notice_door.url, public_key_next="")
    asked = await opened(ours)
    await sandbox.control("POST", "ecny_cmb/keys", {"signed_by": "next"})
    assert await ours.query(trade(asked)) == Pending(code="P")
    assert await only_old.query(trade(asked)) == Pending(code="UNSIGNED")
    await pay(sandbox, asked.reference)
    assert isinstance((await ours.read_notice(raw((await notice_door.wait(1))[0]))).outcome, Done)
    await ours.aclose()
    await only_old.aclose()


async def test_an_answer_whose_content_is_an_object_is_read_as_it_was_signed(ours, sandbox):
    await sandbox.control("POST", "ecny_cmb/keys", {"content_as": "object"})
    _, done = await paid(ours, sandbox)
    assert done.amount_minor == 62


async def test_nothing_was_sent_where_nobody_listens(sandbox):
    ours = ours_for(sandbox, url="http://127.0.0.1:9", bill_url="http://127.0.0.1:9/bill/check")
    asked = charge()
    for call in (
        ours.open(asked),
        ours.query(trade(asked)),
        ours.close(trade(asked)),
        ours.refund(back(asked, None, 1)),
        ours.query_refund(back(asked, None, 1)),
        ours.fetch_bill(utc_now().date()),
    ):
        with pytest.raises(Unavailable):
            await call
    await ours.aclose()


def raw(delivery):
    return RawRequest(body=delivery.body, headers=delivery.headers)
