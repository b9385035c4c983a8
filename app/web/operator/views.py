"""What each page of the operators' door needs. Texts from rows are already in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar, Literal

from markupsafe import Markup

from app.views.console import Age, Console, Tone
from app.views.listing import Filter, Paging
from app.views.page import Amount, Page
from app.web.operator.unmasking import UnmaskForm


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInPage(Page):
    """Asks for email and password; POST to the page itself with `email`, `password` and `next`."""

    template: ClassVar[str] = "operator/sign_in.html"

    email: str
    goal: str
    """Where they go afterwards: a page of this door."""
    notice: str | None = None
    has_wechat: bool = False
    """WeChat opens too: POST to `/operator/wechat/sign-in` with `next`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One cancellation in a list."""

    url: str
    reference: str
    lot: str
    first: int
    last: int
    tonnes: int
    state: str
    tone: Tone
    age: Age
    is_mine: bool
    """Waits for this very reader."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LotRow:
    """One lot: what is retired here and cancelled there."""

    code: str
    project: str
    programme: str
    vintage: str
    retired_g: int
    cancelled_t: int
    under_way_t: int
    uncovered_g: int
    covered_pm: int
    """Per mille of what is retired, rounded down, so that a gap never reads as none."""
    age: Age | None
    next_t: int
    """Tonnes that a proposal would ask for now; 0: nothing to propose."""
    is_wired: bool
    """The registry can be asked by wire."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancellationsPage(Console):
    """Lots with their gap, and what waits for somebody. POST to the page itself with `lot` and `mode`."""

    template: ClassVar[str] = "operator/cancellations.html"

    retired_g: int
    cancelled_t: int
    uncovered_g: int
    oldest: Age | None
    show: str
    """`waiting` or `over`."""
    filters: tuple[Filter, ...]
    items: tuple[Item, ...]
    paging: Paging
    lots: tuple[LotRow, ...]
    ring: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLine:
    """One line of the history."""

    state: str
    tone: Tone
    who: str
    note: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceView:
    """The proof, as far as a page shows it."""

    url: str
    name: str
    kind: str
    size: int
    sha256: str
    is_picture: bool
    signed_by: str | None = None
    """Of a registry's receipt: the name of the registry's key."""
    signature: str | None = None
    same: tuple[str, ...] = ()
    """Other cancellations that show the same file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionPage(Console):
    """Asks a second time before anything happens. POST to `action`, a proposal with `lot`, `mode`
    and `tonnes`, a withdrawal with `reason`.
    """

    template: ClassVar[str] = "operator/question.html"

    question: Literal["propose", "withdraw"]
    mode: Literal["hand", "registry"]
    lot: str
    project: str
    programme: str
    serial: str
    first: int
    last: int
    """The registry's numbers of the first and the last tonne."""
    tonnes: int
    reference: str | None = None
    back_url: str
    action: str
    seen: str | None = None
    """Of a proposal, which tonnes the page shows."""
    typed_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancellationPage(Console):
    """One cancellation. Forms go by POST to `report_action`, `approve_action` and `return_action`."""

    template: ClassVar[str] = "operator/cancellation.html"

    reference: str
    state: str
    tone: Tone
    mode: Literal["hand", "registry"]
    lot: str
    project: str
    programme: str
    serial: str
    first: int
    last: int
    tonnes: int
    beneficiary: str
    maker: str
    checker: str | None
    registry_reference: str | None
    cancelled_on: date | None
    evidence: EvidenceView | None
    reason: str | None
    last_word: str | None
    payload: str
    """The very text that is hashed."""
    payload_sha256: str
    steps: tuple[StepLine, ...]
    can_report: bool
    can_check: bool
    can_return: bool
    is_own: bool
    """The reader proposed it: somebody else must look."""
    can_withdraw: bool
    report_action: str
    approve_action: str
    return_action: str
    withdraw_url: str
    """Where who proposed is asked whether it is meant."""
    typed_reference: str = ""
    typed_day: str = ""
    typed_reason: str = ""
    first_day: date
    last_day: date
    """Between which the registry may have cancelled; both included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedRow:
    """One quoted order."""

    number: str
    """`ord_…`"""
    url: str
    """The list with this order in its drawer."""
    payer: str | None
    """An organisation's name; None for a person."""
    mass_g: int
    amount: Amount
    placed_at: datetime
    expires_at: datetime
    """Until when its price stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersPage(Console):
    """Orders that are quoted. POST to `/operator/orders` with `order` and `reason`."""

    template: ClassVar[str] = "operator/orders.html"

    hours: int
    """How long a reserved one then waits for its money."""
    filters: tuple[Filter, ...] = ()
    quoted: tuple[QuotedRow, ...]
    paging: Paging
    open: QuotedRow | None
    """Which stands in the drawer."""
    is_asked: bool = False
    """The address asks for it; else it is the first of the list."""
    closed_url: str
    typed_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateRow:
    """A confirmed exchange rate."""

    text: str
    """`1 USD = 7.1234 CNY`."""
    day: date
    source: str
    url: str
    state: str
    tone: Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class RatesPage(Console):
    """Exchange rates. POST to the page itself with the fields of `views.rates.FIELDS`."""

    template: ClassVar[str] = "operator/rates.html"

    rows: tuple[RateRow, ...]
    """The newest first."""
    refused: str | None
    """Why dollars go by no rate today."""
    days: int
    """How many days old a rate may be."""
    typed: Mapping[str, str] = field(default_factory=dict)
    today: str
    """The latest day of a rate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesPage(Console):
    """Seeing a name. POST `number` (an order's or a certificate's code), `reason` and `said` to the page itself."""

    template: ClassVar[str] = "operator/names.html"

    number: str
    ask: UnmaskForm
    is_seen: bool
    """The look is written down, and what follows is what was seen."""
    own: str | None
    """What they want to be called."""
    on_paper: str | None
    """What stands on the certificate; None of an order."""
