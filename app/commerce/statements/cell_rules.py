"""What one cell of a bank's statement says: a day, money, which way it went, a number; or why it cannot. Pure."""

import re
import unicodedata
from datetime import date
from typing import Final

from app.kernel.text import Text
from app.kernel.typed import is_nothing, typed_code, typed_line

AMOUNT_MOST: Final = 10**14
"""A trillion yuan, in fen."""
_AMOUNT: Final = re.compile(r"([+-]?)([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.([0-9]+))?", re.ASCII)
_DAY: Final = re.compile(
    r"([0-9]{4})(?:-([0-9]{1,2})-([0-9]{1,2})|/([0-9]{1,2})/([0-9]{1,2})|\.([0-9]{1,2})\.([0-9]{1,2})"
    r"|年([0-9]{1,2})月([0-9]{1,2})日?|([0-9]{2})([0-9]{2}))(?:[ T]*[0-9:.-]*)?",
    re.ASCII,
)
_NUMBER: Final = re.compile(r"[0-9A-Z][0-9A-Z-]{3,39}", re.ASCII)
_EARLIEST: Final = date(2020, 1, 1)
_CREDIT: Final = frozenset(
    {"贷", "贷方", "贷记", "收", "收入", "来账", "转入", "入账", "存入", "c", "cr", "credit", "in"}
)
_DEBIT: Final = frozenset(
    {"借", "借方", "借记", "支", "支出", "付", "付出", "往账", "转出", "出账", "支取", "d", "dr", "debit", "out"}
)


class Unread(Exception):
    """A cell that cannot be; the text says what would be right."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.text = Text(zh=zh, en=en)


def folded(text: str) -> str:
    """A heading or a name as it is compared: one width, no blanks, no case."""
    return re.sub(r"[\s:：*＊_]+", "", unicodedata.normalize("NFKC", typed_code(text))).casefold()


def money_of(written: str) -> int:
    """Fen; 0 for an empty cell. Thousands separators, full width, a sign of yuan before or behind do not count.

    Raises:
        Unread
    """
    if is_nothing(written):
        return 0
    plain = typed_code(written).upper().replace(" ", "")
    for sign in ("CNY", "RMB", "¥", "￥", "元"):
        plain = plain.removeprefix(sign).removesuffix(sign)
    found = _AMOUNT.fullmatch(plain.removeprefix("+"))
    if found is None:
        raise Unread(
            f"“{_short(written)}”不是金额，应如 12,400.50", f'"{_short(written)}" is no amount; write 12,400.50'
        )
    sign, whole, part = found[1], found[2].replace(",", ""), (found[3] or "").rstrip("0")
    if len(part) > 2:
        raise Unread("金额最多两位小数", "an amount has two decimals at most")
    minor = int(whole) * 100 + int(part.ljust(2, "0"))
    if minor >= AMOUNT_MOST:
        raise Unread("金额过大", "the amount is too large")
    return -minor if sign == "-" else minor


def day_of(written: str, *, today: date) -> date:
    """The day, from 2020 on and not after today; a time behind it does not count.

    Raises:
        Unread
    """
    found = _DAY.fullmatch(typed_code(written))
    parts = [part for part in found.groups() if part is not None] if found else []
    try:
        day = date(*map(int, parts))
    except (TypeError, ValueError):
        raise Unread(
            f"“{_short(written)}”不是日期，应如 2026-11-27", f'"{_short(written)}" is no day; write 2026-11-27'
        ) from None
    if not _EARLIEST <= day <= today:
        raise Unread(f"日期应在 {_EARLIEST} 至 {today} 之间", f"the day is between {_EARLIEST} and {today}")
    return day


def looks_like_day(written: str) -> bool:
    """Whether it is meant as a day at all: rows of totals and remarks have none."""
    return _DAY.fullmatch(typed_code(written)) is not None


def is_credit(written: str) -> bool:
    """Which way money went, where one column says it.

    Raises:
        Unread
    """
    word = folded(written)
    if word in _CREDIT:
        return True
    if word in _DEBIT:
        return False
    raise Unread(f"“{_short(written)}”应为 贷（收入）或 借（支出）", f'"{_short(written)}" is neither credit nor debit')


def number_of(written: str) -> str | None:
    """The bank's serial number in capitals, other signs as dashes; None where it is none that tells a row apart."""
    plain = re.sub(r"[^0-9A-Z]+", "-", "".join(typed_code(written).upper().split())).strip("-")
    return plain if _NUMBER.fullmatch(plain) else None


def line_of(written: str, *, most: int) -> str:
    """A text of somebody else's on one line, cut; what cannot be printed left out."""
    line = "".join(letter for letter in typed_line(written) if letter.isprintable())
    return ("" if is_nothing(line) else line)[:most].strip()


def account_of(written: str) -> str:
    """An account's number as it is compared: letters and digits."""
    return re.sub(r"[^0-9A-Z]", "", unicodedata.normalize("NFKC", written).upper())


def _short(written: str) -> str:
    line = typed_line(written)
    return line if len(line) <= 30 else line[:29] + "…"
