"""How a workbook shows its numbers, as far as it says what they are: days, or digits with zeros in front."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from app.gateways.sheets.archive import Event

_ISO: Final = frozenset({*range(14, 18), 22})
_TIMES: Final = frozenset({*range(18, 22), *range(45, 48)})
_EAST_ASIAN: Final = frozenset({*range(27, 37), *range(50, 59)})
"""Built in under Chinese, Japanese and Korean; a file holds no more of them than their numbers."""
_THAI: Final = frozenset(range(71, 82))
_DAYS: Final = _ISO | _TIMES | _EAST_ASIAN | _THAI
_NO_DAY: Final = frozenset({17, 27, 36, 50, 52, 57, 74})
_SAID: Final = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!(?:h+|m+|s+)\])[^\]]*\]|general|g/通用格式|e[+-]', re.IGNORECASE)
"""What a format says literally, and its colours, languages and conditions."""
_LETTERS: Final = re.compile(r"[ymdhs年月日时分秒]|上午", re.IGNORECASE)
_ZEROS: Final = re.compile(r"0{2,15}")


@dataclass(frozen=True, slots=True)
class Look:
    """How a number in such a cell is meant."""

    is_day: bool = False
    shows_day: bool = True
    """False where the cell shows a year or a month of the day it holds."""
    digits: int = 0
    """So many at least, with zeros in front."""


PLAIN: Final = Look()


def read_looks(styles: Iterable[Event]) -> list[Look]:
    """The looks of a workbook's cell styles, by their numbers."""
    codes: dict[int, str] = {}
    looks: list[Look] = []
    is_within = False
    for kind, name, attributes in styles:
        if name == "cellXfs":
            is_within = kind == "start"
        elif kind == "start" and name == "numFmt" and attributes:
            codes[int(attributes.get("numFmtId", "0"))] = attributes.get("formatCode", "")
        elif kind == "start" and name == "xf" and is_within and attributes:
            number = int(attributes.get("numFmtId", "0"))
            looks.append(look_of(codes[number]) if number in codes else _built_in(number))
    return looks


def _built_in(number: int) -> Look:
    return Look(is_day=True, shows_day=number not in _NO_DAY) if number in _DAYS else PLAIN


def look_of(code: str) -> Look:
    """The look of a format as somebody wrote it."""
    if _ZEROS.fullmatch(code):
        return Look(digits=len(code))
    letters = _SAID.sub("", code.partition(";")[0]).lower()
    if not _LETTERS.search(letters):
        return PLAIN
    shows_day = "d" in letters or "y" not in letters
    return Look(is_day=True, shows_day=shows_day)
