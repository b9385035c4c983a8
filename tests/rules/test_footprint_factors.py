"""Factor sets: what is refused on the way in, which factor is chosen, and values recomputed from their sources."""

import json
import re
import shutil
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from app.footprint.errors import FactorFileBroken, FactorMissing, NoFactorSet, NoGridFactor
from app.footprint.factor_sets.factor_rules import flight_band, in_force, plausible_range
from app.footprint.factor_sets.factors import load_factor_set, load_factor_sets
from app.footprint.quantity_rules import grams
from app.footprint.rules import missing_factors

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "config" / "factors" / "2025.1"
FACTORS = load_factor_set(FOLDER)
CHECKS = {
    check["id"]: check
    for check in json.loads((ROOT / "tests/data/worked_examples.json").read_text("utf-8"))["external_checks"]
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / FOLDER.name))


def change(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text("utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new, 1), "utf-8")


def refusal(folder: Path) -> dict[str, Any]:
    with pytest.raises(FactorFileBroken) as refused:
        load_factor_set(folder)
    return refused.value.facts


def test_the_published_set_is_never_edited() -> None:
    # New values make a new folder. Whoever changes this figure changes published certificates.
    assert FACTORS.content_sha256 == "c843ebfb00b2798d6a6e692d713e1f7559e0bf1741d93826a9a2328580f0d940"


def test_the_published_set_holds_every_factor_the_forms_need() -> None:
    assert missing_factors(FACTORS) == ()


def test_line_endings_do_not_change_the_fingerprint(copy: Path) -> None:
    path = copy / "factors.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    assert load_factor_set(copy).content_sha256 == FACTORS.content_sha256


def test_another_value_changes_the_fingerprint(copy: Path) -> None:
    change(copy, "factors.csv", "city bus,0.05300", "city bus,0.05301")
    assert load_factor_set(copy).content_sha256 != FACTORS.content_sha256


def test_a_row_with_a_twelfth_column_is_refused_with_its_row(copy: Path) -> None:
    change(copy, "factors.csv", "metro.cn,metro,", "metro.cn,metro,x,")
    facts = refusal(copy)
    line = next(
        number
        for number, text in enumerate((copy / "factors.csv").read_text("utf-8").splitlines(), 1)
        if "metro.cn" in text
    )
    assert (facts["file"], facts["row"]) == ("factors.csv", line)
    assert "11" in facts["problem_en"]


def test_a_header_with_another_column_is_refused(copy: Path) -> None:
    change(copy, "factors.csv", "key,activity,value", "key,value,activity")
    assert refusal(copy)["row"] == 1


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ("0.04314,kgCO2e per passenger-km", "0.04314,kgCO2e per parsec", "unit"),
        (
            "0.15253; DEFAULT",
            "0.15253; DEFAULT\nmetro.cn,metro,0.04,kgCO2e per passenger-km,CN,2023,AR5?,x,y,uncertain,",
            "key",
        ),
        ("metro,0.04314", "metro,0", "value"),
        ("metro,0.04314", "metro,-0.04314", "value"),
        ("metro,0.04314", "metro,4.314E-2", "value"),
        ("metro,0.04314", "metro,NaN", "value"),
        ("metro,0.04314", "metro,０.04314", "value"),
        ("metro,0.04314", "metro,0.00000000001", "value"),
        ("metro.cn,", "metr0.cn,", "key"),
        ("metro.cn,", "Metro CN,", "key"),
        ("secondary-copy,0.19567-0.15253", "certain,0.19567-0.15253", "confidence"),
    ],
)
def test_a_faulty_cell_is_named_by_its_column(copy: Path, old: str, new: str, column: str) -> None:
    change(copy, "factors.csv", old, new)
    assert refusal(copy)["column"] == column


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('natural gas",2.162189', 'natural gas",7.966'),  # a GWP applied twice, as one public table prints it
        ("beef,7.26", "beef,72.6"),
        ("metro,0.04314", "metro,43.14"),
        ('China",53.5', 'China",535'),
    ],
)
def test_a_value_beyond_the_plausible_range_of_its_family_is_refused(copy: Path, old: str, new: str) -> None:
    change(copy, "factors.csv", old, new)
    assert "second person" in refusal(copy)["problem_en"]


def test_a_value_beyond_the_range_counts_once_somebody_confirmed_it(copy: Path) -> None:
    change(copy, "factors.csv", "beef,7.26", "beef,12.6")
    change(
        copy,
        "set.json",
        '"confirmed_outside_bounds": {}',
        '"confirmed_outside_bounds": {"meal.beef": "checked against the 2026 table by the second reviewer"}',
    )
    assert load_factor_set(copy).factor("meal.beef").value == Decimal("12.6")


def test_only_walking_may_emit_nothing() -> None:
    assert [factor.key for factor in FACTORS.factors.values() if factor.value == 0] == ["walk_bike"]


