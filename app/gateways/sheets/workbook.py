"""XLSX: looked at as an archive first, then read cell by cell by openpyxl; no formula is computed."""

import io
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

import openpyxl

from app.gateways.sheets.bounds import Bounds, check_text, formula, refused, too_many, unreadable
from app.kernel.cells import SheetRow, cell_name
from app.kernel.errors import DomainError

_DIGITS_MOST: Final = 15
"""What a spreadsheet's number holds exactly; a longer one was rounded before it came to us."""
_DOCUMENT_TYPE: Final = b"<!doctype"


def read_xlsx(data: bytes, bounds: Bounds) -> list[SheetRow]:
    """The rows of the first visible sheet that hold something; a date as YYYY-MM-DD, a number without exponent.

    Raises: as `read_sheet`.
    """
    _check_archive(data, bounds)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions, which we do not read
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
            try:
                return list(_rows(book, bounds))
            finally:
                book.close()
    except DomainError:
        raise
    except Exception as broken:  # the library has no family of its own for broken files
        raise unreadable("工作簿已损坏", "the workbook is broken") from broken


def _check_archive(data: bytes, bounds: Bounds) -> None:
    """Refuse what would not fit once unpacked; a part is unpacked here to its declared size and no further."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > bounds.parts_most:
                raise too_many("个部件", "parts", bounds.parts_most)
            unpacked = sum(part.file_size for part in parts)
            if unpacked > min(bounds.unpacked_most, bounds.ratio_most * len(data)):
                raise too_many("字节（解压后）", "bytes once unpacked", bounds.unpacked_most)
            if "xl/workbook.xml" not in archive.namelist():
                raise unreadable("不是 XLSX 工作簿", "it is no XLSX workbook")
            for part in parts:
                if part.flag_bits & 0x1:
                    raise unreadable("工作簿已加密", "it is encrypted")
                # No workbook declares a document type; one that does wants its entities to grow, or to be fetched.
                if part.filename.lower().endswith((".xml", ".rels")) and _declares_type(archive.read(part)):
                    raise unreadable("部件含有文档类型声明", "a part declares a document type")
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError) as broken:
        raise unreadable("工作簿已损坏", "the workbook is broken") from broken


def _declares_type(part: bytes) -> bool:
    if part.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in part[:8]:
        return True  # in UTF-16 it would be seen by the parser and not by us
    return _DOCUMENT_TYPE in part.lower()


def _rows(book: Any, bounds: Bounds) -> Iterator[SheetRow]:  # noqa: ANN401 - the library is untyped
    sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    if not sheets:
        raise unreadable("没有可见的工作表", "it has no visible sheet")
    sheet = sheets[0]
    sheet.reset_dimensions()  # what the file says of its own size may be a lie of a billion empty cells
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        if number > bounds.rows_most:
            raise too_many("行", "rows", bounds.rows_most)
        if len(cells) > bounds.columns_most:
            raise too_many("列", "columns", bounds.columns_most)
        texts = tuple(_texts(cells, number, bounds))
        if any(texts):
            yield SheetRow(number, texts)


def _texts(cells: Iterable[Any], row: int, bounds: Bounds) -> Iterator[str]:
    for column, cell in enumerate(cells):
        yield _text(cell.value, cell.data_type, cell_name(column, row), bounds)


def _text(value: object, kind: str, cell: str, bounds: Bounds) -> str:
    """The text of one cell, exactly."""
    if kind == "f":
        raise formula(cell)
    if kind == "e":
        raise refused(cell, f"含有错误值 {value}", f"holds the error {value}")
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case int() | float():
            return _number(value, cell)
        case datetime():
            return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
        case date() | time():
            return value.isoformat()
        case str():
            return check_text(value, cell, bounds)
        case _:
            raise refused(cell, "类型无法识别", "is of a kind we do not read")


def _number(value: float, cell: str) -> str:
    exact = Decimal(repr(value))
    if (
        not exact.is_finite()
        or len(exact.normalize().as_tuple().digits) > _DIGITS_MOST
        or abs(exact) >= Decimal(10) ** 15
    ):
        raise refused(
            cell,
            "数字超过 15 位，已被表格软件舍入，请设为文本",
            "has more than 15 digits and was rounded; make it a text",
        )
    plain = format(exact, "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain
