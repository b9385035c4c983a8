"""Calendar days, months and periods, as documents print them; a day begins in Beijing (`clock.beijing_day`)."""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, TypeAlias

EARLIEST: Final = date(1990, 1, 1)
LATEST: Final = date(2199, 12, 31)
"""Before and after these no credit was issued and no claim can be meant. Months are added to the days of both, and the
first and the last day of the calendar are written as infinities by PostgreSQL."""

_DAY: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", re.ASCII)
_MONTH: Final = re.compile(r"([0-9]{4})-([0-9]{2})", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """One calendar month: all that is known of a date that was printed without its day."""

    year: int
    month: int

    def __post_init__(self) -> None:
        assert 1 <= self.month <= 12 and date.min.year <= self.year <= date.max.year, (self.year, self.month)

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.month, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        return date(self.year, self.month, calendar.monthrange(self.year, self.month)[1])

    def __str__(self) -> str:
        """As reports print it: `2022-05`."""
        return f"{self.year:04}-{self.month:02}"


When: TypeAlias = date | Month
"""A date as far as it is known: the day, or only its month."""


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `first` to `last`, both included. Any length: one day, seven months, two years."""

    first: date
    last: date

    def __post_init__(self) -> None:
        assert is_day(self.first) and is_day(self.last), "instants become days by `clock.beijing_day`"
        assert self.first <= self.last, (self.first, self.last)

    def overlaps(self, other: "Period") -> bool:
        """Whether a day belongs to both."""
        return self.first <= other.last and other.first <= self.last

    def __str__(self) -> str:
        """ISO 8601: `2022-01-01/2022-12-31`."""
        return f"{self.first.isoformat()}/{self.last.isoformat()}"


def is_day(value: object) -> bool:
    """Whether it is a calendar day. Python takes an instant for one, and then refuses to compare the two."""
    return isinstance(value, date) and not isinstance(value, datetime)


def is_plausible(when: date) -> bool:
    """Whether a credit, a claim or an event can mean this day, or an instant of it wherever: from 1990 to 2199."""
    return EARLIEST <= (when.date() if isinstance(when, datetime) else when) <= LATEST


def add_months(day: date, months: int) -> date:
    """The same day `months` later, or the last day of that month where it has no such day.

    31 January and 1 month give 28 or 29 February; 29 February and 12 months give 28 February. Adding twice may
    give less than adding at once.

    Raises:
        ValueError: beyond the years that `date` knows, 1 to 9999.
    """
    assert is_day(day), day
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def days_of(when: When) -> Iterator[date]:
    """Every day it may be: the day itself, or all of the month."""
    first, last = (when.first, when.last) if isinstance(when, Month) else (when, when)
    assert is_day(first), first
    return (first + timedelta(days=later) for later in range((last - first).days + 1))


def read_when(text: str) -> When:
    """`2022-05-18` or `2022-05`.

    Raises:
        ValueError: another form, or no such day or month.
    """
    if found := _MONTH.fullmatch(text):
        year, month = int(found[1]), int(found[2])
        if not (year and 1 <= month <= 12):
            raise ValueError(f"{text!r} is no month")
        return Month(year, month)
    return read_day(text)


def read_day(text: str) -> date:
    """`2022-05-18`; stricter than `date.fromisoformat`, which takes week dates and digits without dashes.

    Raises:
        ValueError: another form, or no such day.
    """
    if found := _DAY.fullmatch(text):
        return date(int(found[1]), int(found[2]), int(found[3]))
    raise ValueError(f"{text!r} is no day")
