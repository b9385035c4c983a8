"""Time: UTC inside, a day that begins in Beijing, and whole seconds with an offset at the edge."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernel.clock import beijing_day, rfc3339, utc_now

quick = settings(max_examples=80, deadline=None)
# China kept summer time for the last time in 1991; since then Beijing is eight hours ahead all year.
offsets = st.integers(min_value=-14 * 60, max_value=14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
instants = st.datetimes(min_value=datetime(1992, 1, 1), max_value=datetime(2100, 1, 1), timezones=offsets)  # noqa: DTZ001 - hypothesis adds the zone


@quick
@given(instants)
def test_a_day_begins_at_sixteen_hours_of_the_day_before_wherever_the_instant_was_read(instant):
    assert beijing_day(instant) == (instant.astimezone(UTC) + timedelta(hours=8)).date()


def test_the_last_second_of_a_year_and_the_first_of_the_next():
    assert beijing_day(datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC)).isoformat() == "2026-12-31"
    assert beijing_day(datetime(2026, 12, 31, 16, tzinfo=UTC)).isoformat() == "2027-01-01"


@quick
@given(instants)
def test_a_printed_instant_reads_back_to_its_second(instant):
    shown = rfc3339(instant)
    assert shown.endswith("+08:00")
    assert datetime.fromisoformat(shown) == instant.astimezone(UTC).replace(microsecond=0)


def test_now_is_aware_and_a_naive_instant_is_an_error_of_ours():
    assert utc_now().utcoffset() == timedelta(0)
    with pytest.raises(AssertionError):
        beijing_day(datetime(2026, 11, 22))  # noqa: DTZ001 - that is the error
