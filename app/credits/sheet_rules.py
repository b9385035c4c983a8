"""An import sheet of lots: how a row becomes a lot, and what rows of one sheet do to each other. Pure."""

import re
import unicodedata
from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, TypeVar

from app.credits.column_rules import COLUMNS
from app.credits.errors import ColumnsUnfit
from app.credits.lot_rules import FitLot, NewLot, NewProject, faults, fit
from app.credits.rules import Programme, UnitKind
from app.credits.serial_rules import names_of, normalised
from app.kernel.cells import SheetRow
from app.kernel.text import Text

T = TypeVar("T")


class VerdictKind(StrEnum):
    """What becomes of a row."""

    NEW = "new"
    """It is taken in."""
    PROPOSED = "proposed"
    """It waits for a second person, since its serial does not say its tonnes."""
    KNOWN = "known"
    """The very same lot is here already."""
    OVERLAPS = "overlaps"
    """Its tonnes, or a number of it, belong to another lot or row."""
    UNREADABLE = "unreadable"
    """A field of it cannot be."""

    @property
    def is_good(self) -> bool:
        """Whether an import goes on with it."""
        return self in {VerdictKind.NEW, VerdictKind.PROPOSED, VerdictKind.KNOWN}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one row, and why where it is not taken."""

    row: int
    """As spreadsheets count, from 1."""
    kind: VerdictKind
    code: str
    """The batch number, where it could be read."""
    tonnes: int | None = None
    lot: str | None = None
    """The lot that is here already, or in the way."""
    cell: str | None = None
    reason: Text | None = None


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row that is a lot by itself; what is here already was not asked yet."""

    row: int
    lot: FitLot
    cells: Mapping[str, str]
    """How a person finds each field: key -> `C7`."""

    def verdict(
        self, kind: VerdictKind, *, lot: str | None = None, field: str | None = None, reason: Text | None = None
    ) -> Verdict:
        """This row's."""
        cell = self.cells.get(field) if field else None
        return Verdict(self.row, kind, self.lot.lot.code, self.lot.serial.tonnes, lot, cell, reason)


def read_rows(rows: Sequence[SheetRow]) -> tuple[list[ReadRow], list[Verdict]]:
    """The rows of a sheet that are lots by themselves and do not meet each other, and a verdict for every other one.

    The first row that holds something is the heading; a column nobody knows is a fault, not passed over.

    Raises:
        ColumnsUnfit: a heading is missing, twice there, or unknown; or there is no row below it.
    """
    if not rows:
        raise ColumnsUnfit(what_zh="表格为空", what_en="the sheet is empty")
    places = _places(rows[0])
    good, bad = [], []
    for row in rows[1:]:
        fields = {key: row.texts[place] if place < len(row.texts) else "" for key, place in places.items()}
        if not any(text.strip() for text in fields.values()):
            continue
        cells = {key: row.name(place) for key, place in places.items()}
        read = _read_row(fields)
        if isinstance(read, NewLot):
            good.append(ReadRow(row.number, fit(read), cells))
        else:
            key, reason = read
            bad.append(
                Verdict(row.number, VerdictKind.UNREADABLE, fields["code"].strip(), None, None, cells.get(key), reason)
            )
    if not good and not bad:
        raise ColumnsUnfit(what_zh="没有数据行", what_en="there is no row below the headings")
    apart, meeting = _apart(good)
    return apart, sorted([*bad, *meeting], key=lambda verdict: verdict.row)


def _places(heading: SheetRow) -> dict[str, int]:
    """Which column holds which field."""
    known = {
        _plain(name): column.key for column in COLUMNS for name in (column.key, column.heading.zh, column.heading.en)
    }
    places: dict[str, int] = {}
    for place, text in enumerate(heading.texts):
        if not text.strip():
            continue
        key = known.get(_plain(text))
        cell = heading.name(place)
        if key is None:
            raise ColumnsUnfit(
                what_zh=f"{cell} 的表头“{text}”无法识别", what_en=f'the heading "{text}" in {cell} is unknown'
            )
        if key in places:
            raise ColumnsUnfit(
                what_zh=f"{cell} 的表头“{text}”重复", what_en=f'the heading "{text}" in {cell} is there twice'
            )
        places[key] = place
    if missing := [column for column in COLUMNS if column.is_needed and column.key not in places]:
        raise ColumnsUnfit(
            what_zh="缺少表头 " + "、".join(column.heading.zh for column in missing),
            what_en="missing: " + ", ".join(column.heading.en for column in missing),
        )
    return places


