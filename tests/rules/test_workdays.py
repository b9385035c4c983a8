"""Working days: weekends are left out, the day is Beijing's."""

from datetime import UTC, date, datetime

import pytest

from app.kernel.workdays import add_workdays, end_of_workday


@pytest.mark.parametrize(
    ("day", "count", "then"),
    [
        (date(2026, 11, 23), 1, date(2026, 11, 24)),  # a Monday
        (date(2026, 11, 23), 5, date(2026, 11, 30)),
        (date(2026, 11, 27), 1, date(2026, 11, 30)),  # a Friday
        (date(2026, 11, 28), 1, date(2026, 11, 30)),
        (date(2026, 11, 29), 5, date(2026, 12, 4)),
        (date(2026, 12, 28), 15, date(2027, 1, 18)),
    ],
)
def test_saturdays_and_sundays_do_not_count(day: date, count: int, then: date) -> None:
    assert add_workdays(day, count) == then


def test_it_ends_with_its_last_minute_in_beijing() -> None:
    late_sunday = datetime(2026, 11, 29, 16, 30, tzinfo=UTC)  # Monday there
    assert end_of_workday(late_sunday, 1) == datetime(2026, 12, 1, 15, 59, tzinfo=UTC)


def test_fifteen_of_them_fit_into_a_month_from_any_day() -> None:
    for day in range(1, 29):
        since = date(2026, 2, day)
        assert (add_workdays(since, 15) - since).days <= 23
