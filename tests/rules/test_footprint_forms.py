"""A calculation taken apart into form and figures is the same calculation when it is put together."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.footprint.factor_sets.factors import load_factor_set
from app.footprint.form_rules import put_together, take_apart
from app.footprint.rules import as_json, calculate, frozen_bytes

ROOT = Path(__file__).parents[2]
FACTORS = load_factor_set(ROOT / "config" / "factors" / "2025.1")
EXAMPLES = [
    example
    for example in json.loads((ROOT / "tests/data/worked_examples.json").read_text("utf-8"))["examples"]
    if example["calculator"] in {"personal", "event"}
]


def stored(example: dict[str, Any]) -> dict[str, Any]:
    return as_json(calculate(example["calculator"], example["inputs"], FACTORS))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["id"])
def test_form_and_figures_make_the_very_same_bytes(example: dict[str, Any]):
    form, paths, figures = (json.loads(json.dumps(part)) for part in take_apart(stored(example)))
    assert frozen_bytes(put_together(form, paths, figures)) == frozen_bytes(stored(example))


def test_two_trips_by_the_same_means_have_one_form():
    short, long = (
        take_apart(
            as_json(calculate("personal", {"mode": "event_visit", "activity_year": 2026, "metro_km": km}, FACTORS))
        )
        for km in ("8", "46")
    )
    assert short[:2] == long[:2]
    assert short[2] != long[2]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["id"])
def test_a_form_holds_nothing_that_anybody_typed(example: dict[str, Any]):
    def leaves(value: Any) -> list[Any]:
        if isinstance(value, dict):
            return [leaf for below in value.values() for leaf in leaves(below)]
        return [leaf for below in value for leaf in leaves(below)] if isinstance(value, list) else [value]

    form, _, figures = take_apart(stored(example))
    assert set(leaves(form["inputs"])) <= {None}
    assert [line["grams"] for line in form["lines"]] == [None] * len(form["lines"])
    assert form["total_g"] is None
    assert stored(example)["total_g"] in figures
