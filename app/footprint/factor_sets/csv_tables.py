"""Rows of a factor table as they stand in the file, and the error that names their place."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

from app.footprint.errors import FactorFileBroken

_VALUE: Final = re.compile(r"[0-9]{1,10}(?:\.[0-9]{1,10})?")


@dataclass(frozen=True, slots=True)
class Row:
    """One record and the line of the file it ends on; the header is line 1."""

    file: str
    number: int
    cells: list[str]


def broken(row: Row, column: str, problem_zh: str, problem_en: str) -> FactorFileBroken:
    """The error for one cell; column `-` is the row as a whole."""
    return FactorFileBroken(file=row.file, row=row.number, column=column, problem_zh=problem_zh, problem_en=problem_en)


def decoded(path: Path) -> str:
    """The text of a file, a byte-order mark passed over.

    Raises:
        FactorFileBroken: it is not UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise broken(Row(path.name, 1, []), "-", "不是 UTF-8 文本", "is not UTF-8 text") from fault


def read_rows(path: Path, columns: tuple[str, ...]) -> list[Row]:
    """The records below the header; each has exactly `columns`.

    Raises:
        FactorFileBroken: another header, a row of another length, no row at all, or no CSV.
    """
    rows = list(_records(path, columns))
    if len(rows) < 2:
        raise broken(Row(path.name, 1, []), "-", "没有数据", "has no rows")
    if tuple(rows[0].cells) != columns:
        raise broken(rows[0], "-", f"表头应为 {', '.join(columns)}", f"the header must be {', '.join(columns)}")
    return rows[1:]


def _records(path: Path, columns: tuple[str, ...]) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(decoded(path), newline=""), strict=True)
    try:
        for cells in reader:
            row = Row(path.name, reader.line_num, cells)
            if len(cells) != len(columns):
                raise broken(
                    row,
                    "-",
                    f"应恰好有 {len(columns)} 列，实有 {len(cells)} 列",
                    f"must have exactly {len(columns)} columns; has {len(cells)}",
                )
            yield row
    except csv.Error as fault:
        raise broken(Row(path.name, reader.line_num, []), "-", f"不是 CSV：{fault}", f"is not CSV: {fault}") from fault


def read_value(text: str) -> Decimal | None:
    """A factor's value: a plain decimal with at most ten decimals; None where the text is anything else."""
    return Decimal(text) if _VALUE.fullmatch(text) else None