def test_every_shipped_value_lies_inside_its_range() -> None:
    ranges = {key: plausible_range(key) for key in FACTORS.factors}
    bounded = {key: bounds for key, bounds in ranges.items() if bounds is not None}
    assert len(bounded) > 200
    for key, (low, high) in bounded.items():
        assert low <= FACTORS.factor(key).value <= high, key


@pytest.mark.parametrize(
    "key", ["grid.cn.sichuan.2023", "grid.cn.national.2022", "grid.cn.southwest.2021", "grid.cn.fossil.2023"]
)
def test_a_grid_factor_must_agree_with_the_grid_table(copy: Path, key: str) -> None:
    printed = FACTORS.factor(key).text
    text = (copy / "factors.csv").read_text("utf-8")
    row = next(line for line in text.splitlines() if line.startswith(key + ","))
    change(copy, "factors.csv", row, row.replace(f",{printed},", ",0.3333,"))
    facts = refusal(copy)
    assert key in facts["problem_en"]


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ("四川,西南,2023,0.1564,average", "四川,西南,2023,1.564,average", "kgco2_per_kwh"),
        ("四川,西南,2023,0.1564,average", "四川,西南,23,0.1564,average", "year"),
        ("四川,西南,2023,0.1564,average", "四川,西南,2023,0.1564,fossil only", "kind"),
        ("四川,西南,2023,0.1564,average", "四川,西南,2022,0.1564,average", "name"),
        ("province,510000,四川,西南,2023", "province,510001,四川,西南,2023", "division_code"),
        ("province,510000,四川,西南,2023", "province,500000,四川,西南,2023", "division_code"),
    ],
)
def test_a_faulty_grid_row_is_named_by_its_column(copy: Path, old: str, new: str, column: str) -> None:
    change(copy, "grid_factors.csv", old, new)
    facts = refusal(copy)
    assert (facts["file"], facts["column"]) == ("grid_factors.csv", column)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"version": "2025.1"', '"version": " "'),
        ("2026-01-01", "1 January"),
        ("AR5", "AR4"),
        ('"effective_on"', '"from"'),
    ],
)
def test_a_set_without_its_papers_is_refused(copy: Path, old: str, new: str) -> None:
    change(copy, "set.json", old, new)
    assert refusal(copy)["file"] == "set.json"


def test_a_folder_must_bear_the_version_of_its_set(copy: Path) -> None:
    copy.rename(copy.parent / "2025.2")
    with pytest.raises(FactorFileBroken):
        load_factor_sets(copy.parent)


def test_a_new_figure_uses_the_set_in_force_on_its_day(copy: Path) -> None:
    copy.rename(copy.parent / "2027.1")
    change(copy.parent / "2027.1", "set.json", '"version": "2025.1"', '"version": "2027.1"')
    change(copy.parent / "2027.1", "set.json", "2026-01-01", "2027-03-01")
    shutil.copytree(FOLDER, copy.parent / "2025.1")
    sets = load_factor_sets(copy.parent).values()
    assert in_force(sets, on=date(2027, 2, 28)).version == "2025.1"
    assert in_force(sets, on=date(2027, 3, 1)).version == "2027.1"
    with pytest.raises(NoFactorSet):
        in_force(sets, on=date(2025, 12, 31))


@pytest.mark.parametrize(
    ("province", "year", "value", "key"),
    [
        ("510000", 2021, "0.1255", "grid.cn.sichuan.2021"),
        ("510000", 2022, "0.1404", "grid.cn.sichuan.2022"),
        ("510000", 2023, "0.1564", "grid.cn.sichuan.2023"),
        ("510000", 2030, "0.1564", "grid.cn.sichuan.2023"),
        ("500000", 2024, "0.5581", "grid.cn.chongqing.2023"),
        ("420000", 2024, "0.4044", "grid.cn.hubei.2023"),
        ("540000", 2024, "0.5306", "grid.cn.national.2023"),
        ("CN", 2022, "0.5366", "grid.cn.national.2022"),
    ],
)
def test_the_latest_official_grid_value_up_to_the_year_is_taken(province: str, year: int, value: str, key: str) -> None:
    factor = FACTORS.grid_factor(province, year=year)
    assert (factor.key, factor.text) == (key, value)
    assert FACTORS.factor(factor.key) == factor
    assert "MEE" in factor.source


def test_no_grid_value_is_invented_before_the_first_notice() -> None:
    with pytest.raises(NoGridFactor):
        FACTORS.grid_factor("510000", year=2020)
    with pytest.raises(NoGridFactor):
        FACTORS.market_factor(year=2020)


