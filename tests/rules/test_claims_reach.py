"""How far a claim reaches is told with it, and never more than the figures say."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from app.kernel.mass import GRAMS_PER_TONNE
from app.registry.claims import Reach, Standing, stated

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
