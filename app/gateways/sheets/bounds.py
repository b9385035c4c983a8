"""How large a sheet may be, what no cell may hold, and the refusals of a whole file."""

import re
from dataclasses import dataclass
from typing import Final

from app.kernel.errors import Invalid
from app.kernel.text import Text

_FORMULA: Final = re.compile(r"[=＝+＋@＠-]")
_NUMBER: Final = re.compile(r"[+＋-]?[0-9０-９][0-9０-９.．,，]*[%％]?")
_KEPT_AS_TEXT: Final = re.compile(r'="([^"=+@-][^"]*)"')
"""How some exports keep a spreadsheet from rounding: `="00017"`."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most a file may hold. A sheet of 20 000 rows stays far below each."""

    bytes_most: int = 8 << 20
    unpacked_most: int = 32 << 20
    """Bytes of all parts of a workbook together, unpacked."""
    ratio_most: int = 200
    """Unpacked bytes for each packed one; a sheet of one repeated word has about 100."""
    part_most: int = 8 << 20
    """Unpacked bytes of any part whose content is held in memory as a whole: the shared texts, the styles."""
    parts_most: int = 500
    rows_most: int = 20_000
    """Rows that hold something; where they stand does not matter."""
    columns_most: int = 64
    """What stands further to the right is not read, and that is said."""
    cell_most: int = 2_000
    """Characters of one cell."""


class SheetTooLarge(Invalid):
    """The file holds more than we read. Nothing of it was taken."""

    code = "sheets.too_large"
    text = Text(
        zh="文件超过上限：最多 {most} {what_zh}。未导入任何内容。",
        en="The file is too large: at most {most} {what_en}. Nothing was taken in.",
    )
    field = "/file"


class SheetUnreadable(Invalid):
    """The file is no CSV and no XLSX, or a broken one."""

    code = "sheets.unreadable"
    text = Text(
        zh="无法读取文件：{reason_zh}。未导入任何内容。",
        en="The file cannot be read: {reason_en}. Nothing was taken in.",
    )
    field = "/file"


class CodePageUnknown(Invalid):
    """A text file whose characters we would have to guess."""

    code = "sheets.code_page_unknown"
    text = Text(
        zh="第 {line} 行第 {column} 列的字符既非 UTF-8 也非 GB18030，请另存为 UTF-8。未导入任何内容。",
        en="Line {line}, column {column} is neither UTF-8 nor GB18030; save the file as UTF-8. Nothing was taken in.",
    )
    field = "/file"


def unreadable(zh: str, en: str) -> SheetUnreadable:
    """The refusal of a whole file."""
    return SheetUnreadable(reason_zh=zh, reason_en=en)


def too_many(zh: str, en: str, most: int) -> SheetTooLarge:
    """The refusal of more rows or parts than there may be."""
    return SheetTooLarge(what_zh=zh, what_en=en, most=f"{most:,}")


def too_large(zh: str, en: str, most: int) -> SheetTooLarge:
    """The refusal of more bytes than there may be, in a unit people know."""
    return SheetTooLarge(what_zh=zh, what_en=en, most=f"{most / (1 << 20):.4g} MiB")


FORMULA: Final = Text(
    zh="含有公式，请复制后“选择性粘贴为数值”", en="holds a formula; copy it and paste its value instead"
)
_LIKE_FORMULA: Final = Text(
    zh="以 = + - @ 开头，会被表格软件当作公式，请改写",
    en="begins with = + - or @, which spreadsheets take for a formula; write it otherwise",
)
_UNSEEN: Final = (
    (
        re.compile("\ufffd"),
        Text(zh="含有已丢失的字符（�），请重新录入", en="holds a character that was lost before (�); type it again"),
    ),
    (
        re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]"),
        Text(zh="含有看不见的控制字符，请重新录入", en="holds a control character; type it again"),
    ),
    (
        re.compile("[\ud800-\udfff\ufffe\uffff]"),
        Text(zh="含有非法字符，请重新录入", en="holds what is no character; type it again"),
    ),
)


def formula(shown: str) -> Text:
    """A cell that computes something; `shown` is what it last came to, which is not taken but told."""
    if not 0 < len(shown) <= 40 or not shown.isprintable():
        return FORMULA
    return Text(zh=f"{FORMULA.zh}（上次结果为 {shown}）", en=f"{FORMULA.en} (it last came to {shown})")


def fault_of(text: str, bounds: Bounds) -> Text | None:
    """Why a cell may not hold this text: too long, like a formula, or with characters that are none."""
    if len(text) > bounds.cell_most:
        most = f"{bounds.cell_most:,}"
        return Text(zh=f"超过 {most} 个字符", en=f"has more than {most} characters")
    plain = text.lstrip()
    if _FORMULA.match(plain) and not _NUMBER.fullmatch(plain.rstrip()) and any(map(str.isalnum, plain)):
        if (kept := _KEPT_AS_TEXT.fullmatch(plain)) is not None:
            return Text(zh=f"{FORMULA.zh}，应为 {kept[1]}", en=f"{FORMULA.en}: {kept[1]}")
        return _LIKE_FORMULA
    if text.isprintable() and "\ufffd" not in text:  # nearly all of them end here
        return None
    return next((told for unseen, told in _UNSEEN if unseen.search(text)), None)
