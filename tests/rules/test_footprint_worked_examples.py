"""The worked examples of both calculators, to the gram and line by line; and what the lines carry."""

import json
from collections import Counter
from decimal import ROUND_DOWN, localcontext
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from app.footprint.factor_sets.factors import load_factor_set
from app.footprint.result_rules import Line
from app.footprint.rules import calculate
from app.kernel.mass import exact_kg, to_retire_g, tonnes

ROOT = Path(__file__).parents[2]
FACTORS = load_factor_set(ROOT / "config" / "factors" / "2025.1")
EXAMPLES = {
    example["id"]: example
    for example in json.loads((ROOT / "tests/data/worked_examples.json").read_text("utf-8"))["examples"]
}
OURS = ["P1", "P2", "E1", "E2"]


def by_hand(line: Line) -> int:
    """The grams of a line from what it prints, in fractions: the way an auditor would."""
    first, *divisors = (line.working or line.quantity).split(" ÷ ")
    product = Fraction(line.factor) * 1000
    for number in first.split(" × "):
        product *= Fraction(number)
    for number in divisors:
        product /= Fraction(number)
    return int(product + Fraction(1, 2))


def printed(line: Line) -> tuple[str, ...]:
    return line.category.zh, line.quantity, line.unit, line.factor_key, line.factor, str(line.grams)


@pytest.mark.parametrize("name", OURS)
def test_a_worked_example_agrees_line_by_line(name: str) -> None:
    example = EXAMPLES[name]
    result = calculate(example["calculator"], example["inputs"], FACTORS)
    expected = [
        (line["category"], line["quantity"], line["unit"], line["factor_key"], line["factor"], str(line["grams"]))
        for line in example["lines"]
    ]
    assert Counter(map(printed, result.lines)) == Counter(expected)
    assert result.total_g == example["total_grams"]


@pytest.mark.parametrize("name", OURS)
def test_a_worked_example_is_printed_and_retired_as_expected(name: str) -> None:
    example = EXAMPLES[name]
    total_g = calculate(example["calculator"], example["inputs"], FACTORS).total_g
    assert tonnes(total_g).replace(",", "") == example["display_t"]
    assert exact_kg(total_g).replace(",", "") == example["display_kg"]
    assert to_retire_g(total_g, step_g=example["retire_step_g"]) == example["retire_grams"]


@pytest.mark.parametrize("name", OURS)
def test_each_line_can_be_checked_by_hand_from_what_it_prints(name: str) -> None:
    example = EXAMPLES[name]
    for line in calculate(example["calculator"], example["inputs"], FACTORS).lines:
        assert by_hand(line) == line.grams, line


def test_a_divided_quantity_is_not_rounded_before_it_is_multiplied() -> None:
    # 18.75 kWh of seven people at 0.1564 kg: 418.928… g. With 2.68 kWh each it would be 419.152 g, with 2.7
    # 422.28 g: what is printed may be rounded, what is multiplied may not.
    (line,) = calculate("personal", {"household_size": 7, "electricity_kwh": "18.75"}, FACTORS).lines
    assert (line.working, line.quantity, line.grams) == ("18.75 ÷ 7", "2.6785714286", 419)
    # A large one, where even ten printed decimals are short: 1/3 of 200 000 km by petrol car.
    inputs = {"mode": "year", "car_km": "200000", "car_occupancy": "1.5"}
    (line,) = calculate("personal", inputs, FACTORS).lines
    assert line.grams == by_hand(line) == 26_089_333


@pytest.mark.parametrize(("kwh", "expected_g"), [("0.035166", 5), ("0.035167", 6)])
def test_a_line_is_rounded_to_the_nearest_gram(kwh: str, expected_g: int) -> None:
    assert calculate("personal", {"electricity_kwh": kwh}, FACTORS).total_g == expected_g


def test_half_a_gram_is_rounded_up() -> None:
    # 0.5 km × 0.053 kg = 26.5 g exactly.
    assert calculate("personal", {"bus_km": "0.5"}, FACTORS).total_g == 27


def test_arithmetic_settings_of_the_process_change_nothing() -> None:
    example = EXAMPLES["P2"]
    with localcontext() as context:
        context.prec, context.rounding = 3, ROUND_DOWN
        assert calculate("personal", example["inputs"], FACTORS).total_g == example["total_grams"]


def test_the_market_based_figure_stands_beside_the_total_of_an_event() -> None:
    inputs: dict[str, Any] = EXAMPLES["E1"]["inputs"] | {"green_kwh": "36"}
    result = calculate("event", inputs, FACTORS)
    assert result.total_g == EXAMPLES["E1"]["total_grams"]  # green power does not lower the location-based figure
    assert result.market_line is not None
    assert (result.market_line.quantity, result.market_line.factor) == ("60", "0.6096")
    assert result.market_total_g == result.total_g - 15_014 + 36_576


def test_an_event_wholly_on_green_power_has_a_market_based_electricity_of_zero() -> None:
    inputs = EXAMPLES["E1"]["inputs"] | {"green_kwh": "96"}
    result = calculate("event", inputs, FACTORS)
    assert result.market_line is not None and result.market_line.grams == 0
    assert result.market_total_g == result.total_g - 15_014


def test_without_electricity_there_is_no_market_based_figure() -> None:
    result = calculate("event", {"meals_mixed": "10"}, FACTORS)
    assert (result.market_line, result.market_total_g) == (None, None)


def test_a_personal_figure_has_no_market_based_one() -> None:
    assert calculate("personal", {"electricity_kwh": "10"}, FACTORS).market_total_g is None
