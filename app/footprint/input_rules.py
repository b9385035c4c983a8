"""Reading what a person typed against a form: every kind checked strictly, the first fault raised.

Left out means the default, and zero for a quantity. What passes is kept twice: as values to compute
with, and in canonical spelling to be frozen.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from app.footprint.errors import (
    ChoiceUnknown,
    InputMalformed,
    InputMissing,
    InputRepeated,
    InputUnknown,
    OutOfBounds,
)
from app.footprint.form_shapes import ANY, Field, Form, Kind, Limit
from app.footprint.quantity_rules import EXACT, plain, read_quantity
from app.footprint.result_rules import Confirmation
from app.kernel.text import Text

Value = Decimal | int | bool | str
Item = Mapping[str, Value]

_ZERO: Final = Decimal(0)

_EXPECTED: Final = {
    Kind.QUANTITY: Text(
        zh="不小于 0、最多 {places} 位小数的十进制字符串", en="a decimal string ≥ 0 of at most {places} decimals"
    ),
    Kind.COUNT: Text(zh="整数", en="an integer"),
    Kind.TICK: Text(zh="true 或 false", en="true or false"),
    Kind.CHOICE: Text(zh="字符串", en="a string"),
    Kind.WORDS: Text(zh="文字", en="a text"),
    Kind.LIST: Text(zh="列表", en="a list of objects"),
}


@dataclass(slots=True)
class Reading:
    """Checked inputs of one calculation."""

    form: Form
    mode: str
    assumed: Mapping[str, Value]
    """Defaults that do not stand in the form, such as the year of the factor set."""
    values: dict[str, Value] = field(default_factory=dict)
    """What was given, zeros too."""
    lists: dict[str, tuple[Item, ...]] = field(default_factory=dict)
    canonical: dict[str, Any] = field(default_factory=dict)
    confirmations: list[Confirmation] = field(default_factory=list)

    def number(self, name: str) -> Decimal:
        """A quantity or a count: given, by default, or zero."""
        value = self.values.get(name)
        if value is None:
            value = self.assumed.get(name) or self.form.by_name[name].default(self.mode) or _ZERO
        return value if isinstance(value, Decimal) else Decimal(value)

    def word(self, name: str) -> str | None:
        """A choice: given or by default."""
        value = self.values.get(name, self.form.by_name[name].default(self.mode))
        return None if value is None else str(value)

    def ticked(self, name: str) -> bool:
        """Whether a box is ticked."""
        return self.values.get(name, False) is True


def read_inputs(form: Form, inputs: Mapping[str, object], *, assumed: Mapping[str, Value]) -> Reading:
    """The inputs, checked against the form.

    Raises:
        InputMalformed, OutOfBounds, ChoiceUnknown, InputMissing, InputUnknown: at the first fault,
            fields in the form's order, unknown ones last.
    """
    if not isinstance(inputs, Mapping):
        raise InputMalformed(
            field="", label_zh="输入", label_en="The input", expected_zh="对象", expected_en="an object"
        )
    reading = Reading(form, _mode(form, inputs), assumed)
    seen = 0
    for each in form.fields:
        if each.name in inputs:
            seen += 1
            _take(reading, each, inputs[each.name])
        elif each.name in assumed:
            reading.canonical[each.name] = assumed[each.name]
        elif each.name in _ALWAYS_KEPT:
            reading.canonical[each.name] = each.default(reading.mode)
    if seen != len(inputs):
        _refuse_unknown(inputs, form.by_name, pointer="")
    return reading


_ALWAYS_KEPT: Final = frozenset({"mode", "province"})
"""Stored even when left out: they choose bounds and factors, and a reader asks for them first."""


def _mode(form: Form, inputs: Mapping[str, object]) -> str:
    if (modes := form.by_name.get("mode")) is None:
        return ANY
    if "mode" not in inputs:
        return str(modes.default(ANY))
    return _choice(modes, inputs["mode"], pointer="/mode")


def _take(reading: Reading, each: Field, given: object) -> None:
    pointer = "/" + each.name
    if each.kind is Kind.LIST:
        items, canonical = _items(reading, each, given, pointer=pointer)
        if items:
            reading.lists[each.name] = items
            reading.canonical[each.name] = canonical
        return
    value = _value(reading, each, given, pointer=pointer)
    reading.values[each.name] = value
    reading.canonical[each.name] = _spelled(value)


def _spelled(value: Value) -> Value:
    return plain(value) if isinstance(value, Decimal) else value


def _items(
    reading: Reading, each: Field, given: object, *, pointer: str
) -> tuple[tuple[Item, ...], list[dict[str, Value]]]:
    if not isinstance(given, Sequence) or isinstance(given, str | bytes):
        raise _malformed(each, pointer)
    _check_bounds(reading, each, Decimal(len(given)), pointer=pointer)
    items: list[Item] = []
    canonical: list[dict[str, Value]] = []
    for index, entry in enumerate(given):
        place = f"{pointer}/{index}"
        if not isinstance(entry, Mapping):
            raise _malformed(each, place)
        item: dict[str, Value] = {}
        for part in each.items:
            if part.name in entry:
                item[part.name] = _value(reading, part, entry[part.name], pointer=f"{place}/{part.name}")
            elif part.required:
                raise InputMissing(field=f"{place}/{part.name}", label_zh=part.label.zh, label_en=part.label.en)
            elif (default := part.default(ANY)) is not None:
                item[part.name] = default
        _refuse_unknown(entry, {part.name: part for part in each.items}, pointer=place)
        items.append(item)
        canonical.append({name: _spelled(value) for name, value in item.items() if name in entry})
    return tuple(items), canonical


def _value(reading: Reading, each: Field, given: object, *, pointer: str) -> Value:
    match each.kind:
        case Kind.QUANTITY:
            if (quantity := read_quantity(given, places=each.places)) is None:
                raise _malformed(each, pointer)
            _check_bounds(reading, each, quantity, pointer=pointer)
            return quantity
        case Kind.COUNT:
            # True is an int in Python, but no number of people in JSON.
            if type(given) is not int:
                raise _malformed(each, pointer)
            _check_bounds(reading, each, Decimal(given), pointer=pointer)
            return given
        case Kind.TICK:
            if not isinstance(given, bool):
                raise _malformed(each, pointer)
            return given
        case Kind.CHOICE:
            return _choice(each, given, pointer=pointer)
        case Kind.WORDS:
            return _words(reading, each, given, pointer=pointer)
        case Kind.LIST:
            raise AssertionError(each.name)  # a list inside a list is no form of ours


def _choice(each: Field, given: object, *, pointer: str) -> str:
    if not isinstance(given, str):
        raise _malformed(each, pointer)
    if all(given != choice.value for choice in each.choices):
        raise ChoiceUnknown(
            field=pointer,
            label_zh=each.label.zh,
            label_en=each.label.en,
            choices=", ".join(choice.value for choice in each.choices),
        )
    return given


def _words(reading: Reading, each: Field, given: object, *, pointer: str) -> str:
    if not isinstance(given, str):
        raise _malformed(each, pointer)
    words = unicodedata.normalize("NFC", " ".join(given.split()))
    if any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in words):
        raise _malformed(each, pointer)
    _check_bounds(reading, each, Decimal(len(words)), pointer=pointer)
    return words


def _check_bounds(reading: Reading, each: Field, value: Decimal, *, pointer: str) -> None:
    limit = each.limit(reading.mode)
    if limit is None:
        return
    maximum = limit.maximum
    for name in limit.times:
        maximum = EXACT.multiply(maximum, reading.number(name))
    if not limit.minimum <= value <= maximum:
        raise out_of_bounds(each, value, limit=Limit(limit.minimum, maximum), pointer=pointer)
    if limit.alarm is not None and value > limit.alarm:
        reading.confirmations.append(
            Confirmation(field=pointer, label=each.label, value=plain(value), maximum=plain(maximum))
        )


def out_of_bounds(each: Field, value: Decimal, *, limit: Limit, pointer: str) -> OutOfBounds:
    """The refusal that names field and bound."""
    digits = plain(value)
    return OutOfBounds(
        field=pointer,
        label_zh=each.label.zh,
        label_en=each.label.en,
        minimum=plain(limit.minimum),
        maximum=plain(limit.maximum),
        value=digits if len(digits) <= 32 else "…",
    )


def _malformed(each: Field, pointer: str) -> InputMalformed:
    expected = _EXPECTED[each.kind].filled(places=each.places)
    return InputMalformed(
        field=pointer,
        label_zh=each.label.zh,
        label_en=each.label.en,
        expected_zh=expected.zh,
        expected_en=expected.en,
    )


def _refuse_unknown(given: Mapping[str, object], known: Mapping[str, Field], *, pointer: str) -> None:
    for name in given:
        if name not in known:
            shown = str(name)[:64]
            raise InputUnknown(field=f"{pointer}/{shown.replace('~', '~0').replace('/', '~1')}", name=shown)


def unique(reading: Reading, list_name: str, part: str) -> dict[str, Item]:
    """The items of a list by one of their parts.

    Raises:
        InputRepeated: two items have the same one.
    """
    found: dict[str, Item] = {}
    for index, item in enumerate(reading.lists.get(list_name, ())):
        name = str(item[part])
        if name in found:
            label = reading.form.by_name[list_name].label
            raise InputRepeated(field=f"/{list_name}/{index}/{part}", label_zh=label.zh, label_en=label.en, value=name)
        found[name] = item
    return found
