"""The rules about days, at their boundaries; and a date of which only the month is known."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernel.clock import beijing_day
from app.kernel.days import Month, Period, add_months, read_when
from app.registry.claims import Anchor, Rule, Verdict, judge
from tests.sample_claims import CLAIM, ISO, LINE, LOCAL, MEE, claim, found, line, verdict

PASS, FAIL, PENDING, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.PENDING, Verdict.UNKNOWN
quick = settings(max_examples=60, deadline=None)
days = st.dates(min_value=date(2015, 1, 1), max_value=date(2030, 12, 31))
months = st.builds(Month, st.integers(2015, 2030), st.integers(1, 12))
periods = st.tuples(days, days).map(lambda pair: Period(*sorted(pair)))


def day(text):
    return date.fromisoformat(text)


def ending(text, *, first="2020-01-01"):
    return claim(period=Period(day(first), day(text)))


@pytest.mark.parametrize(
    ("period_to", "retired_on", "expected"),
    [
        ("2023-12-31", "2024-12-31", PASS),
        ("2023-12-31", "2025-01-01", FAIL),
        ("2024-02-29", "2025-02-28", PASS),
        ("2024-02-29", "2025-03-01", FAIL),
        ("2023-02-28", "2024-02-28", PASS),
        ("2023-02-28", "2024-02-29", FAIL),
        ("2022-12-31", "2023-12", PASS),
        ("2022-12-15", "2023-12", UNKNOWN),
        ("2021-12-31", "2023-06", FAIL),
        ("2024-12-30", "2023-11", PASS),
    ],
)
@pytest.mark.parametrize("profile", [ISO, MEE, LOCAL], ids=lambda profile: profile.name)
def test_retired_at_most_twelve_months_after_the_period(profile, period_to, retired_on, expected):
    finding = found(Rule.RETIRED_12M, ending(period_to), profile=profile, retired_on=read_when(retired_on))

    assert finding.verdict is expected
    assert finding.limit == add_months(day(period_to), 12).isoformat()
    assert finding.limit in finding.reason.zh
    assert finding.limit in finding.reason.en


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        (datetime(2024, 12, 31, 15, 59, 59, 999_999, tzinfo=UTC), PASS),  # the last moment of the year in Beijing
        (datetime(2024, 12, 31, 16, 0, 0, tzinfo=UTC), FAIL),
    ],
)
def test_the_last_second_counts_in_beijing(instant, expected):
    assert verdict(Rule.RETIRED_12M, ending("2023-12-31"), retired_on=beijing_day(instant)) is expected


@pytest.mark.parametrize(
    ("vintage_end", "period", "by_start", "by_end"),
    [
        ("2019-01-01", ("2024-01-01", "2024-01-01"), PASS, PASS),
        ("2019-01-01", ("2024-01-02", "2024-01-02"), FAIL, FAIL),
        ("2020-02-29", ("2025-02-28", "2025-02-28"), PASS, PASS),
        ("2020-02-29", ("2025-03-01", "2025-03-01"), FAIL, FAIL),
        ("2019-06-30", ("2024-01-01", "2024-12-31"), PASS, FAIL),
        ("2025-12-31", ("2024-01-01", "2024-12-31"), PASS, PASS),  # later credits pass
    ],
)
def test_credits_are_at_most_five_years_older_than_the_period(vintage_end, period, by_start, by_end):
    of = claim(period=Period(day(period[0]), day(period[1])))
    lines = (line(vintage_end=day(vintage_end)),)

    assert ISO.vintage_anchor is LOCAL.vintage_anchor is Anchor.START
    assert verdict(Rule.VINTAGE_5Y, of, lines) is by_start
    assert verdict(Rule.VINTAGE_5Y, of, lines, profile=replace(ISO, vintage_anchor=Anchor.END)) is by_end


@pytest.mark.parametrize(
    ("period_to", "retired_on", "expected"),
    [
        ("2023-08-08", "2023-08-07", PENDING),
        ("2023-08-08", "2023-08-08", PASS),
        ("2022-05-18", "2022-05", UNKNOWN),
        ("2022-05-18", "2022-04", PENDING),
        ("2022-05-18", "2022-06", PASS),
        ("2022-05-01", "2022-05", PASS),  # over on every day of that month
        ("2022-05-31", "2022-05", UNKNOWN),
    ],
)
def test_a_period_that_is_not_over_is_pending_and_no_failure(period_to, retired_on, expected):
    assert verdict(Rule.PERIOD_ENDED, ending(period_to), retired_on=read_when(retired_on)) is expected


@pytest.mark.parametrize(
    ("vintage_end", "issued_on", "retired_on", "expected"),
    [
        ("2023-12-31", "2024-06-01", "2024-06-01", PASS),
        ("2023-12-31", "2024-06-02", "2024-06-01", FAIL),
        ("2024-06-02", "2024-01-01", "2024-06-01", FAIL),
        ("2024-06-01", "2024-06-01", "2024-06-01", PASS),
        ("2023-12-31", "2024-06-15", "2024-06", UNKNOWN),
        ("2023-12-31", "2024-06-01", "2024-06", PASS),
        ("2023-12-31", "2024-07-01", "2024-06", FAIL),
        (None, "2024-07-01", "2024-06-30", FAIL),  # one of the two is enough
        (None, "2024-01-01", "2024-06-30", UNKNOWN),
        ("2023-12-31", None, "2024-06-30", UNKNOWN),
        (None, None, "2024-06-30", UNKNOWN),
    ],
)
def test_credits_are_earned_and_issued_before_they_are_retired(vintage_end, issued_on, retired_on, expected):
    lines = (line(vintage_end=vintage_end and day(vintage_end), issued_on=issued_on and day(issued_on)),)

    assert verdict(Rule.EX_POST, lines=lines, retired_on=read_when(retired_on)) is expected


@pytest.mark.parametrize(
    ("retired_on", "expected"),
    [("2024-03-14", PASS), ("2024-03-15", FAIL), ("2024-02", PASS), ("2024-03", UNKNOWN), ("2024-04", FAIL)],
)
def test_a_suspended_methodology_counts_from_its_day(retired_on, expected):
    lines = (line(suspended_from=day("2024-03-15")),)

    assert verdict(Rule.METHODOLOGY, lines=lines, retired_on=read_when(retired_on)) is expected


@pytest.mark.parametrize("rule", [Rule.RETIRED_12M, Rule.PERIOD_ENDED, Rule.VINTAGE_5Y])
def test_where_no_period_is_claimed_rules_about_it_do_not_apply(rule):
    assert verdict(rule, claim(period=None)) is Verdict.NOT_APPLICABLE


@st.composite
def facts_about_a_month(draw: st.DrawFn) -> tuple[Month, Period, list[date | None]]:
    """A month, a period whose end or deadline lies in it or beside it, and three more days like that: where days differ."""
    month = draw(months)
    near = st.integers(-3, 34).map(timedelta)
    last = add_months(month.first, -draw(st.sampled_from([0, 12]))) + draw(near)
    period = Period(last - timedelta(draw(st.integers(0, 800))), last)
    return (
        month,
        period,
        draw(st.lists(st.none() | near.map(lambda later: month.first + later), min_size=3, max_size=3)),
    )


@settings(max_examples=25, deadline=None)
@given(facts_about_a_month(), st.sampled_from([ISO, MEE, LOCAL]))
def test_a_month_says_what_all_of_its_days_say_and_unknown_where_they_differ(facts, profile):
    month, period, (vintage_end, issued_on, suspended_from) = facts
    of = claim(period=period)
    lines = [line(vintage_end=vintage_end, issued_on=issued_on, suspended_from=suspended_from)]
    after = date(month.year + month.month // 12, month.month % 12 + 1, 1)  # counted here: `days_of` is judged by, too
    every_day = [after - timedelta(days=back) for back in range(1, 32)]
    by_day = [judge(of, lines, profile, retired_on=each) for each in every_day if each.month == month.month]

    for finding in judge(of, lines, profile, retired_on=month).findings:
        said = {verdicts.of(finding.rule).verdict for verdicts in by_day}
        assert finding.verdict is (said.pop() if len(said) == 1 else UNKNOWN), finding.rule


@quick
@given(periods, days, st.integers(0, 800))
def test_retiring_later_never_mends_a_late_retirement_nor_opens_a_period_that_is_over(period, retired_on, later):
    of, then = claim(period=period), retired_on + timedelta(days=later)

    if verdict(Rule.RETIRED_12M, of, retired_on=retired_on) is FAIL:
        assert verdict(Rule.RETIRED_12M, of, retired_on=then) is FAIL
    if verdict(Rule.PERIOD_ENDED, of, retired_on=retired_on) is PASS:
        assert verdict(Rule.PERIOD_ENDED, of, retired_on=then) is PASS


def test_an_instant_is_not_taken_for_a_day():
    with pytest.raises(AssertionError):
        judge(CLAIM, [LINE], ISO, retired_on=datetime(2024, 6, 1, tzinfo=UTC))
