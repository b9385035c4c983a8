"""A finished calculation: its lines, its total, and the frozen form in which it is stored and printed.

`as_json` gives plain JSON types; `frozen_bytes` is the one spelling two records are compared by,
since a jsonb column keeps neither the order of keys nor blanks.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.footprint.form_shapes import Phase
from app.kernel.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One source of emission. `grams` is rounded half up once; totals add these grams."""

    field: str
    """JSON Pointer of the input: `/metro_km`, `/flights/0`."""
    category: Text
    label: Text
    quantity: str
    """At most ten decimals; grams come from `working` where it is given."""
    working: str
    """`150 × 1420 × 2` or `100 ÷ 3`: the exact quantity; empty where `quantity` is what was typed."""
    unit: str
    factor_key: str
    factor: str
    """As the factor set prints it, kg per unit."""
    grams: int
    source: str
    confidence: str
    phase: Phase | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """An input above a tenth of its bound: possible, but worth a second look."""

    field: str
    label: Text
    value: str
    maximum: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """A source group the organiser left out, with the reason the document prints."""

    group: str
    category: Text
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Calculation:
    """A figure with everything it was computed from; never changed, recomputed to the gram for ever."""

    calculator: str
    calculator_version: str
    factor_set_version: str
    factor_set_sha256: str
    gwp_basis: str
    inputs: Mapping[str, Any]
    """Canonical: in the form's order, numbers in their shortest spelling. Not to be changed."""
    lines: tuple[Line, ...]
    total_g: int
    """Sum of the rounded lines; electricity location-based."""
    market_line: Line | None = None
    """The electricity line of the market-based figure; shown beside, never instead."""
    market_total_g: int | None = None
    """The total with that line in place of the location-based one; None where no electricity was given."""
    confirmations: tuple[Confirmation, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    flags: tuple[str, ...] = ()
    """`rf`: radiative forcing is counted. `cabin_average`: a band lacks the cabin. `meals_assumed`: defaults."""


def as_json(calculation: Calculation) -> dict[str, Any]:
    """The calculation as plain JSON types."""
    market = calculation.market_line
    return {
        "calculator": calculation.calculator,
        "calculator_version": calculation.calculator_version,
        "factor_set_version": calculation.factor_set_version,
        "factor_set_sha256": calculation.factor_set_sha256,
        "gwp_basis": calculation.gwp_basis,
        "inputs": dict(calculation.inputs),
        "lines": [_line_json(line) for line in calculation.lines],
        "total_g": calculation.total_g,
        "market_line": None if market is None else _line_json(market),
        "market_total_g": calculation.market_total_g,
        "confirmations": [
            {"field": each.field, "label": _text_json(each.label), "value": each.value, "maximum": each.maximum}
            for each in calculation.confirmations
        ],
        "exclusions": [
            {"group": each.group, "category": _text_json(each.category), "reason": each.reason}
            for each in calculation.exclusions
        ],
        "flags": list(calculation.flags),
    }


def from_json(stored: Mapping[str, Any]) -> Calculation:
    """What `as_json` wrote, whatever the order of the keys. Written by us alone: a fault in it raises KeyError."""
    market = stored["market_line"]
    return Calculation(
        calculator=stored["calculator"],
        calculator_version=stored["calculator_version"],
        factor_set_version=stored["factor_set_version"],
        factor_set_sha256=stored["factor_set_sha256"],
        gwp_basis=stored["gwp_basis"],
        inputs=stored["inputs"],
        lines=tuple(_read_line(line) for line in stored["lines"]),
        total_g=stored["total_g"],
        market_line=None if market is None else _read_line(market),
        market_total_g=stored["market_total_g"],
        confirmations=tuple(
            Confirmation(**{**each, "label": Text(**each["label"])}) for each in stored["confirmations"]
        ),
        exclusions=tuple(Exclusion(**{**each, "category": Text(**each["category"])}) for each in stored["exclusions"]),
        flags=tuple(stored["flags"]),
    )


def frozen_bytes(stored: Mapping[str, Any]) -> bytes:
    """The canonical spelling of a stored calculation: keys sorted, no blanks, UTF-8."""
    return json.dumps(stored, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _line_json(line: Line) -> dict[str, Any]:
    return {
        "field": line.field,
        "category": _text_json(line.category),
        "label": _text_json(line.label),
        "quantity": line.quantity,
        "working": line.working,
        "unit": line.unit,
        "factor_key": line.factor_key,
        "factor": line.factor,
        "grams": line.grams,
        "source": line.source,
        "confidence": line.confidence,
        "phase": None if line.phase is None else line.phase.value,
    }


def _read_line(stored: Mapping[str, Any]) -> Line:
    phase = stored["phase"]
    return Line(
        **{
            **stored,
            "category": Text(**stored["category"]),
            "label": Text(**stored["label"]),
            "phase": None if phase is None else Phase(phase),
        }
    )


def _text_json(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}
