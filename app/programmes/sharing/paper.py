"""The paper of a statement (碳账户声明): two books side by side as they stood, by month where that was asked for."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec

from app.certificates import Freezing, Frozen, PaperKind
from app.certificates.rendering import ACCOUNT, closing
from app.kernel import mass
from app.kernel.clock import rfc3339
from app.kernel.text import Language
from app.programmes.sharing.stating import find_statements

_WORDS: Final[Mapping[str, Any]] = json.loads(Path(__file__).with_name("words.json").read_text("utf-8"))


def cause_of(statement_id: UUID) -> str:
    """What a statement's paper is of."""
    return f"statement:{statement_id}"


async def _freeze(asked: Freezing) -> Sequence[Frozen]:
    """Of statements as they were made; there is never anything newer to say, so none is superseded."""
    if asked.earlier:
        return []
    found = await find_statements([UUID(cause.removeprefix("statement:")) for cause in asked.causes], tx=asked.tx)
    return [
        Frozen(
            cause=cause_of(one.id),
            series="A",
            holder_id=one.person_id,
            record={
                "record_version": 1,
                "kind": "account",
                "title": {language: _WORDS[language]["title"] for language in ("zh", "en")},
                "granularity": one.granularity.value,
                "period_from": one.period_from.isoformat(),
                "period_to": one.period_to.isoformat(),
                "books": msgspec.to_builtins(one.books),
                "as_of": rfc3339(one.made_at),
            },
            language=Language(one.language),
            name_sealed=one.name_sealed,
        )
        for one in found
    ]


def sheet(record: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """Everything that the template prints, in words of `language`."""
    words, other = _WORDS[language], Language.EN if language is Language.ZH else Language.ZH
    subtitle = record["title"][other]
    books = record["books"]
    return {
        "lang": language.value,
        "title": record["title"][language],
        "subtitle": subtitle.upper() if other is Language.EN else subtitle,
        "description": words["description"],
        "brand": words["brand"],
        "number": record["number"],
        "number_line": words["number"].format(number=record["number"]),
        "period": words["period"].format(first=record["period_from"], last=record["period_to"]),
        "books": [
            {"label": words[book], "meaning": words[f"{book}_meaning"], **_figure(books[book]["total_g"])}
            for book in ("emitted", "retired")
        ],
        "columns": [words["month"], words["emitted"], words["retired"]],
        "months": _months(books) if record["granularity"] == "months" else [],
        "notes": [words["apart"], words["avoided"], words["as_of"].format(time=record["as_of"].replace("T", " ")[:19])],
        **closing(record, words, language, issued=words["issued"].format(date=record["issued_at"][:10])),
    }


def _figure(total_g: int) -> dict[str, str]:
    number, unit = mass.friendly(total_g)
    return {"figure": number, "unit": unit, "grams": f"{total_g:,} g"}


def _months(books: Mapping[str, Any]) -> list[list[str]]:
    """Each month of either book, in order, with the grams of both beside each other; `—` where a book has none."""
    by_book = [{one["month"]: one["mass_g"] for one in books[book]["months"]} for book in ("emitted", "retired")]
    return [
        [month, *(f"{book[month]:,} g" if month in book else "—" for book in by_book)]
        for month in sorted(set().union(*by_book))
    ]


ACCOUNT_STATEMENT: Final = PaperKind(
    code="account",
    letters="PA",
    series=frozenset({"A"}),
    languages=frozenset(Language),
    freeze=_freeze,
    template=ACCOUNT,
    sheet=sheet,
)
