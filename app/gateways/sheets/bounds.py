"""How large a sheet may be, what no cell may hold, and the refusals of both."""

import re
from dataclasses import dataclass
from typing import Final

from app.kernel.errors import Invalid
from app.kernel.text import Text

_FORMULA: Final = re.compile(r"[=＝+＋@＠\t\r-]")
_NUMBER: Final = re.compile(r"[+-]?[0-9][0-9.,]*%?")


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most a file may hold. A sheet of 20 000 rows stays far below each."""

    bytes_most: int = 8 << 20
    unpacked_most: int = 32 << 20
    """Bytes of all parts of a workbook together, unpacked."""
    ratio_most: int = 200
    """Unpacked bytes for each packed one; a sheet of one repeated word has about 100."""
    parts_most: int = 500
    rows_most: int = 20_000
    columns_most: int = 64
    cell_most: int = 2_000
    """Characters of one cell."""


class SheetTooLarge(Invalid):
    """The file holds more than we read. Nothing of it was taken."""

    code = "sheets.too_large"
    text = Text(zh="文件超过上限：最多 {most} {what_zh}。", en="The file is too large: at most {most} {what_en}.")
    field = "/file"


class SheetUnreadable(Invalid):
    """The file is no CSV and no XLSX, or a broken one."""

    code = "sheets.unreadable"
    text = Text(zh="无法读取文件：{reason_zh}。", en="The file cannot be read: {reason_en}.")
    field = "/file"


class CodePageUnknown(Invalid):
    """A text file whose characters we would have to guess."""

    code = "sheets.code_page_unknown"
    text = Text(
        zh="第 {line} 行第 {column} 列的字符既非 UTF-8 也非 GB18030，请另存为 UTF-8。",
        en="Line {line}, column {column} is neither UTF-8 nor GB18030; save the file as UTF-8.",
    )
    field = "/file"


class CellRefused(Invalid):
    """A cell holds what we do not read; `cell` says where."""

    code = "sheets.cell_refused"
    text = Text(zh="单元格 {cell}：{reason_zh}。", en="Cell {cell}: {reason_en}.")
    field = "/file"


def unreadable(zh: str, en: str) -> SheetUnreadable:
    """The refusal of a whole file."""
    return SheetUnreadable(reason_zh=zh, reason_en=en)


def refused(cell: str, zh: str, en: str) -> CellRefused:
    """The refusal of one cell."""
    return CellRefused(cell=cell, reason_zh=zh, reason_en=en)


def formula(cell: str) -> CellRefused:
    """The refusal of a cell that would compute something, here or in whoever opens our export of it."""
    return refused(cell, "含有公式，请改为数值", "holds a formula; paste its value instead")


def check_text(text: str, cell: str, bounds: Bounds) -> str:
    """The text, where a cell may hold it.

    Raises:
        CellRefused: it begins like a formula, or holds control characters or lost ones.
        SheetTooLarge: it is too long.
    """
    if len(text) > bounds.cell_most:
        raise SheetTooLarge(
            what_zh=f"字符（单元格 {cell}）", what_en=f"characters in cell {cell}", most=bounds.cell_most
        )
    if _FORMULA.match(text) and not _NUMBER.fullmatch(text):
        raise formula(cell)
    for character in text:
        if character == "\ufffd":
            raise refused(cell, "含有已丢失的字符（�）", "holds a character that was lost before (�)")
        if (character < " " and character not in "\t\n\r") or "\x7f" <= character < "\xa0":
            raise refused(cell, "含有控制字符", "holds a control character")
        if "\ud800" <= character <= "\udfff" or character in "\ufffe\uffff":
            raise refused(cell, "含有非法字符", "holds what is no character")
    return text


def too_many(zh: str, en: str, most: int) -> SheetTooLarge:
    """The refusal of more rows, columns or bytes than there may be."""
    return SheetTooLarge(what_zh=zh, what_en=en, most=most)
