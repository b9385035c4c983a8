"""What holds for every input: totals add up, more never means less, linear before rounding, nothing unknown passes."""

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from app.footprint.calculators.forms import FORMS
from app.footprint.errors import InputUnknown, NothingEmitted
from app.footprint.factor_sets.factors import load_factor_set
from app.footprint.form_shapes import ANY, Kind
from app.footprint.quantity_rules import grams, plain, read_quantity
from app.footprint.result_rules import Calculation, Line
from app.footprint.rules import as_json, calculate, from_json, is_reproduced

FACTORS = load_factor_set(Path(__file__).parents[2] / "config" / "factors" / "2025.1")

# No deadline: the machine is shared, and a slow moment is no fault.
quick = settings(max_examples=40, deadline=None)

SOURCES = {
    # Quantities whose bound is a number of its own and which give lines; food only as meals.
    calculator: [
        field.name
        for field in form.fields
        if field.kind is Kind.QUANTITY and field.is_line and field.name != "diet_days"
    ]
    for calculator, form in FORMS.items()
}


def bound(calculator: str, name: str) -> Decimal:
    limit = FORMS[calculator].by_name[name].limit("day")
    assert limit is not None
    maximum = limit.maximum
    for factor in limit.times:
        maximum *= {"attendees": 50, "days": 1}[factor]
    return maximum


@st.composite
def quantities(draw: st.DrawFn, calculator: str) -> dict[str, str]:
    names = draw(st.lists(st.sampled_from(SOURCES[calculator]), min_size=1, max_size=6, unique=True))
    return {
        name: plain(draw(st.decimals(min_value=0, max_value=bound(calculator, name), places=draw(st.integers(0, 6)))))
        for name in names
    }


calculations = st.sampled_from(sorted(FORMS)).flatmap(lambda name: st.tuples(st.just(name), quantities(name)))
flights = st.lists(
    st.fixed_dictionaries(
        {"km": st.decimals(min_value=50, max_value=20_000, places=3).map(plain)},
        optional={
            "cabin": st.sampled_from(["economy", "premium", "business", "first", "avg"]),
            "round_trip": st.booleans(),
        },
    ),
    min_size=1,
    max_size=5,
)


def compute(calculator: str, inputs: dict[str, Any]) -> Calculation:
    try:
        return calculate(calculator, inputs, FACTORS)
    except NothingEmitted:
        assume(False)
        raise


def exact_grams(line: Line) -> Fraction:
    first, *divisors = (line.working or line.quantity).split(" ÷ ")
    product = Fraction(line.factor) * 1000
    for number in first.split(" × "):
        product *= Fraction(number)
    for number in divisors:
        product /= Fraction(number)
    return product


@quick
@given(calculations, flights)
def test_the_total_is_the_sum_of_the_printed_lines(calculation: tuple[str, dict[str, str]], legs: list[Any]) -> None:
    calculator, inputs = calculation
    result = compute(calculator, inputs | ({"flights": legs} if calculator == "personal" else {}))
    assert result.total_g == sum(line.grams for line in result.lines)
    assert all(line.grams > 0 for line in result.lines)


@quick
@given(calculations, st.integers(1, 20))
def test_every_line_is_the_exact_product_rounded_half_up_once(
    calculation: tuple[str, dict[str, str]], household: int
) -> None:
    calculator, inputs = calculation
    result = compute(calculator, inputs | ({"household_size": household} if calculator == "personal" else {}))
    for line in result.lines:
        assert line.grams == int(exact_grams(line) + Fraction(1, 2))


@quick
@given(calculations, st.data())
def test_more_never_means_less(calculation: tuple[str, dict[str, str]], data: st.DataObject) -> None:
    calculator, inputs = calculation
    name = data.draw(st.sampled_from(sorted(inputs)))
    more = data.draw(st.decimals(min_value=Decimal(inputs[name]), max_value=bound(calculator, name), places=6))
    before = compute(calculator, inputs)
    assert compute(calculator, inputs | {name: plain(more)}).total_g >= before.total_g


