"""What is said about a lot must hold together with its serial, and every part of a serial is kept."""

from dataclasses import replace
from datetime import date

import pytest

from app.kernel.text import Text
from app.registry.credits.errors import LotUnfit, SerialDisagrees, SerialUnreadable
from app.registry.credits.lot_rules import NewLot, NewProject, faults, fit
from app.registry.credits.programme_rules import PROGRAMMES, parse
from app.registry.credits.rules import Programme, UnitKind
from app.registry.credits.serials.registry_rules import Registry
from app.registry.credits.serials.serial_rules import RawOnly, Serial, is_same_project

VCU = "0001-000001-000100-VCS-VCU-003-VER-US-0003-01012020-31122020-1"
LOT = NewLot(
    code="L-1",
    project=NewProject(
        programme=Programme.VCU,
        number="VCS-3",
        name=Text(zh="示例风电", en="Sample wind farm"),
        methodology="ACM0002",
        unit_kind=UnitKind.REDUCTION,
        place=Text(zh="示例县", en="Sample county"),
    ),
    serial=VCU,
    vintage_start=date(2020, 1, 1),
    vintage_end=date(2020, 12, 31),
    issued_on=date(2021, 6, 1),
)
CDCER = replace(LOT.project, programme=Programme.CDCER)
RAW = replace(
    LOT,
    project=replace(LOT.project, programme=Programme.CCER, number="031"),
    serial="证字第 31 号",
    certificate_number="CCER-证-0031",
    tonnes=120,
)


def test_a_vcu_is_read_in_full_and_every_part_of_it_is_kept():
    serial = parse(Programme.VCU, f" {VCU.lower()} ")
    assert isinstance(serial, Serial)
    assert (serial.registry, serial.project, serial.country) == (Registry.VERRA, "0003", "US")
    assert (serial.vintage_start, serial.vintage_end) == (date(2020, 1, 1), date(2020, 12, 31))
    assert (serial.block_start, serial.block_stop, serial.tonnes) == (1, 101, 100)
    assert "-".join(serial.fields.values()) == VCU
    assert serial.raw == f" {VCU.lower()} ", "byte for byte"


@pytest.mark.parametrize(("end", "tonnes"), [("000001", 1), ("000002", 2), ("000099", 99), ("000101", 101)])
def test_both_ends_of_a_registrys_block_count(end, tonnes):
    serial = parse(Programme.VCU, VCU.replace("000100", end))
    assert isinstance(serial, Serial)
    assert serial.tonnes == tonnes


@pytest.mark.parametrize(
    "raw",
    [
        VCU.replace("01012020", "32012020"),
        VCU.replace("01012020", "29022019"),
        VCU.replace("31122020", "31122019"),  # ends before it begins
        VCU.replace("VCS", "GSX"),
        VCU.replace("000001", "٠٠٠٠٠١"),  # digits, but not ASCII after NFKC
        VCU + "\n" + VCU,
        "x" * 201,
        "",
    ],
)
def test_a_vcu_with_an_impossible_part_is_unreadable(raw):
    with pytest.raises(SerialUnreadable):
        parse(Programme.VCU, raw)


def test_a_text_without_a_registrys_marks_is_raw_only_where_the_programme_takes_such():
    for programme in Programme:
        if PROGRAMMES[programme].allows_raw_only:
            raw = parse(programme, "证字第 31 号")
            assert isinstance(raw, RawOnly)
            assert (raw.raw, raw.key, raw.registry) == ("证字第 31 号", "证字第 31 号", None)
        else:
            with pytest.raises(SerialUnreadable):
                parse(programme, "证字第 31 号")


@pytest.mark.parametrize(
    ("change", "field", "fact"),
    [
        ({"vintage_start": date(2020, 1, 2)}, "/vintage_start", SerialDisagrees),
        ({"vintage_end": date(2020, 12, 30)}, "/vintage_end", SerialDisagrees),
        ({"country": "CN"}, "/country", SerialDisagrees),
        ({"tonnes": 99}, "/tonnes", SerialDisagrees),
        ({"project": replace(LOT.project, number="4")}, "/project_number", SerialDisagrees),
        ({"project": CDCER, "serial": "CDCER-2022-1-1-2", "country": "US"}, "/country", LotUnfit),
        ({"code": " "}, "/code", LotUnfit),
        ({"code": "x" * 65}, "/code", LotUnfit),
        ({"code": "a\u202eb"}, "/code", LotUnfit),
        ({"labels": ("x" * 51,)}, "/labels", LotUnfit),
        ({"labels": ("x",) * 21}, "/labels", LotUnfit),
        ({"country": "us"}, "/country", LotUnfit),
        ({"issued_on": date(2200, 1, 1)}, "/issued_on", LotUnfit),
        ({"monitoring_start": date(2020, 1, 1)}, "/monitoring_end", LotUnfit),
        ({"monitoring_start": date(2020, 1, 2), "monitoring_end": date(2020, 1, 1)}, "/monitoring_end", LotUnfit),
        ({"vintage_end": date(2019, 12, 31)}, "/vintage_end", LotUnfit),
    ],
)  # fmt: skip
def test_a_part_that_cannot_be_is_refused_with_its_field(change, field, fact):
    found = list(faults(replace(LOT, **change)))
    assert (type(found[0]), found[0].field) == (fact, field)
    with pytest.raises(fact):
        fit(replace(LOT, **change))


def test_a_lot_that_holds_together_takes_its_country_from_its_serial_or_its_programme():
    assert (fit(LOT).country, fit(LOT).is_raw_only) == ("US", False)
    assert fit(RAW).country == "CN"


def test_a_raw_only_lot_counts_its_tonnes_from_one_within_its_certificate():
    lot = fit(RAW)
    assert lot.is_raw_only
    assert (lot.serial.block_start, lot.serial.block_stop, lot.serial.mass_g) == (1, 121, 120_000_000)
    assert lot.serial.series == "CCER:certificate:CCER-证-0031"
    assert fit(replace(RAW, serial="", certificate_number=" ccer-证-0031 ")).serial.series == lot.serial.series


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"certificate_number": None}, "/certificate_number"),
        ({"tonnes": None}, "/tonnes"),
        ({"tonnes": 0}, "/tonnes"),
        ({"tonnes": 100_000_001}, "/tonnes"),
    ],
)
def test_a_raw_only_lot_needs_its_certificate_and_a_sane_quantity(change, field):
    assert next(faults(replace(RAW, **change))).field == field


@pytest.mark.parametrize(
    ("written", "number", "same"),
    [("0003", "3", True), ("0003", "VCS0003", True), ("3", "vcs-03", True), ("3", "4", False), ("3", "P-3", False),
     ("3", "", False)],
)  # fmt: skip
def test_a_project_is_the_same_whatever_zeros_stand_before_it(written, number, same):
    assert is_same_project(written, number) is same


def test_every_programme_has_its_rules():
    assert set(PROGRAMMES) == set(Programme)
