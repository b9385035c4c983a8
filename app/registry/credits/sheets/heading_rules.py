"""Which row of an import sheet holds the headings, and which column holds which field. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from app.kernel.cells import SheetRow, column_name, listed
from app.kernel.text import Text
from app.kernel.typed import typed_line
from app.registry.credits.errors import ColumnsUnfit
from app.registry.credits.sheets.cell_rules import plain
from app.registry.credits.sheets.column_rules import BY_KEY, COLUMNS, Column

_LOOKED_AT: Final = 30
"""Rows among which the headings are looked for: above them there may be a title."""
_ENOUGH: Final = 3
"""So many known headings make a row the heading row."""
_REMARK: Final = re.compile(
    r"\((?:必填|必须|选填|可选|可空|非必填|required|optional|yyyy-?mm-?dd|yyyy/mm/dd|t|吨|tco2e?)\)"
)
"""What people add to a heading without meaning another one."""


@dataclass(frozen=True, slots=True)
class Headings:
    """The heading row, read."""

    place: int
    """Of the row, among the rows that hold something."""
    places: dict[str, int]
    """Field -> column, from 0. A field that is there twice has none."""
    faults: tuple[tuple[int | None, Text], ...]
    """Column, or None where one is missing, and what is wrong."""
    absent: frozenset[str]
    """Fields of which no column can be told."""


def _names_of(column: Column) -> frozenset[str]:
    return frozenset({plain(column.key), plain(column.heading.zh), plain(column.heading.en)})


NAMES: Final = {column.key: _names_of(column) for column in COLUMNS}
"""By what each column is found."""
_KNOWN: Final = {name: key for key, names in NAMES.items() for name in names}


def read_headings(rows: Sequence[SheetRow]) -> Headings:
    """The row of the first ones that names most columns, with all that is wrong with it.

    Raises:
        ColumnsUnfit: none of them names enough, or there is no row.
    """
    if not rows:
        raise ColumnsUnfit(what_zh="表格为空", what_en="the sheet is empty")
    known = [sum(_key(text) is not None for text in row.texts) for row in rows[:_LOOKED_AT]]
    place = max(range(len(known)), key=known.__getitem__)
    if known[place] < _ENOUGH:
        zh = "、".join(column.heading.zh for column in COLUMNS[:4])
        en = ", ".join(column.heading.en for column in COLUMNS[:4])
        raise ColumnsUnfit(
            what_zh=f"找不到表头行（如 {zh}），可用 --template 生成模板",
            what_en=f"no row of headings was found (such as {en}); --template writes one",
        )
    heading = rows[place]
    places: dict[str, int] = {}
    faults: list[tuple[int | None, Text]] = list(heading.faults.items())
    twice: set[str] = set()
    for column, text in enumerate(heading.texts):
        if not text.strip():
            continue
        key = _key(text)
        if key is None:
            faults.append((column, _unknown(text)))
        elif key in places:
            twice.add(key)
            told = Text(zh=f"表头“{_shown(text)}”重复", en=f'the heading "{_shown(text)}" is there twice')
            faults.append((column, told))
        else:
            places[key] = column
    missing = [column for column in COLUMNS if column.is_needed and column.key not in places]
    faults += [
        (None, Text(zh=f"缺少表头“{column.heading.zh}”", en=f'the heading "{column.heading.en}" is missing'))
        for column in missing
    ]
    return Headings(
        place,
        {key: column for key, column in places.items() if key not in twice},
        tuple(faults),
        frozenset({column.key for column in missing} | twice),
    )


def heading_notes(rows: Sequence[SheetRow], headings: Headings) -> tuple[Text, ...]:
    """What is not read: rows above the headings, and columns without one."""
    notes = []
    if above := [row.number for row in rows[: headings.place]]:
        told = listed(above)
        notes.append(Text(zh=f"表头以上未读取：第 {told.zh} 行", en=f"not read, above the headings: row {told.en}"))
    named = {column for column, text in enumerate(rows[headings.place].texts) if text.strip()}
    nameless = sorted(
        {
            column
            for row in rows[headings.place + 1 :]
            for column, text in enumerate(row.texts)
            if column not in named and text.strip()
        }
    )
    if nameless:
        letters = [column_name(column) for column in nameless]
        notes.append(
            Text(
                zh=f"没有表头的列未读取：{'、'.join(letters)}",
                en=f"not read, without a heading: column {', '.join(letters)}",
            )
        )
    return tuple(notes)


def _key(text: str) -> str | None:
    name = plain(text)
    return _KNOWN.get(name) or _KNOWN.get(_REMARK.sub("", name))


def _unknown(text: str) -> Text:
    near = get_close_matches(plain(text), _KNOWN, n=1, cutoff=0.6) if len(text) <= 100 else []
    if not near:
        return Text(
            zh=f"表头“{_shown(text)}”无法识别，请删除该列",
            en=f'the heading "{_shown(text)}" is unknown; delete the column',
        )
    right = BY_KEY[_KNOWN[near[0]]].heading
    return Text(
        zh=f"表头“{_shown(text)}”无法识别，是否为“{right.zh}”",
        en=f'the heading "{_shown(text)}" is unknown; is it "{right.en}"?',
    )


def _shown(text: str) -> str:
    line = typed_line(text)
    return line if len(line) <= 40 else line[:39] + "…"
