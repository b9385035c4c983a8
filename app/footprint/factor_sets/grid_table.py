"""Reading `grid_factors.csv`: official grid factors of places and years, and their agreement with `factors.csv`."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Final

from app.footprint.factor_sets.csv_tables import Row, broken, read_value
from app.footprint.factor_sets.factor_rules import Factor, plausible_range
from app.footprint.factor_sets.provinces import NATIONAL, PROVINCES

GRID_FILE: Final = "grid_factors.csv"
GRID_COLUMNS: Final = ("level", "division_code", "name", "region", "year", "kgco2_per_kwh", "kind")

AVERAGE: Final = "national"
RESIDUAL: Final = "national_exmarket"
_KINDS: Final = {"average": AVERAGE, "excluding market-traded non-fossil": RESIDUAL, "fossil only": "fossil"}
_REGIONS: Final = {"西南": "southwest"}
"""Regions that have a factor of their own in factors.csv; the others stand in the grid table only."""

Values = Mapping[tuple[str, int], str]
"""Values as printed, by (middle part of the key, year): `("sichuan", 2023)`."""


def read_grid(rows: Iterable[Row]) -> Values:
    """The table, each row checked; regions without a key are checked and left out.

    Raises:
        FactorFileBroken: at the first faulty row.
    """
    values: dict[tuple[str, int], str] = {}
    seen: set[tuple[str, ...]] = set()
    for row in rows:
        level, code, name, _, year, text, kind = row.cells
        value, bounds = read_value(text), plausible_range("grid")
        if value is None or bounds is None or not bounds[0] <= value <= bounds[1]:
            raise broken(
                row, "kgco2_per_kwh", f"{text!r} 不是合理的电网因子", f"{text!r} is not a plausible grid factor"
            )
        if not (year.isascii() and year.isdigit() and len(year) == 4):
            raise broken(row, "year", f"{year!r} 不是年份", f"{year!r} is not a year")
        key = _key_of(row)
        if (place := (level, code, name, year, kind)) in seen:
            raise broken(row, "name", f"{name} {year} 重复", f"{name} {year} stands twice")
        seen.add(place)
        if key is not None:
            values[key, int(year)] = text
    return values


def _key_of(row: Row) -> str | None:
    level, code, name, _, _, _, kind = row.cells
    if kind not in _KINDS or (level != "national" and _KINDS[kind] != AVERAGE):
        raise broken(row, "kind", f"未知类型 {kind!r}", f"unknown kind {kind!r}")
    if level == "national" and code == NATIONAL:
        return _KINDS[kind]
    if level == "province" and code in PROVINCES and PROVINCES[code].name.zh == name:
        return PROVINCES[code].key
    if level == "region" and not code and name:
        return _REGIONS.get(name)
    raise broken(row, "division_code", f"未知地区 {code} {name}", f"unknown place {level} {code} {name}")


def check_agreement(rows: Iterable[Row], factors: Mapping[str, Factor], values: Values) -> None:
    """Every dated `grid.cn.*` factor is the value of the grid table.

    Keys of the trading scheme (`grid.cn.national.ets2022`) have no row there and are not looked for.

    Raises:
        FactorFileBroken: at the first difference, in `factors.csv`.
    """
    for row in rows:
        key = row.cells[0]
        parts = key.split(".")
        if parts[:2] != ["grid", "cn"] or len(parts) != 4 or not parts[3].isdigit():
            continue
        printed = values.get((parts[2], int(parts[3])))
        if printed is None or Decimal(printed) != factors[key].value:
            raise broken(
                row,
                "value",
                f"{key} = {row.cells[2]}，而 {GRID_FILE} 为 {printed}",
                f"{key} = {row.cells[2]}, but {GRID_FILE} has {printed}",
            )


def averages(values: Values, factors: Mapping[str, Factor]) -> dict[tuple[str, int], Factor]:
    """The official averages by (division code, year)."""
    codes = {AVERAGE: NATIONAL} | {province.key: code for code, province in PROVINCES.items()}
    return {
        (codes[place], year): _factor(factors, place=place, year=year, text=text, like=AVERAGE)
        for (place, year), text in values.items()
        if place in codes
    }


def residuals(values: Values, factors: Mapping[str, Factor]) -> dict[int, Factor]:
    """The national factors without market-traded non-fossil power, by year."""
    return {
        year: _factor(factors, place=place, year=year, text=text, like=RESIDUAL)
        for (place, year), text in values.items()
        if place == RESIDUAL
    }


def _factor(factors: Mapping[str, Factor], *, place: str, year: int, text: str, like: str) -> Factor:
    """A place's own row, or one made from the table after the national row of the same notice."""
    key = f"grid.cn.{place}.{year}"
    if key in factors:
        return factors[key]
    national = factors.get(f"grid.cn.{like}.{year}")
    if national is None:
        first = Row(GRID_FILE, 1, [])
        raise broken(
            first, "year", f"factors.csv 缺少 {year} 年全国因子", f"factors.csv has no national grid factor of {year}"
        )
    return replace(national, key=key, value=Decimal(text), text=text, region=f"CN {place}", note="")
