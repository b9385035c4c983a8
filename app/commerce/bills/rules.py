"""What a bill and ours can be to each other, and what follows. Pure."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.commerce.bills.errors import ReasonUnfit
from app.kernel.money import Currency
from app.kernel.typed import typed_line

REASON_MOST: Final = 200
EVIDENCE_MOST: Final = 120


class BillState(StrEnum):
    """How far a channel's bill of a day has come."""

    EXPECTED = "expected"
    """Not there yet; asked for each hour from its time on."""
    NONE = "none"
    """The channel says that nothing moved."""
    READ = "read"
    """Fetched, read whole, compared."""
    UNFIT = "unfit"
    """Fetched, and cannot be read: kept, and asked for again."""


class Nature(StrEnum):
    """In which way a bill and ours do not fit."""

    BILL_ONLY = "bill_only"
    """The channel has the money, or has given it back, and we do not know it."""
    OURS_ONLY = "ours_only"
    """We have it as paid or given back, and no bill does."""
    AMOUNT = "amount"
    """Both have it, with another amount or currency."""
    STATE = "state"
    """Both know it and disagree about what it is: another number, or a refund that we count as refused or given by hand."""
    REFUND_ONLY = "refund_only"
    """A refund that nobody here asked for, made in the merchant's console."""
    DUPLICATE = "duplicate"
    """The bill has it twice, or a bill of an earlier day has it too."""
    LEDGER = "ledger"
    """Bill and row agree, and the ledger moved something else."""


class DifferenceState(StrEnum):
    """What became of a difference."""

    OPEN = "open"
    SETTLED = "settled"
    """Compared again, it was gone."""
    EXPLAINED = "explained"
    """A person says why, and nothing is missing."""
    ACCEPTED = "accepted"
    """A person says why; what is missing stays missing."""


class Step(StrEnum):
    """The one thing to do next about an open difference."""

    ASK = "ask"
    """Ask the channel, and take its word."""
    EXPLAIN = "explain"
    """Find out, and say why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What one of the three counts: the bill, our rows, or the ledger."""

    payments: int = 0
    payments_minor: int = 0
    refunds: int = 0
    refunds_minor: int = 0

    @property
    def net_minor(self) -> int:
        """What stayed."""
        return self.payments_minor - self.refunds_minor

    @property
    def rows(self) -> int:
        """How many movements."""
        return self.payments + self.refunds


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """A day of a channel in one currency, three ways."""

    currency: Currency
    bill: Side
    ours: Side
    posted: Side
    fee_minor: int | None

    @property
    def is_equal(self) -> bool:
        """Whether the three agree."""
        return self.bill == self.ours == self.posted


@dataclass(frozen=True, slots=True, kw_only=True)
class BillFacts:
    """A channel's bill of one day, and what it was compared to."""

    id: UUID
    channel: str
    day: date
    state: BillState
    due_at: datetime | None
    tries: int
    last_word: str | None
    opened_at: datetime
    answered_at: datetime | None
    digest: str | None
    """Of the file that counts, or of the last one that cannot be read; SHA-256."""
    size: int | None
    lines: int
    unfit: str | None
    unfit_line: int | None
    sums: tuple[Sums, ...]
    open: int
    """Differences that nobody has explained."""
    differences: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One difference as people see it."""

    id: UUID
    channel: str
    day: date
    nature: Nature
    moved: str
    """`payment` or `refund`."""
    key: str
    state: DifferenceState
    theirs_minor: int | None
    ours_minor: int | None
    currency: Currency
    at: datetime
    reference: str
    transaction_id: str
    refund_reference: str
    payment_id: UUID | None
    paid_for: str | None
    """The subject of the payment, where it is one of ours."""
    owner_id: UUID | None
    found_at: datetime
    asks: int
    next_ask_at: datetime | None
    asked_at: datetime | None
    last_word: str | None
    closed_at: datetime | None
    closed_by: UUID | None
    reason: str | None
    evidence: str | None

    @property
    def amount_minor(self) -> int:
        """What it is about: the channel's figure where it has one."""
        return self.theirs_minor if self.theirs_minor is not None else self.ours_minor or 0

    @property
    def step(self) -> Step | None:
        """The next thing to do; None: it is over."""
        return next_step(self.state, self.nature, is_ours=self.payment_id is not None)


def next_step(state: DifferenceState, nature: Nature, *, is_ours: bool) -> Step | None:
    """What a difference waits for. The channel is asked only about what we can name to it."""
    if state is not DifferenceState.OPEN:
        return None
    return Step.ASK if is_ours and nature in {Nature.BILL_ONLY, Nature.OURS_ONLY} else Step.EXPLAIN


def plain_reason(reason: str, evidence: str) -> tuple[str, str]:
    """Both on one line each.

    Raises:
        ReasonUnfit: no reason of at least two characters, or one of them is too long; the field is named.
    """
    said, shown = typed_line(reason), typed_line(evidence)
    if not (2 <= len(said) <= REASON_MOST and said.isprintable()):
        raise ReasonUnfit(field="/reason", most=REASON_MOST)
    if not (len(shown) <= EVIDENCE_MOST and (not shown or shown.isprintable())):
        raise ReasonUnfit(field="/evidence", most=EVIDENCE_MOST)
    return said, shown