def _plain(text: str) -> str:
    return re.sub(r"[\s_*]+", " ", unicodedata.normalize("NFKC", text)).strip().casefold()


def _read_row(fields: Mapping[str, str]) -> NewLot | tuple[str, Text]:
    """The lot of a row, or its first fault: which field, and why."""
    try:
        lot = _lot(fields)
    except _Unread as fault:
        return fault.key, fault.reason
    for refusal in faults(lot):
        return (refusal.field or "/serial").removeprefix("/"), refusal.message()
    return lot


class _Unread(Exception):
    def __init__(self, key: str, zh: str, en: str) -> None:
        super().__init__(key)
        self.key = key
        self.reason = Text(zh=zh, en=en)


def _lot(fields: Mapping[str, str]) -> NewLot:
    for column in COLUMNS:
        if column.is_needed and not fields[column.key].strip():
            raise _Unread(column.key, f"缺少{column.heading.zh}", f"{column.heading.en} is missing")
    text = {key: value.strip() for key, value in fields.items()}
    return NewLot(
        code=text["code"],
        project=NewProject(
            programme=_chosen(text, "programme", _PROGRAMMES),
            number=text["project_number"],
            name=Text(zh=text["project_zh"], en=text["project_en"]),
            methodology=text["methodology"],
            unit_kind=_chosen(text, "unit_kind", _KINDS),
            place=Text(zh=text["place_zh"], en=text["place_en"]),
        ),
        serial=fields.get("serial", ""),  # byte for byte
        certificate_number=text.get("certificate_number") or None,
        tonnes=_tonnes(text.get("tonnes", "")),
        trade_number=text.get("trade_number") or None,
        vintage_start=_day(text, "vintage_start"),
        vintage_end=_day(text, "vintage_end"),
        monitoring_start=_day(text, "monitoring_start") if text.get("monitoring_start") else None,
        monitoring_end=_day(text, "monitoring_end") if text.get("monitoring_end") else None,
        issued_on=_day(text, "issued_on"),
        country=text.get("country") or None,
        source_market=text.get("source_market") or None,
        labels=tuple(label.strip() for label in re.split(r"[;；]", text.get("labels", "")) if label.strip()),
        is_real=_flag(text, "is_real"),
        is_additional=_flag(text, "is_additional"),
        is_permanent=_flag(text, "is_permanent"),
    )


_PROGRAMMES: Final[Mapping[str, Programme]] = {
    _plain(name): programme
    for programme in Programme
    for name in (programme.value, programme.meaning.zh, programme.meaning.en, programme.text.zh, programme.text.en)
} | {_plain("林草碳普惠"): Programme.FORESTRY}
_KINDS: Final[Mapping[str, UnitKind]] = {
    "减排": UnitKind.REDUCTION, "reduction": UnitKind.REDUCTION, "清除": UnitKind.REMOVAL, "removal": UnitKind.REMOVAL,
}  # fmt: skip
_FLAGS: Final[Mapping[str, bool]] = {
    "是": True, "yes": True, "true": True, "1": True, "否": False, "no": False, "false": False, "0": False,
}  # fmt: skip
_DAYS: Final = (
    re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})"),
    re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})"),
    re.compile(r"(\d{4})\.(\d{1,2})\.(\d{1,2})"),
    re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日"),
)
_TONNES: Final = re.compile(r"[0-9]{1,13}|[0-9]{1,3}(?:,[0-9]{3}){1,4}")


def _chosen(text: Mapping[str, str], key: str, choices: Mapping[str, T]) -> T:
    chosen = choices.get(_plain(text[key]))
    if chosen is None:
        raise _Unread(key, f"不认识“{text[key]}”", f'"{text[key]}" is none of those we know')
    return chosen


