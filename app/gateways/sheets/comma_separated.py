"""CSV: its code page told apart, its rows read strictly."""

import csv
import io
from typing import Final

from app.gateways.sheets.bounds import Bounds, CodePageUnknown, check_text, too_many, unreadable
from app.kernel.cells import SheetRow, cell_name

_SEPARATORS: Final = (",", "\t", ";")
_RARE_SHARE: Final = 0.1
"""Of the Chinese characters of a text read as GB18030, how many may be outside of GB 2312: a name may hold one, a
text of another code page that was read so holds a third and more."""
_PLAUSIBLE: Final = (
    (0x3000, 0x3020), (0x4E00, 0x9FFF), (0xFF01, 0xFF5E), (0x2010, 0x2026), (0x2103, 0x2103), (0x20000, 0x323AF),
)  # fmt: skip
"""Punctuation, Chinese characters and full-width letters: what a Chinese sheet is made of."""
_PLAUSIBLE_SINGLES: Final = frozenset("·×÷°±²³µ§￥％　～…—№₀₁₂₃₄")


def read_csv(data: bytes, bounds: Bounds) -> list[SheetRow]:
    """The rows of a CSV that hold something; separated by comma, tab or semicolon, as its first line is.

    Raises: as `read_sheet`.
    """
    text = decoded(data)
    first = text.partition("\n")[0]
    separator = max(_SEPARATORS, key=first.count)
    rows = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for number, texts in enumerate(reader, start=1):
            if number > bounds.rows_most:
                raise too_many("行", "rows", bounds.rows_most)
            if len(texts) > bounds.columns_most:
                raise too_many("列", "columns", bounds.columns_most)
            if any(texts):
                checked = (check_text(one, cell_name(column, number), bounds) for column, one in enumerate(texts))
                rows.append(SheetRow(number, tuple(checked)))
    except csv.Error as fault:
        line = reader.line_num
        raise unreadable(f"第 {line} 行不是合规的 CSV（{fault}）", f"line {line} is no CSV ({fault})") from fault
    return rows


def decoded(data: bytes) -> str:
    """The characters of a text file: UTF-8 with or without its mark, else GB18030 where that gives plausible Chinese.

    GB18030 decodes almost any bytes, so what it gives is looked at: a text of Big5, Shift-JIS, Latin-1 or broken
    UTF-8 gives rare characters in plenty. (EUC-KR can pass for rare GB18030; nobody sends us Korean.)

    Raises:
        CodePageUnknown: with the line and the column of the first byte, or character, that does not fit.
        SheetUnreadable: it is no text at all.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise unreadable("UTF-16 编码，请另存为 UTF-8 的 CSV", "it is UTF-16; save it as a CSV in UTF-8")
    if b"\0" in data:
        raise unreadable("不是 CSV 或 XLSX 文件", "it is neither a CSV nor an XLSX")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        is_utf8_so_far = any(byte > 0x7F for byte in data[: fault.start])
        before = data[: fault.start].decode("utf-8", "replace")
    if is_utf8_so_far:  # it began as UTF-8 and broke
        raise _unknown(before)
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError as fault:
        raise _unknown(data[: fault.start].decode("gb18030", "replace")) from fault
    if (odd := _first_implausible(text)) is not None:
        raise _unknown(text[:odd])
    return text


def _first_implausible(text: str) -> int | None:
    """Where a text read as GB18030 stops looking like one, or None."""
    chinese, rare, first_rare = 0, 0, None
    for position, character in enumerate(text):
        if character.isascii() or character in _PLAUSIBLE_SINGLES:
            continue
        code = ord(character)
        if not any(low <= code <= high for low, high in _PLAUSIBLE):
            return position
        chinese += 1
        try:
            character.encode("gb2312")
        except UnicodeEncodeError:
            rare += 1
            first_rare = position if first_rare is None else first_rare
    return first_rare if rare > max(1, chinese * _RARE_SHARE) else None


def _unknown(before: str) -> CodePageUnknown:
    """Where the reader stopped, in lines and characters from 1."""
    lines = before.split("\n")
    return CodePageUnknown(line=len(lines), column=len(lines[-1].lstrip("\ufeff")) + 1)
