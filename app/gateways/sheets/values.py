"""From what a workbook keeps of a number, a day or a text to the text of its cell, exactly; or why it cannot be taken."""

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from app.gateways.sheets.looks import Look
from app.kernel.text import Text

_DIGITS_MOST: Final = 15
"""What a spreadsheet's number holds exactly; a longer one was rounded before it came to us."""
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]{1,400}(?:\.[0-9]{0,400})?|\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,4})?")
_INSTANT: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:\.[0-9]+)?)?")
_ESCAPED: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")
_DAY_S: Final = 86_400
NO_VALUE: Final = Text(zh="类型无法识别", en="is of a kind we do not read")
_NO_DAY: Final = Text(zh="日期超出 Excel 的范围", en="is a day no spreadsheet has")
_ROUNDED: Final = Text(
    zh="数字超过 15 位，已被表格软件舍入，请把单元格设为文本后重新录入",
    en="has more than 15 digits and was rounded by the spreadsheet; make the cell a text and type it again",
)


def number_text(written: str, look: Look, *, counts_from_1904: bool) -> str | Text:
    """A number as its cell means it: a day as YYYY-MM-DD, else its digits without exponent."""
    if _NUMBER.fullmatch(written.strip()) is None:
        return NO_VALUE
    value = float(written)
    return _instant(value, counts_from_1904=counts_from_1904) if look.is_day else _plain(value, look.digits)


def day_text(written: str) -> str:
    """A day that is kept as a text: `2024-01-31T00:00:00`."""
    found = _INSTANT.fullmatch(written.strip())
    return written if found is None else _day(found[1], found[2] or "")


def unescaped(text: str) -> str:
    """The text with what XML cannot hold put back: `_x000D_` is a line's end, `_x005F_` an underscore."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _plain(value: float, digits: int) -> str | Text:
    exact = Decimal(repr(value))
    if not exact.is_finite():
        return NO_VALUE
    if len(exact.normalize().as_tuple().digits) > _DIGITS_MOST or abs(exact) >= Decimal(10) ** _DIGITS_MOST:
        return _ROUNDED
    plain = format(exact, "f")
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return plain.zfill(digits) if plain.isdecimal() else plain


def _instant(value: float, *, counts_from_1904: bool) -> str | Text:
    """The day, or the day and its time, behind the number a spreadsheet keeps."""
    if not 0 <= value < 3_000_000:
        return _NO_DAY
    days, seconds = divmod(round(value * _DAY_S), _DAY_S)
    time = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if days == 0:  # a time of no day
        return time
    if counts_from_1904:
        first = date(1904, 1, 1)
    elif days > 60:  # the days before stand under the 29th of February 1900, which never was
        first = date(1899, 12, 30)
    else:
        return _NO_DAY
    try:
        return _day((first + timedelta(days=days)).isoformat(), time)
    except OverflowError:
        return _NO_DAY


def _day(day: str, time: str) -> str:
    return f"{day} {time}" if time.strip("0:") else day
