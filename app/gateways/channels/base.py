"""What every way to be paid looks like from our side: the verbs and the words of a wire.

A channel keeps nothing. It returns refusals and raises `Unavailable` when nothing could be sent; silence
after sending is `Pending` (of a close `StillOpen`), never a refusal. Its own codes stay in `code`, for people.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from app.gateways.channels.methods import Method
from app.kernel.money import Currency
from app.kernel.outcome import (
    Approved,
    Closed,
    Done,
    Ending,
    Outcome,
    Paid,
    Pending,
    Refused,
    StillOpen,
    TradeStatus,
    Unknown,
)
from app.kernel.reversal import Reversal, ReversalKind
from app.kernel.text import Text

__all__ = [
    "Approved",
    "Bill",
    "BillKind",
    "BillLine",
    "BillUnfit",
    "Channel",
    "Charge",
    "Closed",
    "Done",
    "Ending",
    "Method",
    "NoBill",
    "NotAuthentic",
    "Notice",
    "Opening",
    "Outcome",
    "Paid",
    "Payer",
    "Pending",
    "RawRequest",
    "RawResponse",
    "Refund",
    "Refused",
    "Reversal",
    "ReversalKind",
    "StillOpen",
    "Trade",
    "TradeStatus",
    "Transfer",
    "Unknown",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """Who pays, as the app they stand in knows them."""

    id: str = field(repr=False)
    """An openid in WeChat, a user id or open id in Alipay."""
    app_id: str | None = None
    """Whose id that is, where it is not the mini-program's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What the payer shall pay. The reference is ours, kept before it is sent, never sent with other content."""

    reference: str
    """Our order number at the channel: 20 to 32 of `0-9A-Z`."""
    description: str
    amount_minor: int
    currency: Currency
    method: str
    """The code of one of the channel's methods."""
    expires_at: datetime
    payer: Payer | None = None
    payer_ip: str | None = None
    return_url: str | None = None
    """Where the payer's browser comes back to; proves nothing. With a call-up it says that the payer is on a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """The account that a payer transfers to, as it was when they were told."""

    holder: str
    bank: str
    account: str
    remark: str
    """What they write beside it (附言), by which their transfer is told apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What the payer's side needs in order to pay: exactly one of the first four, as the method says it `gives`."""

    call_up: Mapping[str, str] | None = None
    """The parameters for the app around the page, as they stand."""
    redirect_url: str | None = None
    """The channel's page to go to."""
    code_url: str | None = None
    """The text of a QR code to show."""
    transfer: Transfer | None = None
    """Where to transfer to."""
    theirs: str | None = None
    """The channel's own number of the trade, where it can only be asked about by that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """A payment as its channel may be asked about it."""

    reference: str
    """Ours."""
    theirs: str | None
    """The channel's, as its opening gave it."""
    method: str
    amount_minor: int
    currency: Currency
    expires_at: datetime
    """Until when it could be paid, as we asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """Money to give back. The same `refund_reference` is sent again on every doubt."""

    reference: str
    """Of the payment."""
    transaction_id: str | None
    """The channel's number of what was paid."""
    refund_reference: str
    refund_minor: int
    total_minor: int
    currency: Currency
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """A channel's own list of what it moved on a day (账单), as its file; `Channel.read_bill` says what its lines mean."""

    day: date
    content: bytes
    """Unpacked; its digest, where the channel gives one, has been compared."""
    encoding: str


class BillKind(StrEnum):
    """What a line of a bill says moved."""

    PAYMENT = "payment"
    REFUND = "refund"


@dataclass(frozen=True, slots=True, kw_only=True)
class BillLine:
    """One line of a bill, in our words: money that moved, as the channel counts it."""

    kind: BillKind
    reference: str
    """Our number of the payment, as the channel has it; of a refund too. Empty where it names none."""
    transaction_id: str
    """The channel's number of the payment; of a refund the one that it gives back."""
    refund_reference: str = ""
    """Our number of the refund; empty for a payment, and for a refund that was made in the merchant's console."""
    refund_id: str = ""
    """The channel's number of the refund."""
    amount_minor: int
    """More than zero, of both kinds; the order amount, never what the payer paid after coupons."""
    currency: Currency
    at: datetime
    fee_minor: int | None = None
    """What the channel keeps for itself (手续费), or gives back where it is below zero; None where it does not say."""
    other: Mapping[str, str] = field(default_factory=dict)
    """Every further column by its own heading, for people."""


