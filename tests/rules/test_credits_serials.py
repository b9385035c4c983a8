"""Serials as registries really write them: read as their listing says, raw only by a rule, never guessed."""

import csv
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernel.text import Text
from app.registry.credits.errors import LotUnfit, SerialOfAnotherRegistry, SerialUnreadable
from app.registry.credits.lot_rules import faults, fit
from app.registry.credits.programme_rules import PROGRAMMES, parse
from app.registry.credits.rules import Programme
from app.registry.credits.serials.registry_rules import Registry
from app.registry.credits.serials.serial_form_rules import read
from app.registry.credits.serials.serial_rules import RawOnly, Serial, is_same_project, names_of, normalised
from tests.conftest import PROJECT
from tests.rules.test_credits_lots import CDCER, RAW

with (PROJECT / "tests" / "data" / "registry_serials.csv").open(encoding="utf-8", newline="") as _file:
    LISTED = list(csv.DictReader(_file))
REGISTRIES = {
    "Verra VCS": Registry.VERRA, "Gold Standard": Registry.GOLD_STANDARD, "ACR": Registry.ACR, "CAR": Registry.CAR,
    "Cercarbono": Registry.CERCARBONO,
}  # fmt: skip
LOT = replace(
    RAW,
    code="L-1",
    project=replace(CDCER, number="P-7"),
    serial="CDCER-2022-0113-1-3000",
    certificate_number=None,
    tonnes=None,
    vintage_start=date(2022, 1, 1),
    vintage_end=date(2022, 12, 31),
    issued_on=date(2023, 6, 1),
)


def test_the_list_has_all_its_rows():
    assert len(LISTED) == 38


@pytest.mark.parametrize(
    "row", [row for row in LISTED if row["registry"] != "Cercarbono"], ids=lambda row: row["serial"]
)
def test_a_listed_serial_is_read_as_its_columns_say(row):
    serial = read(row["serial"])
    assert isinstance(serial, Serial)
    assert (serial.registry, serial.tonnes) == (REGISTRIES[row["registry"]], int(row["tonnes"]))
    assert serial.project is not None and is_same_project(serial.project, row["project"])
    first, last = (
        date.fromisoformat(day) if "-" in day else date(int(day), *rest)
        for day, rest in ((row["vintage_from"], (1, 1)), (row["vintage_to"], (12, 31)))
    )
    assert (serial.vintage_start, serial.vintage_end) == (first, last)


@pytest.mark.parametrize(
    "row", [row for row in LISTED if row["registry"] == "Cercarbono"], ids=lambda row: row["serial"]
)
def test_a_listed_serial_that_names_no_tonnes_is_raw_only_by_a_rule(row):
    serial = read(row["serial"])
    assert isinstance(serial, RawOnly)
    assert serial.registry is Registry.CERCARBONO
    assert serial.rule == Text(zh="只写明批次，没有写明吨号", en="names a batch, not its tonnes")


def test_no_two_listed_serials_share_a_tonne():
    read_ones = [serial for row in LISTED if isinstance(serial := read(row["serial"]), Serial)]
    for one in read_ones:
        for other in read_ones:
            if one is not other and one.series == other.series:
                assert one.block_stop <= other.block_start or other.block_stop <= one.block_start


@pytest.mark.parametrize("programme", [Programme.CCER, Programme.CDCER, Programme.CQCER, Programme.FORESTRY])
@pytest.mark.parametrize("row", LISTED[::5], ids=lambda row: row["serial"])
def test_a_serial_of_another_registry_is_refused_by_name(programme, row):
    with pytest.raises(SerialOfAnotherRegistry) as refusal:
        parse(programme, row["serial"])
    told = refusal.value.message()
    assert REGISTRIES[row["registry"]].text.zh in told.zh
    assert PROGRAMMES[programme].registries[0].text.en in told.en


def test_a_gold_standard_serial_among_other_words_is_still_that_registrys():
    with pytest.raises((SerialOfAnotherRegistry, SerialUnreadable)):
        parse(Programme.CCER, "序列号 GS1-1-IN-GS7080-2-2021-30294-1-113391")


