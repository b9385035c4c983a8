"""One tap on a transport chip becomes the inputs of a visit."""

import timeit
from decimal import Decimal
from pathlib import Path

import pytest

from app.footprint.calculators.visit_rules import CHIPS, one_way_limit, visit_inputs
from app.footprint.errors import ChoiceUnknown, InputMalformed, OutOfBounds
from app.footprint.factor_sets.factors import load_factor_set
from app.footprint.rules import calculate

FACTORS = load_factor_set(Path(__file__).parents[2] / "config" / "factors" / "2025.1")


@pytest.mark.parametrize(
    ("mode", "key", "grams"),
    [
        ("metro", "metro.cn", 8_628),
        ("bus", "bus.cn", 10_600),
        ("car", "car.petrol.cn_lc", 39_134),
        ("hsr", "rail.cn", 6_600),
        ("flight", "flight.domestic.avg.norf", 27_104),
        ("ebike", "grid.cn.sichuan.2023", 375),
        ("taxi", "taxi.vkm", 41_612),
        ("coach", "coach", 5_552),
    ],
)
def test_a_chip_counts_the_way_there_and_back(mode: str, key: str, grams: int) -> None:
    inputs = visit_inputs(mode, "100", round_trip=True, extras={})
    (line,) = calculate("personal", inputs, FACTORS).lines
    assert (line.factor_key, line.grams) == (key, grams)


def test_every_chip_makes_inputs_the_calculator_takes() -> None:
    assert len(CHIPS) == 9
    for chip in CHIPS:
        for round_trip in (True, False):
            way = one_way_limit(chip.mode, round_trip=round_trip).maximum
            inputs = visit_inputs(chip.mode, way, round_trip=round_trip, extras={"meals_mixed": "1"})
            result = calculate("personal", inputs, FACTORS)
            assert result.inputs["mode"] == "event_visit"
            assert result.total_g >= 2_237


def test_the_scenario_adds_what_everybody_there_uses() -> None:
    extras = {"meals_mixed": "1", "bottled_water_l": "0.5", "province": "500000", "hotel_nights": "1", "room_share": 2}
    inputs = visit_inputs("metro", "12.5", round_trip=True, extras=extras)
    lines = {line.factor_key: line.grams for line in calculate("personal", inputs, FACTORS).lines}
    assert lines == {"meal.mixed": 2_237, "metro.cn": 1_079, "bottled_water.l": 160, "hotel.cn.room_night": 26_750}
    assert inputs["province"] == "500000"


def test_a_shuttle_of_the_scenario_is_added_to_the_visitors_own_way() -> None:
    assert visit_inputs("bus", Decimal(10), round_trip=False, extras={"bus_km": "4.5"})["bus_km"] == "14.5"


def test_walking_adds_nothing_to_the_visit() -> None:
    inputs = visit_inputs("walk_bike", "3", round_trip=True, extras={"meals_vegan": "1"})
    assert calculate("personal", inputs, FACTORS).total_g == 390


def test_an_unknown_chip_is_refused() -> None:
    with pytest.raises(ChoiceUnknown) as refusal:
        visit_inputs("rocket", "1", round_trip=False, extras={})
    assert refusal.value.field == "/mode"


@pytest.mark.parametrize("km", ["", "-1", "1.0000001", "abc", Decimal(-1), Decimal("NaN")])
def test_a_distance_that_is_no_number_is_refused(km: Decimal | str) -> None:
    with pytest.raises(InputMalformed) as refusal:
        visit_inputs("metro", km, round_trip=False, extras={})
    assert refusal.value.field == "/km"


@pytest.mark.parametrize(
    ("mode", "km", "round_trip", "maximum"),
    [("metro", "750.1", True, "750"), ("metro", "1500.1", False, "1500"), ("flight", "49", True, "20000")],
)
def test_a_distance_out_of_bounds_names_the_bound_of_one_way(
    *, mode: str, km: str, round_trip: bool, maximum: str
) -> None:
    with pytest.raises(OutOfBounds) as refusal:
        visit_inputs(mode, km, round_trip=round_trip, extras={})
    assert (refusal.value.field, refusal.value.facts["maximum"]) == ("/km", maximum)


def test_a_scene_page_can_afford_the_figure() -> None:
    # Some 60 µs on a quiet core; a scene computes one per request, so a slip to milliseconds must show.
    inputs = visit_inputs("metro", "12.5", round_trip=True, extras={"meals_mixed": "1", "bottled_water_l": "0.5"})
    best = min(timeit.repeat(lambda: calculate("personal", inputs, FACTORS), number=100, repeat=10)) / 100
    assert best < 0.001
