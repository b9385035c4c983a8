"""What a sheet is once it is read: rows of text, what no cell may hold, and how a cell is called."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from app.kernel.text import Text


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row that holds something. `texts` are as written, spaces included; an empty cell is an empty text."""

    number: int
    """As spreadsheets count, from 1."""
    texts: tuple[str, ...]
    faults: Mapping[int, Text] = field(default_factory=dict)
    """Why a cell of this row cannot be taken, by its column from 0; its text is empty then."""

    def name(self, column: int) -> str:
        """How a person finds the cell of this column, counted from 0."""
        return cell_name(column, self.number)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as it was read, with what its reader may not see in it and should know."""

    rows: tuple[SheetRow, ...]
    notes: tuple[Text, ...] = ()
    """What is hidden and was read all the same, and what is there and was not read."""


def cell_name(column: int, row: int) -> str:
    """`A1` for column 0 of row 1; after `Z` comes `AA`."""
    assert row > 0, (column, row)
    return f"{column_name(column)}{row}"


def column_name(column: int) -> str:
    """`A` for column 0; after `Z` comes `AA`."""
    assert column >= 0, column
    letters, rest = "", column + 1
    while rest:
        rest, letter = divmod(rest - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return letters


def listed(numbers: Iterable[int], *, most: int = 12) -> Text:
    """Numbers of rows for people: `3, 5–9`; where there are too many pieces, the rest is counted."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    shown = [f"{low}" if low == high else f"{low}–{high}" for low, high in runs[:most]]
    if left := sum(high - low + 1 for low, high in runs[most:]):
        return Text(zh="、".join(shown) + f" 等（另 {left} 处）", en=", ".join(shown) + f" and {left} more")
    return Text(zh="、".join(shown), en=", ".join(shown))
