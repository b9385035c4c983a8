"""What a sheet is once it is read: rows of text, and how a cell is called."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row that holds something. `texts` are as written, spaces included; an empty cell is an empty text."""

    number: int
    """As spreadsheets count, from 1."""
    texts: tuple[str, ...]

    def name(self, column: int) -> str:
        """How a person finds the cell of this column, counted from 0."""
        return cell_name(column, self.number)


def cell_name(column: int, row: int) -> str:
    """`A1` for column 0 of row 1; after `Z` comes `AA`."""
    assert column >= 0 and row > 0, (column, row)
    letters, rest = "", column + 1
    while rest:
        rest, letter = divmod(rest - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return f"{letters}{row}"
