"""`diandian import lots`: a sheet looked at row by row, reported, and taken in where that was asked; and its template."""

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click
import openpyxl
from openpyxl.styles import Font

from app.cli.credits.import_report import document, lines
from app.cli.output import line, say
from app.cli.setup import database
from app.cli.signing_in import Credentials, person_of
from app.foundation.identity import Role
from app.gateways.sheets import read_file
from app.kernel.text import Language
from app.registry import credits
from app.registry.credits import COLUMNS, Examined
from config.settings import Settings

_LONG: Final = 1_000
"""From so many rows on a bar shows how far the writing is."""


async def import_file(
    settings: Settings, file: Path, *, is_applying: bool, skip_bad: bool, credentials: Credentials | None
) -> Examined:
    """Read the file and look at its rows, or take them in. The file is read before the database is asked anything."""
    sheet = read_file(file)
    async with database(settings):
        by = await person_of(settings, credentials, Role.OPERATOR) if credentials else None
        if is_applying:
            bar = _bar(len(sheet.rows))
            examined = await credits.import_lots(sheet.rows, skip_bad=skip_bad, by=by, progress=bar)
        else:
            examined = await credits.examine_lots(sheet.rows, by=by)
        return replace(examined, notes=(*sheet.notes, *examined.notes))


def print_import(examined: Examined, language: Language, *, as_json: bool, is_applying: bool) -> int:
    """Tell what becomes of the rows, what was not read, and last what was taken; answers the exit code: 1 with a row
    at fault, else 0."""
    if as_json:
        click.echo(json.dumps(document(examined), ensure_ascii=False, indent=2))
    else:
        for one in lines(examined, language, is_applying=is_applying):
            line(one)
    return 0 if examined.is_good else 1


def write_template(file: Path) -> None:
    """An empty sheet with the headings, as `.xlsx` (with a second sheet that explains them) or `.csv` (UTF-8).

    Raises:
        ValueError: another ending, or the file is there already.
    """
    if file.exists():
        raise ValueError(say(f"{file} 已经存在", f"{file} exists already"))
    headings = [column.heading.zh for column in COLUMNS]
    match file.suffix.lower():
        case ".csv":
            with file.open("w", encoding="utf-8-sig", newline="") as out:  # the mark is for Excel
                csv.writer(out).writerow(headings)
        case ".xlsx":
            _workbook(headings).save(file)
        case _:
            raise ValueError(say("模板的文件名以 .xlsx 或 .csv 结尾", "a template ends in .xlsx or .csv"))


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

    def report(done: int, of: int) -> None:
        line(say(f"  {of:,} 行中的 {done:,} 行", f"  {done:,} of {of:,} rows"), err=True)

    return report
