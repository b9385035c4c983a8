"""Words and figures of sharing: books, how fine, how long, and what a reader is given. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

import msgspec

from app.kernel.days import EARLIEST, Period

CODE_LENGTH: Final = 8
"""What a person types: seven random characters and a check character."""
PURPOSE_MOST: Final = {"zh": 200, "en": 300}
GROUND_MOST: Final = 200
PERIOD_MOST_DAYS: Final = 1_100
"""Three years of months fit one sheet."""
SHARE_MOST_DAYS: Final = 366


class Book(StrEnum):
    """One of the books of an account. Books stand beside each other and are never netted."""

    EMITTED = "emitted"
    """排放: what the person emitted, as far as something was retired for it."""
    RETIRED = "retired"
    """注销: what was retired for the person."""


class Granularity(StrEnum):
    """How fine the figures are."""

    TOTALS = "totals"
    """One sum a book."""
    MONTHS = "months"
    """The sum, and each month of it."""


class ReadOutcome(StrEnum):
    """What a read was answered with, as the log keeps it."""

    FIGURES = "figures"
    BLANK = "blank"
    """Nothing: nobody said yes, or there is nothing. The reader cannot tell which."""
    REVOKED = "revoked"
    EXPIRED = "expired"


class ShareState(StrEnum):
    """Where a person's answer stands."""

    LIVE = "live"
    REFUSED = "refused"
    """They said no to all of it."""
    REVOKED = "revoked"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class MonthFigure:
    """The grams of one month."""

    month: str
    """`2026-11`, in Beijing."""
    mass_g: int


@dataclass(frozen=True, slots=True)
class BookFigures:
    """One book of one period. A book without a gram is None where a reader is answered, so that it tells nothing."""

    total_g: int
    months: tuple[MonthFigure, ...] | None
    """Those with grams; None where only the total was asked for."""


@dataclass(frozen=True, slots=True)
class Books:
    """The books side by side. Nothing here subtracts one from another."""

    emitted: BookFigures | None
    retired: BookFigures | None
    avoided: None = None
    """减排量: not kept of persons yet."""

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing in it."""
        return self.emitted is None and self.retired is None


BLANK: Final = Books(None, None)


def figures(months: Iterable[MonthFigure], granularity: Granularity) -> BookFigures:
    """A book of these months; its total is their sum."""
    kept = tuple(months)
    total_g = sum(one.mass_g for one in kept)
    return BookFigures(total_g, kept if granularity is Granularity.MONTHS else None)


def granted(books: Books, given: Iterable[Book]) -> Books:
    """What a reader sees of an account: only what was granted, and no book without a gram."""
    shown = {book: found for book in given if (found := _of(books, book)) is not None and found.total_g > 0}
    return Books(shown.get(Book.EMITTED), shown.get(Book.RETIRED))


def read_books(kept: str) -> Books:
    """The books that a statement keeps as JSON."""
    return msgspec.json.decode(kept, type=Books)


def state_of(*, books: Sequence[Book], is_revoked: bool, until: date, today: date) -> ShareState:
    """Where an answer stands: `books` are those it said yes to."""
    if not books:
        return ShareState.REFUSED
    if is_revoked:
        return ShareState.REVOKED
    return ShareState.LIVE if today <= until else ShareState.EXPIRED


def is_fit_period(period: Period, *, today: date, may_end_later: bool) -> bool:
    """Whether figures may be asked for it; a request may look ahead, a statement not."""
    is_short = (period.last - period.first).days < PERIOD_MOST_DAYS
    return is_short and period.first >= EARLIEST and period.first <= today and (may_end_later or period.last <= today)


def _of(books: Books, book: Book) -> BookFigures | None:
    return books.emitted if book is Book.EMITTED else books.retired
