"""How far a claim reaches is told with it, and never more than the figures say."""

from datetime import date, timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import given

from app.kernel.mass import GRAMS_PER_TONNE
from app.registry.claims import (
    FigureReach,
    Level,
    Reach,
    Standing,
    Title,
    TrueUpState,
    called,
    figure_reach,
    standing_now,
    stated,
    stated_then,
)

MILLION_T = 1_000_000 * GRAMS_PER_TONNE


@pytest.mark.parametrize(
    ("emission_g", "retired_g", "percent", "is_full"),
    [
        (MILLION_T, 1, "0.00", False),
        (100_000, 99_999, "99.99", False),
        (100_000_000, 99_999_999, "99.99", False),
        (3, 1, "33.33", False),
        (7, 7, "100.00", True),
        (100, 120, "120.00", True),
        (0, 5, None, False),
    ],
)
def test_coverage_is_exact_and_rounded_down(*, emission_g: int, retired_g: int, percent: str | None, is_full: bool):
    reach = Reach(emission_g, retired_g)
    assert (reach.percent, reach.is_full) == (percent, is_full)


@given(st.integers(1, 10**15), st.integers(1, 10**15))
def test_a_hundred_per_cent_is_said_exactly_where_all_is_covered(emission_g: int, retired_g: int):
    reach = Reach(emission_g, retired_g)
    assert reach.percent is not None
    assert (float(reach.percent) >= 100) == reach.is_full == (retired_g >= emission_g)


@given(st.sampled_from(Standing), st.integers(0, 10**12), st.integers(1, 10**12))
def test_no_claim_stands_without_its_figure_and_below_all_it_is_an_offset(
    standing: Standing, emission_g: int, retired_g: int
):
    reach = Reach(emission_g, retired_g)
    said = stated(standing, reach)
    assert (reach.percent or "未申报") in said.zh and (reach.percent or "not stated") in said.en
    assert "中和" not in said.zh and "neutral" not in said.en
    if not reach.is_full:
        assert "声明成立" not in said.zh and "the claim stands" not in said.en


DUE = date(2027, 12, 31)
NEUTRAL = Title(Level.NEUTRAL, is_pending=False, is_final=True, held_by=())


@st.composite
def figures(draw: st.DrawFn) -> dict[str, object]:
    """What is known of a claim that was retired for ahead, on some day."""
    retired_g = draw(st.integers(1, 10**9))
    entered_as = draw(st.sampled_from([None, TrueUpState.COVERED, TrueUpState.SHORT, TrueUpState.LAPSED]))
    return {
        "actual_g": None if entered_as is None else draw(st.integers(0, 10**9)),
        "entered_as": entered_as,
        "due_on": DUE,
        "retired_g": retired_g,
        "in_time_g": draw(st.integers(0, retired_g)),
        "today": DUE + timedelta(days=draw(st.integers(-400, 400))),
    }


def reached(**known: object) -> FigureReach | None:
    return figure_reach(**known)  # type: ignore[arg-type]


@given(figures())
def test_a_figure_holds_where_it_was_covered_or_enough_was_retired_in_time_and_nowhere_else(known: dict[str, object]):
    found = reached(**known)
    actual_g, entered_as, today = known["actual_g"], known["entered_as"], known["today"]
    if found is None:
        assert actual_g is None and today <= DUE
        return
    is_enough = entered_as is TrueUpState.SHORT and known["in_time_g"] >= actual_g
    assert found.holds == (entered_as is TrueUpState.COVERED or is_enough)
    assert found.is_certified == (entered_as is TrueUpState.COVERED)
    if found.state is TrueUpState.SHORT:
        assert today <= DUE and known["in_time_g"] < actual_g
    if found.state is TrueUpState.LAPSED:
        assert today > DUE or entered_as is TrueUpState.LAPSED


@given(figures(), st.integers(0, 400))
def test_once_lapsed_no_later_day_brings_a_claim_back(known: dict[str, object], days: int):
    found = reached(**known)
    later = reached(**(known | {"today": known["today"] + timedelta(days=days)}))
    if found is not None and found.state is TrueUpState.LAPSED:
        assert later is not None and later.state is TrueUpState.LAPSED


@given(figures(), st.sampled_from(Standing), st.integers(0, 10**9), st.integers(1, 10**9))
def test_nothing_is_said_to_stand_while_a_figure_is_short_or_lapsed(
    known: dict[str, object], standing: Standing, emission_g: int, retired_g: int
):
    found, reach = reached(**known), Reach(emission_g, retired_g)
    if found is None:
        assert stated(standing, reach, found) == stated(standing, reach)
        return
    said, then = stated(standing, reach, found), stated_then(standing, reach, found)
    assert found.coverage.zh in said.zh and found.coverage.en in said.en, "by the actual figure, whatever was forecast"
    assert (found.reach.percent or "实际排放量") in said.zh
    if found.holds:
        assert (standing_now(standing, found), called(NEUTRAL, found)) == (standing, NEUTRAL.text)
        return
    assert standing_now(standing, found) is not Standing.STANDS
    for text in (said, then, called(NEUTRAL, found)):
        assert text is None or ("声明成立" not in text.zh and "the claim stands" not in text.en)
        assert text is None or ("中和" not in text.zh and "neutral" not in text.en.lower())
    assert standing_now(Standing.BLOCKED, found) is Standing.BLOCKED
    assert (called(NEUTRAL, found) is None) == (found.state is TrueUpState.LAPSED)


@given(st.integers(1, 10**12), st.integers(1, 10**12))
def test_what_is_missing_and_what_is_covered_are_of_all_that_is_retired(actual_g: int, retired_g: int):
    found = reached(
        actual_g=actual_g, entered_as=TrueUpState.SHORT, due_on=DUE, retired_g=retired_g, in_time_g=retired_g, today=DUE
    )
    assert found is not None
    assert found.missing_g == max(0, actual_g - retired_g)
    assert found.reach.percent == Reach(actual_g, retired_g).percent
    assert (found.missing_g == 0) == found.reach.is_full == found.holds
