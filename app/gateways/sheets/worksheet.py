"""The cells of one worksheet, read row by row: each becomes an exact text, or a fault of its row."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from app.gateways.sheets.archive import Event
from app.gateways.sheets.bounds import Bounds, fault_of, formula, too_many
from app.gateways.sheets.looks import PLAIN, Look
from app.gateways.sheets.noting import Notes
from app.gateways.sheets.values import NO_VALUE, day_text, number_text, unescaped
from app.kernel.cells import Sheet, SheetRow, cell_name
from app.kernel.text import Text

_REFERENCE: Final = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{0,7})")
_LAST_COLUMN: Final = 16_384
_LAST_ROW: Final = 1_048_576
_MERGED_MOST: Final = 100_000
"""Cells of merged areas that are looked at; more are no sheet of ours."""
_ON: Final = frozenset({"1", "true"})


@dataclass(frozen=True, slots=True)
class Book:
    """What the cells of a sheet refer to."""

    looks: list[Look]
    texts: list[str]
    counts_from_1904: bool


@dataclass(slots=True)
class _Cell:
    column: int
    kind: str
    look: Look
    value: str = ""
    """What is kept as its value; `inline` is a text that stands in the cell itself."""
    inline: str = ""
    is_formula: bool = False


@dataclass(slots=True)
class _Row:
    number: int
    is_hidden: bool
    texts: dict[int, str] = field(default_factory=dict)
    faults: dict[int, Text] = field(default_factory=dict)
    goes_on: bool = False


def read_worksheet(events: Iterable[Event], book: Book, bounds: Bounds, notes: Notes) -> Sheet:
    """The rows that hold something, wherever they stand.

    Raises:
        SheetTooLarge: more of them than the bounds allow.
        ValueError: rows or cells are not in their order.
    """
    reader = _Reader(book, bounds, notes)
    for event in events:
        reader.take(event)
    return reader.sheet()


class _Reader:
    def __init__(self, book: Book, bounds: Bounds, notes: Notes) -> None:
        self._book, self._bounds, self._notes = book, bounds, notes
        self._rows: list[SheetRow] = []
        self._row: _Row | None = None
        self._cell: _Cell | None = None
        self._within: str | None = None
        self._is_spoken = False
        self._last_row, self._last_column = 0, -1
        self._hidden_columns: list[tuple[int, int]] = []
        self._merged: list[tuple[int, int, int, int]] = []

    def take(self, event: Event) -> None:
        """The next piece of the part."""
        kind, name, attributes = event
        if kind == "text":
            self._text(name)
        elif attributes is not None:
            self._start(name, attributes)
        else:
            self._end(name)

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        match name:
            case "c" if self._row is not None:
                self._cell = self._begun(attributes)
            case "row":
                self._last_row, self._last_column = _next_row(attributes, self._last_row), -1
                self._row = _Row(self._last_row, _is_unseen(attributes, "ht"))
            case "v" | "t" | "f":
                self._within = name
                if name == "f" and self._cell is not None:
                    self._cell.is_formula = True
            case "rPh":
                self._is_spoken = True
            case "col" if _is_unseen(attributes, "width"):
                self._hidden_columns.append((int(attributes["min"]) - 1, int(attributes["max"]) - 1))
            case "mergeCell":
                self._merged.append(_area(attributes.get("ref", "")))

    def _text(self, text: str) -> None:
        cell = self._cell
        if cell is None or self._is_spoken:
            return
        if self._within == "v" and len(cell.value) <= self._bounds.cell_most:
            cell.value += text
        elif self._within == "t" and len(cell.inline) <= self._bounds.cell_most:
            cell.inline += text

    def _end(self, name: str) -> None:
        match name:
            case "c" if self._cell is not None:
                self._keep(self._cell)
                self._cell = None
            case "row" if self._row is not None:
                self._finish(self._row)
                self._row = None
            case "v" | "t" | "f":
                self._within = None
            case "rPh":
                self._is_spoken = False

    def _begun(self, attributes: Mapping[str, str]) -> _Cell:
        column = self._last_column + 1
        if (named := attributes.get("r")) is not None:
            column = _column(named)
        if not self._last_column < column < _LAST_COLUMN:
            raise ValueError(named)
        self._last_column = column
        style = int(attributes.get("s", "0"))
        look = self._book.looks[style] if style < len(self._book.looks) else PLAIN
        return _Cell(column, attributes.get("t", "n"), look)

    def _keep(self, cell: _Cell) -> None:
        assert self._row is not None
        if not (cell.value or cell.inline or cell.is_formula):
            return  # coloured, and empty
        if cell.column >= self._bounds.columns_most:
            self._row.goes_on = True
            return
        told = self._told(cell)
        if isinstance(told, Text):
            self._row.faults[cell.column] = told
        else:
            self._row.texts[cell.column] = told

    def _finish(self, row: _Row) -> None:
        self._notes.further_right(row.number, row.goes_on)
        if not row.faults and not any(map(str.strip, row.texts.values())):
            return
        if len(self._rows) == self._bounds.rows_most:
            raise too_many("行", "rows", self._bounds.rows_most)
        if row.is_hidden:
            self._notes.hidden_row(row.number)
        width = max(max(row.texts, default=-1), max(row.faults, default=-1)) + 1
        self._rows.append(SheetRow(row.number, tuple(row.texts.get(n, "") for n in range(width)), row.faults))

    def _told(self, cell: _Cell) -> str | Text:
        """The text of one cell, exactly, or why it cannot be taken."""
        match cell.kind:
            case _ if cell.is_formula:
                return formula(cell.value)
            case "n":
                told = self._number(cell) if cell.value.strip() else ""
            case "s":
                told = self._checked(self._book.texts[int(cell.value)] if cell.value else "")
            case "inlineStr" | "str":
                told = self._checked(unescaped(cell.inline or cell.value))
            case "b":
                told = "TRUE" if cell.value.strip() in _ON else "FALSE"
            case "d":
                told = self._checked(day_text(cell.value))
            case "e":
                told = Text(zh=f"含有错误值 {cell.value[:20]}", en=f"holds the error {cell.value[:20]}")
            case _:
                told = NO_VALUE
        return told

    def _checked(self, text: str) -> str | Text:
        return fault_of(text, self._bounds) or text

    def _number(self, cell: _Cell) -> str | Text:
        assert self._row is not None
        told = number_text(cell.value, cell.look, counts_from_1904=self._book.counts_from_1904)
        if isinstance(told, str) and not cell.look.shows_day:
            self._notes.without_day(cell_name(cell.column, self._row.number))
        return told

    def sheet(self) -> Sheet:
        """All rows, with what merged areas and hidden columns mean for them."""
        shown = [
            column
            for column in range(self._bounds.columns_most)
            if any(low <= column <= high for low, high in self._hidden_columns)
            and any(column < len(row.texts) and row.texts[column].strip() for row in self._rows)
        ]
        self._notes.hidden_columns(shown)
        _tell_merged(self._rows, self._merged, self._bounds)
        return Sheet(tuple(self._rows), self._notes.told())


def _next_row(attributes: Mapping[str, str], last: int) -> int:
    number = int(attributes.get("r", last + 1))
    if not last < number <= _LAST_ROW:
        raise ValueError(number)
    return number


def _is_unseen(attributes: Mapping[str, str], size: str) -> bool:
    return attributes.get("hidden") in _ON or attributes.get(size) in {"0", "0.0"}


def _column(reference: str) -> int:
    if (found := _REFERENCE.fullmatch(reference)) is None:
        raise ValueError(reference)
    return _number_of(found[1])


@lru_cache(maxsize=512)
def _number_of(letters: str) -> int:
    column = 0
    for letter in letters.upper():
        column = column * 26 + ord(letter) - ord("A") + 1
    return column - 1


def _area(reference: str) -> tuple[int, int, int, int]:
    """First and last row (from 1), first and last column (from 0)."""
    first, _, last = reference.partition(":")
    ends = [_REFERENCE.fullmatch(corner) for corner in (first, last or first)]
    rows = [int(end[2] or 0) for end in ends if end is not None]
    return (rows[0], rows[1], _column(first), _column(last or first)) if len(rows) == 2 else (0, 0, 0, 0)


def _tell_merged(rows: list[SheetRow], areas: Iterable[tuple[int, int, int, int]], bounds: Bounds) -> None:
    """Say of every empty cell of a merged area where its value stands; only the first cell of one holds it."""
    by_number = {row.number: row for row in rows}
    left = _MERGED_MOST
    for first, last, low, high in areas:
        corner = by_number.get(first)
        if corner is None or low >= len(corner.texts) or not corner.texts[low].strip():
            continue
        name = corner.name(low)
        told = Text(
            zh=f"与 {name} 合并，只有 {name} 有内容；请取消合并并逐行填写",
            en=f"is merged with {name}, which alone holds the value; unmerge it and fill every row",
        )
        for number in range(first, last + 1):
            left -= 1
            if left <= 0:
                return
            if (row := by_number.get(number)) is None:
                continue
            for column in range(low + (number == first), min(high + 1, bounds.columns_most)):
                left -= 1
                if column >= len(row.texts) or not row.texts[column].strip():
                    assert isinstance(row.faults, dict)
                    row.faults.setdefault(column, told)