def test_provinces_keep_the_span_of_the_2023_notice() -> None:
    values = [factor.value for (code, year), factor in FACTORS.grid.items() if year == 2023 and code != "CN"]
    assert (len(values), min(values), max(values)) == (30, Decimal("0.1333"), Decimal("0.6796"))


@pytest.mark.parametrize(
    ("leg_km", "band"), [("699.999999", "domestic"), ("700", "short"), ("3700", "short"), ("3700.000001", "long")]
)
def test_a_flight_band_follows_one_leg(leg_km: str, band: str) -> None:
    assert flight_band(Decimal(leg_km)) == band


def test_a_missing_factor_is_named() -> None:
    with pytest.raises(FactorMissing) as missing:
        FACTORS.factor("metro.mars")
    assert missing.value.facts["key"] == "metro.mars"


# Values recomputed from the sources their entry in the worked examples names.


def rounded(value: Fraction, places: int = 6) -> Decimal:
    scaled = Decimal(value.numerator) / Decimal(value.denominator)
    return scaled.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


@pytest.mark.parametrize(
    "check", [check for name, check in CHECKS.items() if name.startswith("fuel:")], ids=lambda c: c["id"]
)
def test_a_fuel_follows_from_heat_value_carbon_and_oxidation(check: dict[str, Any]) -> None:
    given = {name: Fraction(value) for name, value in check["inputs"].items() if name != "formula"}
    per_unit = given["ncv_gj"] * given["carbon_t_per_gj"] * given["oxidation_pct"] / 100 * Fraction(44, 12)
    per_unit = per_unit * given.get("density_kg_per_l", 1) / given.get("divide_by", 1)
    # t per t is kg per kg; the gas is listed in t per 10 000 m³, which `divide_by` brings to kg per m³.
    assert (
        rounded(per_unit)
        == FACTORS.factor(check["expected"]["factor_key"]).value
        == Decimal(check["expected"]["value"])
    )


@pytest.mark.parametrize(
    "check", [check for name, check in CHECKS.items() if name.startswith("blend:")], ids=lambda c: c["id"]
)
def test_a_refrigerant_blend_follows_from_its_components(check: dict[str, Any]) -> None:
    parts, shares = check["inputs"]["components"], check["inputs"]["mass_pct"]
    assert sum(shares.values()) == 100
    mixed = sum((Decimal(parts[gas]) * share / 100 for gas, share in shares.items()), Decimal(0))
    assert mixed == FACTORS.factor(check["expected"]["factor_key"]).value == Decimal(check["expected"]["value"])


def test_waste_incineration_follows_from_fossil_carbon() -> None:
    given = {name: Fraction(value) for name, value in CHECKS["waste:incineration"]["inputs"].items()}
    value = rounded(given["carbon"] * given["fossil"] * given["efficiency"] * Fraction(44, 12))
    assert value == FACTORS.factor("waste.incineration.cn").value


def test_the_mixed_meal_follows_from_its_dishes() -> None:
    given = CHECKS["meal:mixed"]["inputs"]
    total = sum(Fraction(FACTORS.factor(key).value) * weight for key, weight in given["weights"].items())
    assert rounded(total / given["divide_by"]) == FACTORS.factor("meal.mixed").value


def test_a_sheet_of_paper_follows_from_office_paper() -> None:
    given = CHECKS["paper:a4"]["inputs"]
    value = Fraction(given["kg_per_sheet"]) * Fraction(FACTORS.factor(given["factor_key"]).value)
    assert rounded(value) == FACTORS.factor("paper.a4_sheet").value


@pytest.mark.parametrize("name", ["transport:car_12km", "transport:motorbike_100km"])
def test_a_published_distance_gives_the_published_grams(name: str) -> None:
    given, expected = CHECKS[name]["inputs"], CHECKS[name]["expected"]
    factor, quantity = FACTORS.factor(given["factor_key"]), Decimal(given["quantity"])
    assert factor.value * quantity == Decimal(expected["kg"])
    assert grams([quantity], divided_by=[], kg_per_unit=factor.value) == expected["grams"]


def test_supply_and_treatment_of_water_add_up_to_the_published_sum() -> None:
    check = CHECKS["water:supply_plus_treatment"]
    total = sum(FACTORS.factor(key).value for key in check["inputs"]["factor_keys"])
    assert total * Decimal(check["inputs"]["quantity"]) == Decimal(check["expected"]["kg"])


def test_radiative_forcing_raises_every_flight_by_the_same_share() -> None:
    expected = CHECKS["flight:rf_ratio"]["expected"]
    pairs = [
        (factor.value, FACTORS.factor(re.sub(r"\.rf$", ".norf", key)).value)
        for key, factor in FACTORS.factors.items()
        if key.startswith("flight.") and key.endswith(".rf")
    ]
    assert len(pairs) == 10
    for forced, plain in pairs:
        assert Decimal(expected["min"]) <= forced / plain <= Decimal(expected["max"])
