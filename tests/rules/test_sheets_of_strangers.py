"""Sheets as people's desks write them: other code pages, other programs, hidden things, and files that are no sheets."""

import io
import zipfile
from datetime import date

import openpyxl
import pytest
from openpyxl.styles import PatternFill

from app.gateways.sheets import Bounds, CodePageUnknown, SheetTooLarge, SheetUnreadable, read_file, read_sheet
from app.kernel.cells import SheetRow, listed
from tests.packages import STRICT, cell, package


def texts(data: bytes) -> list[tuple[str, ...]]:
    return [row.texts for row in read_sheet(data).rows]


def notes(data: bytes) -> list[str]:
    return [note.en for note in read_sheet(data).notes]


def saved(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


# Code pages


@pytest.mark.parametrize(
    "text", ["䶮", "㐂", "㑇㘚", "①", "≥", "㎡", "㎡①≥℃№αДāㄅ─", "藏文 བོད་ཡིག 彝文 ꆈꌠ", "🌳", "龘", "𠮷野家"]
)
def test_valid_gb18030_is_read_whatever_characters_of_it_a_name_holds(text):
    data = f"批次编号,项目名称\nA,示例{text}项目\n".encode("gb18030")
    assert texts(data)[1] == ("A", f"示例{text}项目")


@pytest.mark.parametrize("text", ["䶮", "㐂", "㑇㘚", "①②③", "≥≤", "㎡", "ꆈꌠ"])
def test_a_file_of_nothing_but_such_characters_is_read(text):
    assert texts(f"name\n{text}\n".encode("gb18030"))[1] == (text,)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("code,name\nA,Müller GmbH\n", "latin-1"),
        ("code,name\nA,Señor Ibáñez, São Paulo\n", "cp1252"),
        ("編號,項目名稱\n甲,示範綠道碳匯計畫之減量額度\n", "big5"),
        ("番号,名前\n1,東京の風力発電\n", "euc-jp"),
        ("番号,名前\n1,とうきょうのふうりょく\n", "shift-jis"),
        ("код,имя\n1,Ветряная электростанция\n", "cp1251"),
        ("kóði,nafn\nA,Þórður Þorsteinsson og það\n", "latin-1"),
    ],
)
def test_other_code_pages_are_told_and_never_taken(text, encoding):
    with pytest.raises(CodePageUnknown):
        read_sheet(text.encode(encoding))


def test_a_character_that_is_nobodys_is_told_with_its_place():
    with pytest.raises(CodePageUnknown) as refusal:
        read_sheet("项目名称\n示例".encode("gb18030") + b"\xaa\xa1\n")
    assert (refusal.value.facts["line"], refusal.value.facts["column"]) == (2, 3)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_what_excel_calls_unicode_text_is_read(encoding):
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    data = mark + "批次编号\t项目名称\r\nA\t示例\r\n".encode(encoding)
    assert texts(data) == [("批次编号", "项目名称"), ("A", "示例")]
    with pytest.raises(CodePageUnknown):
        read_sheet(data[:-1])


# CSV


@pytest.mark.parametrize("separator", [";", "\t", "|", ","])
def test_the_separator_is_told_below_a_title_and_by_excels_own_line(separator):
    rows = f"2024年批次汇总\na{separator}b{separator}c\n1{separator}2{separator}3\n"
    assert texts(rows.encode())[1:] == [("a", "b", "c"), ("1", "2", "3")]
    one = f"sep={separator}\r\nx,y;z|w{separator}b\r\n".encode()
    assert texts(one)[0][-1] == "b" and len(texts(one)[0]) >= 2
    assert read_sheet(one).rows[0].number == 1


def test_trailing_separators_and_blank_rows_count_for_nothing():
    data = ("a,b" + "," * 200 + "\n" + ("," * 202 + "\n") * 3 + "1,2" + "," * 200 + "\n").encode()
    sheet = read_sheet(data)
    assert [(row.number, row.texts[:2]) for row in sheet.rows] == [(1, ("a", "b")), (5, ("1", "2"))]
    assert sheet.notes == ()


def test_more_empty_rows_than_there_may_be_rows_are_no_rows():
    data = b"a\n" + b",\n" * 30_000 + b"b\n"
    assert [row.number for row in read_sheet(data).rows] == [1, 30_002]


