"""The event calculator on a page: what the host itself emits, drawn from the calculator's own form."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from app import footprint
from app.footprint import FactorSet, Field, Form
from app.kernel.text import Language, Text
from app.kernel.typed import typed_number
from app.views.scene_drafts.content import Content

_FORM: Final[Form] = footprint.FORMS["event"]
_ROWS_MOST: Final = 20
_SPARE: Final = 2
_SKIPPED: Final = frozenset(
    {"phases", "excluded", "travel", "materials", "province", "activity_year", "attendees", "days"}
)
"""Drawn in their own way, or chosen for the host."""
_MATERIALS: Final = {
    "paper.office": Text(zh="办公用纸", en="office paper"),
    "paper.board": Text(zh="纸板", en="board"),
    "plastic.avg": Text(zh="塑料（平均）", en="plastic, average"),
    "plastic.pet": Text(zh="PET 塑料", en="PET"),
    "plastic.pp": Text(zh="PP 塑料", en="PP"),
    "plastic.pe_film": Text(zh="PE 薄膜", en="PE film"),
    "plastic.pvc": Text(zh="PVC", en="PVC"),
    "glass": Text(zh="玻璃", en="glass"),
    "aluminium.cans": Text(zh="铝罐", en="aluminium cans"),
    "steel.cans": Text(zh="钢罐", en="steel cans"),
    "textile.clothing": Text(zh="服装纺织品", en="clothing"),
    "food_drink.avg": Text(zh="食品饮料（平均）", en="food and drink, average"),
    "wood": Text(zh="木材", en="wood"),
    "concrete": Text(zh="混凝土", en="concrete"),
    "bricks": Text(zh="砖", en="bricks"),
    "metal.scrap_mix": Text(zh="混合废金属", en="scrap metal"),
    "battery.liion": Text(zh="锂电池", en="lithium batteries"),
    "electronics.it": Text(zh="电子设备", en="electronics"),
}
"""What a reader calls them; a material that a newer factor set has, and this does not, is shown by its key."""


@dataclass(frozen=True, slots=True)
class HostField:
    """One input of the calculator."""

    name: str
    label: str
    unit: str
    shape: str
    """`quantity`, `count`, `tick` or `choice`."""
    choices: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class HostGroup:
    """Fields that belong together, and the group's reason where it is left out."""

    code: str
    label: str
    fields: tuple[HostField, ...]


def groups(language: Language) -> tuple[HostGroup, ...]:
    """The form as the page draws it: the groups of sources with their plain fields."""
    return tuple(
        HostGroup(
            group.code,
            group.category.in_(language),
            tuple(
                _field(one, language) for one in _FORM.fields if one.group == group.code and one.name not in _SKIPPED
            ),
        )
        for group in _FORM.groups
        if group.code != "basis"
    )


def travel_modes(language: Language) -> tuple[tuple[str, str], ...]:
    """Means of transport for a row of travel."""
    (mode,) = (part for part in _FORM.by_name["travel"].items if part.name == "mode")
    return tuple((one.value, one.label.in_(language)) for one in mode.choices)


def materials(factor_set: FactorSet, language: Language) -> tuple[tuple[str, str], ...]:
    """Materials that the factor set knows."""
    keys = [key for key in factor_set.factors if key.startswith("material.")]
    names = {key: key.removeprefix("material.") for key in keys}
    return tuple((key, _MATERIALS[name].in_(language) if name in _MATERIALS else name) for key, name in names.items())


def rows(typed: Mapping[str, str], what: str) -> range:
    """How many rows a list has on the page: those that are filled in, and some to go on with."""
    taken = [at for at in range(_ROWS_MOST) if any(typed.get(f"{what}_{at}_{part}") for part in _PARTS[what])]
    return range(min(_ROWS_MOST, (taken[-1] + 1 if taken else 0) + _SPARE))


_PARTS: Final = {"travel": ("people", "km_each_way"), "materials": ("kg",)}


def typed(content: Content) -> dict[str, str]:
    """The host's figures as the form shows them; people and days as the draft knows them where nothing was said.

    Programs may have written anything into a draft: what no field can show is left out, and named where it is put forward.
    """
    known: dict[str, str] = {}
    if content.people:
        known["attendees"] = str(content.people)
    if content.starts_on and content.ends_on:
        known["days"] = str((content.ends_on - content.starts_on).days + 1)
    for name, value in content.event.items():
        items = [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
        if name == "excluded":
            known |= {
                f"reason_{one['group']}": str(one["reason"]) for one in items if {"group", "reason"} <= one.keys()
            }
        elif isinstance(value, list):
            for at, one in enumerate(items):
                known |= {f"{name}_{at}_{part}": _shown(each) for part, each in one.items()}
        else:
            known[name] = _shown(value)
    return known


def read(data: Mapping[str, str], factor_set: FactorSet) -> tuple[dict[str, Any], dict[str, str]]:
    """Inputs of the calculator, and where in the form each JSON Pointer stands. The calculator checks them."""
    inputs: dict[str, Any] = {}
    places: dict[str, str] = {}
    for one in _FORM.fields:
        text = data.get(one.name, "").strip()
        if one.name in {"travel", "materials", "phases", "excluded"}:
            continue
        if one.kind.value == "tick":
            if text:
                inputs[one.name] = True
        elif text:
            inputs[one.name] = _number(text) if one.kind.value == "count" else typed_number(text) or text
    for what in ("travel", "materials"):
        items = _items(data, what, places)
        if items:
            inputs[what] = items
    excluded = [
        {"group": group.code, "reason": reason[:500]}
        for group in _FORM.groups
        if (reason := data.get(f"reason_{group.code}", "").strip()) and group.code != "basis"
    ]
    if excluded:
        inputs["excluded"] = excluded
        places |= {f"excluded/{at}/reason": f"reason_{one['group']}" for at, one in enumerate(excluded)}
    assert factor_set.version, "what it is computed with"
    return inputs, places


def _items(data: Mapping[str, str], what: str, places: dict[str, str]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    for at in range(_ROWS_MOST):
        row = {part: data.get(f"{what}_{at}_{part}", "").strip() for part in (*_PARTS[what], *_CHOSEN[what])}
        if not any(row[part] for part in _PARTS[what]):
            continue
        places |= {f"{what}/{len(items)}/{part}": f"{what}_{at}_{part}" for part in row}
        item: dict[str, Any] = {
            part: text if part in _CHOSEN[what] else typed_number(text) or text for part, text in row.items() if text
        }
        if "people" in item:
            item["people"] = _number(item["people"])
        items.append(item)
    return items


_CHOSEN: Final = {"travel": ("mode",), "materials": ("factor_key",)}


def _number(text: str) -> int | str:
    """A count as JSON has it; what is none stays a text, which the calculator refuses by its name."""
    plain = typed_number(text) or ""
    return int(plain) if plain.isdecimal() and len(plain) < 12 else text


def _shown(value: object) -> str:
    return "on" if value is True else "" if value is False else str(value)


def _field(one: Field, language: Language) -> HostField:
    return HostField(
        name=one.name,
        label=one.label.in_(language),
        unit=one.unit.in_(language) if one.unit else "",
        shape=one.kind.value,
        choices=tuple((choice.value, choice.label.in_(language)) for choice in one.choices),
    )
