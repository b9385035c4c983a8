"""What the far side of a wire says about something we asked for: not yet, done, or no.

The words stand here and not at the gateways, since the rules that judge them are pure.
"""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """Not decided, or not known: ask again. The default for everything unreadable."""

    code: str
    """The channel's word (`NOTPAY`, `USERPAYING`), or ours for silence (`TIMEOUT`, `UNSIGNED`, `HTTP_502`)."""
    is_unpaid: bool = field(default=False, compare=False)
    """Whether the far side itself says, in an answer that is proved to be its own, that nothing has been paid so far. Still
    not decided: somebody may pay the next moment. Silence says nothing of the kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """Money moved. Merchant and app id are already compared; reference, amount and currency are for the caller."""

    reference: str
    """Ours, as the channel states it: of the payment, or of the refund where a refund was asked about."""
    transaction_id: str
    """The channel's own number of that payment or refund."""
    at: datetime
    amount_minor: int
    """The order amount, never what the payer paid after coupons."""
    currency: str
    """As the channel wrote it, since it must be compared with ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The channel's final no, in its own words."""

    code: str
    text: str


Outcome = Pending | Done | Refused
