"""What PayPal's genuine events say to us, and which certificates may sign them."""

from datetime import UTC, datetime, timedelta

import pytest

from app.gateways.channels.base import Approved, Done, NotAuthentic, Pending, Refused
from app.gateways.channels.paypal.noticing import read_notice
from app.kernel.errors import Unavailable
from tests.wire.paypal_forging import (
    CAPTURE,
    LEAF,
    MERCHANT,
    NOW,
    OLD_WEBHOOK,
    REFERENCE,
    REFUND_REFERENCE,
    WEBHOOK,
    captured,
    certificate,
    chain,
    compact,
    event,
    meeting,
    order,
    refunded,
    signed,
)


def read(resource, kind="PAYMENT.CAPTURE.COMPLETED", **changed):
    return read_notice(compact(event(resource, kind, **changed)), merchant_id=MERCHANT)


def test_a_completed_capture_is_done_with_its_amount():
    notice = read(captured())
    assert (notice.reference, notice.refund_reference, notice.mismatch) == (REFERENCE, None, None)
    assert notice.outcome == Done(
        reference=REFERENCE,
        transaction_id=CAPTURE,
        at=datetime(2026, 11, 22, 1, 59, 30, tzinfo=UTC),
        amount_minor=62,
        currency="USD",
    )


def test_another_currency_is_told_as_it_is():
    notice = read(captured(amount={"currency_code": "JPY", "value": "62"}))
    assert isinstance(notice.outcome, Done)
    assert (notice.outcome.amount_minor, notice.outcome.currency) == (62, "JPY")


def test_an_approved_order_is_approved_and_no_money():
    notice = read(order(), "CHECKOUT.ORDER.APPROVED")
    assert (notice.reference, notice.outcome, notice.mismatch) == (REFERENCE, Approved(code="APPROVED"), None)


@pytest.mark.parametrize(
    ("kind", "status", "is_unpaid"),
    [("PAYMENT.CAPTURE.PENDING", "PENDING", False), ("PAYMENT.CAPTURE.DENIED", "DECLINED", True)],
)
def test_a_capture_that_is_not_completed_is_no_money(kind, status, is_unpaid):
    notice = read(captured(status=status, status_details={"reason": "ECHECK"}), kind)
    assert isinstance(notice.outcome, Pending)
    assert (notice.outcome.code, notice.outcome.is_unpaid, notice.mismatch) == ("CAPTURE_ECHECK", is_unpaid, None)


@pytest.mark.parametrize(
    ("kind", "resource"),
    [
        ("PAYMENT.CAPTURE.COMPLETED", captured(status="PENDING")),
        ("PAYMENT.CAPTURE.COMPLETED", captured(status="DECLINED")),
        ("PAYMENT.CAPTURE.COMPLETED", captured(status="REFUNDED")),
        ("PAYMENT.CAPTURE.PENDING", captured(status="COMPLETED")),
        ("PAYMENT.CAPTURE.DENIED", captured(status="COMPLETED")),
        ("CHECKOUT.ORDER.APPROVED", order("COMPLETED", captured())),
        ("CHECKOUT.ORDER.APPROVED", order("CREATED")),
        ("PAYMENT.CAPTURE.REFUNDED", refunded(status="PENDING")),
        ("PAYMENT.REFUND.FAILED", refunded(status="COMPLETED")),
    ],
)
def test_a_kind_that_its_inside_contradicts_moves_nothing(kind, resource):
    assert isinstance(read(resource, kind).outcome, Pending)


@pytest.mark.parametrize(
    ("status", "kind", "outcome"),
    [
        ("COMPLETED", "PAYMENT.CAPTURE.REFUNDED", Done),
        ("PENDING", "PAYMENT.REFUND.PENDING", Pending),
        ("FAILED", "PAYMENT.REFUND.FAILED", Refused),
    ],
)
def test_a_refund_of_ours_is_told_under_its_own_number(status, kind, outcome):
    notice = read(refunded(status=status), kind)
    assert (notice.reference, notice.refund_reference, notice.mismatch) == (REFERENCE, REFUND_REFERENCE, None)
    assert isinstance(notice.outcome, outcome)


