"""Days, months and periods as documents print them."""

import calendar
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernel.days import Month, Period, add_months, days_of, is_day, read_day, read_when

quick = settings(max_examples=80, deadline=None)
days = st.dates(min_value=date(1990, 1, 1), max_value=date(2200, 12, 31))
months = st.builds(Month, st.integers(1990, 2200), st.integers(1, 12))


@pytest.mark.parametrize(
    ("day", "later", "expected"),
    [
        ("2023-12-31", 12, "2024-12-31"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-02-29", 48, "2028-02-29"),
        ("2023-02-28", 12, "2024-02-28"),
        ("2020-02-29", 60, "2025-02-28"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2023-10-31", 1, "2023-11-30"),
        ("2023-11-30", 3, "2024-02-29"),
        ("2024-03-31", -1, "2024-02-29"),
    ],
)
def test_months_later_is_the_same_day_or_the_months_last(day, later, expected):
    assert add_months(date.fromisoformat(day), later) == date.fromisoformat(expected)


@quick
@given(days, st.integers(0, 600))
def test_months_later_lies_in_that_month_and_never_on_a_later_day(day, later):
    then = add_months(day, later)
    assert (then.year * 12 + then.month) - (day.year * 12 + day.month) == later
    assert then.day == min(day.day, calendar.monthrange(then.year, then.month)[1])


@quick
@given(days, days, st.integers(0, 600))
def test_the_earlier_of_two_days_never_overtakes(one, other, later):
    earlier, after = sorted((one, other))
    assert add_months(earlier, later) <= add_months(after, later)


def test_beyond_the_years_python_knows_is_refused():
    with pytest.raises(ValueError, match="year"):
        add_months(date(9999, 12, 1), 1)


@quick
@given(months)
def test_a_month_is_all_of_its_days_and_reads_back_as_printed(month):
    all_days = list(days_of(month))
    assert (all_days[0], all_days[-1]) == (month.first, month.last)
    assert all((day.year, day.month) == (month.year, month.month) for day in all_days)
    assert len(set(all_days)) == len(all_days) == calendar.monthrange(month.year, month.month)[1]
    assert (month.last + timedelta(days=1)).day == 1
    assert read_when(str(month)) == month


@quick
@given(days)
def test_a_day_is_itself_and_reads_back_as_printed(day):
    assert list(days_of(day)) == [day]
    assert read_when(day.isoformat()) == read_day(day.isoformat()) == day


@pytest.mark.parametrize(
    "text", ["", "2023", "2023-1", "2023-13", "2023-00", "0000-01", "2023-02-29", "20230101", "2023-W01-1", " 2023-01",
             "２０２３-01"],
)  # fmt: skip
def test_what_is_no_day_and_no_month_is_refused(text):
    with pytest.raises(ValueError, match=r"no day|no month|day is out of range"):
        read_when(text)


@quick
@given(*[st.dates(date(2023, 1, 1), date(2023, 3, 1))] * 4)
def test_periods_overlap_when_a_day_belongs_to_both(a, b, c, d):
    one, other = Period(*sorted((a, b))), Period(*sorted((c, d)))

    def each(period):
        return {period.first + timedelta(days=n) for n in range((period.last - period.first).days + 1)}

    assert one.overlaps(other) == other.overlaps(one) == bool(each(one) & each(other))


def test_an_instant_is_no_day_and_a_period_does_not_run_backwards():
    assert not is_day(datetime(2023, 1, 1, tzinfo=UTC))
    with pytest.raises(AssertionError):
        Period(datetime(2023, 1, 1, tzinfo=UTC), datetime(2023, 1, 2, tzinfo=UTC))
    with pytest.raises(AssertionError):
        Period(date(2023, 1, 2), date(2023, 1, 1))
