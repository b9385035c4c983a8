"""One row of an import sheet: a lot, or every fault of it. Pure."""

from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Final, TypeVar

from app.kernel.text import Text
from app.kernel.typed import is_nothing, typed_code, typed_line
from app.registry.credits.errors import LotUnfit
from app.registry.credits.lot_rules import NewLot, NewProject, faults
from app.registry.credits.rules import Programme, UnitKind
from app.registry.credits.sheets.cell_rules import (
    Edge,
    Unread,
    day_of,
    flag_of,
    kind_of,
    plain,
    programme_of,
    tonnes_of,
)
from app.registry.credits.sheets.column_rules import BY_KEY, COLUMNS
from app.registry.credits.sheets.heading_rules import NAMES

T = TypeVar("T")

_SUMS: Final = frozenset({"合计", "总计", "小计", "总和", "total", "subtotal", "sum", "grandtotal"})
_OF_THE_SERIAL: Final = frozenset({"serial", "certificate_number", "tonnes", "country"})
"""Fields that are judged by programme and serial together."""
_DAYS: Final = frozenset({"vintage_start", "vintage_end", "monitoring_start", "monitoring_end"})
"""Of these, one that cannot be read leaves its partner without a judge."""
_SOME_DAY: Final = date(2020, 1, 1)


def read_row(
    fields: Mapping[str, str], *, barred: Mapping[str, Text], absent: Collection[str]
) -> NewLot | dict[str, Text]:
    """The lot of a row, or all its faults by field.

    `barred` fields hold what no cell may, with the reason; `absent` ones have no column, which is said once elsewhere.
    """
    if fault := _no_row(fields):
        return fault
    return _Reading(fields, barred, absent).lot()


def is_empty(fields: Mapping[str, str], barred: Mapping[str, Text]) -> bool:
    """Whether nothing stands in the row but blanks and dashes."""
    return not barred and all(is_nothing(text) for text in fields.values())


def _no_row(fields: Mapping[str, str]) -> dict[str, Text]:
    """Rows that are no lots, and are told so in one sentence rather than field by field."""
    first, text = next(((key, text) for key, text in fields.items() if text.strip()), ("code", ""))
    if plain(text) in _SUMS:
        return {first: Text(zh="是合计行，请删除", en="is a row of sums; delete it")}
    repeated = [key for key, text in fields.items() if text.strip() and len(text) < 30 and plain(text) in NAMES[key]]
    if len(repeated) > 2:
        return {first: Text(zh="重复了表头，请删除该行", en="repeats the headings; delete the row")}
    return {}


class _Reading:
    def __init__(self, fields: Mapping[str, str], barred: Mapping[str, Text], absent: Collection[str]) -> None:
        self._absent = absent
        self._faults = {key: reason for key, reason in barred.items() if key in fields}
        self._texts = {key: "" if is_nothing(text) else _folded(key, text) for key, text in fields.items()}

    def lot(self) -> NewLot | dict[str, Text]:
        """See `read_row`."""
        for column in COLUMNS:
            if column.is_needed and not self._texts.get(column.key) and self._is_ours(column.key):
                self._faults[column.key] = Text(zh=f"缺少{column.heading.zh}", en=f"{column.heading.en} is missing")
        lot = self._built()
        unread = {*self._faults, *self._absent}
        for refusal in faults(lot):
            key = (refusal.field or "/serial").removeprefix("/")
            if key not in self._faults and not self._hangs_on(unread, key, refusal):
                self._faults[key] = refusal.message()
        if unread or self._faults:
            order = {column.key: place for place, column in enumerate(COLUMNS)}
            return dict(sorted(self._faults.items(), key=lambda fault: order.get(fault[0], len(order))))
        return lot

    def _built(self) -> NewLot:
        """The lot, with something in the place of what cannot be read."""
        text = self._texts.get
        return NewLot(
            code=text("code") or "-",
            project=NewProject(
                programme=self._read("programme", programme_of, Programme.CCER),
                number=text("project_number") or "-",
                name=Text(zh=text("project_zh") or "-", en=text("project_en") or "-"),
                methodology=text("methodology") or "-",
                unit_kind=self._read("unit_kind", kind_of, UnitKind.REDUCTION),
                place=Text(zh=text("place_zh") or "-", en=text("place_en") or "-"),
            ),
            serial=text("serial", ""),
            certificate_number=text("certificate_number") or None,
            tonnes=self._read("tonnes", tonnes_of, None),
            trade_number=text("trade_number") or None,
            vintage_start=self._day("vintage_start", Edge.FIRST) or _SOME_DAY,
            vintage_end=self._day("vintage_end", Edge.LAST) or _SOME_DAY,
            monitoring_start=self._day("monitoring_start", Edge.FIRST),
            monitoring_end=self._day("monitoring_end", Edge.LAST),
            issued_on=self._day("issued_on") or _SOME_DAY,
            country=text("country") or None,
            source_market=text("source_market") or None,
            labels=tuple(filter(None, (label.strip() for label in text("labels", "").replace("；", ";").split(";")))),
            is_real=self._read("is_real", flag_of, None),
            is_additional=self._read("is_additional", flag_of, None),
            is_permanent=self._read("is_permanent", flag_of, None),
        )

    def _is_ours(self, key: str) -> bool:
        return key not in self._faults and key not in self._absent

    def _read(self, key: str, reader: Callable[[str], T], otherwise: T) -> T:
        written = self._texts.get(key, "")
        if not written or not self._is_ours(key):
            return otherwise
        try:
            return reader(written)
        except Unread as fault:
            self._faults[key] = fault.reason
            return otherwise

    def _day(self, key: str, edge: Edge = Edge.NONE) -> date | None:
        return self._read(key, lambda written: day_of(written, edge), None)

    @staticmethod
    def _hangs_on(unread: Collection[str], key: str, refusal: Exception) -> bool:
        """Whether a fault may be there only because of what stands in the place of an unread field."""
        if key in unread:
            return True
        if key in _DAYS and isinstance(refusal, LotUnfit) and any(day in unread for day in _DAYS if day[:4] == key[:4]):
            return True
        if "programme" in unread or "serial" in unread:
            return not isinstance(refusal, LotUnfit) or key in _OF_THE_SERIAL
        return False


def _folded(key: str, text: str) -> str:
    """A name stays as it is written but for what nobody sees; numbers, days and choices have one width."""
    if BY_KEY[key].is_name:
        return typed_line(text)
    if key in {"serial", "certificate_number"}:  # as the registry writes it; how it is compared is judged elsewhere
        return typed_line(text).rstrip("。 ")
    return typed_code(text).upper() if key == "country" else typed_code(text)
