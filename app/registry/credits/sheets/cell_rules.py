"""What one cell of an import sheet says: a day, whole tonnes, a choice; or why it cannot, and what would be right. Pure."""

import re
import unicodedata
from calendar import monthrange
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Final, TypeVar

from app.kernel.text import Text
from app.kernel.typed import typed_code
from app.registry.credits.rules import Programme, UnitKind

T = TypeVar("T")


class Unread(Exception):
    """A cell that cannot be; the reason says what would be right."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.reason = Text(zh=zh, en=en)


class Edge(Enum):
    """Which day a bare year or month stands for."""

    FIRST = "first"
    LAST = "last"
    NONE = "none"
    """None: the day itself is asked for."""


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """A name as it is compared: one width, no blanks or breaks, no stars and no case."""
    return re.sub(r"[\s_*＊:：]+", "", unicodedata.normalize("NFKC", typed_code(text))).casefold()


_PROGRAMMES: Final[Mapping[str, Programme]] = {
    plain(name): programme
    for programme in Programme
    for name in (programme.value, programme.meaning.zh, programme.meaning.en, programme.text.zh, programme.text.en)
} | {plain("林草碳普惠"): Programme.FORESTRY}
_KINDS: Final[Mapping[str, UnitKind]] = {
    "减排": UnitKind.REDUCTION, "reduction": UnitKind.REDUCTION, "清除": UnitKind.REMOVAL, "removal": UnitKind.REMOVAL,
}  # fmt: skip
_FLAGS: Final[Mapping[str, bool]] = {
    "是": True, "yes": True, "y": True, "true": True, "1": True, "√": True, "✓": True, "✔": True,
    "否": False, "no": False, "n": False, "false": False, "0": False, "×": False, "✗": False, "✘": False,
}  # fmt: skip


def programme_of(written: str) -> Programme:
    """The programme of a name of it."""
    return _chosen(written, _PROGRAMMES, "CCER、CDCER、CQCER、VCU、林草碳普惠", "CCER, CDCER, CQCER, VCU or FORESTRY")


def kind_of(written: str) -> UnitKind:
    """Reduction or removal."""
    return _chosen(written, _KINDS, "减排 或 清除", "reduction or removal")


def flag_of(written: str) -> bool | None:
    """Yes, no, or nobody has said."""
    return _chosen(written, _FLAGS, "是、否，或留空", "yes, no or nothing") if written else None


def _chosen(written: str, choices: Mapping[str, T], zh: str, en: str) -> T:
    chosen = choices.get(plain(written))
    if chosen is None:
        raise Unread(f"不认识“{_shown(written)}”，应为 {zh}", f'"{_shown(written)}" is none of those we know: {en}')
    return chosen


_WHOLE: Final = re.compile(r"(?P<whole>[0-9]{1,13}|[0-9]{1,3}(?:[, '’][0-9]{3}){1,4})(?:\.(?P<part>[0-9]{1,4}))?")
_AMOUNT: Final = re.compile(r"(?P<number>[0-9][0-9., '’]*?)\s*(?P<unit>[^0-9\s.,'’][^0-9]*(?:2e?q?)?)?")
_UNITS: Final[Mapping[str, int]] = {
    "": 1, "吨": 1, "公吨": 1, "t": 1, "mt": 1, "tonne": 1, "tonnes": 1, "tco2": 1, "tco2e": 1, "tco2eq": 1,
    "吨co2": 1, "吨co2e": 1, "吨二氧化碳": 1, "吨二氧化碳当量": 1, "万吨": 10_000, "万t": 10_000, "万吨二氧化碳当量": 10_000,
}  # fmt: skip


def tonnes_of(written: str) -> int | None:
    """Whole tonnes; grouped by thousands or not, with their unit or not. A registry numbers no fraction of a tonne."""
    if not written:
        return None
    said = _AMOUNT.fullmatch(written.replace("₂", "2"))
    number = _WHOLE.fullmatch(said["number"]) if said is not None else None
    factor = _UNITS.get(plain(said["unit"] or "")) if said is not None else None
    if number is not None and factor is not None:
        whole, part = re.sub(r"\D", "", number["whole"]), number["part"] or ""
        amount = Decimal(f"{whole}.{part or 0}") * factor
        if amount == amount.to_integral_value() and (factor > 1 or part in {"", "0", "00"}):
            return int(amount)
    raise Unread(
        f"“{_shown(written)}”不是整数吨，应如 3000 或 3,000 吨",
        f'"{_shown(written)}" is no whole number of tonnes, such as 3000',
    )


_TIME: Final = r"(?:(?:[ T]|(?<=[日号]))[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)?"
_DAYS: Final = (
    re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})" + _TIME),
    re.compile(r"([0-9]{4})(年)([0-9]{1,2})月([0-9]{1,2})[日号]?" + _TIME),
    re.compile(r"([0-9]{4})()([0-9]{2})([0-9]{2})"),
)
_MONTH: Final = re.compile(r"([0-9]{4})(?:[-/.]([0-9]{1,2})|年([0-9]{1,2})月)")
_YEAR: Final = re.compile(r"([0-9]{4})(?:年度?)?")
_YEAR_LAST: Final = re.compile(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})")
_EXCELS: Final = re.compile(r"[2-7][0-9]{4}(?:\.[0-9]+)?")


def day_of(written: str, edge: Edge = Edge.NONE) -> date:
    """A day that exists, year first: 03/04/2024 would be two days. A year, or a month of one, is its first or last day
    where an edge is asked for."""
    text = re.sub(r" *([年月日号/.-]) *", r"\1", written)
    try:
        for form in _DAYS:
            if (found := form.fullmatch(text)) is not None:
                return date(int(found[1]), int(found[3]), int(found[4]))
        if edge is not Edge.NONE and (found := _MONTH.fullmatch(text)) is not None:
            year, month = int(found[1]), int(found[2] or found[3])
            return date(year, month, 1 if edge is Edge.FIRST else monthrange(year, month)[1])
        if edge is not Edge.NONE and (found := _YEAR.fullmatch(text)) is not None:
            return date(int(found[1]), 1, 1) if edge is Edge.FIRST else date(int(found[1]), 12, 31)
    except ValueError:  # a month's own error is one too
        raise Unread(f"没有“{_shown(written)}”这一天", f'there is no day "{_shown(written)}"') from None
    right = _right_day(text)
    raise Unread(
        f"“{_shown(written)}”不是日期（YYYY-MM-DD）{right.zh}", f'"{_shown(written)}" is no day (YYYY-MM-DD){right.en}'
    )


def _right_day(text: str) -> Text:
    """What may have been meant, for whoever reads the refusal; never taken."""
    meant: list[str] = []
    if (found := _YEAR_LAST.fullmatch(text)) is not None:
        first, second, year = (int(found[n]) for n in (1, 2, 3))
        for month, day in ((first, second), (second, first)):
            if 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1] and year >= 1:
                meant.append(f"{year:04}-{month:02}-{day:02}")
    elif _EXCELS.fullmatch(text) is not None:
        meant.append((date(1899, 12, 30) + timedelta(days=int(text[:5]))).isoformat())
    if not meant:
        return Text(zh="", en="")
    days = list(dict.fromkeys(meant))
    return Text(
        zh="，如指 " + " 或 ".join(days) + " 请照此填写", en="; write " + " or ".join(days) + " if that is meant"
    )


def _shown(written: str) -> str:
    """As much of a cell as fits into a sentence."""
    return written if len(written) <= 40 else written[:39] + "…"
