"""One's own rows as a file: JSON with everything, and the same set as PDF."""

import json
from collections.abc import Mapping
from datetime import datetime
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
    zh="本文件列出 {at} 我们保存的、与您有关的全部记录，共 {rows} 行；密钥和校验值除外。字段名与 JSON 文件相同。",
    en="Every record about you that we kept at {at}, {rows} rows in all; keys and digests are left out. The names of fields"
    " are those of the JSON file.",
)
_NOTHING: Final = Text(zh="没有记录", en="Nothing is kept")


def as_json(found: Found, *, person_id: UUID, made_at: str) -> dict[str, Any]:
    """The machine file: `groups` as in `rows.toml`, each with its tables, each with its rows."""
    return {"format": "diandian.export/1", "person_id": str(person_id), "made_at": made_at, "groups": found}


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
                    {"name": name, "rows": [_plain(row) for row in listed]} for name, listed in tables.items() if listed
                ],
            }
            for key, tables in found.items()
        ],
    }
    return press.compose(told, {"logo": logo_svg(colour="#084635")}, template=_TEMPLATE, at=at)


def _plain(row: Mapping[str, Any]) -> list[list[str]]:
    """A row's fields as the JSON file has them, words without quotes; those that are empty left out."""
    return [
        [name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)]
        for name, value in row.items()
        if value is not None and value != ""
    ]
