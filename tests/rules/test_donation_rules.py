"""Figures and words of donations: coverage, and how far an intent is."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.programmes.donations.rules import Neutrality, Stage, percent_text, permille, stage

TONNE = 1_000_000
DAY = date(2026, 11, 30)


def _neutrality(**changed: int | None) -> Neutrality:
    plain: dict[str, int | None] = {
        "emission_g": 374_600 * TONNE, "reduction_g": 32_500 * TONNE, "donated_g": 397_695 * TONNE,
        "donors_g": 397_695 * TONNE, "organiser_g": 0, "guests_g": 12_755_000, "held_g": 0,
    }  # fmt: skip
    return Neutrality(**plain | changed)  # type: ignore[arg-type]


def test_the_report_s_donations_cover_106_2_per_cent_with_and_without_its_guests():
    figures = _neutrality()
    assert (figures.permille, figures.permille_with_guests) == (1062, 1062)
    assert percent_text(1062) == "106.2"


def test_guests_change_the_second_coverage_only():
    figures = _neutrality(guests_g=374_600 * TONNE)
    assert (figures.permille, figures.permille_with_guests) == (1062, 2062)


def test_of_emissions_that_nobody_stated_nothing_is_covered():
    assert _neutrality(emission_g=None).permille is None
    assert _neutrality(emission_g=0).permille is None


def test_own_reductions_are_in_no_coverage():
    assert _neutrality(reduction_g=10**15).permille == _neutrality(reduction_g=None).permille


@given(st.integers(0, 10**15), st.integers(1, 10**15))
def test_a_coverage_is_within_half_a_tenth_of_a_per_cent_of_the_exact_one(part_g: int, whole_g: int):
    tenths = permille(part_g, whole_g)
    assert tenths is not None
    assert abs(tenths * whole_g - part_g * 1000) * 2 <= whole_g


@pytest.mark.parametrize(
    ("changed", "reached"),
    [
        ({}, Stage.INTENT),
        ({"is_agreed": True}, Stage.AGREED),
        ({"due_on": DAY - timedelta(days=1)}, Stage.LAPSED),
        ({"due_on": DAY - timedelta(days=1), "is_agreed": True}, Stage.LAPSED),
        ({"due_on": DAY - timedelta(days=1), "is_ordered": True}, Stage.INTENT),
        ({"due_on": DAY - timedelta(days=1), "is_given": True}, Stage.TRANSFERRED),
        ({"is_given": True, "is_retired": True}, Stage.RETIRED),
        ({"ended_as": "withdrawn"}, Stage.WITHDRAWN),
        ({"ended_as": "short", "is_ordered": True}, Stage.SHORT),
    ],
)
def test_an_intent_is_as_far_as_its_file_its_gift_and_its_day(changed: dict[str, object], reached: Stage):
    plain: dict[str, object] = {
        "due_on": DAY, "today": DAY, "is_agreed": False, "is_given": False, "is_retired": False, "ended_as": None,
        "is_ordered": False,
    }  # fmt: skip
    assert stage(**plain | changed) is reached  # type: ignore[arg-type]
