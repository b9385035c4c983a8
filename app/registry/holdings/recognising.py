"""Reading the table of mutual recognition. The first fault stops it: a wrong row would let a wrong credit pass."""

import csv
import io
from pathlib import Path
from types import MappingProxyType
from typing import Final

from app.kernel.text import Text
from app.registry.credits import Programme
from app.registry.holdings.errors import RecognitionFileBroken
from app.registry.holdings.recognition_rules import Acceptance, Recognition, Scheme

COLUMNS: Final = ("scheme", "scheme_zh", "scheme_en", "programme", "accepted", "rank", "confirmed", "source")
_WORDS: Final = {"yes": True, "no": False}


def load_recognition(path: Path) -> Recognition:
    """The matrix of a file, checked row by row; its schemes in the order of the file.

    Raises:
        RecognitionFileBroken: names file, row, column and what is wrong.
        OSError: the file cannot be read.
    """
    schemes: dict[str, tuple[Text, dict[Programme, Acceptance]]] = {}
    for number, row in _rows(path):
        name = Text(zh=row["scheme_zh"], en=row["scheme_en"])
        said_name, says = schemes.setdefault(row["scheme"], (name, {}))
        if said_name != name:
            raise _broken(path, number, "scheme_zh", "同一方案的名称不一致", "the scheme has another name above")
        programme = _programme(path, number, row["programme"])
        if programme in says:
            raise _broken(path, number, "programme", "重复", "stands twice for this scheme")
        says[programme] = _acceptance(path, number, row)
    if not schemes:
        raise _broken(path, 1, "-", "没有数据", "has no rows")
    return MappingProxyType(
        {code: Scheme(code, name, MappingProxyType(says)) for code, (name, says) in schemes.items()}
    )


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        reader = csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline=""), strict=True)
        lines = [(reader.line_num, cells) for cells in reader]
    except UnicodeDecodeError as fault:
        raise _broken(path, 1, "-", "不是 UTF-8 文本", "is not UTF-8 text") from fault
    except csv.Error as fault:
        raise _broken(path, reader.line_num, "-", f"不是 CSV：{fault}", f"is not CSV: {fault}") from fault
    if not lines or tuple(lines[0][1]) != COLUMNS:
        raise _broken(path, 1, "-", f"表头应为 {', '.join(COLUMNS)}", f"the header must be {', '.join(COLUMNS)}")
    for number, cells in lines[1:]:
        if len(cells) != len(COLUMNS):
            raise _broken(path, number, "-", f"应恰好有 {len(COLUMNS)} 列", f"must have exactly {len(COLUMNS)} columns")
        for column, cell in zip(COLUMNS, cells, strict=True):
            if not cell.strip() and column != "rank":
                raise _broken(path, number, column, "不能为空", "must not be empty")
    return [(number, dict(zip(COLUMNS, cells, strict=True))) for number, cells in lines[1:]]


def _programme(path: Path, number: int, cell: str) -> Programme:
    try:
        return Programme(cell)
    except ValueError as fault:
        raise _broken(path, number, "programme", f"未知类型 {cell}", f"{cell} is no programme of ours") from fault


def _acceptance(path: Path, number: int, row: dict[str, str]) -> Acceptance:
    for column in ("accepted", "confirmed"):
        if row[column] not in _WORDS:
            raise _broken(path, number, column, "只能是 yes 或 no", "must be yes or no")
    rank = row["rank"]
    if rank and not (rank.isascii() and rank.isdecimal() and 1 <= int(rank) <= 99):
        raise _broken(path, number, "rank", "应为 1 至 99，或为空", "must be 1 to 99, or empty")
    if rank and not _WORDS[row["accepted"]]:
        raise _broken(path, number, "rank", "不认可的类型没有顺位", "what is not accepted has no rank")
    return Acceptance(
        is_accepted=_WORDS[row["accepted"]],
        rank=int(rank) if rank else None,
        is_confirmed=_WORDS[row["confirmed"]],
        source=row["source"],
    )


def _broken(path: Path, number: int, column: str, problem_zh: str, problem_en: str) -> RecognitionFileBroken:
    return RecognitionFileBroken(
        file=path.name, row=number, column=column, problem_zh=problem_zh, problem_en=problem_en
    )
