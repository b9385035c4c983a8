"""The three books of a person's carbon account, by year. Each is summed by itself; none is ever taken from another."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from app import footprint, scenarios
from app.footprint import Span
from app.registry import retirements


@dataclass(frozen=True, slots=True, kw_only=True)
class Emitted:
    """What one emitted, as far as it is in the account. A year may hold its days and visits, so they are not added to it."""

    whole_year_g: int | None
    """The newest figure of the whole year; None: none is kept."""
    days: int
    visits: int
    days_and_visits_g: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Retired:
    """What was retired for one, in a year of Beijing's."""

    count: int
    mass_g: int
    given: int
    """Of `count`, those that somebody else gave."""
    given_g: int
    own_g: int
    """Those that nobody gave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """What was retired in one month: by oneself, and given."""

    month: int
    own_g: int
    given_g: int


@dataclass(frozen=True, slots=True, kw_only=True)
class YearBooks:
    """The books of one year. The avoided one has no source yet and is not here: what nobody counts is not 0."""

    year: int
    emitted: Emitted
    retired: Retired
    months: tuple[Month, ...]
    """Those in which something was retired, the earliest first."""


@dataclass(slots=True)
class _Sums:
    whole_year_g: int | None = None
    days: int = 0
    visits: int = 0
    emitted_g: int = 0
    months: list[retirements.MonthRetired] = field(default_factory=list)


async def books_of(person_id: UUID, *, today: date) -> list[YearBooks]:
    """Every year in which something stands, and the present one, the latest first. Three queries, however many rows."""
    sums: dict[int, _Sums] = {today.year: _Sums()}
    for figure in await footprint.figure_totals(person_id):
        year = sums.setdefault(figure.year, _Sums())
        if figure.span is Span.YEAR:
            year.whole_year_g = figure.total_g
        else:
            year.days, year.emitted_g = figure.count, year.emitted_g + figure.total_g
    for visits in await retirements.visits_of(person_id, but_scene=scenarios.PERSONAL_ID):
        year = sums.setdefault(visits.year, _Sums())
        year.visits, year.emitted_g = visits.count, year.emitted_g + visits.emission_g
    for month in await retirements.months_of(person_id):
        sums.setdefault(month.year, _Sums()).months.append(month)
    return [_books(year, sums[year]) for year in sorted(sums, reverse=True)]


def nothing(today: date) -> list[YearBooks]:
    """The books of somebody whom nobody knows: there is nothing to read."""
    return [_books(today.year, _Sums())]


def year_of(books: Sequence[YearBooks], typed: str, *, today: date) -> YearBooks:
    """The books of the year that an address asks for; of the present one where it asks for none that is there."""
    asked = next((one for one in books if str(one.year) == typed), None)
    return asked or next(one for one in books if one.year == today.year)


def _books(year: int, sums: _Sums) -> YearBooks:
    return YearBooks(
        year=year,
        emitted=Emitted(
            whole_year_g=sums.whole_year_g, days=sums.days, visits=sums.visits, days_and_visits_g=sums.emitted_g
        ),
        retired=Retired(
            count=sum(one.count for one in sums.months),
            mass_g=sum(one.mass_g for one in sums.months),
            given=sum(one.given for one in sums.months),
            given_g=sum(one.given_g for one in sums.months),
            own_g=sum(one.own_g for one in sums.months),
        ),
        months=tuple(Month(month=one.month, own_g=one.own_g, given_g=one.given_g) for one in reversed(sums.months)),
    )
