"""What the far side of a wire says about something we asked for: not yet, done, or no.

The words stand here and not at the gateways, since the rules that judge them are pure. What a far side calls its own
codes stays in `code`, for people to read: nothing outside its gateway decides by one.
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
class Approved:
    """The payer has agreed, and nothing moves before we say so (`Channel.advance`)."""

    code: str


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
    """The far side's final no, in its own words."""

    code: str
    text: str
    is_over: bool = field(default=False, compare=False)
    """Of a refund: its number is over. It moved no money and never will, so that a new number may be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """Nothing was paid, and nobody can pay it any more."""

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StillOpen:
    """It is not closed, or nobody knows: somebody may still pay it, or is just doing so."""

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """It cannot be closed, since it is paid; how much and when is to be asked for."""

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """The far side has never heard of it, which proves little while our own call may be on its way."""

    code: str


Outcome = Pending | Done | Refused
"""What became of a refund."""
TradeStatus = Pending | Approved | Done | Closed | Unknown
"""What became of a payment."""
Ending = Closed | StillOpen | Paid
"""What became of closing one."""

_SILENT = frozenset({"TIMEOUT", "RESET", "UNSIGNED", "BAD_ANSWER"})
"""Our words for an answer that did not come, or that nobody can believe; beside `HTTP_<status>`."""


def reason_unmet(answer: object) -> str | None:
    """Why a far side did not do as asked, in one word: of a silence ours, of a no its own; None of every other answer."""
    if isinstance(answer, Refused) or is_silence(answer):
        return str(getattr(answer, "code", ""))
    return None


def is_silence(answer: object) -> bool:
    """Whether an answer says nothing: `Pending` or `StillOpen` under one of our own words for silence."""
    return isinstance(answer, Pending | StillOpen) and (answer.code in _SILENT or answer.code.startswith("HTTP_"))
