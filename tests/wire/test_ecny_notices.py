"""What an authentic notice of e-CNY says, and what it cannot say."""

import asyncio
import base64
import json
from datetime import UTC, datetime, timedelta

import pytest

from app.gateways.channels.base import Done, Pending
from app.gateways.channels.ecny_cmb import notifying, reading
from app.kernel.errors import Unavailable
from app.sandbox.ecny_cmb import signing, sm2
from tests.wire.ecny_forging import (
    FIXED,
    NOW,
    REFERENCE,
    REFUND_REFERENCE,
    THEIR_REFUND,
    THEIRS,
    compact,
    form,
    notice,
    our_keys,
    our_side,
    payment,
    private,
    refunded,
    signed,
)

OURS = our_side()


async def test_a_notice_that_says_its_state_is_paid_by_itself():
    told = await OURS.read_notice(notice())
    assert told.outcome == Done(
        reference=REFERENCE,
        transaction_id=THEIRS,
        at=datetime(2026, 11, 22, 1, 59, 30, tzinfo=UTC),
        amount_minor=62,
        currency="CNY",
    )
    assert (told.reference, told.refund_reference, told.mismatch, told.kind) == (REFERENCE, None, None, "PAYMENT.S")
    assert json.loads(told.content) == payment()


async def test_the_event_is_the_message_whoever_signed_it_when():
    first, second = await OURS.read_notice(notice()), await OURS.read_notice(notice())
    assert first.event_id == second.event_id
    assert len(first.event_id) == 64
    assert (await OURS.read_notice(notice(payment(mchReserved="x")))).event_id != first.event_id


async def test_unknown_fields_are_signed_and_ignored():
    fields = signed({**FIXED, "biz_content": compact(payment(debtorAgentName="示例银行")), "traceId": "1"})
    assert (await OURS.read_notice(form(fields))).mismatch is None


@pytest.mark.parametrize("state", ["P", "F", "D", "C", "R", "SUCCESS"])
async def test_a_state_that_is_not_success_decides_nothing(state):
    told = await OURS.read_notice(notice(payment(tradeState=state)))
    assert (told.outcome, told.mismatch) == (Pending(code=state), None)


@pytest.mark.parametrize("changed", [{"tradeState": None}, {"tradeState": ""}, {"tradeState": 1}])
async def test_without_a_state_and_with_a_silent_bank_nothing_is_paid_and_the_notice_shall_come_again(changed):
    with pytest.raises(Unavailable):
        await OURS.read_notice(notice(payment(**changed)))


@pytest.mark.parametrize(
    ("changed", "mismatch"),
    [
        pytest.param({"merId": "308999150570003"}, "merchant", id="other-merchant"),
        pytest.param({"merId": None}, "merchant", id="no-merchant"),
        pytest.param({"merId": int("308999150570002")}, "merchant", id="merchant-as-number"),
        pytest.param({"payType": "WX"}, "kind", id="paid-by-wechat"),
        pytest.param({"payType": "ZF"}, "kind", id="paid-by-alipay"),
        pytest.param({"payType": None}, "kind", id="paid-by-nobody-says-what"),
        pytest.param({"payType": "ec"}, "kind", id="wallet-lower-case"),
        pytest.param({"txnAmt": "0"}, "amount", id="zero"),
        pytest.param({"txnAmt": "-62"}, "amount", id="negative"),
        pytest.param({"txnAmt": "062"}, "amount", id="leading-zero"),
        pytest.param({"txnAmt": "0.62"}, "amount", id="yuan"),
        pytest.param({"txnAmt": "62.0"}, "amount", id="point"),
        pytest.param({"txnAmt": "1e2"}, "amount", id="exponent"),
        pytest.param({"txnAmt": "６２"}, "amount", id="full-width"),
        pytest.param({"txnAmt": " 62"}, "amount", id="blank"),
        pytest.param({"txnAmt": 62}, "amount", id="number"),
        pytest.param({"txnAmt": 62.0}, "amount", id="float"),
        pytest.param({"txnAmt": True}, "amount", id="bool"),
        pytest.param({"txnAmt": "9" * 14}, "amount", id="astronomical"),
        pytest.param({"txnAmt": None}, "amount", id="no-amount"),
        pytest.param({"currencyCode": "CNY"}, "amount", id="currency-by-letters"),
        pytest.param({"currencyCode": 156}, "amount", id="currency-as-number"),
        pytest.param({"currencyCode": None}, "amount", id="no-currency"),
        pytest.param({"orderId": "x" * 33}, "reference", id="long-reference"),
        pytest.param({"orderId": "P1'; DROP TABLE payment"}, "reference", id="reference-with-sql"),
        pytest.param({"orderId": None}, "reference", id="no-reference"),
        pytest.param({"cmbOrderId": None}, "shape", id="no-number-of-theirs"),
        pytest.param({"cmbOrderId": "<b>"}, "shape", id="number-with-html"),
        pytest.param({"endDate": "20261132"}, "shape", id="no-such-day"),
        pytest.param({"endTime": "9:59"}, "shape", id="time-unreadable"),
        pytest.param({"endDate": None, "endTime": None, "txnTime": None}, "shape", id="no-time"),
    ],
)
async def test_an_authentic_notice_that_cannot_be_ours_is_named_and_never_done(changed, mismatch):
    told = await OURS.read_notice(notice(payment(**changed)))
    assert told.mismatch == mismatch
    assert isinstance(told.outcome, Pending)


@pytest.mark.parametrize("minutes", [-10, 10])
async def test_a_clock_of_ours_that_is_ten_minutes_off_loses_no_notice(minutes):
    ours = our_side(now=lambda: NOW + timedelta(minutes=minutes))
    assert isinstance((await ours.read_notice(notice())).outcome, Done)


