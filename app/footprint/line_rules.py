"""From checked inputs to lines: `E = Σ AD × EF`, one rounding per line, zero lines left out."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from app.footprint.errors import FactorNotAllowed
from app.footprint.factor_sets.factor_rules import NEVER_A_LINE, Factor, FactorSet, flight_band
from app.footprint.factor_sets.provinces import SICHUAN
from app.footprint.form_shapes import GRID, Field, Phase
from app.footprint.input_rules import Item, Reading
from app.footprint.quantity_rules import ONE, grams, shown_quantity, working
from app.footprint.result_rules import Line
from app.kernel.text import Text

LIFE_CYCLE_ELECTRICITY: Final = "elec_pcf"
"""For product footprints only; an inventory never mixes it with `grid`."""

TWO: Final = Decimal(2)


@dataclass(frozen=True, slots=True)
class Workbench:
    """What every line of one calculation is made from."""

    reading: Reading
    factor_set: FactorSet
    phases: Mapping[str, Phase] = field(default_factory=dict)
    """Phases that differ from the field's usual one, by field name."""
    assumed: Mapping[str, tuple[Decimal, ...]] = field(default_factory=dict)
    """Quantities nobody typed, as numbers to multiply, by field name."""

    def grid_factor(self) -> Factor:
        """The location-based electricity factor of this calculation."""
        return self.factor_set.grid_factor(
            self.reading.word("province") or SICHUAN, year=int(self.reading.number("activity_year"))
        )

    def line(
        self,
        source: Field,
        factor: Factor,
        *,
        label: Text,
        multiplied: tuple[Decimal, ...],
        divided_by: tuple[Decimal, ...] = (),
        pointer: str | None = None,
    ) -> Line:
        """One line of that field; `multiplied` and `divided_by` make the quantity, which is not rounded before."""
        if factor.family in NEVER_A_LINE or factor.family == LIFE_CYCLE_ELECTRICITY:
            raise FactorNotAllowed(field=pointer or "/" + source.name, key=factor.key)
        divisors = tuple(number for number in divided_by if number != ONE)
        return Line(
            field=pointer or "/" + source.name,
            category=self.reading.form.categories[source.group],
            label=label,
            quantity=shown_quantity(multiplied, divided_by=divisors),
            working=working(multiplied, divided_by=divisors),
            unit=factor.per,
            factor_key=factor.key,
            factor=factor.text,
            grams=grams(multiplied, divided_by=divisors, kg_per_unit=factor.value),
            source=factor.source,
            confidence=factor.confidence,
            phase=self.phases.get(source.name, source.phase),
        )


ListLines = Callable[[Workbench, Field, tuple[Item, ...]], Iterator[Line]]
"""How the items of one list become lines."""


def all_lines(bench: Workbench, list_lines: Mapping[str, ListLines]) -> Iterator[Line]:
    """The lines of every field, in the form's order, without those of zero grams."""
    lists, values, assumed = bench.reading.lists, bench.reading.values, bench.assumed
    for each in bench.reading.form.line_fields:
        name = each.name
        if name in lists:
            if (lines_of := list_lines.get(name)) is not None:
                yield from _emitting(lines_of(bench, each, lists[name]))
        elif values.get(name) or name in assumed:
            yield from _emitting(field_lines(bench, each))


def _emitting(lines: Iterable[Line]) -> Iterator[Line]:
    return (line for line in lines if line.grams)


def field_lines(bench: Workbench, each: Field) -> Iterator[Line]:
    """The lines one quantity gives as its form says."""
    reading, factor_set = bench.reading, bench.factor_set
    given = bench.assumed.get(each.name) or (reading.number(each.name),)
    multiplied = (*given, *(factor_set.factor(key).value for key in each.times))
    divided_by = (reading.number(each.divided_by),) if each.divided_by is not None else ()
    if each.chosen_by is not None:
        chosen = reading.form.by_name[each.chosen_by].choice(reading.word(each.chosen_by) or "")
        yield bench.line(
            each,
            factor_set.factor(chosen.factor_key or ""),
            label=chosen.line or chosen.label,
            multiplied=multiplied,
            divided_by=divided_by,
        )
    for use in each.uses:
        factor = bench.grid_factor() if use.factor_key == GRID else factor_set.factor(use.factor_key)
        yield bench.line(each, factor, label=use.label or each.label, multiplied=multiplied, divided_by=divided_by)


_BANDS: Final = {
    "domestic": Text(zh="700 公里以内", en="under 700 km"),
    "short": Text(zh="700–3700 公里", en="700–3700 km"),
    "long": Text(zh="3700 公里以上", en="over 3700 km"),
}


def flight_line(
    bench: Workbench, source: Field, item: Item, *, leg_km: Decimal, people: tuple[Decimal, ...], pointer: str
) -> Line:
    """A flight: the band by one leg, the cabin where the band has it."""
    forcing = bench.reading.ticked("rf")
    factor = bench.factor_set.flight_factor(leg_km=leg_km, cabin=str(item["cabin"]), forcing=forcing)
    cabin = next(part for part in source.items if part.name == "cabin").choice(factor.key.split(".")[2]).label
    band = _BANDS[flight_band(leg_km)]
    label = Text(
        zh=f"飞机（{band.zh}，{cabin.zh}{'，含 RF' if forcing else ''}）",
        en=f"Flight ({band.en}, {cabin.en}{', with RF' if forcing else ''})",
    )
    return bench.line(source, factor, label=label, multiplied=(*people, leg_km, *there_and_back(item)), pointer=pointer)


def there_and_back(item: Item) -> tuple[Decimal, ...]:
    """The factor two of a round trip."""
    return (TWO,) if item["round_trip"] is True else ()


def flight_flags(reading: Reading, lines: Iterable[Line]) -> Iterator[str]:
    """What the result says about its flights: `rf`, `cabin_average`."""
    flown = [line for line in lines if line.factor_key.startswith("flight.")]
    if flown and reading.ticked("rf"):
        yield "rf"
    for line in flown:
        _, list_name, index = line.field.split("/")
        if line.factor_key.split(".")[2] != reading.lists[list_name][int(index)]["cabin"]:
            yield "cabin_average"
            return
