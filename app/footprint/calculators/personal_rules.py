"""The personal calculator beyond its form: flights, and food that is given one way only."""

from collections.abc import Iterator, Mapping

from app.footprint.calculators.form_parts import MEAL_FIELDS
from app.footprint.errors import AirportsNotSupported, InputMissing, MealsAndDiet
from app.footprint.form_shapes import Field
from app.footprint.input_rules import Item, Reading
from app.footprint.line_rules import Workbench, flight_line
from app.footprint.result_rules import Line


def refuse_airports(inputs: Mapping[str, object]) -> None:
    """Answer a flight by airport codes with what to give instead, before it counts as an unknown field.

    Raises:
        AirportsNotSupported: a flight names `from` or `to`.
    """
    flights = inputs.get("flights")
    if not isinstance(flights, list | tuple):
        return
    for index, flight in enumerate(flights):
        for end in ("from", "to"):
            if isinstance(flight, Mapping) and end in flight:
                raise AirportsNotSupported(field=f"/flights/{index}/{end}")


def check(reading: Reading) -> None:
    """Rules between fields.

    Raises:
        MealsAndDiet: food is given both ways.
        InputMissing: a diet without days, or days without a diet.
    """
    has_days, has_diet = reading.number("diet_days") > 0, "diet" in reading.values
    if not (has_days or has_diet):
        return
    for name in MEAL_FIELDS:
        if reading.number(name) > 0:
            raise MealsAndDiet(field="/" + name)
    if has_days != has_diet:
        missing = reading.form.by_name["diet_days" if has_diet else "diet"]
        raise InputMissing(field="/" + missing.name, label_zh=missing.label.zh, label_en=missing.label.en)


def flight_lines(bench: Workbench, each: Field, items: tuple[Item, ...]) -> Iterator[Line]:
    """One line per flight."""
    for index, item in enumerate(items):
        leg_km = item["km"]
        assert not isinstance(leg_km, str | int), leg_km
        yield flight_line(bench, each, item, leg_km=leg_km, people=(), pointer=f"/{each.name}/{index}")
