"""The event calculator beyond its form: travel, materials, assumed meals, groups left out, the market-based figure."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from app.footprint.calculators.event_sources import CATERING
from app.footprint.calculators.form_parts import MEAL_FIELDS
from app.footprint.errors import FactorNotAllowed, GroupLeftOut
from app.footprint.form_shapes import Field, Kind, Phase
from app.footprint.input_rules import Item, Reading, unique
from app.footprint.line_rules import TWO, Workbench, flight_line, there_and_back
from app.footprint.quantity_rules import EXACT
from app.footprint.result_rules import Exclusion, Line
from app.kernel.text import Text

_MATERIAL: Final = "material"


def check(reading: Reading) -> None:
    """Rules between fields.

    Raises:
        GroupLeftOut: a group is excluded and filled in.
        InputRepeated: a group is excluded, or a field given a phase, twice.
    """
    excluded = unique(reading, "excluded", "group")
    unique(reading, "phases", "field")
    for each in reading.form.fields:
        if each.group not in excluded:
            continue
        if each.name in reading.lists or (each.kind is Kind.QUANTITY and reading.number(each.name)):
            category = reading.form.categories[each.group]
            raise GroupLeftOut(
                field="/" + each.name,
                group_zh=category.zh,
                group_en=category.en,
                label_zh=each.label.zh,
                label_en=each.label.en,
            )


def exclusions(reading: Reading) -> tuple[Exclusion, ...]:
    """The groups left out, in the order given."""
    return tuple(
        Exclusion(group=group, category=reading.form.categories[group], reason=str(item["reason"]))
        for group, item in unique(reading, "excluded", "group").items()
    )


def phases(reading: Reading) -> dict[str, Phase]:
    """The phases the organiser changed, by field."""
    return {name: Phase(str(item["phase"])) for name, item in unique(reading, "phases", "field").items()}


def travel_lines(bench: Workbench, each: Field, items: tuple[Item, ...]) -> Iterator[Line]:
    """People × kilometres, there and back where it is so, one line per entry."""
    modes = next(part for part in each.items if part.name == "mode")
    for index, item in enumerate(items):
        pointer = f"/{each.name}/{index}"
        mode, people, leg_km = modes.choice(str(item["mode"])), Decimal(item["people"]), Decimal(item["km_each_way"])
        if mode.factor_key is None:
            yield flight_line(bench, each, item, leg_km=leg_km, people=(people,), pointer=pointer)
        else:
            yield bench.line(
                each,
                bench.factor_set.factor(mode.factor_key),
                label=mode.label,
                multiplied=(people, leg_km, *there_and_back(item)),
                pointer=pointer,
            )


def material_lines(bench: Workbench, each: Field, items: tuple[Item, ...]) -> Iterator[Line]:
    """Kilograms of goods by their `material.*` factor.

    Raises:
        FactorNotAllowed: the key is of another family or not in the set.
    """
    for index, item in enumerate(items):
        key = str(item["factor_key"])
        factor = bench.factor_set.factors.get(key)
        if factor is None or factor.family != _MATERIAL:
            raise FactorNotAllowed(field=f"/{each.name}/{index}/factor_key", key=key)
        name = key.removeprefix(_MATERIAL + ".")
        yield bench.line(
            each,
            factor,
            label=Text(zh=f"{each.label.zh}（{name}）", en=f"{each.label.en} ({name})"),
            multiplied=(Decimal(item["kg"]),),
            pointer=f"/{each.name}/{index}",
        )


def assumed_meals(reading: Reading) -> dict[str, tuple[Decimal, ...]]:
    """Two mixed meals a head and day, where the organiser asked for it and no meal field is given, not even as 0."""
    if not reading.ticked("use_defaults") or any(name in reading.values for name in MEAL_FIELDS):
        return {}
    if CATERING in unique(reading, "excluded", "group"):
        return {}
    return {"meals_mixed": (reading.number("attendees"), reading.number("days"), TWO)}


def market_line(bench: Workbench) -> Line | None:
    """Electricity without the green part, by the national residual factor; None where no electricity was given."""
    reading = bench.reading
    if not reading.number("electricity_kwh"):
        return None
    electricity = reading.form.by_name["electricity_kwh"]
    factor = bench.factor_set.market_factor(year=int(reading.number("activity_year")))
    rest = EXACT.subtract(reading.number("electricity_kwh"), reading.number("green_kwh"))
    label = Text(zh="净购入电力（基于市场）", en="Purchased electricity (market-based)")
    return bench.line(electricity, factor, label=label, multiplied=(rest,))