class BillUnfit(Exception):
    """A bill that came whole and cannot be read: a heading is missing, a field has no sense, its sums do not agree.

    `reason` is one of `headings`, `line`, `amount`, `time`, `sums`, `encoding`; `line` counts from one, 0 for the whole.
    """

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(f"{reason} in line {line}" if line else reason)
        self.reason = reason
        self.line = line


@dataclass(frozen=True, slots=True, kw_only=True)
class NoBill:
    """The channel says that it moved nothing on that day."""

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRequest:
    """A channel's message as it came: exact bytes, header names in lower case."""

    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RawResponse:
    """Our answer in the channel's dialect."""

    status: int
    body: bytes
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """An authentic message of a channel (支付通知): signature and freshness hold.

    Whether it fits our row is not yet asked.
    """

    event_id: str
    """Unique at the channel; the same id again is the same message again."""
    kind: str
    """The channel's own name for what happened, at most 32 characters are kept."""
    reference: str
    """Our order number as the message states it; a refund's message names its payment too."""
    refund_reference: str | None
    outcome: TradeStatus | Outcome
    """Of the payment, or with a `refund_reference` of that refund."""
    mismatch: str | None
    """Why it cannot be ours, or cannot be read, although authentic; or None.

    `merchant`, `app`, `reference`, `amount`, `shape` or `kind`; of a channel that tells such things `reversed` (money was
    taken back without us) or `dispute` (the payer complains). The outcome is then never `Done`.
    """
    content: str
    """The decrypted resource, kept for whoever looks into a parked notice."""
    reversal: Reversal | None = None
    """What the channel did without us. Beside a `refund_reference` it counts only where no refund of ours has that number;
    alone, the outcome is `Pending` and moves nothing. None with a mismatch."""


class NotAuthentic(Exception):
    """A message that did not come from the channel, or not lately. One answer for every cause.

    `reason` is for the counter and the log only: `signature`, `timestamp`, `serial`, `cipher`, `shape`, `probe`.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Channel(Protocol):
    """A way to be paid (渠道)."""

    name: str
    """As stored, as in its clearing account and as in the path of its notices: at most 16 of `a-z0-9_`."""
    label: Text
    mark: str
    """One character that stands for it on a page."""
    methods: tuple[Method, ...]

    async def open(self, charge: Charge) -> Opening | Pending | Refused:
        """Ask for what the payer needs; repeated with the same charge it answers the same."""

    async def advance(self, trade: Trade) -> TradeStatus:
        """Take the money of a payment that its payer has approved (capture); a repeat takes it once."""

    async def query(self, trade: Trade) -> TradeStatus:
        """What became of a payment, when no notice came."""

    async def close(self, trade: Trade) -> Ending:
        """Nobody shall pay this any more. `Closed` only when nobody can: where the channel has never heard of a trade
        that a code in somebody's hand may still begin, it is `StillOpen` until that code is worthless."""

    async def refund(self, refund: Refund) -> Outcome:
        """Give money back; `Done` only when it has moved."""

    async def query_refund(self, refund: Refund) -> Outcome | Unknown:
        """What became of a refund."""

    async def read_notice(self, raw: RawRequest) -> Notice:
        """Verify, then read. Runs before any transaction.

        Raises:
            NotAuthentic: forged, stale, or not readable under our keys.
            Unavailable: a key had to be fetched and could not be.
        """

    def acknowledge(self, *, accepted: bool, retry: bool = False) -> RawResponse:
        """Our answer: accepted, not authentic, or (retry) our own trouble so that it is sent again."""

    async def fetch_bill(self, day: date) -> Bill | NoBill | Pending:
        """What the channel moved on that day of Beijing; `Pending` while it is not ready, or did not come whole."""

    def read_bill(self, bill: Bill) -> tuple[BillLine, ...]:
        """What stands in a bill of this channel, in its order; columns that name nobody are kept in `other`. Touches no wire.

        Raises:
            BillUnfit: it cannot be read whole, or its own sums do not agree with its lines.
        """

    async def aclose(self) -> None:
        """Close the connections."""
