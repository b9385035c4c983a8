"""Working days, for deadlines that a bank keeps. Saturdays and Sundays are none; holidays and make-up days are not known."""

from datetime import date, datetime, time, timedelta
from typing import Final

from app.kernel.clock import BEIJING, beijing_day

_SATURDAY: Final = 5
_LAST_MINUTE: Final = time(23, 59)


def add_workdays(day: date, count: int) -> date:
    """The `count`-th working day after this one."""
    assert count > 0, count
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < _SATURDAY
    return day


def end_of_workday(since: datetime, count: int) -> datetime:
    """The last minute, in Beijing, of the `count`-th working day after the day of `since`."""
    return datetime.combine(add_workdays(beijing_day(since), count), _LAST_MINUTE, BEIJING)
