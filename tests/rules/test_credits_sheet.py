"""An import sheet, pure: a row becomes a lot or says which cell is wrong, and no two rows of a sheet share a tonne."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernel.cells import SheetRow
from app.kernel.text import Text
from app.registry.credits.errors import ColumnsUnfit
from app.registry.credits.rules import Programme, UnitKind
from app.registry.credits.sheets.column_rules import COLUMNS
from app.registry.credits.sheets.sheet_rules import FAULTS_MOST, ReadRow, RowKind, RowResult, read_rows

HEADINGS = tuple(column.heading.zh for column in COLUMNS)
ROW = {
    "code": "CDCER-2022-0113",
    "programme": "CDCER",
    "serial": "CDCER-2022-0113-1-3000",
    "tonnes": "3,000",
    "trade_number": "T-1",
    "project_number": "P-113",
    "project_zh": "示例绿道碳汇",
    "project_en": "Sample greenway sink",
    "methodology": "CDCER-001-V01",
    "unit_kind": "清除",
    "vintage_start": "2022-01-01",
    "vintage_end": "2022/12/31",
    "issued_on": "2023年6月30日",
    "place_zh": "示例区",
    "place_en": "Sample district",
    "labels": "ICVCM CCP； 示例标签",
    "is_real": "是",
    "is_additional": "no",
}


def sheet(*rows: dict[str, str], headings: tuple[str, ...] = HEADINGS) -> list[SheetRow]:
    texts = [tuple(row.get(column.key, "") for column in COLUMNS) for row in rows]
    return [SheetRow(1, headings), *(SheetRow(number, text) for number, text in enumerate(texts, start=2))]


def looked_at(rows: list[SheetRow]) -> tuple[list[ReadRow], list[RowResult]]:
    read = read_rows(rows)
    return read.good, read.bad


def test_a_row_becomes_a_lot_with_every_fact_of_it():
    (row,), bad = looked_at(sheet(ROW))
    lot = row.lot.lot
    assert bad == []
    assert (lot.project.programme, lot.project.unit_kind) == (Programme.CDCER, UnitKind.REMOVAL)
    assert (lot.vintage_start, lot.vintage_end) == (date(2022, 1, 1), date(2022, 12, 31))
    assert lot.issued_on == date(2023, 6, 30)
    assert (lot.tonnes, lot.trade_number, row.lot.serial.mass_g) == (3000, "T-1", 3_000_000_000)
    assert (lot.labels, lot.is_real, lot.is_additional, lot.is_permanent) == (
        ("ICVCM CCP", "示例标签"),
        True,
        False,
        None,
    )
    assert row.cells["serial"] == "C2"


def test_columns_are_found_by_either_heading_or_key_in_any_order():
    for names in (
        [c.key for c in COLUMNS],
        [c.heading.en.upper() for c in COLUMNS],
        [f" {c.heading.zh}*" for c in COLUMNS],
    ):
        good, _ = looked_at(sheet(ROW, headings=tuple(names)))
        assert [row.lot.lot.code for row in good] == [ROW["code"]]
    turned = [SheetRow(row.number, row.texts[::-1]) for row in sheet(ROW)]
    assert looked_at(turned)[0][0].lot.lot.code == ROW["code"]


@pytest.mark.parametrize(
    "rows",
    [[], [SheetRow(1, HEADINGS)], [SheetRow(1, ("a", "b", "c")), SheetRow(2, ("1", "2", "3"))]],
    ids=["empty", "no row", "no heading"],
)
def test_a_sheet_without_headings_or_rows_is_a_fault_of_the_whole_sheet(rows):
    with pytest.raises(ColumnsUnfit):
        read_rows(rows)


def test_every_heading_at_fault_is_told_and_the_rows_are_looked_at_all_the_same():
    names = ["批次", *HEADINGS[1:-1], HEADINGS[2], "备注说明"]
    rows = sheet(ROW | {"vintage_start": "2022-02-30"}, ROW, headings=tuple(names))
    good, (verdict, row) = looked_at(rows)
    assert (verdict.kind, verdict.row, good) == (RowKind.HEADINGS, 1, [])
    assert [(fault.cell, fault.reason.en) for fault in verdict.faults] == [
        ("A1", 'the heading "批次" is unknown; is it "batch number"?'),
        ("X1", 'the heading "序列号" is there twice'),
        ("Y1", 'the heading "备注说明" is unknown; delete the column'),
        (None, 'the heading "batch number" is missing'),
    ]
    assert [fault.cell for fault in row.faults] == ["L2"]


def test_headings_are_found_below_a_title_and_with_what_people_add_to_them():
    folded = [f"{name[:2]}\n{name[2:]}（必填）" for name in HEADINGS]
    title = SheetRow(1, ("2024 年批次汇总表", "", ""))
    heading, row = sheet(ROW, headings=tuple(folded))
    rows = [title, SheetRow(3, heading.texts), SheetRow(4, (*row.texts, "无表头"))]
    read = read_rows(rows)
    assert [row.lot.lot.code for row in read.good] == [ROW["code"]]
    assert read.good[0].cells["serial"] == "C4"
    assert [note.en for note in read.notes] == [
        "not read, above the headings: row 1",
        "not read, without a heading: column Y",
    ]


@pytest.mark.parametrize(
    ("change", "cell"),
    [
        ({"programme": "XYZ"}, "B2"),
        ({"serial": "CDCER-2022-0113-3000-1"}, "C2"),
        ({"serial": ""}, "C2"),
        ({"tonnes": "2999"}, "E2"),
        ({"tonnes": "3000.5"}, "E2"),
        ({"tonnes": "3e3"}, "E2"),
        ({"tonnes": "3,00"}, "E2"),
        ({"project_zh": "  "}, "H2"),
        ({"unit_kind": "both"}, "K2"),
        ({"vintage_start": "01/02/2022"}, "L2"),
        ({"vintage_start": "2022-02-30"}, "L2"),
        ({"vintage_end": "2021-12-31"}, "M2"),
        ({"vintage_end": "44926"}, "M2"),
        ({"country": "CHN"}, "S2"),
        ({"is_permanent": "maybe"}, "X2"),
    ],
)
def test_a_field_that_cannot_be_is_told_by_its_cell_in_both_languages(change, cell):
    good, (verdict,) = looked_at(sheet(ROW | change))
    assert good == []
    assert (verdict.kind, verdict.row, verdict.code, verdict.cell) == (RowKind.UNREADABLE, 2, ROW["code"], cell)
    assert verdict.reason is not None and verdict.reason.zh and verdict.reason.en


@pytest.mark.parametrize(
    ("change", "cell"),
    [
        ({"code": "B", "trade_number": "", "serial": "CDCER-2022-0113-3000-3001", "tonnes": ""}, "C3"),
        ({"code": "B", "trade_number": "", "serial": "cdcer-2022-0113-1-1", "tonnes": ""}, "C3"),
        ({"code": "B", "trade_number": ""}, "C3"),
        ({"code": "B", "serial": "CDCER-2022-OTHER-1-1", "tonnes": ""}, "F3"),
        ({"serial": "CDCER-2022-OTHER-1-1", "tonnes": "", "trade_number": ""}, "A3"),
    ],
)
def test_a_row_that_meets_an_earlier_one_is_not_taken(change, cell):
    (row,), (verdict,) = looked_at(sheet(ROW, ROW | change))
    assert row.row == 2
    assert (verdict.kind, verdict.row, verdict.cell, verdict.lot) == (RowKind.OVERLAPS, 3, cell, ROW["code"])


def test_a_certificate_that_one_lot_covers_altogether_has_no_room_for_another_whichever_comes_first():
    raw = ROW | {"code": "R", "serial": "证字 7 号", "certificate_number": "证-7", "trade_number": "", "tonnes": "10"}
    part = ROW | {"certificate_number": "证-7", "trade_number": ""}
    for rows in ((raw, part), (part, raw), (raw, raw | {"code": "R2"})):
        _, (verdict,) = looked_at(sheet(*rows))
        assert (verdict.kind, verdict.row) == (RowKind.OVERLAPS, 3)
    other = part | {"code": "P2", "serial": "CDCER-2022-0113-3001-3002", "tonnes": ""}
    assert looked_at(sheet(part, other))[1] == [], "two ranges of one certificate"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 60), st.integers(1, 8)), min_size=1, max_size=25))
def test_whatever_blocks_come_no_tonne_is_in_two_rows_that_are_kept(blocks):
    rows = [
        ROW
        | {"code": f"L-{n}", "serial": f"CDCER-2022-S-{start}-{start + count - 1}", "tonnes": "", "trade_number": ""}
        for n, (start, count) in enumerate(blocks)
    ]
    good, bad = looked_at(sheet(*rows))
    assert len(good) + len(bad) == len(rows)
    tonnes = [tonne for row in good for tonne in range(row.lot.serial.block_start, row.lot.serial.block_stop)]
    assert len(tonnes) == len(set(tonnes))
    for verdict in bad:  # none was refused without need
        start, count = blocks[verdict.row - 2]
        assert set(range(start, start + count)) & set(tonnes)


def test_a_row_shows_all_of_its_faults_in_the_order_of_its_columns():
    wrong = {
        "code": "", "programme": "VER", "unit_kind": "两者", "tonnes": "三千", "vintage_start": "2022/13/1",
        "issued_on": "01/02/2023", "is_real": "也许",
    }  # fmt: skip
    (verdict,) = looked_at(sheet(ROW | wrong))[1]
    assert [(fault.cell, fault.reason.en) for fault in verdict.faults] == [
        ("A2", "batch number is missing"),
        ("B2", '"VER" is none of those we know: CCER, CDCER, CQCER, VCU or FORESTRY'),
        ("E2", '"三千" is no whole number of tonnes, such as 3000'),
        ("K2", '"两者" is none of those we know: reduction or removal'),
        ("L2", 'there is no day "2022/13/1"'),
        ("P2", '"01/02/2023" is no day (YYYY-MM-DD); write 2023-01-02 or 2023-02-01 if that is meant'),
        ("V2", '"也许" is none of those we know: yes, no or nothing'),
    ]
    (verdict,) = looked_at(sheet(ROW | {"tonnes": "2999", "country": "CHN", "vintage_end": "2021-12-31"}))[1]
    assert [fault.cell for fault in verdict.faults] == ["E2", "M2", "S2"], "what the parts say of each other, too"


def test_what_no_cell_may_hold_is_one_of_its_rows_faults_and_no_other_rows():
    held = Text(zh="含有公式", en="holds a formula")
    (first, second) = sheet(
        ROW, ROW | {"code": "B", "serial": "CDCER-2022-0114-1-2", "tonnes": "", "trade_number": "", "issued_on": "x"}
    )[1:]
    rows = [SheetRow(1, HEADINGS), first, SheetRow(3, second.texts, {4: held})]
    good, (verdict,) = looked_at(rows)
    assert [row.row for row in good] == [2]
    assert [(fault.cell, fault.reason) for fault in verdict.faults if fault.cell == "E3"] == [("E3", held)]
    assert [fault.cell for fault in verdict.faults] == ["E3", "P3"]


@pytest.mark.parametrize(
    ("change", "read"),
    [
        ({"code": "ＣＤＣＥＲ－２０２２－０１１３。"}, ("code", "CDCER-2022-0113")),
        ({"code": "CDCER-2022\u200b-0113\n"}, ("code", "CDCER-2022-0113")),
        ({"trade_number": "-"}, ("trade_number", None)),
        ({"trade_number": "／"}, ("trade_number", None)),
        ({"tonnes": "—"}, ("tonnes", None)),
        ({"tonnes": "３，０００ 吨"}, ("tonnes", 3000)),
        ({"tonnes": "3000t"}, ("tonnes", 3000)),
        ({"tonnes": "3 000 tCO₂e"}, ("tonnes", 3000)),
        ({"tonnes": "0.3 万吨"}, ("tonnes", 3000)),
        ({"tonnes": "3000.00"}, ("tonnes", 3000)),
        ({"vintage_start": "2022"}, ("vintage_start", date(2022, 1, 1))),
        ({"vintage_end": "2022年度"}, ("vintage_end", date(2022, 12, 31))),
        ({"vintage_end": "2022年6月"}, ("vintage_end", date(2022, 6, 30))),
        ({"issued_on": "20230630"}, ("issued_on", date(2023, 6, 30))),
        ({"issued_on": "２０２３年 6 月 30 日"}, ("issued_on", date(2023, 6, 30))),
        ({"issued_on": "2023。6。30"}, ("issued_on", date(2023, 6, 30))),
        ({"issued_on": "2023–06–30 00:00:00"}, ("issued_on", date(2023, 6, 30))),
        ({"is_permanent": "√"}, ("is_permanent", True)),
        ({"is_permanent": "✔"}, ("is_permanent", True)),
        ({"is_permanent": "N/A"}, ("is_permanent", None)),
        ({"country": "ｃｎ"}, ("country", "CN")),
    ],
)  # fmt: skip
def test_a_cell_is_read_as_it_was_meant_whatever_its_width_breaks_and_units(change, read):
    (row,), bad = looked_at(sheet(ROW | change))
    assert bad == []
    assert getattr(row.lot.lot, read[0]) == read[1]


def test_a_name_keeps_its_width_and_loses_what_nobody_sees():
    (row,), _ = looked_at(
        sheet(ROW | {"project_zh": " 示例绿道\n碳汇（二期）\u200b ", "project_en": "Sample\r\ngreenway sink"})
    )
    assert row.lot.lot.project.name == Text(zh="示例绿道碳汇（二期）", en="Sample greenway sink")


@pytest.mark.parametrize(
    "written", ["3.000", "3000kg", "-3000", "30%", "约3000", "3000.5吨", "1.23456万吨", "3000-4000"]
)
def test_an_amount_that_is_no_whole_tonnes_or_may_be_two_is_never_guessed(written):
    (verdict,) = looked_at(sheet(ROW | {"tonnes": written}))[1]
    assert [fault.cell for fault in verdict.faults] == ["E2"]


@pytest.mark.parametrize(
    "written", ["2023", "2023-06", "23-6-30", "44926", "2023-06-31", "二〇二三年", "2023-06-30T16:00:00Z"]
)
def test_a_day_that_is_none_is_told_with_what_is_asked_for(written):
    (verdict,) = looked_at(sheet(ROW | {"issued_on": written}))[1]
    assert verdict.cell == "P2"
    if written == "44926":
        assert verdict.reason is not None and "2022-12-31" in verdict.reason.zh


@pytest.mark.parametrize(
    ("row", "told"),
    [({"code": "合计", "tonnes": "3000"}, "sums"), (dict(zip(ROW, ROW, strict=True)), "repeats the headings")],
)
def test_a_row_of_sums_or_of_headings_again_is_told_in_one_sentence(row, told):
    (verdict,) = looked_at(sheet(ROW, row))[1]
    (fault,) = verdict.faults
    assert told in fault.reason.en


def test_all_faults_are_told_up_to_a_bound_and_counted_beyond():
    rows = sheet(*[ROW | {"issued_on": "x", "unit_kind": "x"}] * FAULTS_MOST)
    bad = looked_at(rows)[1]
    assert len(bad) == FAULTS_MOST, "every row has its verdict"
    assert sum(len(verdict.faults) for verdict in bad) == FAULTS_MOST
    assert sum(len(verdict.faults) + verdict.more for verdict in bad) == 2 * FAULTS_MOST


def test_a_row_of_dashes_only_is_an_empty_row():
    assert looked_at(sheet(ROW, dict.fromkeys(ROW, "-")))[1] == []
