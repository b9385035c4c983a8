"""What the pages of bills need. Texts from rows are already in the reader's language."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Literal

from app.views.console import Age, Console, Tone
from app.views.listing import Filter, Paging
from app.views.page import Amount

DotTone = Literal["signed", "open", "ready", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SumShown:
    """What one of the three counts: what stayed after refunds, and how many movements that are."""

    amount: Amount
    rows: int
    refunds: int
    back: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreeWays:
    """One channel's day in one currency."""

    channel: str
    state: str
    tone: Tone
    word: str | None
    """The channel's last code, where the bill is not there or cannot be read."""
    bill: SumShown | None = None
    ours: SumShown | None = None
    posted: SumShown | None = None
    apart: Amount | None = None
    """What the sides differ by; None: they agree."""
    fee: Amount | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayDot:
    """A day in the strip above."""

    day: date
    url: str
    tone: DotTone
    label: str
    is_here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceRow:
    """One difference in a list."""

    number: str
    url: str
    """The list of differences with this one beside it."""
    title: str
    nature: str
    reference: str
    """The order's number where it is ours, else the channel's of the transaction."""
    at: datetime
    amount: Amount
    owner: str | None
    age: Age
    is_late: bool
    closed_at: datetime | None
    state: str
    tone: Tone
    step: str | None
    """The next thing to do, in words; None: it is over."""
    ask_url: str | None
    """POST there asks the channel, where that is the next step."""
    is_open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceShown:
    """One difference with all that is known of it."""

    row: DifferenceRow
    channel: str
    day: date
    day_url: str
    theirs: Amount | None
    ours: Amount | None
    is_ledger: bool
    order_reference: str | None
    transaction_id: str
    refund_reference: str | None
    found_at: datetime
    asks: int
    asked_at: datetime | None
    last_word: str | None
    reason: str | None
    evidence: str | None
    closed_by: str | None
    take_url: str | None
    ask_url: str | None
    explain_url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Where somebody signs."""

    name: str | None
    at: datetime | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BillDayPage(Console):
    """A day of bills. POST to `propose_url` proposes it."""

    template: ClassVar[str] = "operator/bills/bill_day.html"

    day: date
    dots: tuple[DayDot, ...]
    channels: tuple[ThreeWays, ...]
    totals: tuple[ThreeWays, ...]
    """By currency, where more than one channel has it."""
    differences: tuple[DifferenceRow, ...]
    open: int
    fetch_url: str | None
    """POST there with a `channel` fetches its bill again; None: not for this reader, or the day is signed."""
    fetch_from: tuple[tuple[str, str], ...]
    """Channels, as a form names them and as people do."""
    maker: Seat
    decider: Seat
    sha256: str | None
    propose_url: str | None
    """None: it is signed, waits for a second person, or is not this reader's to propose."""
    is_ready: bool
    """Whether every bill is there and nothing is open."""
    inbox_url: str | None
    """Where it waits for a second person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BillRow:
    """One channel's bill of a day."""

    day: date
    url: str
    channel: str
    state: str
    tone: Tone
    age: Age
    """Since the day was over."""
    is_late: bool
    answered_at: datetime | None
    bill: str
    ours: str
    lines: int
    open: int
    is_signed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BillsPage(Console):
    """Bills by day and channel."""

    template: ClassVar[str] = "operator/bills/bills.html"

    filters: tuple[Filter, ...]
    channels: tuple[Filter, ...]
    rows: tuple[BillRow, ...]
    paging: Paging
    open: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferencesPage(Console):
    """Differences, and one of them beside the list."""

    template: ClassVar[str] = "operator/bills/bill_differences.html"

    filters: tuple[Filter, ...]
    owners: tuple[Filter, ...]
    rows: tuple[DifferenceRow, ...]
    paging: Paging
    shown: DifferenceShown | None
    is_asked: bool
    closed_url: str
    typed_reason: str = ""
    typed_evidence: str = ""
    typed_missing: bool = False
