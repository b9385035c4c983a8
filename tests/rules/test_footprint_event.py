"""The event calculator beyond single quantities: travel, materials, phases, groups left out, assumed meals."""

from pathlib import Path

import pytest

from app.footprint.errors import ChoiceUnknown, FactorNotAllowed, GroupLeftOut, InputRepeated, OutOfBounds
from app.footprint.factor_sets.factors import load_factor_set
from app.footprint.form_shapes import Phase
from app.footprint.result_rules import Calculation
from app.footprint.rules import calculate

FACTORS = load_factor_set(Path(__file__).parents[2] / "config" / "factors" / "2025.1")


def event(**inputs: object) -> Calculation:
    return calculate("event", {"attendees": 60, "days": "2"} | inputs, FACTORS)


@pytest.mark.parametrize(
    ("mode", "key"),
    [
        ("flight", "flight.short.economy.norf"),
        ("hsr", "rail.cn"),
        ("coach", "coach"),
        ("metro", "metro.cn"),
        ("bus", "bus.cn"),
        ("car", "car.petrol.cn_lc"),
        ("taxi", "taxi.pkm"),
    ],
)
def test_travel_is_people_times_kilometres_there_and_back(mode: str, key: str) -> None:
    entry = {"mode": mode, "people": 30, "km_each_way": "800.5"}
    (one_way,) = event(travel=[entry]).lines
    (return_trip,) = event(travel=[entry | {"round_trip": True}]).lines
    assert (one_way.factor_key, one_way.quantity, one_way.working) == (key, "24015", "30 × 800.5")
    assert (return_trip.quantity, return_trip.working) == ("48030", "30 × 800.5 × 2")
    assert one_way.category.zh == "交通"


def test_forcing_is_counted_and_shown_for_flights_only() -> None:
    flight = {"mode": "flight", "people": 1, "km_each_way": "1000"}
    assert event(travel=[flight], rf=True).flags == ("rf",)
    assert event(travel=[flight | {"mode": "hsr"}], rf=True).flags == ()


def test_materials_are_counted_by_their_own_factor() -> None:
    result = event(
        materials=[{"factor_key": "material.wood", "kg": "100"}, {"factor_key": "material.glass", "kg": "10"}]
    )
    assert [(line.factor_key, line.grams) for line in result.lines] == [
        ("material.wood", 26_950),
        ("material.glass", 14_028),
    ]


@pytest.mark.parametrize(
    "key", ["elec_pcf.cn.national.2024", "grid.cn.sichuan.2023", "tree.year", "material.unobtainium", "x"]
)
def test_only_a_material_may_stand_among_materials(key: str) -> None:
    with pytest.raises(FactorNotAllowed) as refusal:
        event(materials=[{"factor_key": "material.wood", "kg": "1"}, {"factor_key": key, "kg": "1"}])
    assert refusal.value.field == "/materials/1/factor_key"


@pytest.mark.parametrize(
    ("route", "key"),
    [
        ("incineration", "waste.incineration.cn"),
        ("landfill", "waste.landfill.commercial"),
        ("compost", "waste.compost.food"),
        ("recycle", "waste.recycle.paper"),
    ],
)
def test_waste_is_counted_by_its_treatment(route: str, key: str) -> None:
    assert event(waste_kg="1000", waste_route=route).lines[0].factor_key == key
    assert event(waste_kg="1000").lines[0].factor_key == "waste.incineration.cn"


def test_the_seven_categories_print_in_order() -> None:
    result = event(
        waste_kg="10",
        paper_a4="100",
        meals_mixed="10",
        room_nights="10",
        metro_pkm="10",
        electricity_kwh="10",
        lpg_kg="1",
    )
    assert [line.category.zh for line in result.lines] == [
        "化石燃料", "电力热力", "交通", "住宿", "餐饮", "会议用品", "废弃物",
    ]  # fmt: skip


def test_a_line_carries_its_usual_phase_unless_the_organiser_moves_it() -> None:
    inputs = {"banner_m2": "10", "electricity_kwh": "10", "waste_kg": "10"}
    usual = {line.field: line.phase for line in event(**inputs).lines}
    assert usual == {"/banner_m2": Phase.PREPARE, "/electricity_kwh": Phase.HOLD, "/waste_kg": Phase.CLOSE}
    moved = event(**inputs, phases=[{"field": "electricity_kwh", "phase": "prepare"}])
    assert {line.phase for line in moved.lines if line.field == "/electricity_kwh"} == {Phase.PREPARE}
    assert moved.total_g == event(**inputs).total_g


def test_a_phase_may_be_given_only_once_and_only_to_a_source() -> None:
    with pytest.raises(InputRepeated) as repeated:
        event(lpg_kg="1", phases=[{"field": "lpg_kg", "phase": "hold"}, {"field": "lpg_kg", "phase": "close"}])
    assert repeated.value.field == "/phases/1/field"
    with pytest.raises(ChoiceUnknown):
        event(lpg_kg="1", phases=[{"field": "attendees", "phase": "hold"}])


def test_a_group_is_left_out_with_a_reason_that_is_kept() -> None:
    result = event(lpg_kg="1", excluded=[{"group": "lodging", "reason": "  当日往返，\n无住宿  "}])
    (left_out,) = result.exclusions
    assert (left_out.group, left_out.category.zh, left_out.reason) == ("lodging", "住宿", "当日往返， 无住宿")


@pytest.mark.parametrize("reason", ["", " ", "无", "x" * 501])
def test_a_group_is_not_left_out_without_a_written_reason(reason: str) -> None:
    with pytest.raises(OutOfBounds) as refusal:
        event(lpg_kg="1", excluded=[{"group": "lodging", "reason": reason}])
    assert refusal.value.field == "/excluded/0/reason"


def test_a_group_left_out_may_not_be_filled_in() -> None:
    excluded = [{"group": "transport", "reason": "由主办方另行核算"}]
    with pytest.raises(GroupLeftOut) as quantity:
        event(metro_pkm="1", excluded=excluded)
    assert quantity.value.field == "/metro_pkm"
    with pytest.raises(GroupLeftOut) as entries:
        event(travel=[{"mode": "bus", "people": 1, "km_each_way": "1"}], excluded=excluded)
    assert entries.value.field == "/travel"
    assert event(lpg_kg="1", metro_pkm="0", travel=[], excluded=excluded).total_g == 2_954


def test_a_group_is_left_out_only_once() -> None:
    with pytest.raises(InputRepeated):
        event(lpg_kg="1", excluded=[{"group": "waste", "reason": "极少"}, {"group": "waste", "reason": "可忽略"}])


def test_meals_left_blank_are_assumed_only_when_asked_for() -> None:
    assumed = event(days="0.5", use_defaults=True)
    (line,) = assumed.lines
    assert (line.factor_key, line.quantity, line.working) == ("meal.mixed", "60", "60 × 0.5 × 2")
    assert (line.category.zh, assumed.flags) == ("餐饮", ("meals_assumed",))


@pytest.mark.parametrize(
    "inputs",
    [
        {"meals_vegan": "10"},
        {"meals_mixed": "0"},
        {"excluded": [{"group": "catering", "reason": "不供餐"}]},
        {"use_defaults": False},
    ],
)
def test_meals_are_not_assumed_where_something_is_said_about_them(inputs: dict[str, object]) -> None:
    result = event(**({"lpg_kg": "1", "use_defaults": True} | inputs))
    assert result.flags == ()
    assert "meal.mixed" not in {line.factor_key for line in result.lines}