def _flag(text: Mapping[str, str], key: str) -> bool | None:
    written = text.get(key, "")
    if not written:
        return None
    return _chosen({key: written}, key, _FLAGS)


def _tonnes(written: str) -> int | None:
    """Whole tonnes; grouped by thousands or not. A fraction is no tonne a registry numbers."""
    if not written:
        return None
    plain = unicodedata.normalize("NFKC", written)
    if not plain.isascii() or _TONNES.fullmatch(plain) is None:
        raise _Unread("tonnes", f"“{written}”不是整数吨", f'"{written}" is no whole number of tonnes')
    return int(plain.replace(",", ""))


def _day(text: Mapping[str, str], key: str) -> date:
    """A day that exists, year first: 03/04/2024 would be two days."""
    written = unicodedata.normalize("NFKC", text[key])
    if written.isascii() or "年" in written:
        for form in _DAYS:
            if (match := form.fullmatch(written)) is not None:
                try:
                    return date(*(int(part) for part in match.groups()))
                except ValueError:
                    break
    raise _Unread(key, f"“{text[key]}”不是日期（YYYY-MM-DD）", f'"{text[key]}" is no day (YYYY-MM-DD)')


def _apart(rows: Iterable[ReadRow]) -> tuple[list[ReadRow], list[Verdict]]:
    """The rows that meet no row before them, and a verdict for each that does."""
    kept: list[ReadRow] = []
    verdicts = []
    met = _Met()
    for row in rows:
        other, field = met.find(row)
        if other is None:
            met.add(row)
            kept.append(row)
            continue
        reason = Text(zh=f"与第 {other.row} 行重复或重叠", en=f"is, or overlaps, row {other.row}")
        verdicts.append(row.verdict(VerdictKind.OVERLAPS, lot=other.lot.lot.code, field=field, reason=reason))
    return kept, verdicts


class _Met:
    """The rows so far, by what only one lot may have."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], ReadRow] = {}
        self._whole: dict[str, ReadRow] = {}  # a serial or certificate that one lot covers altogether
        self._parts: dict[str, ReadRow] = {}  # one that numbered lots lie on
        self._starts: dict[str, list[int]] = {}
        self._blocks: dict[str, list[ReadRow]] = {}

    def find(self, row: ReadRow) -> tuple[ReadRow | None, str]:
        """A row this one meets, and in which field."""
        for key in _numbers(row):
            if (other := self._numbers.get(key)) is not None:
                return other, key[0]
        certified = names_of(normalised(row.lot.lot.certificate_number or ""))
        for name in sorted(row.lot.names):
            other = self._whole.get(name) or (self._parts.get(name) if row.lot.is_raw_only else None)
            if other is not None:
                return other, "certificate_number" if name in certified else "serial"
        serial = row.lot.serial
        blocks = self._blocks.get(serial.series, [])
        place = bisect(self._starts.get(serial.series, []), serial.block_start)
        # Blocks that are kept do not overlap, so only the neighbours can be met.
        for other in blocks[max(0, place - 1) : place + 1]:
            if other.lot.serial.block_start < serial.block_stop and serial.block_start < other.lot.serial.block_stop:
                return other, "serial"
        return None, ""

    def add(self, row: ReadRow) -> None:
        """Remember a row that meets none."""
        self._numbers |= dict.fromkeys(_numbers(row), row)
        (self._whole if row.lot.is_raw_only else self._parts).update(dict.fromkeys(row.lot.names, row))
        serial = row.lot.serial
        starts = self._starts.setdefault(serial.series, [])
        place = bisect(starts, serial.block_start)
        starts.insert(place, serial.block_start)
        self._blocks.setdefault(serial.series, []).insert(place, row)


def _numbers(row: ReadRow) -> Iterator[tuple[str, str]]:
    lot = row.lot.lot
    yield "code", lot.code
    if lot.trade_number:
        yield "trade_number", lot.trade_number
    yield "serial", row.lot.serial.key
