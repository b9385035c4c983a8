"""What the calculators refuse, where they point, and what they let a reader confirm."""

from pathlib import Path
from typing import Any

import pytest

from app.footprint.calculators.forms import FORMS
from app.footprint.errors import (
    AirportsNotSupported,
    CalculatorUnknown,
    ChoiceUnknown,
    InputMalformed,
    InputMissing,
    InputUnknown,
    MealsAndDiet,
    NothingEmitted,
    OutOfBounds,
)
from app.footprint.factor_sets.factors import load_factor_set
from app.footprint.form_shapes import ANY, Field, Form, Kind
from app.footprint.result_rules import Calculation
from app.footprint.rules import calculate
from app.kernel.errors import DomainError

FACTORS = load_factor_set(Path(__file__).parents[2] / "config" / "factors" / "2025.1")


def personal(**inputs: object) -> Calculation:
    return calculate("personal", inputs, FACTORS)


def event(**inputs: object) -> Calculation:
    return calculate("event", inputs, FACTORS)


def refused(kind: type[DomainError], calculator: str = "personal", /, **inputs: object) -> DomainError:
    with pytest.raises(kind) as refusal:
        calculate(calculator, inputs, FACTORS)
    error = refusal.value
    message = error.message()
    assert "{" not in message.zh + message.en, message
    return error


def test_an_unknown_calculator_is_not_found() -> None:
    with pytest.raises(CalculatorUnknown):
        calculate("astrology", {}, FACTORS)


@pytest.mark.parametrize("calculator", ["personal", "event"])
def test_an_unknown_field_is_refused_by_name(calculator: str) -> None:
    error = refused(InputUnknown, calculator, metro_kms="1")
    assert error.field == "/metro_kms"
    assert "metro_kms" in error.message().zh


def test_an_unknown_field_inside_a_list_is_refused_by_its_place() -> None:
    flights = [{"km": "900"}, {"km": "900", "class": "first"}]
    assert refused(InputUnknown, flights=flights).field == "/flights/1/class"


def test_a_pointer_escapes_what_json_pointer_reserves() -> None:
    assert refused(InputUnknown, "event", **{"a/b~c": "1"}).field == "/a~1b~0c"


@pytest.mark.parametrize(
    "written",
    [
        4.6,
        5,
        True,
        None,
        "",
        " 1",
        "1 ",
        "+1",
        "-1",
        "1e3",
        "1,5",
        ".5",
        "5.",
        "0x10",
        "１",
        "NaN",
        "Infinity",
        "1.0000001",
        "1\n",
        [],
        {},
    ],
)
def test_a_quantity_must_be_a_plain_decimal_string(written: object) -> None:
    error = refused(InputMalformed, electricity_kwh=written)
    assert error.field == "/electricity_kwh"
    assert "6" in error.message().en


@pytest.mark.parametrize("written", ["3", 3.0, True, None])
def test_a_count_of_people_must_be_a_json_integer(written: object) -> None:
    assert refused(InputMalformed, household_size=written, metro_km="1").field == "/household_size"
    assert refused(InputMalformed, "event", attendees=written, meals_mixed="1").field == "/attendees"


def test_a_tick_must_be_a_json_boolean() -> None:
    assert refused(InputMalformed, rf="true", flights=[{"km": "900"}]).field == "/rf"
    assert refused(InputMalformed, flights=[{"km": "900", "round_trip": 1}]).field == "/flights/0/round_trip"


@pytest.mark.parametrize("flights", ["900", {"km": "900"}, ["900"], [None]])
def test_a_list_must_be_a_list_of_objects(flights: object) -> None:
    assert str(refused(InputMalformed, flights=flights).field).startswith("/flights")


@pytest.mark.parametrize("inputs", [None, [], "metro_km", 3])
def test_inputs_that_are_no_object_are_refused(inputs: Any) -> None:
    with pytest.raises(InputMalformed):
        calculate("personal", inputs, FACTORS)


def test_an_unknown_choice_lists_the_known_ones() -> None:
    error = refused(ChoiceUnknown, mode="week")
    assert error.field == "/mode"
    assert "event_visit" in error.message().zh
    assert refused(ChoiceUnknown, province="999999", metro_km="1").field == "/province"
    assert refused(ChoiceUnknown, flights=[{"km": "900", "cabin": "cargo"}]).field == "/flights/0/cabin"


