"""Computing a footprint: pure, exact, and the same for ever under the same calculator and factor set.

calculate()     inputs and a factor set → lines, total, remarks
recompute()     a stored figure again, under the calculator and the set it was made with
is_reproduced() whether that gives the stored record byte for byte
missing_factors() what a new factor set still lacks
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from app.footprint.calculators import event_rules, personal_rules
from app.footprint.calculators.event_form import EVENT
from app.footprint.calculators.forms import FORMS
from app.footprint.calculators.personal_form import PERSONAL
from app.footprint.errors import CalculatorUnknown, FactorSetDiffers, NothingEmitted
from app.footprint.factor_sets.factor_rules import FactorSet
from app.footprint.form_shapes import Form
from app.footprint.input_rules import Reading, read_inputs
from app.footprint.line_rules import ListLines, Workbench, all_lines, flight_flags
from app.footprint.result_rules import Calculation, Line, as_json, from_json, frozen_bytes

__all__ = [
    "Calculation",
    "Line",
    "as_json",
    "calculate",
    "from_json",
    "frozen_bytes",
    "is_reproduced",
    "missing_factors",
    "recompute",
]


@dataclass(frozen=True, slots=True)
class _Calculator:
    """A form and what cannot be said as data."""

    form: Form
    before: Callable[[Mapping[str, object]], None]
    check: Callable[[Reading], None]
    list_lines: Mapping[str, ListLines]
    is_event: bool


def _nothing(_inputs: Mapping[str, object]) -> None:
    """No check before reading."""


_CALCULATORS: Final[Mapping[tuple[str, str], _Calculator]] = MappingProxyType(
    {
        (calculator.form.calculator, calculator.form.version): calculator
        for calculator in (
            # An older version stays in this table as long as a figure made with it exists.
            _Calculator(
                PERSONAL,
                personal_rules.refuse_airports,
                personal_rules.check,
                {"flights": personal_rules.flight_lines},
                is_event=False,
            ),
            _Calculator(
                EVENT,
                _nothing,
                event_rules.check,
                {"travel": event_rules.travel_lines, "materials": event_rules.material_lines},
                is_event=True,
            ),
        )
    }
)


def calculate(calculator: str, inputs: Mapping[str, object], factor_set: FactorSet) -> Calculation:
    """The footprint of these inputs by the present version of that calculator.

    The grid factor is the latest of `province` (default Sichuan) up to `activity_year` (default: the year
    in which the set took effect). Lines of zero grams are left out.

    Raises:
        CalculatorUnknown: no such calculator.
        Invalid, RuleBroken: the first faulty input; `field` is its JSON Pointer.
        NothingEmitted: the total is zero.
    """
    form = FORMS.get(calculator)
    if form is None:
        raise CalculatorUnknown(calculator=calculator[:64])
    return _calculate(_CALCULATORS[form.calculator, form.version], inputs, factor_set)


def recompute(stored: Mapping[str, Any], factor_set: FactorSet) -> Calculation:
    """A stored calculation again, under its own calculator version and factor set.

    Raises:
        FactorSetDiffers: `factor_set` is another set, or was edited since.
        CalculatorUnknown: this program no longer has that calculator version.
    """
    made_with = stored["factor_set_version"], stored["factor_set_sha256"]
    if made_with != (factor_set.version, factor_set.content_sha256):
        raise FactorSetDiffers(
            stored=f"{made_with[0]} ({made_with[1][:12]})",
            given=f"{factor_set.version} ({factor_set.content_sha256[:12]})",
        )
    name, version = stored["calculator"], stored["calculator_version"]
    calculator = _CALCULATORS.get((name, version))
    if calculator is None:
        raise CalculatorUnknown(calculator=f"{name} {version}")
    return _calculate(calculator, stored["inputs"], factor_set)


def is_reproduced(stored: Mapping[str, Any], factor_set: FactorSet) -> bool:
    """Whether recomputing gives the stored record again, byte for byte. Raises as `recompute` does."""
    return frozen_bytes(as_json(recompute(stored, factor_set))) == frozen_bytes(stored)


def missing_factors(factor_set: FactorSet) -> tuple[str, ...]:
    """Keys the present forms need and the set lacks: such a set must not take effect."""
    needed = {key for form in FORMS.values() for key in form.factor_keys()}
    needed |= {f"flight.{band}.avg.{suffix}" for band in ("domestic", "short", "long") for suffix in ("rf", "norf")}
    return tuple(sorted(needed - factor_set.factors.keys()))


def _calculate(calculator: _Calculator, inputs: Mapping[str, object], factor_set: FactorSet) -> Calculation:
    if isinstance(inputs, Mapping):
        calculator.before(inputs)
    reading = read_inputs(calculator.form, inputs, assumed={"activity_year": factor_set.effective_on.year})
    calculator.check(reading)
    market, flags = None, []
    if calculator.is_event:
        meals = event_rules.assumed_meals(reading)
        bench = Workbench(reading, factor_set, event_rules.phases(reading), meals)
        market = event_rules.market_line(bench)
        flags += ["meals_assumed"] if meals else []
    else:
        bench = Workbench(reading, factor_set)
    lines = list(all_lines(bench, calculator.list_lines))
    flags += flight_flags(reading, lines)
    total_g = sum(line.grams for line in lines)
    if total_g == 0:
        raise NothingEmitted
    return Calculation(
        calculator=calculator.form.calculator,
        calculator_version=calculator.form.version,
        factor_set_version=factor_set.version,
        factor_set_sha256=factor_set.content_sha256,
        gwp_basis=factor_set.gwp_basis,
        inputs=reading.canonical,
        lines=tuple(lines),
        total_g=total_g,
        market_line=market,
        market_total_g=_market_total_g(total_g, lines, market),
        confirmations=tuple(reading.confirmations),
        exclusions=event_rules.exclusions(reading) if calculator.is_event else (),
        flags=tuple(flags),
    )


def _market_total_g(total_g: int, lines: list[Line], market: Line | None) -> int | None:
    """The total with the market-based electricity in place of the location-based one."""
    if market is None:
        return None
    return total_g - sum(line.grams for line in lines if line.field == market.field) + market.grams
