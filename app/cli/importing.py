"""`diandian import lots`: a sheet looked at row by row, told, and taken in where that was asked; and its template."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click
import openpyxl
from openpyxl.styles import Font

from app import credits
from app.cli.doing import database
from app.cli.signing_in import Credentials, person_of
from app.credits import COLUMNS, Examined, VerdictKind
from app.gateways.sheets import read_file
from app.identity import Role
from config.settings import Settings

_MARKS: Final = {
    VerdictKind.NEW: ("+", "green"),
    VerdictKind.PROPOSED: ("?", "yellow"),
    VerdictKind.KNOWN: ("=", None),
    VerdictKind.OVERLAPS: ("✘", "red"),
    VerdictKind.UNREADABLE: ("✘", "red"),
}
_LONG: Final = 1_000
"""From so many rows on a bar shows how far the writing is."""


async def import_file(
    settings: Settings, file: Path, *, is_applying: bool, skip_bad: bool, credentials: Credentials | None
) -> Examined:
    """Read the file and look at its rows, or take them in. The file is read before the database is asked anything."""
    rows = read_file(file)
    async with database(settings):
        by = await person_of(settings, credentials, Role.OPERATOR) if credentials else None
        if not is_applying:
            return await credits.examine_lots(rows, by=by)
        return await credits.import_lots(rows, skip_bad=skip_bad, by=by, progress=_bar(len(rows)))


def tell(examined: Examined, *, as_json: bool, is_applying: bool) -> int:
    """Tell a line for each row and the sum; answers the exit code: 1 with a row at fault, else 0."""
    if as_json:
        told = {
            "ok": examined.is_good,
            "applied": examined.is_applied,
            "counts": {kind.value: examined.counts[kind] for kind in VerdictKind},
            "rows": [
                {
                    "row": verdict.row,
                    "verdict": verdict.kind.value,
                    "code": verdict.code,
                    "tonnes": verdict.tonnes,
                    "lot": verdict.lot,
                    "cell": verdict.cell,
                    "reason": {"zh": verdict.reason.zh, "en": verdict.reason.en} if verdict.reason else None,
                }
                for verdict in examined.verdicts
            ],
        }
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return 0 if examined.is_good else 1
    for verdict in examined.verdicts:
        mark, colour = _MARKS[verdict.kind]
        why = f"  {verdict.cell or ''} {verdict.reason.zh} / {verdict.reason.en}" if verdict.reason else ""
        tonnes = f"{verdict.tonnes:,} t" if verdict.tonnes is not None else ""
        row = f"{verdict.row:>5}  {verdict.kind.value:<10}  {verdict.code:<24} {tonnes:>14}{why}"
        click.echo(f" {click.style(mark, fg=colour)} {row}".rstrip())
    counts = ", ".join(f"{examined.counts[kind]} {kind.value}" for kind in VerdictKind if examined.counts[kind])
    click.echo(f"{counts}: {_outcome(examined, is_applying=is_applying)}")
    return 0 if examined.is_good else 1


def _outcome(examined: Examined, *, is_applying: bool) -> str:
    if examined.is_applied:
        return "taken in"
    if is_applying:
        return "nothing was taken in; mend the rows, or say --skip-bad"
    return "nothing was changed; say --apply to take them in"


def write_template(file: Path) -> None:
    """An empty sheet with the headings, as `.xlsx` (with a second sheet that explains them) or `.csv` (UTF-8).

    Raises:
        ValueError: another ending, or the file is there already.
    """
    if file.exists():
        raise ValueError(f"{file} exists already")
    headings = [column.heading.zh for column in COLUMNS]
    match file.suffix.lower():
        case ".csv":
            with file.open("w", encoding="utf-8-sig", newline="") as out:  # the mark is for Excel
                csv.writer(out).writerow(headings)
        case ".xlsx":
            _workbook(headings).save(file)
        case _:
            raise ValueError("a template ends in .xlsx or .csv")


def _workbook(headings: list[str]) -> Any:  # noqa: ANN401 - the library is untyped
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "批次 lots"
    sheet.append(headings)
    sheet.freeze_panes = "A2"
    notes = book.create_sheet("说明 notes")
    notes.append(["表头", "heading", "须填 needed", "说明", "note"])
    for row, column in enumerate(COLUMNS, start=1):
        sheet.cell(1, row).font = Font(bold=column.is_needed)
        letter = sheet.cell(1, row).column_letter
        sheet.column_dimensions[letter].width = max(12, 2 * len(column.heading.zh) + 4)
        sheet.column_dimensions[letter].number_format = "@"  # texts stay as typed: no serial becomes a number
        notes.append(
            [column.heading.zh, column.heading.en, "是 yes" if column.is_needed else "", column.hint.zh, column.hint.en]
        )
    return book


def _bar(rows: int) -> Callable[[int, int], None] | None:
    """Progress on standard error, for files that take a while; standard output is for the answer."""
    if rows < _LONG:
        return None

    def told(done: int, of: int) -> None:
        click.echo(f"  {done:,} of {of:,} rows", err=True)

    return told
