"""An import sheet, pure: a row becomes a lot or says which cell is wrong, and no two rows of a sheet share a tonne."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.credits.column_rules import COLUMNS
from app.credits.errors import ColumnsUnfit
from app.credits.rules import Programme, UnitKind
from app.credits.sheet_rules import VerdictKind, read_rows
from app.kernel.cells import SheetRow

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


def test_a_row_becomes_a_lot_with_every_fact_of_it():
    (row,), bad = read_rows(sheet(ROW))
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
        good, _ = read_rows(sheet(ROW, headings=tuple(names)))
        assert [row.lot.lot.code for row in good] == [ROW["code"]]
    turned = [SheetRow(row.number, row.texts[::-1]) for row in sheet(ROW)]
    assert read_rows(turned)[0][0].lot.lot.code == ROW["code"]


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [SheetRow(1, HEADINGS)],
        sheet(ROW, headings=(*HEADINGS[:-1], "备注")),
        sheet(ROW, headings=(*HEADINGS[:-1], HEADINGS[0])),
        sheet(ROW, headings=("", *HEADINGS[1:])),
    ],
    ids=["empty", "no row", "an unknown heading", "a heading twice", "a missing heading"],
)
def test_headings_that_are_not_the_templates_are_a_fault_of_the_whole_sheet(rows):
    with pytest.raises(ColumnsUnfit):
        read_rows(rows)


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
    good, (verdict,) = read_rows(sheet(ROW | change))
    assert good == []
    assert (verdict.kind, verdict.row, verdict.code, verdict.cell) == (VerdictKind.UNREADABLE, 2, ROW["code"], cell)
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
    (row,), (verdict,) = read_rows(sheet(ROW, ROW | change))
    assert row.row == 2
    assert (verdict.kind, verdict.row, verdict.cell, verdict.lot) == (VerdictKind.OVERLAPS, 3, cell, ROW["code"])


def test_a_certificate_that_one_lot_covers_altogether_has_no_room_for_another_whichever_comes_first():
    raw = ROW | {"code": "R", "serial": "证字 7 号", "certificate_number": "证-7", "trade_number": "", "tonnes": "10"}
    part = ROW | {"certificate_number": "证-7", "trade_number": ""}
    for rows in ((raw, part), (part, raw), (raw, raw | {"code": "R2"})):
        _, (verdict,) = read_rows(sheet(*rows))
        assert (verdict.kind, verdict.row) == (VerdictKind.OVERLAPS, 3)
    other = part | {"code": "P2", "serial": "CDCER-2022-0113-3001-3002", "tonnes": ""}
    assert read_rows(sheet(part, other))[1] == [], "two ranges of one certificate"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 60), st.integers(1, 8)), min_size=1, max_size=25))
def test_whatever_blocks_come_no_tonne_is_in_two_rows_that_are_kept(blocks):
    rows = [
        ROW
        | {"code": f"L-{n}", "serial": f"CDCER-2022-S-{start}-{start + count - 1}", "tonnes": "", "trade_number": ""}
        for n, (start, count) in enumerate(blocks)
    ]
    good, bad = read_rows(sheet(*rows))
    assert len(good) + len(bad) == len(rows)
    tonnes = [tonne for row in good for tonne in range(row.lot.serial.block_start, row.lot.serial.block_stop)]
    assert len(tonnes) == len(set(tonnes))
    for verdict in bad:  # none was refused without need
        start, count = blocks[verdict.row - 2]
        assert set(range(start, start + count)) & set(tonnes)
