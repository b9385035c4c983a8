"""Authentic notices: what is read out of them, what is kept apart as not ours, and when a key is still believed."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from app.gateways.channels.base import Done, NotAuthentic, Pending, Refused
from tests.wire.wechatpay_forging import (
    API_V3_KEY,
    MCHID,
    NOW,
    PREVIOUS_API_V3_KEY,
    PUBLIC_KEY_ID,
    REFERENCE,
    REFUND_REFERENCE,
    SERIAL,
    compact,
    envelope,
    genuine,
    our_keys,
    our_side,
    refunded,
    signed,
    transaction,
)


async def test_a_genuine_notice_says_who_paid_what_and_when():
    notice = await our_side().read_notice(genuine())
    assert notice.event_id == "EV-2026112210000000001"
    assert (notice.kind, notice.reference, notice.refund_reference) == ("TRANSACTION.SUCCESS", REFERENCE, None)
    assert notice.mismatch is None
    assert notice.outcome == Done(
        reference=REFERENCE,
        transaction_id="4200001234202611221234567890",
        at=datetime(2026, 11, 22, 1, 59, 30, tzinfo=UTC),
        amount_minor=62,
        currency="CNY",
    )
    assert json.loads(notice.content)["trade_state"] == "SUCCESS"


async def test_the_order_amount_counts_however_little_the_payer_paid():
    amount = {"total": 62, "payer_total": 1, "currency": "CNY", "payer_currency": "CNY"}
    notice = await our_side().read_notice(genuine(transaction(amount=amount)))
    assert isinstance(notice.outcome, Done)
    assert notice.outcome.amount_minor == 62


@pytest.mark.parametrize(
    ("signer", "serial"),
    [
        pytest.param("platform", PUBLIC_KEY_ID, id="public-key"),
        pytest.param("certificate", f"{SERIAL:X}", id="certificate"),
        pytest.param("certificate", f"{SERIAL:x}", id="certificate-lower-case"),
        pytest.param("certificate", f"00{SERIAL:X}", id="certificate-leading-zeros"),
    ],
)
async def test_notices_of_the_migration_are_read_by_the_serial_they_name(signer, serial):
    notice = await our_side().read_notice(genuine(signer=signer, serial=serial))
    assert isinstance(notice.outcome, Done)


@pytest.mark.parametrize("seconds", [-299, 299])
async def test_a_notice_within_five_minutes_is_fresh(seconds):
    notice = await our_side().read_notice(genuine(at=NOW + timedelta(seconds=seconds)))
    assert notice.mismatch is None


@pytest.mark.parametrize(
    ("changed", "mismatch"),
    [
        pytest.param({"mchid": "1900000002"}, "merchant", id="another-merchant"),
        pytest.param({"mchid": int(MCHID)}, "merchant", id="merchant-as-number"),
        pytest.param({"appid": "wx0000000000000002"}, "app", id="another-app"),
        pytest.param({"appid": None}, "app", id="no-app"),
        pytest.param({"amount": None}, "amount", id="no-amount"),
        pytest.param({"amount": {"total": 0, "currency": "CNY"}}, "amount", id="zero"),
        pytest.param({"amount": {"total": -62, "currency": "CNY"}}, "amount", id="negative"),
        pytest.param({"amount": {"total": "62", "currency": "CNY"}}, "amount", id="text"),
        pytest.param({"amount": {"total": "６２", "currency": "CNY"}}, "amount", id="full-width-text"),
        pytest.param({"amount": {"total": 62.0, "currency": "CNY"}}, "amount", id="float"),
        pytest.param({"amount": {"total": True, "currency": "CNY"}}, "amount", id="bool"),
        pytest.param({"amount": {"total": 10**30, "currency": "CNY"}}, "amount", id="astronomical"),
        pytest.param({"amount": {"payer_total": 62, "currency": "CNY"}}, "amount", id="payer-total-only"),
        pytest.param({"amount": {"total": 62}}, "amount", id="no-currency"),
        pytest.param({"amount": {"total": 62, "currency": 156}}, "amount", id="currency-as-number"),
        pytest.param({"out_trade_no": "x" * 200}, "reference", id="long-reference"),
        pytest.param({"out_trade_no": "P1'; DROP TABLE payment"}, "reference", id="reference-with-sql"),
        pytest.param({"out_trade_no": None}, "reference", id="no-reference"),
        pytest.param({"transaction_id": None}, "shape", id="no-transaction-id"),
        pytest.param({"success_time": "2026-11-22T09:59:30"}, "shape", id="time-without-offset"),
        pytest.param({"success_time": "yesterday"}, "shape", id="time-unreadable"),
    ],
)
async def test_an_authentic_notice_that_cannot_be_ours_is_named_and_never_done(changed, mismatch):
    notice = await our_side().read_notice(genuine(transaction(**changed)))
    assert notice.mismatch == mismatch
    assert isinstance(notice.outcome, Pending)


async def test_another_currency_is_told_for_the_caller_to_compare():
    notice = await our_side().read_notice(genuine(transaction(amount={"total": 62, "currency": "USD"})))
    assert isinstance(notice.outcome, Done)
    assert notice.outcome.currency == "USD"


async def test_an_amount_written_with_an_exponent_is_no_amount():
    content = compact(transaction()).replace(b'"total":62', b'"total":62e0')
    notice = await our_side().read_notice(signed(compact(envelope(content))))
    assert notice.mismatch == "amount"


@pytest.mark.parametrize("state", ["REFUND", "NOTPAY", "CLOSED", "REVOKED", "USERPAYING", "PAYERROR", "SOMETHING_NEW"])
async def test_a_state_that_is_not_success_inside_a_success_notice_decides_nothing(state):
    notice = await our_side().read_notice(genuine(transaction(trade_state=state)))
    assert notice.outcome == Pending(code=state)


async def test_a_refund_notice_names_the_payment_and_the_refund():
    notice = await our_side().read_notice(signed(compact(envelope(refunded(), kind="REFUND.SUCCESS"))))
    assert (notice.reference, notice.refund_reference) == (REFERENCE, REFUND_REFERENCE)
    assert notice.mismatch is None
    assert isinstance(notice.outcome, Done)
    assert (notice.outcome.reference, notice.outcome.amount_minor) == (REFUND_REFERENCE, 20)


@pytest.mark.parametrize(
    ("kind", "status", "outcome"),
    [
        ("REFUND.CLOSED", "CLOSED", Refused(code="CLOSED", text="")),
        ("REFUND.ABNORMAL", "ABNORMAL", Pending(code="ABNORMAL")),
        ("REFUND.SUCCESS", "PROCESSING", Pending(code="PROCESSING")),
        ("REFUND.SUCCESS", "CLOSED", Pending(code="CLOSED")),
        ("REFUND.CLOSED", "SUCCESS", Pending(code="SUCCESS")),
    ],
)
async def test_a_refund_notice_decides_only_where_kind_and_status_agree(kind, status, outcome):
    content = refunded(refund_status=status)
    notice = await our_side().read_notice(signed(compact(envelope(content, kind=kind))))
    assert notice.outcome == outcome


async def test_a_refund_of_another_merchant_is_a_mismatch():
    content = refunded(mchid="1900000002")
    notice = await our_side().read_notice(signed(compact(envelope(content, kind="REFUND.SUCCESS"))))
    assert (notice.mismatch, notice.outcome) == ("merchant", Pending(code="MISMATCH"))


async def test_a_kind_we_do_not_know_is_kept_and_decides_nothing():
    notice = await our_side().read_notice(signed(compact(envelope(transaction(), kind="PAYSCORE.USER_PAID"))))
    assert (notice.mismatch, notice.outcome) == ("kind", Pending(code="UNKNOWN_KIND"))


async def test_a_notice_under_the_replaced_key_is_read_for_a_day():
    raw = signed(compact(envelope(transaction(), key=PREVIOUS_API_V3_KEY)))
    changed_at = NOW - timedelta(hours=23, minutes=59)
    ours = our_side(previous_api_v3_key=PREVIOUS_API_V3_KEY, api_v3_key_changed_at=changed_at)
    assert (await ours.read_notice(raw)).mismatch is None


async def test_a_notice_under_a_key_replaced_a_day_ago_is_refused():
    raw = signed(compact(envelope(transaction(), key=PREVIOUS_API_V3_KEY)))
    changed_at = NOW - timedelta(hours=24)
    ours = our_side(previous_api_v3_key=PREVIOUS_API_V3_KEY, api_v3_key_changed_at=changed_at)
    with pytest.raises(NotAuthentic, match="cipher"):
        await ours.read_notice(raw)


def test_every_refusal_is_answered_alike_and_acceptance_is_empty():
    ours = our_side()
    accepted, refused, again = (
        ours.acknowledge(accepted=True),
        ours.acknowledge(accepted=False),
        ours.acknowledge(accepted=False, retry=True),
    )
    assert (accepted.status, accepted.body) == (204, b"")
    assert (refused.status, json.loads(refused.body)["code"]) == (401, "FAIL")
    assert again.status == 503


def test_no_secret_stands_in_a_repr():
    shown = repr(our_keys(previous_api_v3_key=PREVIOUS_API_V3_KEY, api_v3_key_changed_at=NOW))
    assert API_V3_KEY not in shown
    assert PREVIOUS_API_V3_KEY not in shown
    assert "PRIVATE KEY" not in shown


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"api_v3_key": "k" * 16}, id="short-key"),
        pytest.param({"api_v3_key": "碳" * 32}, id="32-letters-that-are-96-bytes"),
        pytest.param({"previous_api_v3_key": "p" * 32}, id="previous-key-without-its-time"),
        pytest.param({"notify_url": "https://example.org/notify?x=1"}, id="notify-url-with-query"),
        pytest.param({"platform_public_keys": {"1234": "x"}}, id="public-key-without-its-name"),
    ],
)
def test_keys_that_the_wire_would_refuse_are_refused_at_once(changed):
    with pytest.raises(ValueError, match=r"."):
        our_keys(**changed)
