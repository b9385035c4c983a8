"""Our side of somebody else's spreadsheet: CSV or XLSX in, rows of text out, or one refusal that names the place.

Every import reads through here. A file is hostile until it is read: it is bounded in bytes, unpacked bytes, rows,
columns and characters, nothing in it is computed, and no character is guessed. What the texts mean is the room's.
"""

from pathlib import Path

from app.gateways.sheets.bounds import (
    Bounds,
    CellRefused,
    CodePageUnknown,
    SheetTooLarge,
    SheetUnreadable,
    too_many,
    unreadable,
)
from app.gateways.sheets.comma_separated import read_csv
from app.gateways.sheets.workbook import read_xlsx
from app.kernel.cells import SheetRow

_ZIP, _OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"

__all__ = [
    "Bounds",
    "CellRefused",
    "CodePageUnknown",
    "SheetTooLarge",
    "SheetUnreadable",
    "read_file",
    "read_sheet",
]


def read_file(file: Path, *, bounds: Bounds | None = None) -> list[SheetRow]:
    """The rows of a CSV or XLSX file; its name does not matter, its first bytes do.

    Raises: as `read_sheet`; OSError where the file cannot be opened.
    """
    bounds = bounds or Bounds()
    with file.open("rb") as opened:
        return read_sheet(opened.read(bounds.bytes_most + 1), bounds=bounds)


def read_sheet(data: bytes, *, bounds: Bounds | None = None) -> list[SheetRow]:
    """The rows that hold something: of a CSV in UTF-8 or GB18030, or of the first visible sheet of an XLSX.

    Raises:
        SheetTooLarge: more bytes, rows, columns or characters than the bounds allow.
        SheetUnreadable: it is neither, or broken.
        CodePageUnknown: its characters are those of no code page we read.
        CellRefused: a cell holds a formula, an error, or a number that is not exact.
    """
    bounds = bounds or Bounds()
    if len(data) > bounds.bytes_most:
        raise too_many("字节", "bytes", bounds.bytes_most)
    if data.startswith(_ZIP):
        return read_xlsx(data, bounds)
    if data.startswith(_OLD_EXCEL):
        raise unreadable(
            "旧版 .xls 或加密的工作簿，请另存为 .xlsx", "an old .xls or encrypted workbook; save it as .xlsx"
        )
    return read_csv(data, bounds)