# The bounds of the field guide, one by one: (field, day, year).
PERSONAL_BOUNDS = [
    ("electricity_kwh", "300", "100000"),
    ("natural_gas_m3", "50", "20000"),
    ("lpg_kg", "50", "2000"),
    ("water_m3", "20", "5000"),
    ("metro_km", "1500", "200000"),
    ("bus_km", "1500", "200000"),
    ("coach_km", "1500", "200000"),
    ("hsr_km", "5000", "200000"),
    ("car_km", "2000", "200000"),
    ("taxi_km", "1000", "50000"),
    ("ebike_km", "200", "20000"),
    ("hotel_nights", "60", "366"),
    *(
        (f"meals_{dish}", "10", "1200")
        for dish in ("beef", "chicken", "fish_white", "fish_fatty", "vegetarian", "vegan", "mixed")
    ),
    *((f"clothes_{piece}", "20", "300") for piece in ("tshirt", "jeans", "sweater", "coat", "shoes")),
    ("phone", "5", "5"),
    ("laptop", "5", "5"),
    ("bottled_water_l", "20", "2000"),
    ("waste_kg", "50", "5000"),
]


@pytest.mark.parametrize(("field", "day", "year"), PERSONAL_BOUNDS)
def test_a_personal_quantity_ends_at_its_bound(field: str, day: str, year: str) -> None:
    for mode, bound in (("day", day), ("event_visit", day), ("year", year)):
        assert personal(mode=mode, **{field: bound}).total_g > 0
        error = refused(OutOfBounds, mode=mode, **{field: bound + ".000001"})
        assert (error.field, error.facts["maximum"]) == ("/" + field, bound)
        assert bound in error.message().zh and bound in error.message().en


@pytest.mark.parametrize(
    ("inputs", "field"),
    [
        ({"household_size": 0, "metro_km": "1"}, "/household_size"),
        ({"household_size": 21, "metro_km": "1"}, "/household_size"),
        ({"car_occupancy": "0.9", "car_km": "1"}, "/car_occupancy"),
        ({"car_occupancy": "7.1", "car_km": "1"}, "/car_occupancy"),
        ({"taxi_people": 7, "taxi_km": "1"}, "/taxi_people"),
        ({"room_share": 5, "hotel_nights": "1"}, "/room_share"),
        ({"walk_bike_km": "200.1", "metro_km": "1"}, "/walk_bike_km"),
        ({"diet": "vegan", "diet_days": "1.5"}, "/diet_days"),
        ({"activity_year": 2020, "metro_km": "1"}, "/activity_year"),
        ({"flights": [{"km": "49.9"}]}, "/flights/0/km"),
        ({"flights": [{"km": "900"}, {"km": "20000.1"}]}, "/flights/1/km"),
        ({"flights": [{"km": "900"}] * 41}, "/flights"),
        ({"household_size": 10**5000, "metro_km": "1"}, "/household_size"),
    ],
)
def test_a_personal_bound_is_named_by_its_place(inputs: dict[str, object], field: str) -> None:
    assert refused(OutOfBounds, **inputs).field == field


def test_people_in_a_car_are_given_in_tenths() -> None:
    assert personal(car_km="30", car_occupancy="1.5").lines[0].working == "30 ÷ 1.5"
    assert refused(InputMalformed, car_km="30", car_occupancy="1.55").field == "/car_occupancy"


@pytest.mark.parametrize(
    ("inputs", "field", "maximum"),
    [
        ({"attendees": 5_000_001}, "/attendees", "5000000"),
        ({"days": "60.5"}, "/days", "60"),
        ({"days": "0.4"}, "/days", "60"),
        ({"generator_diesel_l": "1000000.1"}, "/generator_diesel_l", "1000000"),
        ({"natural_gas_m3": "10000000.1"}, "/natural_gas_m3", "10000000"),
        ({"electricity_kwh": "100000000.1"}, "/electricity_kwh", "100000000"),
        ({"electricity_kwh": "96", "green_kwh": "96.1"}, "/green_kwh", "96"),
        ({"green_kwh": "1"}, "/green_kwh", "0"),
        ({"heat_gj": "1000000.1"}, "/heat_gj", "1000000"),
        ({"room_nights": "120.1"}, "/room_nights", "120"),
        ({"meals_vegan": "600.1"}, "/meals_vegan", "600"),
        ({"badges": "120.1"}, "/badges", "120"),
        ({"tshirts": "120.1"}, "/tshirts", "120"),
        ({"paper_a4": "100000000.1"}, "/paper_a4", "100000000"),
        ({"banner_m2": "1000000.1"}, "/banner_m2", "1000000"),
        ({"bottled_water_l": "600.1"}, "/bottled_water_l", "600"),
        ({"waste_kg": "2400.1"}, "/waste_kg", "2400"),
        ({"travel": [{"mode": "hsr", "people": 61, "km_each_way": "1"}]}, "/travel/0/people", "60"),
        ({"travel": [{"mode": "hsr", "people": 1, "km_each_way": "20000.1"}]}, "/travel/0/km_each_way", "20000"),
        ({"travel": [{"mode": "hsr", "people": 1, "km_each_way": "0.9"}]}, "/travel/0/km_each_way", "20000"),
    ],
)
def test_an_event_bound_follows_attendees_and_days(inputs: dict[str, object], field: str, maximum: str) -> None:
    error = refused(OutOfBounds, "event", **({"attendees": 60, "days": "2"} | inputs))
    assert (error.field, error.facts["maximum"]) == (field, maximum)


