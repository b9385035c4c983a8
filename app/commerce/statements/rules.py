"""What a row of the bank's and ours can be to each other, and what follows. Pure."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.commerce.statements.errors import FindingReasonUnfit
from app.kernel.typed import typed_line

REASON_MOST: Final = 200
EVIDENCE_MOST: Final = 120


class StatementState(StrEnum):
    """How far a bank's statement has come."""

    READ = "read"
    """Read and shown; nothing of it counts. Deleted after a day."""
    TAKEN = "taken"
    """Its rows are here."""


class RowState(StrEnum):
    """What became of one row of money that came in."""

    OPEN = "open"
    """A finding says why it is nobody's payment yet."""
    PROPOSED = "proposed"
    """Recorded as a payment's; a second person has not agreed yet."""
    PAID = "paid"
    """Two people agreed, and it is a payment's."""
    CLOSED = "closed"
    """A person said what became of it."""


class Nature(StrEnum):
    """In which way a row and a payment do not fit."""

    NO_CODE = "no_code"
    """Its text holds no remittance code."""
    UNKNOWN = "unknown"
    """Its text holds one that is no payment's."""
    SEVERAL = "several"
    """Its text holds those of several payments."""
    TWICE = "twice"
    """Another row with the same code goes before it."""
    LESS = "less"
    """It came short of its payment."""
    MORE = "more"
    """It is more than its payment."""
    PAID = "paid"
    """Its payment has its receipt already, under another number."""
    LATE = "late"
    """It fits a payment that was given up, or whose time is over."""
    EARLY = "early"
    """It came before its payment was there."""
    NUMBER = "number"
    """Somebody recorded its payment under another number, and that waits."""
    AMOUNT = "amount"
    """Somebody recorded its very number with another amount."""
    REFUSED = "refused"
    """It was recorded, and the second person did not agree, or the first one took it back."""
    FITS = "fits"
    """It fits by now, and nobody has recorded it."""
    UNSEEN = "unseen"
    """Recorded by a person, of a day that a statement covers, and in no statement."""


class FindingState(StrEnum):
    """What became of a finding."""

    OPEN = "open"
    SETTLED = "settled"
    """Compared again, it was gone."""
    EXPLAINED = "explained"
    """A person said what became of the money."""


class Step(StrEnum):
    """The one thing to do next about an open finding."""

    RECORD = "record"
    """Record it as a payment's; a second person agrees."""
    RETURN = "return"
    """Transfer it back at the bank, and say under which number."""
    ASK = "ask"
    """Look at the bank or ask a colleague, and say why."""


_STEPS: Final = {
    Nature.NO_CODE: Step.RECORD, Nature.UNKNOWN: Step.RECORD, Nature.LATE: Step.RECORD, Nature.FITS: Step.RECORD,
    Nature.REFUSED: Step.RECORD,
    Nature.SEVERAL: Step.RETURN, Nature.TWICE: Step.RETURN, Nature.LESS: Step.RETURN, Nature.MORE: Step.RETURN,
    Nature.PAID: Step.RETURN, Nature.EARLY: Step.RETURN,
    Nature.NUMBER: Step.ASK, Nature.AMOUNT: Step.ASK, Nature.UNSEEN: Step.ASK,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementFacts:
    """One statement, and what became of its rows."""

    id: UUID
    account: str
    state: StatementState
    file_name: str
    digest: str
    """SHA-256 of the file; the file itself is not kept."""
    credits: int
    """Rows of money that came in, as the file has them."""
    debits: int
    amount_minor: int
    """What came in, all rows together."""
    first_day: date
    last_day: date
    notes: tuple[tuple[str, str], ...]
    """What of the file was not read: Chinese, English."""
    read_by: UUID
    read_at: datetime
    taken_by: UUID | None
    taken_at: datetime | None
    new: int
    """Rows that no earlier statement had; of one that is only read, as things stand now."""
    fitting: int
    """Of the new ones that are read, those that fit a payment and will be proposed."""
    open: int
    proposed: int
    paid: int
    closed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFacts:
    """One row of money that came in."""

    id: int
    number: str
    is_numbered: bool
    day: date
    amount_minor: int
    payer_name: str
    payer_end: str
    remark: str
    state: RowState
    approval_id: UUID | None
    """The approval that waits, or that two people agreed in."""
    finding_id: UUID | None
    """What is open about it."""
    nature: Nature | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding as people see it."""

    id: UUID
    nature: Nature
    state: FindingState
    number: str
    """The bank's, or the one that was recorded."""
    is_numbered: bool
    day: date
    theirs_minor: int | None
    """What the bank has; None: no statement has it."""
    ours_minor: int | None
    """What the payment is, or what was recorded; None: no payment is known."""
    payer_name: str
    payer_end: str
    text: str
    """What the payer wrote, as the bank has it."""
    statement_id: UUID | None
    row_id: int | None
    payment_id: UUID | None
    paid_for: str | None
    """The subject of the payment, where one is known."""
    reference: str | None
    """The payment's number."""
    owner_id: UUID | None
    found_at: datetime
    closed_at: datetime | None
    closed_by: UUID | None
    reason: str | None
    evidence: str | None

    @property
    def step(self) -> Step | None:
        """The next thing to do; None: it is over."""
        return _STEPS[self.nature] if self.state is FindingState.OPEN else None

    @property
    def may_be_recorded(self) -> bool:
        """Whether somebody may record its row as a payment's."""
        return self.state is FindingState.OPEN and self.row_id is not None


def plain_reason(reason: str, evidence: str) -> tuple[str, str]:
    """Both on one line each.

    Raises:
        FindingReasonUnfit: no reason of at least two characters, or one of them is too long; the field is named.
    """
    said, shown = typed_line(reason), typed_line(evidence)
    if not (2 <= len(said) <= REASON_MOST and said.isprintable()):
        raise FindingReasonUnfit(field="/reason", most=REASON_MOST)
    if not (len(shown) <= EVIDENCE_MOST and (not shown or shown.isprintable())):
        raise FindingReasonUnfit(field="/evidence", most=EVIDENCE_MOST)
    return said, shown