@pytest.mark.parametrize(
    ("kind", "resource", "mismatch", "reference"),
    [
        ("PAYMENT.CAPTURE.COMPLETED", captured(payee={"merchant_id": "SOMEBODYELSE1"}), "merchant", REFERENCE),
        ("PAYMENT.CAPTURE.COMPLETED", captured(payee="x"), "merchant", REFERENCE),
        ("PAYMENT.CAPTURE.COMPLETED", captured(custom_id=None), "reference", ""),
        ("PAYMENT.CAPTURE.COMPLETED", captured(custom_id="x" * 65), "reference", ""),
        ("PAYMENT.CAPTURE.COMPLETED", captured(custom_id="'; DROP TABLE payment; --"), "reference", ""),
        ("PAYMENT.CAPTURE.COMPLETED", captured(invoice_id="P0000000000000000000000002"), "reference", REFERENCE),
        ("PAYMENT.CAPTURE.COMPLETED", captured(amount={"currency_code": "USD", "value": "1e2"}), "amount", REFERENCE),
        ("PAYMENT.CAPTURE.COMPLETED", captured(amount={"currency_code": "USD", "value": "-0.62"}), "amount", REFERENCE),
        ("PAYMENT.CAPTURE.COMPLETED", captured(amount={"currency_code": "USD", "value": "0.00"}), "amount", REFERENCE),
        ("PAYMENT.CAPTURE.COMPLETED", captured(amount={"currency_code": "USD", "value": 0.62}), "amount", REFERENCE),
        ("PAYMENT.CAPTURE.COMPLETED", captured(create_time="yesterday"), "shape", REFERENCE),
        ("PAYMENT.CAPTURE.COMPLETED", captured(id=""), "shape", REFERENCE),
        ("CHECKOUT.ORDER.APPROVED", order(purchase_units=[]), "reference", ""),
        ("PAYMENT.CAPTURE.REFUNDED", refunded(invoice_id=REFERENCE, links=[]), "reference", REFERENCE),
        ("PAYMENT.CAPTURE.REFUNDED", refunded(invoice_id=None, links=[]), "reference", REFERENCE),
        ("PAYMENT.CAPTURE.REVERSED", refunded(invoice_id=REFERENCE, links=[]), "reversed", REFERENCE),
        ("CUSTOMER.DISPUTE.CREATED", {"disputed_transactions": [{"custom": REFERENCE}]}, "dispute", REFERENCE),
        ("CUSTOMER.DISPUTE.UPDATED", {"disputed_transactions": [{"invoice_number": REFERENCE}]}, "dispute", REFERENCE),
        ("CUSTOMER.DISPUTE.RESOLVED", {"disputed_transactions": []}, "dispute", ""),
        ("BILLING.PLAN.CREATED", {"id": "P-1"}, "kind", ""),
    ],
)
def test_what_is_authentic_and_does_not_fit_is_told_with_the_reason(kind, resource, mismatch, reference):
    notice = read(resource, kind)
    assert (notice.mismatch, notice.reference) == (mismatch, reference)
    assert notice.outcome == Pending(code="MISMATCH")


async def test_a_notice_that_is_sent_again_within_three_days_is_still_read():
    now = [NOW]
    async with meeting(now=lambda: now[0]) as (ours, far):
        raw = signed(compact(event(captured())), origin=far.url)
        for wait in (timedelta(0), timedelta(minutes=6), timedelta(days=3)):
            now[0] = NOW + wait
            assert (await ours.read_notice(raw)).mismatch is None


async def test_while_a_webhook_is_replaced_both_are_read_and_afterwards_one():
    async with meeting(ours={"previous_webhook_id": OLD_WEBHOOK}) as (ours, far):
        for webhook in (WEBHOOK, OLD_WEBHOOK):
            raw = signed(compact(event(captured())), origin=far.url, webhook=webhook)
            assert (await ours.read_notice(raw)).mismatch is None
    async with meeting() as (ours, far):
        with pytest.raises(NotAuthentic, match="signature"):
            await ours.read_notice(signed(compact(event(captured())), origin=far.url, webhook=OLD_WEBHOOK))


async def test_a_certificate_is_fetched_once_and_a_new_one_when_it_is_named():
    async with meeting() as (ours, far):
        far.certificates["CERT-new"] = chain(certificate("new", issuer="authority"))
        for name, signer in ((LEAF, "leaf"), (LEAF, "leaf"), ("CERT-new", "new"), (LEAF, "leaf"), ("CERT-new", "new")):
            raw = signed(compact(event(captured())), origin=far.url, name=name, signer=signer)
            assert (await ours.read_notice(raw)).mismatch is None
        assert far.paths() == [f"/v1/notifications/certs/{name}" for name in (LEAF, "CERT-new")]
        headers = [headers for _, _, headers, _ in far.asked]
        assert not any("authorization" in one for one in headers)


async def test_a_certificate_that_ends_is_believed_no_longer_though_it_is_kept():
    now = [NOW]
    async with meeting(now=lambda: now[0]) as (ours, far):
        far.certificates[LEAF] = chain(certificate("leaf", issuer="authority", ends_at=NOW + timedelta(hours=1)))
        raw = signed(compact(event(captured())), origin=far.url)
        assert (await ours.read_notice(raw)).mismatch is None
        now[0] = NOW + timedelta(hours=2)
        with pytest.raises(NotAuthentic, match="serial"):
            await ours.read_notice(raw)


async def test_a_flood_of_made_up_certificates_asks_six_times_a_minute_and_pushes_out_no_true_one():
    now = [NOW]
    async with meeting(now=lambda: now[0]) as (ours, far):
        genuine = signed(compact(event(captured())), origin=far.url)
        assert (await ours.read_notice(genuine)).mismatch is None
        refusals = []
        for turn in range(24):
            now[0] = NOW + timedelta(seconds=10 * turn)
            for each in range(3):
                with pytest.raises((NotAuthentic, Unavailable)) as refused:
                    await ours.read_notice(signed(b"{}", origin=far.url, name=f"CERT-{turn}-{each}"))
                refusals.append(refused.type)
        assert len(far.paths()) <= 1 + 6 * 4
        assert Unavailable in refusals  # answered so that PayPal comes again
        assert (await ours.read_notice(genuine)).mismatch is None
        assert far.paths().count(f"/v1/notifications/certs/{LEAF}") == 1


async def test_a_certificate_that_cannot_be_fetched_lets_paypal_come_again():
    nowhere = "http://127.0.0.1:9"
    async with meeting(ours={"certificates_url": nowhere}) as (ours, _):
        with pytest.raises(Unavailable):
            await ours.read_notice(signed(compact(event(captured())), origin=nowhere))


@pytest.mark.parametrize(("accepted", "retry", "status"), [(True, False, 200), (False, False, 401), (False, True, 503)])
async def test_paypal_reads_the_status_alone(accepted, retry, status):
    async with meeting() as (ours, _):
        assert ours.acknowledge(accepted=accepted, retry=retry).status == status