def test_an_event_left_blank_has_fifty_people_for_a_day() -> None:
    assert refused(OutOfBounds, "event", room_nights="50.1").facts["maximum"] == "50"


def test_food_is_given_as_meals_or_as_a_diet_never_both() -> None:
    assert refused(MealsAndDiet, meals_vegan="1", diet="vegan", diet_days="1").field == "/meals_vegan"
    assert refused(MealsAndDiet, meals_vegan="1", diet="vegan").code == "footprint.meals_and_diet"
    assert personal(meals_vegan="0", diet="vegan", diet_days="1").total_g == 2_700


def test_a_diet_needs_its_days_and_days_need_a_diet() -> None:
    assert refused(InputMissing, diet="vegan", metro_km="1").field == "/diet_days"
    assert refused(InputMissing, diet_days="1", metro_km="1").field == "/diet"


def test_a_flight_without_distance_is_refused() -> None:
    assert refused(InputMissing, flights=[{"cabin": "economy"}]).field == "/flights/0/km"


def test_a_flight_by_airports_is_told_to_give_kilometres() -> None:
    error = refused(AirportsNotSupported, flights=[{"km": "900"}, {"from": "CTU", "to": "PEK"}])
    assert error.field == "/flights/1/from"
    assert "km" in error.message().zh


@pytest.mark.parametrize("inputs", [{}, {"metro_km": "0"}, {"walk_bike_km": "12"}, {"metro_km": "0.000001"}])
def test_a_footprint_of_zero_is_refused(inputs: dict[str, object]) -> None:
    refused(NothingEmitted, **inputs)


def test_lines_of_zero_are_left_out() -> None:
    lines = personal(metro_km="1", bus_km="0", walk_bike_km="5", meals_vegan="0.000001").lines
    assert [line.field for line in lines] == ["/metro_km"]


def test_more_than_a_tenth_of_a_bound_asks_to_be_confirmed() -> None:
    assert personal(metro_km="150").confirmations == ()
    (asked,) = personal(metro_km="150.1").confirmations
    assert (asked.field, asked.value, asked.maximum) == ("/metro_km", "150.1", "1500")
    assert personal(mode="year", metro_km="150.1").confirmations == ()
    assert [each.field for each in event(electricity_kwh="10000001").confirmations] == ["/electricity_kwh"]
    assert [each.field for each in personal(flights=[{"km": "2000"}, {"km": "2001"}]).confirmations] == [
        "/flights/1/km"
    ]


def test_divisors_and_bounds_that_follow_the_attendees_ask_for_nothing() -> None:
    assert personal(household_size=20, car_occupancy="7", electricity_kwh="1").confirmations == ()
    assert event(attendees=10, meals_mixed="50", room_nights="10").confirmations == ()


def test_the_province_changes_the_figure() -> None:
    assert personal(electricity_kwh="100").total_g == 15_640
    assert personal(electricity_kwh="100", province="420000").total_g == 40_440
    assert personal(electricity_kwh="100", province="CN").total_g == 53_060
    assert personal(electricity_kwh="100", province="540000").lines[0].factor_key == "grid.cn.national.2023"


def test_the_year_changes_the_figure_and_is_kept_even_when_left_out() -> None:
    assert personal(electricity_kwh="100", activity_year=2021).total_g == 12_550
    assert personal(electricity_kwh="100").inputs["activity_year"] == 2026  # the set takes effect in 2026
    assert personal(electricity_kwh="100").inputs["province"] == "510000"


def test_a_household_shares_what_the_house_uses_and_nothing_else() -> None:
    home = {"electricity_kwh": "10", "natural_gas_m3": "10", "lpg_kg": "10", "water_m3": "10"}
    alone = {line.factor_key: line.grams for line in personal(**home, metro_km="10", hotel_nights="1").lines}
    shared = {
        line.factor_key: line for line in personal(**home, metro_km="10", hotel_nights="1", household_size=4).lines
    }
    divided = {key for key, line in shared.items() if line.working}
    assert divided == {
        "grid.cn.sichuan.2023",
        "fuel.natural_gas.nm3",
        "fuel.lpg.kg",
        "water.supply.cn",
        "water.treatment",
    }
    assert all(shared[key].grams == alone[key] for key in alone.keys() - divided)
    assert all(abs(shared[key].grams * 4 - alone[key]) <= 2 for key in divided)


