"""An import sheet of lots: how a row becomes a lot, and what rows of one sheet do to each other. Pure."""

from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from app.kernel.cells import SheetRow, cell_name
from app.kernel.text import Text
from app.kernel.typed import typed_code
from app.registry.credits.errors import ColumnsUnfit
from app.registry.credits.lot_rules import FitLot, NewLot, fit
from app.registry.credits.serials.serial_rules import names_of, normalised
from app.registry.credits.sheets.heading_rules import Headings, heading_notes, read_headings
from app.registry.credits.sheets.row_rules import is_empty, read_row

FAULTS_MOST: Final = 1_000
"""Faults of a sheet that are told in full; the rest is counted. Nobody reads more, and memory is bounded."""

FAULTS_OF_A_ROW: Final = 32
"""One block of tonnes may lie across thousands of lots."""


class RowKind(StrEnum):
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
    HEADINGS = "headings"
    """It is the row of headings, and they are not the template's: nothing of the sheet is taken."""

    @property
    def is_good(self) -> bool:
        """Whether an import goes on with it."""
        return self in {RowKind.NEW, RowKind.PROPOSED, RowKind.KNOWN}


@dataclass(frozen=True, slots=True)
class CellFault:
    """One thing that is wrong with a row."""

    cell: str | None
    """How a person finds it, such as `C7`; None where it is no single cell."""
    reason: Text


@dataclass(frozen=True, slots=True)
class RowResult:
    """What becomes of one row, and why where it is not taken."""

    row: int
    """As spreadsheets count, from 1."""
    kind: RowKind
    code: str
    """The batch number, where it could be read."""
    tonnes: int | None = None
    lot: str | None = None
    """The lot that is here already, or in the way."""
    faults: tuple[CellFault, ...] = ()
    """All that is wrong with it, by columns."""
    more: int = 0
    """How many faults there are beside these, in a sheet that has too many to tell."""

    @property
    def cell(self) -> str | None:
        """Where its first fault is."""
        return self.faults[0].cell if self.faults else None

    @property
    def reason(self) -> Text | None:
        """Its first fault."""
        return self.faults[0].reason if self.faults else None


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row that is a lot by itself; what is here already was not asked yet."""

    row: int
    lot: FitLot
    cells: Mapping[str, str]
    """How a person finds each field: key -> `C7`."""

    def verdict(
        self, kind: RowKind, *, lot: str | None = None, field: str | None = None, reason: Text | None = None
    ) -> RowResult:
        """This row's, with no fault or one."""
        return self.verdicts(kind, [(field, reason)] if reason else [], lot=lot)

    def verdicts(
        self, kind: RowKind, faults: Iterable[tuple[str | None, Text]], *, lot: str | None = None
    ) -> RowResult:
        """This row's, with these faults by their fields."""
        told = [CellFault(self.cells.get(key) if key else None, reason) for key, reason in faults]
        shown, more = tuple(told[:FAULTS_OF_A_ROW]), max(0, len(told) - FAULTS_OF_A_ROW)
        return RowResult(self.row, kind, self.lot.lot.code, self.lot.serial.tonnes, lot, shown, more)


@dataclass(slots=True)
class ReadRows:
    """The rows of a sheet, each looked at by itself and beside the others."""

    good: list[ReadRow]
    """Those that are lots and do not meet each other."""
    bad: list[RowResult]
    """A verdict for every other one, by row."""
    notes: tuple[Text, ...] = ()
    """What of the sheet is not read."""
    _told: int = field(default=0, init=False)

    def tell(self, row: int, code: str, faults: Sequence[CellFault], kind: RowKind = RowKind.UNREADABLE) -> None:
        """Another row at fault; beyond `FAULTS_MOST` its faults are counted only."""
        shown = faults[: max(0, FAULTS_MOST - self._told)]
        self._told += len(shown)
        self.bad.append(RowResult(row, kind, code, faults=tuple(shown), more=len(faults) - len(shown)))


def read_rows(rows: Sequence[SheetRow]) -> ReadRows:
    """The rows of a sheet that are lots, and every fault of every other one.

    The headings stand in the first row that has them; a column nobody knows is a fault, not passed over. The rows
    below are looked at all the same.

    Raises:
        ColumnsUnfit: no row has the headings, or there is no row below them.
    """
    headings = read_headings(rows)
    read = ReadRows([], [], heading_notes(rows, headings))
    if headings.faults:
        number = rows[headings.place].number
        told = [CellFault(None if at is None else cell_name(at, number), why) for at, why in headings.faults]
        read.tell(number, "", told, RowKind.HEADINGS)
    good: list[ReadRow] = []
    is_bare = True
    for row in rows[headings.place + 1 :]:
        is_bare = not _read(row, headings, good, read) and is_bare
    if is_bare:
        raise ColumnsUnfit(what_zh="没有数据行", what_en="there is no row below the headings")
    read.good, meeting = _apart(good)
    read.bad = sorted([*read.bad, *meeting], key=lambda verdict: verdict.row)
    return read


def _read(row: SheetRow, headings: Headings, good: list[ReadRow], read: ReadRows) -> bool:
    """Look at one row; answers whether anything stands in it."""
    places = headings.places
    fields = {key: row.texts[place] if place < len(row.texts) else "" for key, place in places.items()}
    barred = {key: row.faults[place] for key, place in places.items() if place in row.faults}
    if is_empty(fields, barred):
        return False
    cells = {key: row.name(place) for key, place in places.items()}
    told = read_row(fields, barred=barred, absent=headings.absent)
    if isinstance(told, NewLot):
        good.append(ReadRow(row.number, fit(told), cells))
    elif told:
        faults = [CellFault(cells.get(key), reason) for key, reason in told.items()]
        read.tell(row.number, typed_code(fields.get("code", ""))[:64], faults)
    return True


def _apart(rows: Iterable[ReadRow]) -> tuple[list[ReadRow], list[RowResult]]:
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
        verdicts.append(row.verdict(RowKind.OVERLAPS, lot=other.lot.lot.code, field=field, reason=reason))
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
