"""Somebody else's spreadsheet: exact texts with the names of their cells, or one refusal that names the place."""

import io
import zipfile
from datetime import date, datetime, time
from html import escape

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.gateways.sheets import (
    Bounds,
    CodePageUnknown,
    SheetTooLarge,
    SheetUnreadable,
    read_sheet,
)
from app.kernel.cells import SheetRow, cell_name
from app.kernel.errors import DomainError

CHINESE = "批次编号,项目名称\nCDCER-1,示例绿道碳汇（二期）\n"


def workbook(*rows: list[object], **sheets: str) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for title, state in sheets.items():
        book.create_sheet(title, 0).sheet_state = state
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def rows_of(data: bytes, **bounds) -> list[SheetRow]:
    return list(read_sheet(data, **bounds).rows)


def at_fault(data: bytes) -> dict[str, str]:
    """The cells that cannot be taken, with the reason in English."""
    return {row.name(column): told.en for row in read_sheet(data).rows for column, told in row.faults.items()}


def noted(data: bytes) -> str:
    return "; ".join(note.en for note in read_sheet(data).notes)


def edited(data: bytes, part: str, old: str, new: str) -> bytes:
    """The workbook with a piece of one part exchanged, as no spreadsheet program would write it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        assert part in before.namelist()
        for name in before.namelist():
            text = before.read(name)
            if name == part:
                assert old.encode() in text
                text = text.replace(old.encode(), new.encode(), 1)
            after.writestr(name, text)
    return out.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
def test_a_chinese_csv_reads_the_same_in_each_of_its_code_pages(encoding):
    rows = rows_of(CHINESE.encode(encoding))
    assert rows == [SheetRow(1, ("批次编号", "项目名称")), SheetRow(2, ("CDCER-1", "示例绿道碳汇（二期）"))]


def test_a_rare_character_of_a_name_is_no_other_code_page():
    assert rows_of("组织者,电厂\n丁喆,示例县水力发电公司\n".encode("gb18030"))[1].texts[0] == "丁喆"


@pytest.mark.parametrize(
    ("data", "line", "column"),
    [
        ("code,name\nA,café\n".encode("latin-1"), 2, 6),
        ("code,name\nA,“quoted”\n".encode("cp1252"), 2, None),
        ("編號,項目名稱\n甲,示範綠道碳匯\n".encode("big5"), 1, None),
        ("番号,名前\n1,東京の風力発電\n".encode("shift-jis"), 1, None),
        (CHINESE.encode()[:-6] + b"\xff\n", 2, None),  # UTF-8 that breaks off
        (CHINESE.encode("gb18030")[:-2], 2, None),  # GB18030 that breaks off
    ],
)
def test_a_wrong_code_page_is_an_error_with_its_line_and_column_and_never_taken(data, line, column):
    with pytest.raises(CodePageUnknown) as refusal:
        read_sheet(data)
    assert refusal.value.facts["line"] == line
    assert column is None or refusal.value.facts["column"] == column


@pytest.mark.parametrize(
    ("text", "cell"),
    [("a,b\n1,\ufffd示例", "B2"), ("a\n\x07", "A2"), ("a\nx\x85", "A2"), ("a\n\uffff", "A2")],
)
def test_characters_that_were_lost_before_are_not_taken_either(text, cell):
    assert list(at_fault(text.encode())) == [cell]


@pytest.mark.parametrize("written", ["=1+1", "＝HYPERLINK(1)", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1"])
def test_a_cell_that_would_compute_is_a_fault_of_its_row_in_both_kinds_of_file(written):
    data = f'a,b\n1,"{written}"\n2,c\n'.encode()
    assert list(at_fault(data)) == ["B2"]
    assert [row.texts for row in rows_of(data)] == [("a", "b"), ("1", ""), ("2", "c")], "the others are read"
    book = edited(workbook(["a", "b"], [1, "THE TEXT"]), "xl/worksheets/sheet1.xml", "THE TEXT", escape(written))
    assert list(at_fault(book)) == ["B2"]


@pytest.mark.parametrize("written", ["-", "－", "--", "—", "+", "-  "])
def test_a_lone_dash_is_a_cell_like_any_other(written):
    assert rows_of(f"a,b\n1,{written}\n".encode())[1] == SheetRow(2, ("1", written))
    assert rows_of(workbook(["a", "b"], [1, written]))[1] == SheetRow(2, ("1", written))


def test_a_formula_is_refused_although_its_last_value_is_kept_in_the_file():
    assert list(at_fault(workbook(["a"], [1], ["=A2*2"]))) == ["A3"]
    kept = edited(workbook(["a"], [1], ["=A2*2"]), "xl/worksheets/sheet1.xml", "<v />", "<v>2</v>")
    assert "last came to 2" in at_fault(kept)["A3"]
    assert at_fault(b'a,b\n1,"=""00017"""\n')["B2"].endswith("value instead: 00017")


def test_numbers_and_days_of_a_workbook_come_as_exact_texts():
    rows = rows_of(
        workbook(
            [1.1, 0.1 + 0.2 - 0.3 + 0.3, 3000, -7, 123456789012345, 1e14],
            [date(2024, 2, 29), datetime.combine(date(2024, 1, 1), time(8, 30)), True, None, " a b ", "00017"],
        )
    )
    assert rows[0].texts == ("1.1", "0.3", "3000", "-7", "123456789012345", "100000000000000")
    assert rows[1].texts == ("2024-02-29", "2024-01-01 08:30:00", "TRUE", "", " a b ", "00017")


@pytest.mark.parametrize("value", [1234567890123456, 12345678901234567890, 0.1234567890123456])
def test_a_number_the_spreadsheet_has_rounded_is_refused(value):
    assert list(at_fault(workbook(["a"], [value]))) == ["A2"]