@pytest.mark.parametrize(
    ("data", "zh"),
    [('名称,b\n"没有结束,1\n2,3\n', "自第 2 行起：引号没有成对"), ('a,b\n1,"x"y\n', "自第 2 行起：引号之后应是分隔符")],
)
def test_a_csv_whose_quotes_do_not_close_says_from_which_line_on_in_both_languages(data, zh):
    with pytest.raises(SheetUnreadable) as refusal:
        read_sheet(data.encode())
    assert zh in refusal.value.message().zh
    assert "from line 2 on" in refusal.value.message().en


# Workbooks


@pytest.mark.parametrize("number", [*range(14, 18), 22, *range(27, 32), 36, *range(50, 55), 57, 58, *range(71, 75)])
def test_a_date_cell_of_any_built_in_format_is_its_day(number):
    book = package(
        '<row r="1"><c r="A1" s="1"><v>45107</v></c></row>',
        styles=f'<cellXfs><xf numFmtId="0"/><xf numFmtId="{number}"/></cellXfs>',
    )
    assert texts(book) == [("2023-06-30",)]


@pytest.mark.parametrize("number", [32, 33, 34, 35, 55, 56])
def test_a_date_cell_that_shows_a_time_is_its_day_all_the_same(number):
    book = package(
        '<row><c s="0"><v>45107</v></c><c s="0"><v>0.5</v></c></row>',
        styles=f'<cellXfs><xf numFmtId="{number}"/></cellXfs>',
    )
    assert texts(book) == [("2023-06-30", "12:00:00")]


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;", "2023-06-30"),
        ("yyyy年m月d日", "2023-06-30"),
        ("[$-804]yyyy/m/d;@", "2023-06-30"),
        ("[DBNum1][$-804]yyyy&quot;年&quot;", "2023-06-30"),
        ("0.00&quot;d&quot;", "45107"),
        ("#,##0&quot; 吨&quot;", "45107"),
        ("[Red]0.00_);\\d0", "45107"),
        ("0.00E+00", "45107"),
        ("General", "45107"),
        ("G/通用格式", "45107"),
        ("00000000", "00045107"),
        ("@", "45107"),
    ],
)
def test_a_number_is_a_day_where_its_format_shows_one(code, text):
    book = package(
        '<row><c s="0"><v>45107</v></c></row>',
        styles=f'<numFmts><numFmt numFmtId="176" formatCode="{code}"/></numFmts><cellXfs><xf numFmtId="176"/></cellXfs>',
    )
    assert texts(book) == [(text,)]


def test_a_day_that_is_shown_without_its_day_is_said():
    book = package('<row><c s="0"><v>45107</v></c></row>', styles='<cellXfs><xf numFmtId="57"/></cellXfs>')
    assert notes(book) == ["shown without their day, and read as the day they hold: A1"]


def test_days_that_count_from_1904_are_their_days():
    book = package(
        '<row><c s="0"><v>43645</v></c></row>',
        styles='<cellXfs><xf numFmtId="14"/></cellXfs>', book='<workbookPr date1904="1"/>',
    )  # fmt: skip
    assert texts(book) == [("2023-06-30",)]


@pytest.mark.parametrize("value", ["-1", "30", "9999999999", "1E+400", "0x10", "nan", "1_000"])
def test_a_number_no_day_has_is_a_fault_of_its_cell(value):
    book = package(f'<row><c s="0"><v>{value}</v></c></row>', styles='<cellXfs><xf numFmtId="14"/></cellXfs>')
    (row,) = read_sheet(book).rows
    assert list(row.faults) == [0]


def test_a_workbook_of_strict_open_xml_is_read_with_its_texts_and_days():
    book = package(
        '<row r="1"><c r="A1" t="s"><v>1</v></c><c r="C1" t="d"><v>2023-06-30T00:00:00</v></c></row>'
        '<row r="3"><c r="A3" s="0"><v>45107</v></c><c r="B3" t="b"><v>1</v></c></row>',
        space=STRICT,
        styles='<cellXfs><xf numFmtId="31"/></cellXfs>',
        texts="<si><t>x</t></si><si><r><t>示例</t></r><r><t>绿道</t></r><rPh><t>shì lì</t></rPh></si>",
    )
    assert read_sheet(book).rows == (
        SheetRow(1, ("示例绿道", "", "2023-06-30")),
        SheetRow(3, ("2023-06-30", "TRUE")),
    )


