"""The figures of a scene's results: shares that add up, coverages by their own lines, time without a gap, dots that fit."""

import itertools
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernel.clock import BEIJING
from app.registry.claims import Layer
from app.registry.retirements import Hour, Share
from app.views.results import Coverage, Slot, Step
from app.views.results.figures import coverages, masses, parts, slots
from app.web.organiser import charts
from tests.pages.results_samples import LAYERS, SHARES, share

quick = settings(max_examples=200, deadline=None)
NINE = datetime(2026, 11, 29, 9, tzinfo=BEIJING)
grams = st.integers(0, 10**13)
shares = st.lists(
    st.builds(
        lambda layer, given_g, paid_g, is_organiser: share(None, layer, 1, given_g, paid_g, 1, is_organiser=is_organiser),
        st.sampled_from(Layer), grams, grams, st.booleans(),
    ),
    max_size=6,
)  # fmt: skip


@quick
@given(shares)
def test_the_sources_are_all_the_grams_and_their_shares_a_hundred_per_cent(found: list[Share]) -> None:
    whole_g = sum(one.paid_by_organiser_g + one.paid_by_others_g for one in found)
    told = parts(found)
    assert sum(masses(found).values()) == sum(one.mass_g for one in told) == whole_g
    tenths = [int(one.share.replace(".", "")) for one in told]
    assert sum(tenths) == (1_000 if whole_g else 0)
    assert all(abs(tenth * whole_g - 1_000 * one.mass_g) < whole_g for tenth, one in zip(tenths, told, strict=True))


@quick
@given(shares)
def test_nobody_elses_grams_stand_in_the_organisers_own_coverage(found: list[Share]) -> None:
    alone, with_guests = coverages(found, LAYERS)
    own = [one for one in found if one.is_organiser]
    by_organiser = sum(
        one.paid_by_organiser_g for one in found if not one.is_organiser and one.layer is Layer.ADDITIONAL
    )
    assert alone.retired_g == by_organiser + sum(one.paid_by_organiser_g + one.paid_by_others_g for one in own)
    assert alone.retired_g <= with_guests.retired_g
    assert alone.emission_g == 25_100_000


def test_the_sample_is_covered_to_the_gram_with_guests_and_without() -> None:
    alone, with_guests = coverages(SHARES, LAYERS)
    assert (alone.retired_g, alone.emission_g, alone.percent, alone.missing_g) == (
        24_354_310,
        25_100_000,
        "97.02",
        745_690,
    )
    assert (with_guests.retired_g, with_guests.emission_g, with_guests.percent) == (26_874_310, 27_350_000, "98.26")


def test_a_coverage_is_rounded_down_may_exceed_all_and_is_not_known_without_figures() -> None:
    assert Coverage(99_999, 100_000).percent == "99.99"
    assert Coverage(250_001, 100_000).percent == "250.00"
    assert (Coverage(5, None).percent, Coverage(5, None).missing_g) == (None, None)
    assert (Coverage(0, 7).percent, Coverage(9, 7).missing_g) == ("0.00", 0)
    assert [one.percent for one in coverages(SHARES, None)] == [None, None]
    unstated = [share("guests", Layer.OWN, 1, 0, 5, 0)]
    unknown = [one.__class__(**{**_fields(one), "unstated": 1}) for one in unstated]
    assert [one.percent for one in coverages(unknown, LAYERS)] == ["0.00", None]


def _fields(one: Share) -> dict[str, object]:
    return {name: getattr(one, name) for name in Share.__dataclass_fields__}


@pytest.mark.parametrize(
    ("apart", "step"),
    [(timedelta(hours=23), Step.HOUR), (timedelta(hours=24), Step.DAY), (timedelta(days=30), Step.DAY),
     (timedelta(days=31), Step.MONTH), (timedelta(days=800), Step.MONTH)],
)  # fmt: skip
def test_time_is_told_in_hours_then_days_then_months(apart: timedelta, step: Step) -> None:
    assert slots([Hour(NINE, 1), Hour(NINE + apart, 1)])[0] is step


@quick
@given(st.sets(st.integers(0, 24 * 900), max_size=20))
def test_no_hour_day_or_month_is_left_out_and_nobody_is_lost(hours: set[int]) -> None:
    found = [Hour(NINE + timedelta(hours=hour), hour % 7 + 1) for hour in sorted(hours)]
    step, told = slots(found)
    assert sum(one.people for one in told) == sum(one.people for one in found)
    assert [one.at for one in told] == sorted({one.at for one in told})
    if step is not Step.MONTH and told:
        length = timedelta(hours=1) if step is Step.HOUR else timedelta(days=1)
        assert {later.at - earlier.at for earlier, later in itertools.pairwise(told)} <= {length}


@quick
@given(st.lists(st.integers(0, 3_000_000), min_size=1, max_size=40))
def test_every_dot_stands_inside_and_stands_for_as_many_as_is_said(people: list[int]) -> None:
    drawn = charts.dots([Slot(NINE + timedelta(hours=at), number) for at, number in enumerate(people)])
    assert len(drawn.columns) == min(len(people), 36)
    for column in drawn.columns:
        points = [tuple(map(float, point.removesuffix("h0").split())) for point in column.path.split("M")[1:]]
        assert (len(points) - 1) * drawn.people_each < column.slot.people <= len(
            points
        ) * drawn.people_each or not points
        assert all(0 <= x <= charts.WIDTH and 0 <= y <= 112 for x, y in points)


@quick
@given(grams, st.none() | grams, grams, st.none() | grams)
def test_both_bars_and_the_line_fit_side_by_side(one_g: int, one: int | None, more_g: int, more: int | None) -> None:
    drawn = charts.coverage_bars(Coverage(one_g, one), Coverage(one_g + more_g, more))
    assert 0 < drawn.line <= 256 or drawn.line == 0.0
    assert all(bar.own + bar.others <= 257 and bar.label <= 265 for bar in drawn.bars)