def test_texts_that_a_workbook_keeps_apart_from_its_cells_are_read_and_refused_as_others_are():
    book = workbook(["a"], ["THE TEXT"])
    book = edited(book, "xl/worksheets/sheet1.xml", 't="inlineStr"><is><t>THE TEXT</t></is>', 't="s"><v>1</v>')
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    book = edited(
        book,
        "[Content_Types].xml",
        "</Types>",
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>',
    )
    for text, is_taken in (("示例", True), ("=1+1", False)):
        out = io.BytesIO(book)
        with zipfile.ZipFile(out, "a") as archive:
            space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
            archive.writestr(
                "xl/sharedStrings.xml", f'<sst xmlns="{space}"><si><t>x</t></si><si><t>{text}</t></si></sst>'
            )
        if is_taken:
            assert rows_of(out.getvalue())[1].texts == (text,)
        else:
            assert list(at_fault(out.getvalue())) == ["A2"]


def test_an_error_in_a_cell_is_no_value():
    book = workbook(["a"], [1])
    broken = edited(book, "xl/worksheets/sheet1.xml", '<c r="A2" t="n"><v>1</v>', '<c r="A2" t="e"><v>#REF!</v>')
    assert "#REF!" in at_fault(broken)["A2"]


def test_the_first_visible_sheet_is_read_and_empty_rows_keep_the_numbers_of_the_others():
    rows = rows_of(workbook(["a"], [], ["b"], hidden="hidden"))
    assert rows == [SheetRow(1, ("a",)), SheetRow(3, ("b",))]
    assert rows_of(b"a\n\n,\nb\n") == [SheetRow(1, ("a",)), SheetRow(4, ("b",))]


@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_quotes_and_line_ends_within_a_cell_stay_with_any_separator(separator):
    rows = rows_of(f'a{separator}b\r\n"x{separator}""y"""{separator}"1\r\n2"\r\n'.encode())
    assert rows[1].texts == (f'x{separator}"y"', "1\r\n2")


SMALL = Bounds(bytes_most=20_000, unpacked_most=200_000, rows_most=5, columns_most=3, cell_most=10)
TOO_MUCH = {
    "bytes": b"a" * 20_001,
    "rows": b"a\n" * 6,
    "rows of a workbook": workbook(*[["a"]] * 6),
}  # fmt: skip


@pytest.mark.parametrize("data", TOO_MUCH.values(), ids=TOO_MUCH.keys())
def test_more_than_the_bounds_allow_is_refused(data):
    with pytest.raises(SheetTooLarge):
        read_sheet(data, bounds=SMALL)


def test_what_one_cell_holds_refuses_no_file():
    far = edited(workbook(["a", "b"]), "xl/worksheets/sheet1.xml", 'r="B1"', 'r="XFD1"')
    low = edited(
        workbook(["a"]), "xl/worksheets/sheet1.xml",
        "</sheetData>", '<row r="1048576"><c r="A1048576"><v>1</v></c></row></sheetData>',
    )  # fmt: skip
    assert rows_of(far) == [SheetRow(1, ("a",))]
    assert noted(far) == "not read, beyond column BL: row 1"
    assert rows_of(low) == [SheetRow(1, ("a",)), SheetRow(1_048_576, ("1",))]
    assert rows_of(b"a,b,c,d\n", bounds=SMALL) == [SheetRow(1, ("a", "b", "c"))]
    long = rows_of(b"a,b\nc," + b"x" * 11, bounds=SMALL)
    assert (long[1].texts, long[1].faults[1].en) == (("c", ""), "has more than 10 characters")


def test_a_sheet_that_lies_about_its_own_size_is_read_by_what_it_holds():
    lying = edited(workbook(["a"], [1]), "xl/worksheets/sheet1.xml", 'ref="A1:A2"', 'ref="A1:XFD1048576"')
    assert rows_of(lying, bounds=SMALL) == [SheetRow(1, ("a",)), SheetRow(2, ("1",))]


def test_a_bomb_is_refused_before_it_is_unpacked():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/sharedStrings.xml", b"<si>" * (2 << 20))  # 8 MB
    assert len(out.getvalue()) < 20_000
    with pytest.raises(SheetTooLarge):
        read_sheet(out.getvalue())


def test_entities_that_would_grow_are_refused_where_they_are_declared():
    declared = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
    book = edited(workbook(["a"]), "xl/worksheets/sheet1.xml", "<worksheet", declared + "<worksheet")
    with pytest.raises(SheetUnreadable):
        read_sheet(book)


@pytest.mark.parametrize(
    "data",
    [
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100,
        b"PK\x03\x04 and no more",
        workbook(["a"])[:-200],
        "a,b\n".encode("utf-16-le"),
        "a,b\n".encode("utf-32"),
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        b'a,"b\n',
        b'a,"b"c\n',
    ],
)
def test_what_is_no_sheet_is_refused(data):
    with pytest.raises((SheetUnreadable, CodePageUnknown)):
        read_sheet(data)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=100).map(lambda text: text.encode("gb18030", "replace")))
def test_any_bytes_give_rows_or_one_refusal(data):
    try:
        rows = rows_of(data)
    except DomainError:
        return
    assert all(any(row.texts) or row.faults for row in rows)


@pytest.mark.parametrize(
    ("column", "name"), [(0, "A1"), (25, "Z1"), (26, "AA1"), (701, "ZZ1"), (702, "AAA1"), (16383, "XFD1")]
)
def test_cells_are_called_as_spreadsheets_call_them(column, name):
    assert cell_name(column, 1) == name
