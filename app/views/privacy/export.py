"""One's own rows as a file: JSON with everything, and the same set as PDF."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from app.certificates.rendering import Press
from app.kernel.clock import rfc3339
from app.kernel.drawing import logo_svg
from app.kernel.text import Language, Text

Found = Mapping[str, Mapping[str, list[dict[str, Any]]]]
"""Group → table → rows, as `privacy.export` gives it."""

_TEMPLATE: Final = Path(__file__).with_name("templates") / "export.typ"
_TITLE: Final = Text(zh="我的个人信息", en="My personal data")
_LEAD: Final = Text(
    zh="本文件列出 {at} 我们保存的、与您有关的全部记录，共 {rows} 行；密钥和校验值除外。字段名与 JSON 文件相同，其后是单位。",
    en="Every record about you that we kept at {at}, {rows} rows in all; keys and digests are left out. Fields are called"
    " as in the JSON file; what they count stands behind them.",
)
_NOTHING: Final = Text(zh="没有记录", en="Nothing is kept")


def title_of(table: str) -> Text:
    """What the rows of a table are, in words."""
    return _words().tables[table]


def unit_of(field: str) -> Text | None:
    """What the value of a field counts, by the end of its name; None where it counts nothing."""
    head, _, end = field.rpartition("_")
    return _words().units.get(f"_{end}") if head else None


def as_json(found: Found, *, person_id: UUID, made_at: str) -> dict[str, Any]:
    """The machine file: `groups` as in `rows.toml`, each with its tables, each with its rows.

    `tables` says in both languages what the rows of each table are, `units` what the fields count that stand in them.
    """
    listed = {name: rows for tables in found.values() for name, rows in tables.items() if rows}
    units = {field: unit for rows in listed.values() for row in rows for field in row if (unit := unit_of(field))}
    return {
        "format": "diandian.export/1",
        "person_id": str(person_id),
        "made_at": made_at,
        "tables": {name: _both(title_of(name)) for name in listed},
        "units": {field: _both(unit) for field, unit in sorted(units.items())},
        "groups": found,
    }


def as_pdf(
    found: Found, *, titles: Mapping[str, str], person_id: UUID, language: Language, press: Press, at: datetime
) -> bytes:
    """The same rows as PDF/A; call it in a thread, always the same.

    Raises:
        Unprintable: our fault.
    """
    rows = sum(len(listed) for tables in found.values() for listed in tables.values())
    told = {
        "title": _TITLE.in_(language),
        "lead": _LEAD.in_(language).format(at=rfc3339(at), rows=rows),
        "nothing": _NOTHING.in_(language),
        "person": str(person_id),
        "language": language.value,
        "groups": [
            {
                "title": titles[key],
                "tables": [
                    {
                        "name": f"{title_of(name).in_(language)} · {name}",
                        "rows": [_plain(row, language) for row in listed],
                    }
                    for name, listed in tables.items()
                    if listed
                ],
            }
            for key, tables in found.items()
        ],
    }
    return press.compose(told, {"logo": logo_svg(colour="#084635")}, template=_TEMPLATE, at=at)


@dataclass(frozen=True, slots=True)
class _Words:
    tables: Mapping[str, Text]
    units: Mapping[str, Text]
    """By the end of a field's name."""


@cache
def _words() -> _Words:
    told: dict[str, dict[str, list[str]]] = json.loads(Path(__file__).with_name("words.json").read_text("utf-8"))
    tables, units = ({key: Text(zh=zh, en=en) for key, (zh, en) in told[name].items()} for name in ("tables", "units"))
    return _Words(tables, units)


def _both(text: Text) -> dict[str, str]:
    return {language.value: text.in_(language) for language in Language}


def _plain(row: Mapping[str, Any], language: Language) -> list[list[str]]:
    """A row's fields as the JSON file has them, with their units, words without quotes; those that are empty left out."""
    return [
        [_named(name, language), value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)]
        for name, value in row.items()
        if value is not None and value != ""
    ]


def _named(field: str, language: Language) -> str:
    unit = unit_of(field)
    return f"{field} ({unit.in_(language)})" if unit else field
