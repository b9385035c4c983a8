"""Reading a factor set from its folder: `set.json`, `factors.csv`, `grid_factors.csv`. The first fault stops it.

Public tables of factors are unreliable, so a row must be whole, known and plausible before it counts.
A value outside the plausible range of its family is taken only if `set.json` says under
`confirmed_outside_bounds` who confirmed it and why.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Final

from app.footprint.errors import FactorFileBroken
from app.footprint.factor_sets.csv_tables import Row, broken, decoded, read_rows, read_value
from app.footprint.factor_sets.factor_rules import (
    CONFIDENCES,
    EMITS_NOTHING,
    UNITS,
    Factor,
    FactorSet,
    plausible_range,
)
from app.footprint.factor_sets.grid_table import (
    GRID_COLUMNS,
    GRID_FILE,
    averages,
    check_agreement,
    read_grid,
    residuals,
)
from app.kernel.text import Text

SET_FILE: Final = "set.json"
FACTORS_FILE: Final = "factors.csv"
FACTOR_COLUMNS: Final = (
    *("key", "activity", "value", "unit", "region", "year", "gwp_basis", "source", "reference", "confidence", "note"),
)
_KEY: Final = re.compile(r"[a-z0-9_]+(?:\.[a-z0-9_]+)*")


def load_factor_set(folder: Path) -> FactorSet:
    """The set in `folder`, checked row by row.

    Raises:
        FactorFileBroken: names file, row, column and what is wrong.
        OSError: a file cannot be read.
    """
    about = _read_about(decoded(folder / SET_FILE))
    factor_rows = read_rows(folder / FACTORS_FILE, FACTOR_COLUMNS)
    grid_rows = read_rows(folder / GRID_FILE, GRID_COLUMNS)
    factors = _read_factors(factor_rows, confirmed=about.confirmed)
    values = read_grid(grid_rows)
    check_agreement(factor_rows, factors, values)
    grid = averages(values, factors)
    return FactorSet(
        version=about.version,
        effective_on=about.effective_on,
        title=about.title,
        gwp_basis=about.gwp_basis,
        factors=MappingProxyType(factors | {factor.key: factor for factor in grid.values()}),
        grid=MappingProxyType(grid),
        grid_years=tuple(sorted({year for _, year in values}, reverse=True)),
        market=MappingProxyType(residuals(values, factors)),
        content_sha256=_fingerprint(about.document, factor_rows, grid_rows),
    )


def load_factor_sets(root: Path) -> Mapping[str, FactorSet]:
    """Every set below `root`, by version. Old ones stay: an old figure is recomputed under its own.

    Raises:
        FactorFileBroken: a set is faulty, or its folder is not named after its version.
    """
    sets: dict[str, FactorSet] = {}
    for folder in sorted(path.parent for path in root.glob(f"*/{SET_FILE}")):
        loaded = load_factor_set(folder)
        if loaded.version != folder.name:
            place = Row(f"{folder.name}/{SET_FILE}", 1, [])
            raise broken(place, "version", "与文件夹名称不一致", "differs from the folder's name")
        sets[loaded.version] = loaded
    return MappingProxyType(sets)


@dataclass(frozen=True, slots=True)
class _About:
    """What `set.json` says."""

    version: str
    effective_on: date
    title: Text
    gwp_basis: str
    confirmed: frozenset[str]
    document: object


def _read_about(text: str) -> _About:
    place = Row(SET_FILE, 1, [])
    try:
        document = json.loads(text)
        confirmed = document.get("confirmed_outside_bounds", {})
        about = _About(
            version=_filled(document["version"]),
            effective_on=date.fromisoformat(document["effective_on"]),
            title=Text(zh=_filled(document["title"]["zh"]), en=_filled(document["title"]["en"])),
            gwp_basis=_filled(document["gwp_basis"]),
            confirmed=frozenset(key for key, why in confirmed.items() if _filled(why)),
            document=document,
        )
        sources = [_filled(source["name"]) for source in document["sources"]]
    except KeyError as fault:
        raise broken(place, str(fault.args[0]), "缺失", "is missing") from fault
    except (TypeError, ValueError, AttributeError) as fault:
        raise broken(place, "-", f"无法读取：{fault}", f"cannot be read: {fault}") from fault
    if about.gwp_basis not in {"AR5", "AR6"}:
        raise broken(place, "gwp_basis", "应为 AR5 或 AR6", "must be AR5 or AR6")
    if not sources:
        raise broken(place, "sources", "至少一个来源", "names no source")
    return about


def _filled(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{value!r} is not a text")
    return value


def _read_factors(rows: list[Row], *, confirmed: frozenset[str]) -> dict[str, Factor]:
    factors: dict[str, Factor] = {}
    for row in rows:
        factor = _read_factor(row, confirmed=confirmed)
        if factor.key in factors:
            raise broken(row, "key", f"{factor.key} 重复", f"{factor.key} stands twice")
        factors[factor.key] = factor
    return factors


def _read_factor(row: Row, *, confirmed: frozenset[str]) -> Factor:
    key, activity, text, unit, region, year, gwp_basis, source, reference, confidence, note = row.cells
    if _KEY.fullmatch(key) is None:
        raise broken(row, "key", f"{key!r} 不是因子键", f"{key!r} is not a key")
    if unit not in UNITS:
        raise broken(row, "unit", f"未知单位 {unit!r}", f"unknown unit {unit!r}")
    if confidence not in CONFIDENCES:
        raise broken(row, "confidence", f"未知可信度 {confidence!r}", f"unknown confidence {confidence!r}")
    if not source:
        raise broken(row, "source", "缺少来源", "no source is given")
    value = read_value(text)
    if value is None:
        raise broken(row, "value", f"{text!r} 不是十进制数", f"{text!r} is not a decimal of at most ten decimals")
    if (fault := _implausible(key, value, confirmed=confirmed, row=row)) is not None:
        raise fault
    return Factor(
        key=key,
        activity=activity,
        value=value,
        text=text,
        unit=unit,
        per=unit.partition(" per ")[2],
        region=region,
        year=year,
        gwp_basis=gwp_basis,
        source=source,
        reference=reference,
        confidence=confidence,
        note=note,
    )


def _implausible(key: str, value: Decimal, *, confirmed: frozenset[str], row: Row) -> FactorFileBroken | None:
    if value == 0 and key != EMITS_NOTHING:
        return broken(row, "value", "必须大于 0", "must be greater than 0")
    try:
        bounds = plausible_range(key)
    except KeyError:
        return broken(row, "key", f"未知因子族 {key}", f"{key} is of an unknown family")
    if bounds is None or bounds[0] <= value <= bounds[1] or key in confirmed:
        return None
    return broken(
        row,
        "value",
        f"{key} = {value} 超出合理范围 {bounds[0]}–{bounds[1]}，须由第二人确认",
        f"{key} = {value} lies outside {bounds[0]}–{bounds[1]}; a second person must confirm it",
    )


def _fingerprint(document: object, factor_rows: list[Row], grid_rows: list[Row]) -> str:
    content = {
        "set": document,
        "factors": [row.cells for row in factor_rows],
        "grid": [row.cells for row in grid_rows],
    }
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