@pytest.mark.parametrize(
    ("serial", "batch", "tonnes", "fields"),
    [
        ("1234-56789-56799-VCU-001-MER-US-12-234-01012008-31122008-0", "1234", 11, 11),
        ("1234-56789-56799-VCU-001-APX-US-234-01012008-31122008-0", "1234", 11, 10),
        ("0001-000001-000100-VCS-VCU-003-VER-US-0003-01012020-31122020-1", "1", 100, 12),
    ],
)
def test_an_older_vcu_is_read_in_full_without_vcs_and_without_a_sector(serial, batch, tonnes, fields):
    found = parse(Programme.VCU, serial)
    assert isinstance(found, Serial)
    assert (found.series, found.tonnes) == (f"VERRA:{batch}", tonnes)
    assert len(found.fields) >= fields
    assert "-".join(found.fields.values()) == serial


@pytest.mark.parametrize("raw", ["CDCER-2022-3113", "CDCER-2022-0113", "CDCER 2022 第 0113 批", "CDCER-3113"])
def test_two_rising_numbers_at_the_end_of_a_text_are_no_block(raw):
    serial = parse(Programme.CDCER, raw)
    assert isinstance(serial, RawOnly)
    assert serial.registry is Registry.CDCER


def test_a_batch_is_taken_with_its_certificate_number_and_its_tonnes_typed():
    lot = fit(replace(LOT, serial="CDCER-2022-0113", certificate_number="成碳证-7", tonnes=120))
    assert (lot.is_raw_only, lot.serial.tonnes) == (True, 120)
    missing = [fault.field for fault in faults(replace(LOT, serial="CDCER-2022-3113"))]
    assert missing == ["/certificate_number", "/tonnes"]


SPELLINGS = (
    "CDCER–2022–0113–1–3000", "CDCER—2022—0113—1—3000", "CDCER−2022−0113−1−3000", "CDCER‐2022‐0113‐1‐3000",
    "CDCER‑2022‑0113‑1‑3000", "CDCER﹣2022﹣0113﹣1﹣3000", "CDCER－2022－0113－1－3000", "CDCER-2022-0113-1…3000",
    "CDCER-2022-0113-1至3000", "CDCER-2022-0113-1 至 3000", "CDCER-2022-0113-1到3000", "CDCER-2022-0113-1~3000",
    "CDCER-2022-0113-1～3000", "CDCER-2022-0113-1〜3000", "CDCER-2022-0113-1 to 3000", "CDCER-2022-0113-1——3000",
    "ＣＤＣＥＲ－２０２２－０１１３－１－３０００", "cdcer-2022-0113-1-3000", " CDCER - 2022 - 0113 - 1 - 3000 ",
    "CDCER_2022_0113_1_3000", "CDCER/2022/0113/1/3000", "CDCER:2022:0113:1:3000", "CDCER-2022-0113-0001-3000",
    "CDCER-2022-113-1-3000", "CDCER-2022-0113-\n1-3000", "CDCER-2022-0113-1-3000。", "CDCER-2022-0113 (1-3000)",
    "CDCER 2022 0113 1 3000", "CDCER-2022-0113-1\u20133000",
)  # fmt: skip


@pytest.mark.parametrize("raw", SPELLINGS)
def test_one_block_is_one_block_however_its_dashes_width_case_and_spaces_are_typed(raw):
    serial = parse(Programme.CDCER, raw)
    assert isinstance(serial, Serial)
    assert (serial.series, serial.block_start, serial.block_stop) == ("CDCER:2022-113", 1, 3001)


@pytest.mark.parametrize("dash", [*"‐‑‒–—―−﹣－~～〜⁃⸺ー", "\u00ad"])
def test_a_serial_and_a_certificate_are_kept_for_comparison_with_one_kind_of_dash(dash):
    assert normalised(f"证{dash}2022{dash}31") == "证-2022-31"


