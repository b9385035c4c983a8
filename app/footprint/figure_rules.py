"""Figures that a person keeps in their account: of which days they are. Pure."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.footprint.errors import DayUnfit
from app.kernel.days import Period

FIRST_YEAR: Final = 2021
"""The grid factors begin in it."""


class Span(StrEnum):
    """How long a figure of one's own is: the calculator's mode of the same name."""

    DAY = "day"
    YEAR = "year"


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureFacts:
    """A figure in somebody's account, without its lines."""

    id: UUID
    footprint_id: UUID
    span: Span
    period_from: date
    period_to: date
    """Inclusive."""
    total_g: int
    factor_set_version: str
    kept_at: datetime
    is_newest: bool
    """Of its period: this one counts, an earlier one stays as it was."""

    @property
    def period(self) -> Period:
        """Its days."""
        return Period(self.period_from, self.period_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureTotal:
    """The figures of one span that lie in one year, each period once."""

    year: int
    span: Span
    count: int
    total_g: int


def day_period(day: date, *, today: date) -> Period:
    """A day that somebody lived through.

    Raises:
        DayUnfit: it lies ahead, or before factors begin.
    """
    if not date(FIRST_YEAR, 1, 1) <= day <= today:
        raise DayUnfit(field="/on", first=date(FIRST_YEAR, 1, 1).isoformat(), last=today.isoformat())
    return Period(day, day)


def year_period(year: int, *, today: date) -> Period:
    """A whole calendar year, the present one included: then the figure is a forecast.

    Raises:
        DayUnfit: it lies ahead, or before factors begin.
    """
    if not FIRST_YEAR <= year <= today.year:
        raise DayUnfit(field="/activity_year", first=str(FIRST_YEAR), last=str(today.year))
    return Period(date(year, 1, 1), date(year, 12, 31))