def test_a_year_is_shared_by_three_unless_said_otherwise() -> None:
    assert personal(mode="year", electricity_kwh="300").lines[0].quantity == "100"
    assert personal(mode="day", electricity_kwh="300").lines[0].quantity == "300"


@pytest.mark.parametrize(
    ("fuel", "key"),
    [
        ("petrol", "car.petrol.cn_lc"),
        ("diesel", "car.diesel.avg"),
        ("hybrid", "car.hybrid.avg"),
        ("ev", "car.ev.cn_lc"),
    ],
)
def test_a_car_is_counted_by_its_kind(fuel: str, key: str) -> None:
    assert personal(car_km="10", car_fuel=fuel).lines[0].factor_key == key
    assert personal(car_km="10").lines[0].factor_key == "car.petrol.cn_lc"


def test_an_ebike_is_its_electricity() -> None:
    (line,) = personal(ebike_km="100").lines
    assert (line.quantity, line.unit, line.factor_key, line.grams) == ("1.2", "kWh", "grid.cn.sichuan.2023", 188)


@pytest.mark.parametrize(
    ("flight", "rf", "key", "flags"),
    [
        ({"km": "600"}, False, "flight.domestic.avg.norf", ("cabin_average",)),
        ({"km": "700"}, False, "flight.short.economy.norf", ()),
        ({"km": "3700", "cabin": "business"}, True, "flight.short.business.rf", ("rf",)),
        ({"km": "2000", "cabin": "first"}, True, "flight.short.avg.rf", ("rf", "cabin_average")),
        ({"km": "3701", "cabin": "first"}, False, "flight.long.first.norf", ()),
        ({"km": "9000", "cabin": "avg"}, False, "flight.long.avg.norf", ()),
        # Twice 2 000 km is no long flight: the band is that of one leg.
        ({"km": "2000", "round_trip": True}, False, "flight.short.economy.norf", ()),
    ],
)
def test_a_flight_is_counted_by_leg_cabin_and_forcing(
    *, flight: dict[str, object], rf: bool, key: str, flags: tuple[str, ...]
) -> None:
    result = personal(flights=[flight], rf=rf)
    assert (result.lines[0].factor_key, result.flags) == (key, flags)


# The forms themselves.


@pytest.mark.parametrize("form", FORMS.values(), ids=lambda form: form.calculator)
def test_every_field_is_labelled_bounded_and_grouped(form: Form) -> None:
    groups = {group.code for group in form.groups}

    def check(field: Field) -> None:
        assert field.label.zh and field.label.en and field.label.zh != field.label.en
        assert field.group in groups
        assert (field.kind is Kind.CHOICE) == bool(field.choices)
        assert (field.kind is Kind.LIST) == bool(field.items)
        if field.kind in {Kind.QUANTITY, Kind.COUNT, Kind.LIST, Kind.WORDS}:
            modes = [choice.value for choice in form.by_name["mode"].choices] if "mode" in form.by_name else [ANY]
            assert all(field.limit(mode) is not None for mode in modes), field.name
        for part in field.items:
            check(part)

    for field in form.fields:
        check(field)


@pytest.mark.parametrize("form", FORMS.values(), ids=lambda form: form.calculator)
def test_a_bound_multiplies_only_fields_read_before_it(form: Form) -> None:
    read: set[str] = set()
    for field in form.fields:
        for limit in (*field.limits.values(), *(limit for part in field.items for limit in part.limits.values())):
            assert set(limit.times) <= read, field.name
        read.add(field.name)


@pytest.mark.parametrize("form", FORMS.values(), ids=lambda form: form.calculator)
def test_no_inventory_line_uses_life_cycle_electricity(form: Form) -> None:
    assert not [key for key in form.factor_keys() if key.startswith(("elec_pcf.", "tree."))]


def test_every_text_of_the_forms_has_both_languages() -> None:
    def texts(field: Field) -> list[Any]:
        nested = [text for part in field.items for text in texts(part)]
        choices = [text for choice in field.choices for text in (choice.label, choice.line) if text]
        uses = [use.label for use in field.uses if use.label]
        return [field.label, *([field.unit] if field.unit else []), *choices, *uses, *nested]

    found = [text for form in FORMS.values() for field in form.fields for text in texts(field)]
    assert len(found) > 150
    assert all(text.zh.strip() and text.en.strip() for text in found)
