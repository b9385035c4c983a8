"""CSV: its separator told, its rows read strictly."""

import csv
import io
from typing import Final

from app.gateways.sheets.bounds import Bounds, fault_of, too_many, unreadable
from app.gateways.sheets.characters import decoded
from app.gateways.sheets.noting import Notes
from app.kernel.cells import Sheet, SheetRow
from app.kernel.text import Text

_SEPARATORS: Final = (",", "\t", ";", "|")
_LOOKED_AT: Final = 8_192
"""Characters by which the separator is chosen: a title above the headings has none."""
_FAULTS: Final = (
    ("unexpected end", Text(zh="引号没有成对", en="a quotation mark is not closed")),
    ("field larger", Text(zh="单元格过长，或引号没有成对", en="a cell is too long, or a quotation mark is not closed")),
    ("expected after", Text(zh="引号之后应是分隔符", en="behind a quotation mark there must be a separator")),
)


def read_csv(data: bytes, bounds: Bounds) -> Sheet:
    """The rows of a CSV that hold something; separated by comma, tab, semicolon or bar.

    Raises: as `read_sheet`.
    """
    separator, text = _separated(decoded(data))
    rows: list[SheetRow] = []
    notes = Notes(bounds)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    began = 1
    try:
        for number, texts in enumerate(reader, start=1):
            began = reader.line_num + 1
            if not any(map(str.strip, texts)):
                continue
            if len(rows) == bounds.rows_most:
                raise too_many("行", "rows", bounds.rows_most)
            rows.append(_row(number, texts, bounds, notes))
    except csv.Error as fault:
        told = next((told for words, told in _FAULTS if words in str(fault)), Text(zh=str(fault), en=str(fault)))
        raise unreadable(f"自第 {began} 行起：{told.zh}", f"from line {began} on: {told.en}") from fault
    return Sheet(tuple(rows), notes.told())


def _row(number: int, texts: list[str], bounds: Bounds, notes: Notes) -> SheetRow:
    if len(texts) > bounds.columns_most:
        notes.further_right(number, any(map(str.strip, texts[bounds.columns_most :])))
        del texts[bounds.columns_most :]
    faults = {column: fault for column, text in enumerate(texts) if text and (fault := fault_of(text, bounds))}
    return SheetRow(number, tuple("" if column in faults else text for column, text in enumerate(texts)), faults)


def _separated(text: str) -> tuple[str, str]:
    """The separator and what it separates; Excel's own line `sep=;` decides where there is one."""
    first, end, rest = text.partition("\n")
    if first.strip().lower() in {f"sep={one}" for one in _SEPARATORS}:
        return first.strip()[-1], rest
    first = first.rstrip("\r")
    if len(first) == len("sep=\t") and first.lower().startswith("sep=") and end:
        return first[-1], rest
    outside = "".join(text[:_LOOKED_AT].split('"')[::2])  # what stands between quotation marks separates nothing
    return max(_SEPARATORS, key=outside.count), text
