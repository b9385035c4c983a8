"""Our side of somebody else's spreadsheet: CSV or XLSX in, rows of text out, or one refusal of the whole file.

Every import reads through here. A file is hostile until it is read: it is bounded in bytes, unpacked bytes, rows,
columns and characters, nothing in it is computed, and no character is guessed. What one cell holds never refuses the
file: it is a fault of its row. What a reader would not see (hidden rows, other sheets) is said in the notes. What the
texts mean is the room's.
"""

from pathlib import Path

from app.gateways.sheets.bounds import (
    Bounds,
    CodePageUnknown,
    SheetTooLarge,
    SheetUnreadable,
    too_large,
    unreadable,
)
from app.gateways.sheets.comma_separated import read_csv
from app.gateways.sheets.kinds import stranger
from app.gateways.sheets.workbook import read_xlsx
from app.kernel.cells import Sheet

_ZIP = b"PK\x03\x04"

__all__ = [
    "Bounds",
    "CodePageUnknown",
    "SheetTooLarge",
    "SheetUnreadable",
    "read_file",
    "read_sheet",
]


def read_file(file: Path, *, bounds: Bounds | None = None) -> Sheet:
    """The sheet of a CSV or XLSX file; its name does not matter, its first bytes do.

    Raises: as `read_sheet`; SheetUnreadable too where the file cannot be opened.
    """
    bounds = bounds or Bounds()
    try:
        with file.open("rb") as opened:
            data = opened.read(bounds.bytes_most + 1)
    except OSError as trouble:
        raise unreadable(f"打不开（{trouble.strerror}）", f"it cannot be opened ({trouble.strerror})") from trouble
    return read_sheet(data, bounds=bounds)


def read_sheet(data: bytes, *, bounds: Bounds | None = None) -> Sheet:
    """The rows that hold something: of a CSV in UTF-8, UTF-16 or GB18030, or of the first visible sheet of an XLSX.

    Raises:
        SheetTooLarge: more bytes or rows than the bounds allow.
        SheetUnreadable: it is neither, or broken.
        CodePageUnknown: its characters are those of no code page we read.
    """
    bounds = bounds or Bounds()
    if len(data) > bounds.bytes_most:
        raise too_large("（文件大小）", "of file", bounds.bytes_most)
    if data.startswith(_ZIP):
        return read_xlsx(data, bounds)
    if (refusal := stranger(data)) is not None:
        raise refusal
    return read_csv(data, bounds)