async def test_what_a_coupon_paid_of_it_is_in_the_amount():
    told = await OURS.read_notice(notice(payment(dscAmt="20")))
    assert isinstance(told.outcome, Done)
    assert told.outcome.amount_minor == 62


async def test_another_currency_is_told_for_the_caller_to_compare():
    told = await OURS.read_notice(notice(payment(currencyCode="840")))
    assert isinstance(told.outcome, Done)
    assert told.outcome.currency == "840"


async def test_where_the_bank_names_no_end_the_orders_own_time_stands():
    told = await OURS.read_notice(notice(payment(endDate=None, endTime=None)))
    assert isinstance(told.outcome, Done)
    assert told.outcome.at == datetime(2026, 11, 22, 1, 59, 0, tzinfo=UTC)


@pytest.mark.parametrize("state", ["tradeState", "refundState"])
async def test_a_refund_notice_names_the_refund_and_its_own_number(state):
    told = await OURS.read_notice(notice(refunded(tradeState=None) | {state: "S"}))
    assert (told.reference, told.refund_reference, told.kind) == ("", REFUND_REFERENCE, "REFUND.S")
    assert isinstance(told.outcome, Done)
    assert (told.outcome.reference, told.outcome.transaction_id) == (REFUND_REFERENCE, THEIR_REFUND)
    assert told.outcome.amount_minor == 20


async def test_a_refund_notice_never_says_that_something_was_paid():
    """Refund and payment share `orderId`, `cmbOrderId` and `payType`: the refund's amount alone tells them apart."""
    told = await OURS.read_notice(notice(refunded(txnAmt="62")))
    assert (told.reference, told.refund_reference) == ("", REFUND_REFERENCE)
    assert isinstance(told.outcome, Done)
    assert told.outcome.amount_minor == 20
    with pytest.raises(Unavailable):
        await OURS.read_notice(notice(refunded(tradeState=None)))


def told_of(reference):
    return reading.NoticeContent(is_refund=False, state="", reference=reference, money=None, mismatch=None)


async def test_what_many_notices_wait_for_is_asked_once_and_later_asked_anew():
    asked, both, gate = [], asyncio.Event(), asyncio.Event()

    async def ask(told):
        asked.append(told.reference)
        if told.reference == "P2":  # the last that was begun: all before it wait
            both.set()
        await gate.wait()
        return Pending(code=f"{len(asked)}")

    once = notifying.Once(ask)
    waiting = [asyncio.create_task(once(told_of(name))) for name in ["P1"] * 30 + ["P2"]]
    await both.wait()
    gate.set()
    assert len({status.code for status in await asyncio.gather(*waiting)}) == 1
    assert asked == ["P1", "P2"]
    await once(told_of("P1"))
    assert asked == ["P1", "P2", "P1"]


async def test_whoever_gives_up_waiting_leaves_the_question_to_the_others():
    gate = asyncio.Event()

    async def ask(_):
        await gate.wait()
        raise Unavailable("no answer")

    once = notifying.Once(ask)
    first, second = (asyncio.create_task(once(told_of("P1"))) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    gate.set()
    with pytest.raises(Unavailable):
        await second
    await once.aclose()


def test_every_refusal_is_answered_alike_and_each_answer_is_signed_by_us():
    accepted, refused, again = (
        OURS.acknowledge(accepted=True),
        OURS.acknowledge(accepted=False),
        OURS.acknowledge(accepted=False, retry=True),
    )
    assert [one.status for one in (accepted, refused, again)] == [200, 401, 503]
    public = sm2.public_of(int(private("merchant"), 16))
    for one, codes in ((accepted, "SUCCESS SUCCESS"), (refused, "FAIL FAIL"), (again, "SUCCESS FAIL")):
        told = json.loads(one.body)
        assert f"{told['returnCode']} {told['respCode']}" == codes
        assert {name: told[name] for name in FIXED} == FIXED
        assert signing.holds(public, signing.text_to_sign(told), told["sign"])


def test_no_secret_stands_in_a_repr():
    shown = repr(our_keys()) + repr(OURS)
    assert private("merchant") not in shown
    assert "app-secret-of-tests" not in shown


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"private_key": "1" * 63}, id="short-key"),
        pytest.param({"private_key": "0" * 64}, id="key-zero"),
        pytest.param({"private_key": "F" * 64}, id="key-beyond-n"),
        pytest.param({"bank_public_keys": ()}, id="nothing-to-trust"),
        pytest.param({"bank_public_keys": ("AAAA",)}, id="no-public-key"),
        pytest.param({"bank_public_keys": ("MFkw" + "A" * 120,)}, id="another-asn1"),
        pytest.param({"merchant": "商户"}, id="merchant-not-ascii"),
        pytest.param({"merchant": "1" * 33}, id="merchant-too-long"),
        pytest.param({"cashier": ""}, id="no-cashier"),
        pytest.param({"app_secret": "a b"}, id="secret-with-blank"),
        pytest.param({"terminal_ip": "example.org"}, id="terminal-without-an-address"),
        pytest.param({"trade_place": ""}, id="no-place"),
        pytest.param({"notify_url": "https://example.org/" + "n" * 256}, id="notify-url-too-long"),
    ],
)
def test_keys_that_the_wire_would_refuse_are_refused_at_once(changed):
    with pytest.raises(ValueError, match=r"."):
        our_keys(**changed)


def test_a_public_key_off_the_curve_is_refused_at_once():
    x, y, _ = sm2.public_of(int(private("bank"), 16))
    text = base64.b64encode(sm2.to_asn1((x, y ^ 1, 1))).decode()
    with pytest.raises(ValueError, match="curve"):
        our_keys(bank_public_keys=(text,))