@quick
@given(calculations, st.integers(2, 5))
def test_a_figure_is_linear_before_it_is_rounded(calculation: tuple[str, dict[str, str]], times: int) -> None:
    calculator, inputs = calculation
    multiplied = {name: plain(Decimal(value) * times) for name, value in inputs.items()}
    assume(all(Decimal(value) <= bound(calculator, name) for name, value in multiplied.items()))
    once = {line.factor_key + line.field: line for line in compute(calculator, inputs).lines}
    many = {line.factor_key + line.field: line for line in compute(calculator, multiplied).lines}
    for key, line in once.items():
        assert exact_grams(many[key]) == exact_grams(line) * times


@quick
@given(st.integers(1, 15), st.integers(1, 4))
def test_four_nights_in_four_rooms_are_sixteen_nights(nights: int, rooms: int) -> None:
    one = calculate("personal", {"hotel_nights": "1"}, FACTORS).total_g  # 53 500 g, exact
    assert calculate("personal", {"hotel_nights": str(nights * rooms)}, FACTORS).total_g == one * nights * rooms


@quick
@given(st.decimals(min_value=50, max_value=20_000, places=3), st.sampled_from(["economy", "business", "first"]))
def test_a_return_flight_is_two_single_ones(leg_km: Decimal, cabin: str) -> None:
    flight = {"km": plain(leg_km), "cabin": cabin}
    (single,) = calculate("personal", {"flights": [flight]}, FACTORS).lines
    (there_and_back,) = calculate("personal", {"flights": [flight | {"round_trip": True}]}, FACTORS).lines
    assert exact_grams(there_and_back) == 2 * exact_grams(single)
    assert there_and_back.factor_key == single.factor_key


@quick
@given(calculations, st.text(min_size=1, max_size=12), st.text(max_size=5))
def test_an_unknown_field_is_always_refused(calculation: tuple[str, dict[str, str]], name: str, value: str) -> None:
    calculator, inputs = calculation
    assume(name not in FORMS[calculator].by_name)
    with pytest.raises(InputUnknown):
        calculate(calculator, inputs | {name: value}, FACTORS)


@quick
@given(calculation=calculations, legs=flights, rf=st.booleans())
def test_a_calculation_survives_freezing(*, calculation: tuple[str, dict[str, str]], legs: list[Any], rf: bool) -> None:
    calculator, inputs = calculation
    extra: dict[str, Any] = {"flights": legs, "rf": rf} if calculator == "personal" else {"use_defaults": rf}
    result = compute(calculator, inputs | extra)
    assert from_json(as_json(result)) == result
    assert is_reproduced(as_json(result), FACTORS)


@quick
@given(st.decimals(min_value=0, max_value=10**11, places=6))
def test_a_quantity_keeps_its_value_in_its_shortest_spelling(value: Decimal) -> None:
    shortest = plain(value)
    assert read_quantity(shortest) == value
    assert "E" not in shortest
    assert not ("." in shortest and shortest.endswith("0"))


@quick
@given(
    st.lists(st.decimals(min_value=0, max_value=10**6, places=6), min_size=1, max_size=3),
    st.lists(st.sampled_from([Decimal(number) for number in ("1", "2", "3", "1.5", "6.9", "7", "20")]), max_size=2),
    st.decimals(min_value=0, max_value=100, places=10),
)
@example([Decimal("0.5")], [], Decimal("0.001"))  # a half itself, which none of a few dozen is by chance
@example([Decimal("2.5")], [], Decimal("0.001"))
def test_grams_equal_the_fraction_rounded_half_up(
    numbers: list[Decimal], divisors: list[Decimal], factor: Decimal
) -> None:
    exact = Fraction(factor) * 1000
    for number in numbers:
        exact *= Fraction(number)
    for number in divisors:
        exact /= Fraction(number)
    assert grams(numbers, divided_by=divisors, kg_per_unit=factor) == int(exact + Fraction(1, 2))


def test_the_strategies_cover_every_source() -> None:
    assert {name: len(names) for name, names in SOURCES.items()} == {"personal": 29, "event": 27}
    assert all(FORMS["event"].by_name[name].limit(ANY) is not None for name in SOURCES["event"])
