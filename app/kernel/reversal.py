"""What a channel says it did about a payment without us."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ReversalKind(StrEnum):
    """What a channel did about a payment without us."""

    MERCHANT_REFUND = "merchant_refund"
    """Somebody gave money back in the merchant's console (商户平台): it left, and no refund of ours asked for it."""
    DISPUTE_OPENED = "dispute_opened"
    """The payer contests it (争议, 投诉). Nothing has left for good; that the channel holds it back meanwhile is its affair."""
    DISPUTE_WON = "dispute_won"
    """The dispute ended for us: nothing left."""
    REVERSED = "reversed"
    """The channel took the money back (拒付). It left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversal:
    """What a channel says it did about a payment of ours without us; `payments` compares it with its own row.

    One dispute may be told three times: opened, then won, or the money reversed. Money is told by one message only, the one
    that says that it left: what only announces it is no `REVERSED`.
    """

    kind: ReversalKind
    reversal_id: str
    """The channel's own number of it, 1 to 64 printable characters: of the refund, of the dispute, of the reversal."""
    reference: str
    """Our number of the payment."""
    transaction_id: str
    """The channel's number of what was paid."""
    amount_minor: int
    """More than zero: what left, of a dispute what is contested; in the payment's currency."""
    currency: str
    at: datetime
