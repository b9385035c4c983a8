"""The state of a payment and what a channel's status does to it. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Literal

from app.kernel.money import Currency
from app.kernel.outcome import Approved, Closed, Done, Pending, TradeStatus, Unknown
from app.kernel.reversal import Reversal, ReversalKind


class PaymentState(StrEnum):
    """Where an attempt to be paid stands; it only moves to a higher rank."""

    CREATED = "created"
    """Written down; the channel has not answered yet."""
    PENDING = "pending"
    """The channel waits for the payer."""
    CLOSING = "closing"
    """We no longer want it; the channel has not agreed yet."""
    CLOSED = "closed"
    """The channel says nobody can pay it any more. A late success is honoured all the same."""
    PAID = "paid"
    """Money moved."""
    REFUNDED = "refunded"
    """All of it went back."""


OPEN_STATES: Final = (PaymentState.CREATED, PaymentState.PENDING, PaymentState.CLOSING)


class NoticeFate(StrEnum):
    """What became of an authentic message."""

    RECEIVED = "received"
    """Not judged yet; never seen outside its transaction."""
    APPLIED = "applied"
    """It moved the payment, or confirmed what was known."""
    PARKED = "parked"
    """Authentic but not fitting (挂账): kept for a person, or for the row it belongs to."""
    DECIDED = "decided"
    """Was parked, and two people decided: its money goes back at the channel, or it is noted why not."""


class RefundState(StrEnum):
    """Where money on its way back stands."""

    REQUESTED = "requested"
    """Written down; the channel has not taken it yet, or has not answered."""
    DONE = "done"
    """The payer has it."""
    REFUSED = "refused"
    """The channel's final no; a person decides: `refund_again` or `settle_by_hand`."""
    SETTLED = "settled"
    """A person gave the money back another way, and showed how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """Our row, as far as a channel's word is compared with it."""

    reference: str
    state: PaymentState
    amount_minor: int
    currency: Currency
    transaction_id: str | None


@dataclass(frozen=True, slots=True)
class Decision:
    """`pay`, `close`, `keep` (nothing new), or `park` (authentic, but it does not fit; `fact` says why)."""

    step: Literal["pay", "close", "keep", "park"]
    fact: str | None = None


def judge(row: Expectation, status: TradeStatus) -> Decision:
    """Compare a channel's status with our row; nothing ever goes back in rank.

    The order amount decides, never what the payer paid after coupons. A close ends only what is open.
    """
    match status:
        case Done():
            theirs = (status.reference, status.currency, status.amount_minor)
            ours = (row.reference, row.currency.value, row.amount_minor)
            for fact, their, our in zip(("reference", "currency", "amount"), theirs, ours, strict=True):
                if their != our:
                    return Decision("park", fact)
            if row.transaction_id is None:
                return Decision("pay")
            return (
                Decision("keep") if row.transaction_id == status.transaction_id else Decision("park", "second_payment")
            )
        case Closed():
            return Decision("close") if row.state in OPEN_STATES else Decision("keep")
        case Pending() | Approved() | Unknown():
            return Decision("keep")


GONE_KINDS: Final = frozenset({ReversalKind.MERCHANT_REFUND, ReversalKind.REVERSED})
"""By which money left; the others only say what is contested. As `payment_reversal.is_gone` has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """A payment's row, as far as what its channel did without us is compared with it."""

    transaction_id: str | None
    currency: Currency
    left_minor: int
    """Paid, and neither back, on its way back, nor gone."""


def judge_reversal(row: Paid, reversal: Reversal) -> str | None:
    """Why it does not fit our row (`not_paid`, `transaction`, `currency`, `amount`, `beyond_paid`), or None.

    A dispute is about money that may be back already; only what leaves is held to what is left.
    """
    if row.transaction_id is None:
        return "not_paid"
    if reversal.transaction_id != row.transaction_id:
        return "transaction"
    if reversal.currency != row.currency.value:
        return "currency"
    if reversal.amount_minor <= 0:
        return "amount"
    return "beyond_paid" if reversal.kind in GONE_KINDS and reversal.amount_minor > row.left_minor else None


_QUERY_PAUSES_S: Final = (15, 30, 60, 120, 300)
"""When no notice came; the last one repeats. Channels ask for 15 s at the least (docs/wire)."""


def next_query_at(now: datetime, *, queries: int, expires_at: datetime) -> datetime:
    """When to ask the channel about a silent payment: after 15 s, 30 s, 1 min, 2 min, then each 5 min.

    Never later than the moment it expires, if that is still ahead, so that it is closed in time.
    """
    then = now + timedelta(seconds=_QUERY_PAUSES_S[min(queries, len(_QUERY_PAUSES_S) - 1)])
    return min(then, expires_at) if expires_at > now else then
