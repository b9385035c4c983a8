"""What the pages of the bank's statements need. Texts from rows are already in the reader's language."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from app.views.console import Age, Console, Tone
from app.views.listing import Filter, Paging
from app.views.page import Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultShown:
    """One thing wrong with a file."""

    place: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementRow:
    """One statement in the list."""

    url: str
    file_name: str
    first_day: date
    last_day: date
    state: str
    tone: Tone
    credits: int
    amount: Amount
    open: int
    """Rows of it that are nobody's payment yet."""
    waits: int
    """Rows that a second person has not agreed to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementsPage(Console):
    """Statements, and the form for another: POST to the page itself with `file`."""

    template: ClassVar[str] = "operator/bank/statements.html"

    rows: tuple[StatementRow, ...]
    paging: Paging
    open: int
    """Findings that nobody has ended."""
    may_act: bool
    file_name: str = ""
    """Of the file that was refused."""
    faults: tuple[FaultShown, ...] = ()
    faults_left: int = 0
    """How many more there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditRow:
    """One row of money that came in."""

    number: str | None
    """The bank's, where it gives one."""
    day: date
    amount: Amount
    payer: str
    remark: str
    state: str
    tone: Tone
    url: str | None
    """Of its finding, or of what waits for a second person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementPage(Console):
    """One statement: before it is taken in what that would do, then what became of its rows."""

    template: ClassVar[str] = "operator/bank/statement.html"

    file_name: str
    state: str
    tone: Tone
    account_end: str
    first_day: date
    last_day: date
    digest: str
    credits: int
    debits: int
    amount: Amount
    new: int
    known: int
    """Rows that an earlier statement brought."""
    fitting: int
    open: int
    proposed: int
    paid: int
    closed: int
    notes: tuple[str, ...]
    read_by: str
    read_at: datetime
    taken_by: str | None
    taken_at: datetime | None
    take_url: str | None
    """POST there takes it in."""
    filters: tuple[Filter, ...]
    rows: tuple[CreditRow, ...]
    paging: Paging


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRow:
    """One finding in a list."""

    url: str
    title: str
    nature: str
    number: str
    amount: Amount
    owner: str | None
    age: Age
    is_late: bool
    closed_at: datetime | None
    state: str
    tone: Tone
    step: str | None
    is_open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingShown:
    """One finding with all that is known of it."""

    row: FindingRow
    day: date
    theirs: Amount | None
    ours: Amount | None
    payer: str
    payer_end: str
    text: str
    is_numbered: bool
    order: str | None
    """`ord_…`"""
    statement_url: str | None
    found_at: datetime
    reason: str | None
    evidence: str | None
    closed_by: str | None
    records_first: bool
    """Recording is the next step, else explaining."""
    take_url: str | None
    record_url: str | None
    explain_url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingsPage(Console):
    """Findings by state and owner, one of them beside the list."""

    template: ClassVar[str] = "operator/bank/statement_findings.html"

    filters: tuple[Filter, ...]
    owners: tuple[Filter, ...]
    rows: tuple[FindingRow, ...]
    paging: Paging
    shown: FindingShown | None
    is_asked: bool
    closed_url: str
    typed_remark: str = ""
    typed_reason: str = ""
    typed_evidence: str = ""