@pytest.mark.parametrize(
    "raw",
    [
        "CDCER-2022-0113-1-3,000", "CDCER-2022-0113-1,300", "CDCER-2022-0113 1 300", "CDCER-2022-0113-1-3 000",
        "序列号 CDCER-2022-0113-1-3000", "CDCER-2022-0113-1-3000吨", "CDCER-2022-0113-1-3000 (3000 t)", "CDCER-22-0113-1-3000",
        "2022-0113-1-3000", "碳惠天府-2022-0113-1-3000", "CDCER2022-0113-1-3000", "CDCER2022011313000",
        "CDCER-2022-0113-3000-1",
        "СDCER-2022-0113-1-3000", "CDCÉR-2022-0113-1-3000", "CDCER-2022-0113-1-\u200b3000", "CDCER-2022-0113-١-٣٠٠٠",
        "2022-0113", "CDCER-2022-O113-1-3000", "CDCER-2022-0113-I-3000", "CDCER-2022-O113", "CDCER-2022-0113-1-3000²",
        "CDCER-2022-0113-①-3000",
        "CDCER-2022-0113-1-3000; CDCER-2022-0114-1-5",
        "2022年第0113批1至3000号", "碳惠天府2022年第0113批第1至3000号", "2022年第0113批", "碳惠天府 2022 年 0113 批次",
    ],
)  # fmt: skip
def test_a_block_that_is_typed_so_that_it_cannot_be_read_is_refused_and_never_raw_only(raw):
    with pytest.raises(SerialUnreadable) as refusal:
        parse(Programme.CDCER, raw)
    assert refusal.value.facts["reason_zh"]


@pytest.mark.parametrize(
    ("number", "fact"),
    [
        ("CDCER-2022-0113-1-3000", LotUnfit), ("CDCER–2022–0113–1–3000", LotUnfit), ("2022-0113-1-3000", SerialUnreadable),
        ("GS1-1-IN-GS7080-2-2021-30294-1-113391", SerialOfAnotherRegistry), ("CCER-2022-0113", SerialOfAnotherRegistry),
    ],
)  # fmt: skip
def test_a_certificate_number_that_is_a_serial_is_no_way_around_the_serial(number, fact):
    (fault,) = faults(replace(LOT, serial="", certificate_number=number, tonnes=3000))
    assert (type(fault), fault.field) == (fact, "/certificate_number")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("证字第 31 号", "证字第31号"), ("证字-2022-0031", "证字（2022）31"), ("CDCER-2022-0113", "cdcer 2022/113"),
        ("CDCER-2022-0113", "CDCER-2022-0113-A"), ("证－7", "证—7"), ("A_B.C", "ABC"),
        ("CDCER-2022-0113", "CDCER 2022 年第 0113 批"), ("CDCER-2022-0113", "CDCER第2022年—第113批次"),
        ("CDCER-2022-0113", "CDCER 2022 No. 113"), ("CDCER-2022-0113", "CDCER（2022）№0113"),
    ],
)  # fmt: skip
def test_a_raw_serial_is_the_same_whatever_stands_between_its_letters_and_digits(one, other):
    assert names_of(normalised(one)) & names_of(normalised(other))


@pytest.mark.parametrize(
    ("one", "other"), [("证字第 31 号", "证字第 13 号"), ("证-2022-31", "证-2023-31"), ("甲-1", "乙-1")]
)
def test_other_raw_serials_are_others(one, other):
    assert not names_of(normalised(one)) & names_of(normalised(other))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40) | st.text("0123456789-–:~至 CDERVUGSAT,.", max_size=60))
def test_whatever_is_typed_reads_the_same_in_its_normal_spelling(raw):
    try:
        serial = read(raw)
    except ValueError:
        return
    again = read(serial.key)
    assert (type(again), again.key, again.registry) == (type(serial), serial.key, serial.registry)
    if isinstance(serial, Serial):
        assert isinstance(again, Serial)
        assert (again.series, again.block_start, again.block_stop) == (
            serial.series,
            serial.block_start,
            serial.block_stop,
        )
