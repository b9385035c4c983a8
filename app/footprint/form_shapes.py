"""What a calculator's form consists of: fields, bounds, choices. Forms are data; `forms.py` holds them.

The words *Field*, *Limit* and *Choice* serve three readers: the rules that check an input, the pages
that draw it, and the interface that describes it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Final

from app.kernel.text import Text

ANY: Final = "any"
"""Mode of a form without modes, and of a bound that holds in every mode."""
GRID: Final = "grid"
"""Stands for the grid factor that province and activity year choose."""


class Kind(StrEnum):
    """How a value is written in JSON."""

    QUANTITY = "quantity"
    """Decimal string ≥ 0."""
    COUNT = "count"
    """JSON integer: people, years."""
    TICK = "tick"
    """JSON boolean."""
    CHOICE = "choice"
    """One of the listed strings."""
    WORDS = "words"
    """Free text; the limit bounds its length."""
    LIST = "list"
    """Array of objects; the limit bounds how many."""


class Phase(StrEnum):
    """The phases of an event (大型活动碳中和实施指南)."""

    PREPARE = "prepare"
    """筹备"""
    HOLD = "hold"
    """举办"""
    CLOSE = "close"
    """收尾"""


@dataclass(frozen=True, slots=True)
class Limit:
    """Both ends included. With `times`, the maximum is multiplied by those fields' values."""

    minimum: Decimal
    maximum: Decimal
    times: tuple[str, ...] = ()
    alarm: Decimal | None = None
    """Above this the reader is asked to confirm: a tenth of the maximum, or None for never."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a choice and, where it decides a factor, that factor and the line's label."""

    value: str
    label: Text
    factor_key: str | None = None
    line: Text | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """One line a quantity gives: the factor, and a label where it differs from the field's."""

    factor_key: str
    label: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One input."""

    name: str
    label: Text
    kind: Kind
    group: str
    unit: Text | None = None
    limits: Mapping[str, Limit] = field(default_factory=dict)
    """By mode, or under ANY."""
    defaults: Mapping[str, str | int | bool] = field(default_factory=dict)
    """By mode, or under ANY; a quantity without one is 0."""
    choices: tuple[Choice, ...] = ()
    items: tuple["Field", ...] = ()
    """The fields of each object of a LIST."""
    required: bool = False
    places: int = 6
    """Decimals of a QUANTITY."""
    uses: tuple[Use, ...] = ()
    chosen_by: str | None = None
    """The choice field whose `factor_key` gives the line's factor."""
    divided_by: str | None = None
    times: tuple[str, ...] = ()
    """Consumption factors multiplied into the quantity before the emission factor."""
    phase: Phase | None = None

    def limit(self, mode: str) -> Limit | None:
        """The bound in that mode."""
        return self.limits.get(mode) or self.limits.get(ANY)

    def default(self, mode: str) -> str | int | bool | None:
        """The value of a field left out; None for a quantity (zero) or where there is none."""
        return self.defaults.get(mode, self.defaults.get(ANY))

    def choice(self, value: str) -> Choice:
        """The choice of that value, which must be one of them."""
        return next(choice for choice in self.choices if choice.value == value)

    @property
    def is_line(self) -> bool:
        """Whether the field gives lines by itself."""
        return bool(self.uses) or self.chosen_by is not None


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that belong together; `category` is what the lines print."""

    code: str
    category: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One calculator in one version."""

    calculator: str
    version: str
    title: Text
    groups: tuple[Group, ...]
    fields: tuple[Field, ...]
    """In the order of the page and of the lines; a field stands behind those its bound multiplies."""
    by_name: Mapping[str, Field] = field(init=False, repr=False, compare=False)
    categories: Mapping[str, Text] = field(init=False, repr=False, compare=False)
    line_fields: tuple[Field, ...] = field(init=False, repr=False, compare=False)
    """The fields that may give lines; the rest only chooses, divides or declares."""

    def __post_init__(self) -> None:
        """Index the fields and the groups, once per process."""
        object.__setattr__(self, "by_name", {each.name: each for each in self.fields})
        object.__setattr__(self, "categories", {group.code: group.category for group in self.groups})
        object.__setattr__(
            self, "line_fields", tuple(each for each in self.fields if each.is_line or each.kind is Kind.LIST)
        )
        assert len(self.by_name) == len(self.fields), self.calculator

    def factor_keys(self) -> Iterator[str]:
        """Every factor the fields name, the grid left out; flights and materials are chosen at run time."""
        for each in self.fields:
            yield from (use.factor_key for use in each.uses if use.factor_key != GRID)
            yield from (choice.factor_key for choice in each.choices if choice.factor_key is not None)
            yield from each.times


def up_to(maximum: str, *, minimum: str = "0", confirm: bool = True) -> Limit:
    """A fixed bound; unless it is a divisor or a natural limit, a tenth of it raises the alarm."""
    top = Decimal(maximum)
    return Limit(Decimal(minimum), top, alarm=top / 10 if confirm else None)


def up_to_times(maximum: str, *names: str, minimum: str = "0") -> Limit:
    """A bound that grows with other inputs, which were themselves checked: it raises no alarm."""
    return Limit(Decimal(minimum), Decimal(maximum), names)
