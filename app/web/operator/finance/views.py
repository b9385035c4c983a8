"""What a list of finance needs. Texts are already in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from app.views.console import Age, Console, Tone
from app.views.listing import Filter, Paging, Search
from app.views.page import Amount
from app.web.operator.unmasking import UnmaskForm


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyRow:
    """One payment, refund or message."""

    title: str
    number: str
    """Ours; of a message as it says."""
    url: str
    """The list with this row in its drawer."""
    state: str
    tone: Tone
    amount: Amount | None
    age: Age
    is_late: bool
    """It waits longer than it should."""
    channel: str | None
    """None where the title is its name."""
    is_open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One line of what is known."""

    label: str
    value: str
    is_number: bool = False
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One line of what happened, as `kit/parts.timeline` takes it."""

    state: str
    tone: Tone
    who: str
    at: datetime
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A step that can be taken: POST to `action` with `kept` and the fields that it asks for."""

    action: str
    title: str
    button: str
    help: str | None = None
    kept: Mapping[str, str] = field(default_factory=dict)
    asks_reason: bool = False
    asks_evidence: bool = False
    options: tuple[tuple[str, str], ...] = ()
    """Of the field `decision`."""
    is_quiet: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawer:
    """One row with its evidence and what can be done."""

    title: str
    above: str
    state: str
    tone: Tone
    facts: tuple[Fact, ...]
    sentences: tuple[str, ...] = ()
    """What happened, in words; as its payer reads it."""
    moments: tuple[Moment, ...] = ()
    steps: tuple[Asking, ...] = ()
    waits_url: str | None = None
    """The approval that waits for a second person."""
    raw: tuple[tuple[str, str], ...] = ()
    """Evidence as it came: a heading and a text."""
    unmask: UnmaskForm | None = None
    """Asks why somebody would read what is masked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FinanceList(Console):
    """Payments, refunds or messages."""

    template: ClassVar[str] = "operator/finance.html"

    title: str
    lead: str
    states: tuple[Filter, ...]
    channels: tuple[Filter, ...]
    search: Search
    rows: tuple[MoneyRow, ...]
    paging: Paging
    drawer: Drawer | None
    closed_url: str
    typed_reason: str = ""
    typed_evidence: str = ""
    is_finance: bool = True
    """The reader may act; an auditor looks only."""