def test_cells_without_references_and_escaped_line_ends_are_read():
    book = package('<row><c t="str"><v>a_x000D_\nb</v></c><c/><c t="inlineStr"><is><t>_x005F_x</t></is></c></row>')
    assert texts(book) == [("a\r\nb", "", "_x")]


def test_a_coloured_empty_cell_far_below_counts_for_nothing():
    book = openpyxl.Workbook()
    book.active.append(["a"])
    for row in (30_000, 900_000):
        book.active.cell(row, 3).fill = PatternFill("solid", "FFFF00")
    book.active.cell(2, 9_000).fill = PatternFill("solid", "FFFF00")
    book.active.cell(40_000, 1).value = "b"
    sheet = read_sheet(saved(book))
    assert [(row.number, row.texts) for row in sheet.rows] == [(1, ("a",)), (40_000, ("b",))]
    assert sheet.notes == ()


def test_what_is_hidden_is_said():
    book = openpyxl.Workbook()
    for row in (["a", "b", "c"], *([n, n, None] for n in range(2, 9))):
        book.active.append(row)
    book.active.auto_filter.ref = "A1:B8"
    for row in (3, 4, 5, 8, 20):
        book.active.row_dimensions[row].hidden = True
    book.active.column_dimensions["B"].hidden = True
    book.active.column_dimensions["D"].hidden = True
    book.create_sheet("更多")
    book.create_sheet("旧数据").sheet_state = "veryHidden"
    sheet = read_sheet(saved(book))
    assert len(sheet.rows) == 8
    assert [note.en for note in sheet.notes] == [
        "not read, other sheets: 更多",
        "not read, hidden sheets: 旧数据",
        "hidden, and read all the same: column B",
        "hidden by a filter or by hand, and read all the same: row 3–5, 8",
    ]
    assert "第 3–5、8 行被隐藏" in sheet.notes[3].zh


def test_a_cell_that_is_merged_with_another_says_where_its_value_stands():
    book = openpyxl.Workbook()
    for row in (["标题"], ["a", "b"], ["A", 1], [None, 2]):
        book.active.append(row)
    book.active.merge_cells("A1:F1")
    book.active.merge_cells("A3:A4")
    sheet = read_sheet(saved(book))
    assert [row.texts for row in sheet.rows] == [("标题",), ("a", "b"), ("A", "1"), ("", "2")]
    assert "A3" in sheet.rows[3].faults[0].en
    assert not sheet.rows[2].faults


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.dat", "xl/daten/blatt", "xl/worksheets/sheet1.xml"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused_whatever_the_name_and_the_encoding_of_its_part(part, encoding):
    declared = f'<?xml version="1.0" encoding="{encoding}"?><!-- ' + "x" * 70_000 + ' --><!DOCTYPE w [<!ENTITY a "b">]>'
    content = f'{declared}<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'.encode(
        encoding
    )
    with pytest.raises(SheetUnreadable) as refusal:
        read_sheet(package("", part=part, **{part: content}))
    assert "document type" in refusal.value.message().en
    harmless = content.decode(encoding).replace('<!DOCTYPE w [<!ENTITY a "b">]>', "").encode(encoding)
    assert read_sheet(package("", part=part, **{part: harmless})).rows == ()


def test_a_document_type_in_a_part_nobody_reads_is_refused_too():
    with pytest.raises(SheetUnreadable):
        read_sheet(package("", docProps__app="<!DOCTYPE a><a/>"))
    spoken = package(f"<row>{cell('A1', '&lt;!DOCTYPE html&gt;')}</row>")
    assert texts(spoken) == [("<!DOCTYPE html>",)], "a text is a text"


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="2"/><row r="2"/>',
        '<row r="5"/><row r="3"/>',
        '<row r="9999999"/>',
        '<row r="x"/>',
        '<row><c r="B1"/><c r="A1"/></row>',
        '<row><c r="ZZZZ1"/></row>',
        '<row><c r="XFE1"/></row>',
        '<row><c t="s"><v>7</v></c></row>',
        '<row><c t="s"><v>x</v></c></row>',
        '<row><c s="x"><v>1</v></c></row>',
        "<row>" + "<x>" * 100 + "</x>" * 100 + "</row>",
        "<row>",
        "&a;",
    ],
)
def test_a_sheet_no_program_would_write_is_a_broken_workbook(rows):
    with pytest.raises(SheetUnreadable):
        read_sheet(package(rows))


OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600


def archive_of(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name in names:
            packed.writestr(name, "<a/>")
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "zh", "en"),
    [
        (OLD, ".xls", "old .xls"),
        (OLD + "EncryptedPackage".encode("utf-16-le"), "密码", "password"),
        (OLD + "WordDocument".encode("utf-16-le"), "Word", "Word"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "HTML", "HTML"),
        (b"\xef\xbb\xbf\r\n<?xml version='1.0'?><Workbook/>", "XML", "XML"),
        (archive_of("mimetype", "content.xml"), ".ods", ".ods"),
        (archive_of("xl/workbook.bin"), ".xlsb", ".xlsb"),
        (archive_of("word/document.xml"), "Word", "Word"),
        (archive_of("lots.xlsx"), "解压", "unpack"),
        (b"PK\x05\x06" + b"\0" * 18, "解压", "unpack"),
        (b"Rar!\x1a\x07", "解压", "unpack"),
        (b"%PDF-1.7", "PDF", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "图片", "picture"),
        ("a,b\n".encode("utf-32"), "UTF-32", "UTF-32"),
        (package("", sheets='<sheet name="a" sheetId="1" state="hidden" r:id="rId1"/>'), "可见", "visible"),
        (package("", part="xl/worksheets/gone.xml", **{"xl/worksheets/gone.xml": ""}), "损坏", "broken"),
    ],
)
def test_what_is_no_sheet_is_told_by_what_it_is_in_both_languages(data, zh, en):
    with pytest.raises(SheetUnreadable) as refusal:
        read_sheet(data)
    assert zh in refusal.value.message().zh
    assert en in refusal.value.message().en


def test_a_hundred_megabytes_of_zeros_are_refused_before_they_are_unpacked():
    for name in ("xl/media/a.bin", "xl/worksheets/sheet2.xml"):
        with pytest.raises(SheetTooLarge):
            read_sheet(package("", **{name: b"\0" * (100 << 20)}))
    with pytest.raises(SheetTooLarge):
        read_sheet(package("", texts="<si><t>a</t></si>" * 200), bounds=Bounds(part_most=1_000))


def test_a_picture_in_a_workbook_is_no_reason_to_refuse_it():
    picture = bytes(range(256)) * 512
    assert texts(package(f"<row>{cell('A1', 'a')}</row>", xl__media__logo=picture)) == [("a",)]


def test_an_empty_file_has_no_rows_and_a_folder_cannot_be_opened(tmp_path):
    assert read_sheet(b"").rows == ()
    assert read_sheet(b"\xef\xbb\xbf\r\n,,\r\n").rows == ()
    assert read_sheet(saved(openpyxl.Workbook())).rows == ()
    with pytest.raises(SheetUnreadable):
        read_file(tmp_path)


def test_a_date_openpyxl_writes_comes_back_whatever_it_looks_like():
    book = openpyxl.Workbook()
    for row, code in enumerate(["yyyy-mm-dd", "m/d/yy", "[$-F800]dddd, mmmm dd, yyyy", 'yyyy"年"m"月"'], start=1):
        book.active.cell(row, 1, date(2024, 2, 29)).number_format = code
    assert texts(saved(book)) == [("2024-02-29",)] * 4


@pytest.mark.parametrize(
    ("numbers", "zh", "en"),
    [
        ([3], "3", "3"),
        ([5, 3, 4, 9, 9], "3–5、9", "3–5, 9"),
        (range(1, 40, 2), "1、3 等（另 18 处）", "1, 3 and 18 more"),
    ],
)
def test_rows_are_listed_in_runs_and_counted_where_they_are_many(numbers, zh, en):
    told = listed(numbers, most=2)
    assert (told.zh, told.en) == (zh, en)
