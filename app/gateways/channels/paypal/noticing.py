"""A verified event of PayPal in our words. Pure.

Events that say nothing about a payment or refund of ours are authentic and kept with a `mismatch`.
"""

import re
from dataclasses import dataclass
from typing import Final, TypeVar

from app.gateways.channels.base import Notice, Outcome, Pending, Reversal, ReversalKind, TradeStatus
from app.gateways.channels.paypal.reading import (
    MISMATCH,
    REFERENCE,
    Content,
    Unreadable,
    is_of,
    read_capture,
    read_object,
    read_order,
    read_refund,
    stranger,
    word,
)
from app.gateways.channels.paypal.reversing import read_dispute, read_gone

_EVENT_ID: Final = re.compile(r"[\x21-\x7e]{1,64}")
_KIND: Final = re.compile(r"[A-Z][A-Z0-9_.\-]{0,63}")
APPROVED: Final = "CHECKOUT.ORDER.APPROVED"
CAPTURES: Final = {
    "PAYMENT.CAPTURE.COMPLETED": "COMPLETED",
    "PAYMENT.CAPTURE.PENDING": "PENDING",
    "PAYMENT.CAPTURE.DENIED": "DECLINED",
    "PAYMENT.CAPTURE.DECLINED": "DECLINED",
}
"""What such an event is about, and the one state its capture must tell: whatever else stands inside decides nothing."""
REFUNDS: Final = {
    "PAYMENT.CAPTURE.REFUNDED": "COMPLETED",
    "PAYMENT.REFUND.PENDING": "PENDING",
    "PAYMENT.REFUND.FAILED": "FAILED",
}
REVERSED: Final = "PAYMENT.CAPTURE.REVERSED"
DISPUTES: Final = "CUSTOMER.DISPUTE."


def read_notice(raw: bytes, *, merchant_id: str) -> Notice:
    """An authentic event in our words.

    What PayPal, a bank or a colleague in the merchant's console did without us is a `reversal`. Where such an event does not
    say all that takes, `mismatch` is `dispute`, `reversed` or `reference`; `kind` for an event we did not ask for.

    Raises:
        Unreadable: not one JSON object, or not an event.
    """
    event = read_object(raw)
    event_id, kind, resource = event.get("id"), event.get("event_type"), event.get("resource")
    if not is_of(event_id, _EVENT_ID) or not is_of(kind, _KIND) or not isinstance(resource, dict):
        raise Unreadable("not an event")
    told = _read(str(kind), resource, merchant_id=merchant_id)
    mismatch = told.mismatch or stranger(resource, merchant_id=merchant_id)
    if not told.reference:
        mismatch = mismatch or "reference"
    return Notice(
        event_id=str(event_id),
        kind=str(kind),
        reference=told.reference,
        refund_reference=told.refund_reference,
        outcome=MISMATCH if mismatch else told.outcome,
        mismatch=mismatch,
        content=raw.decode(),
        reversal=None if mismatch else told.reversal,
    )


@dataclass(frozen=True, slots=True)
class _NoticeContent:
    reference: str
    outcome: TradeStatus | Outcome = MISMATCH
    mismatch: str | None = None
    refund_reference: str | None = None
    reversal: Reversal | None = None


def _without_us(reference: str, reversal: Reversal | None, mismatch: str) -> _NoticeContent:
    """Recorded where the event says all that it takes, else left to a person under this reason."""
    return _NoticeContent(reference, reversal=reversal, mismatch=None if reversal else mismatch)


def _read(kind: str, resource: Content, *, merchant_id: str) -> _NoticeContent:
    reference = _number(resource, "custom_id")
    if kind == APPROVED:
        return _approved(resource, merchant_id=merchant_id)
    if kind in CAPTURES:
        outcome, mismatch = read_capture(resource, reference=reference)
        return _NoticeContent(reference, _promised(outcome, resource, CAPTURES[kind]), mismatch)
    if kind in REFUNDS:
        return _refunded(kind, resource, reference)
    if kind == REVERSED:
        return _without_us(reference, read_gone(resource, reference=reference, kind=ReversalKind.REVERSED), "reversed")
    if kind.startswith(DISPUTES):
        reference = _disputed(resource)
        return _without_us(reference, read_dispute(kind, resource, reference=reference), "dispute")
    return _NoticeContent(reference, mismatch="kind")


def _approved(order: Content, *, merchant_id: str) -> _NoticeContent:
    units = order.get("purchase_units")
    first = units[0] if isinstance(units, list) and units and isinstance(units[0], dict) else {}
    reference = _number(first, "custom_id")
    told = read_order(order, reference=reference, theirs=None, merchant_id=merchant_id)
    return _NoticeContent(reference, _promised(told.status, order, "APPROVED"), told.mismatch)


def _refunded(kind: str, refund: Content, reference: str) -> _NoticeContent:
    own = _number(refund, "invoice_id")
    if not own or own == reference:  # made in the merchant's console it carries its payment's number, if any
        gone = read_gone(refund, reference=reference, kind=ReversalKind.MERCHANT_REFUND)
        return _without_us(reference, gone, "reference")
    outcome, mismatch = read_refund(refund, refund_reference=own)
    return _NoticeContent(reference, _promised(outcome, refund, REFUNDS[kind]), mismatch, own)


_T = TypeVar("_T")


def _promised(outcome: _T, resource: Content, state: str) -> _T | Pending:
    """The outcome, if the inside tells the state that the kind of event promises."""
    told = word(resource, "status")
    return outcome if told == state else Pending(code=told or "SHAPE")


def _number(content: Content, name: str) -> str:
    value = content.get(name)
    return str(value) if is_of(value, REFERENCE) else ""


def _disputed(dispute: Content) -> str:
    """Our number of the payment that is complained about; empty where several are, or none."""
    trades = dispute.get("disputed_transactions")
    only = trades[0] if isinstance(trades, list) and len(trades) == 1 and isinstance(trades[0], dict) else {}
    return _number(only, "custom") or _number(only, "invoice_number")
