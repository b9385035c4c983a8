"""A stored figure: read back unchanged, recomputed byte for byte under its own set for ever."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from app.footprint.errors import CalculatorUnknown, FactorSetDiffers
from app.footprint.factor_sets.factors import load_factor_set, load_factor_sets
from app.footprint.rules import as_json, calculate, from_json, frozen_bytes, is_reproduced, recompute

ROOT = Path(__file__).parents[2]
FACTORS = load_factor_set(ROOT / "config" / "factors" / "2025.1")
EXAMPLES = [
    example
    for example in json.loads((ROOT / "tests/data/worked_examples.json").read_text("utf-8"))["examples"]
    if example["calculator"] in {"personal", "event"}
]


def shuffled(value: Any) -> Any:
    """The value as a jsonb column gives it back: keys by length, then alphabet."""
    if isinstance(value, dict):
        return {key: shuffled(value[key]) for key in sorted(value, key=lambda key: (len(key), key))}
    return [shuffled(each) for each in value] if isinstance(value, list) else value


def stored(example: dict[str, Any]) -> dict[str, Any]:
    result = calculate(example["calculator"], example["inputs"], FACTORS)
    kept: dict[str, Any] = shuffled(json.loads(json.dumps(as_json(result))))
    return kept


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["id"])
def test_a_stored_calculation_reads_back_equal(example: dict[str, Any]) -> None:
    result = calculate(example["calculator"], example["inputs"], FACTORS)
    assert from_json(stored(example)) == result


def test_phases_exclusions_and_confirmations_read_back_equal() -> None:
    inputs = {
        "electricity_kwh": "20000000",
        "green_kwh": "5",
        "excluded": [{"group": "waste", "reason": "由场馆统一处理"}],
        "phases": [{"field": "electricity_kwh", "phase": "close"}],
        "travel": [{"mode": "flight", "people": 2, "km_each_way": "500", "cabin": "first"}],
        "rf": True,
    }
    result = calculate("event", inputs, FACTORS)
    assert result.confirmations and result.exclusions and len(result.flags) == 2 and result.market_line
    kept = shuffled(json.loads(json.dumps(as_json(result))))
    assert from_json(kept) == result
    assert is_reproduced(kept, FACTORS)


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """A folder of sets with a second, newer one, whose factors are others."""
    published = ROOT / "config" / "factors" / "2025.1"
    shutil.copytree(published, tmp_path / "2025.1")
    folder = Path(shutil.copytree(published, tmp_path / "2027.1"))
    for file, old, new in (
        ("set.json", '"version": "2025.1"', '"version": "2027.1"'),
        ("set.json", "2026-01-01", "2027-01-01"),
        ("factors.csv", "metro,0.04314", "metro,0.04"),
        ("factors.csv", "city bus,0.05300", "city bus,0.06"),
        ("factors.csv", "A4 sheet 70 g/m2,0.005872", "A4 sheet 70 g/m2,0.006"),
        ("factors.csv", "balanced,6.0", "balanced,5.5"),
    ):
        text = (folder / file).read_text("utf-8")
        assert old in text, old
        (folder / file).write_text(text.replace(old, new), "utf-8")
    return tmp_path


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["id"])
def test_an_old_figure_recomputes_byte_equal_when_a_newer_set_exists(example: dict[str, Any], newer: Path) -> None:
    sets = load_factor_sets(newer)
    old = stored(example)
    again = recompute(old, sets[old["factor_set_version"]])
    assert frozen_bytes(as_json(again)) == frozen_bytes(old)
    assert calculate(example["calculator"], example["inputs"], sets["2027.1"]).total_g != again.total_g


def test_an_old_figure_is_not_recomputed_under_another_set(newer: Path) -> None:
    with pytest.raises(FactorSetDiffers):
        recompute(stored(EXAMPLES[0]), load_factor_sets(newer)["2027.1"])


def test_a_set_edited_after_publication_is_noticed(newer: Path) -> None:
    path = newer / "2025.1" / "factors.csv"
    path.write_text(path.read_text("utf-8").replace("metro,0.04314", "metro,0.04315"), "utf-8")
    with pytest.raises(FactorSetDiffers):
        recompute(stored(EXAMPLES[0]), load_factor_set(newer / "2025.1"))


def test_a_figure_of_a_calculator_we_no_longer_have_is_not_guessed() -> None:
    with pytest.raises(CalculatorUnknown):
        recompute(stored(EXAMPLES[0]) | {"calculator_version": "0"}, FACTORS)


@pytest.mark.parametrize(
    "change",
    [
        lambda kept: kept | {"total_g": kept["total_g"] + 1},
        lambda kept: kept | {"inputs": kept["inputs"] | {"metro_km": "12.6"}},
        lambda kept: kept | {"lines": kept["lines"][1:]},
        lambda kept: kept | {"flags": ["rf"]},
    ],
)
def test_a_touched_record_is_not_reproduced(change: Any) -> None:
    kept = stored(EXAMPLES[0])
    assert is_reproduced(kept, FACTORS)
    assert not is_reproduced(change(kept), FACTORS)


def test_inputs_are_kept_in_their_shortest_spelling() -> None:
    inputs = {"waste_kg": "007.500", "metro_km": "100", "mode": "day", "car_occupancy": "1.0"}
    kept = calculate("personal", inputs, FACTORS).inputs
    assert kept == {
        "mode": "day",
        "province": "510000",
        "activity_year": 2026,
        "metro_km": "100",
        "car_occupancy": "1",
        "waste_kg": "7.5",
    }
    assert frozen_bytes(as_json(calculate("personal", kept, FACTORS))) == frozen_bytes(
        as_json(calculate("personal", inputs, FACTORS))
    )
