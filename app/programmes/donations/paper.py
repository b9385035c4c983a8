"""The certificate of special contribution (捐赠特别贡献证书): its cause is the donation's transfer.

The grams' ranges come with the one later retirement of the zone's account; once that is settled, the next version refers to it.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from app.certificates import ANONYMOUS, Freezing, Frozen, PaperKind
from app.certificates.rendering import TEMPLATE, closing
from app.foundation import identity
from app.kernel import mass
from app.kernel.clock import BEIJING, rfc3339
from app.kernel.graphemes import isolated
from app.kernel.text import Language, Text
from app.programmes import zones
from app.programmes.donations.reading import find_many, lots_of
from app.programmes.zones import Zone
from app.registry import credits
from app.registry.credits import LotFacts, Programme

_WORDS: Final[Mapping[str, Any]] = json.loads(Path(__file__).with_name("words.json").read_text("utf-8"))
_TITLE: Final = Text(zh="特别贡献证书", en="Certificate of Special Contribution")
_LOTS_SHOWN: Final = 6


def cause_of(donation_id: UUID) -> str:
    """What a donation's paper is of: its transfer."""
    return f"donation:{donation_id}"


async def _freeze(asked: Freezing) -> Sequence[Frozen]:
    """Of donations; of those to be superseded, where the retirement that took them is settled and not told yet."""
    found = await find_many([UUID(cause.removeprefix("donation:")) for cause in asked.causes], tx=asked.tx)
    if asked.earlier:
        found = [
            one
            for one in found
            if one.retired_at is not None and asked.earlier[cause_of(one.id)].record["retirement_number"] is None
        ]
    cards = await identity.introduce({one.donor_id for one in found}, tx=asked.tx)
    cuts = await lots_of([one.id for one in found], tx=asked.tx)
    lots = await credits.describe_lots([lot_id for of in cuts.values() for lot_id, _ in of], tx=asked.tx)
    frozen = []
    for one in found:
        zone = await zones.find_by_id(one.zone_id, tx=asked.tx)
        owner = (await identity.introduce([zone.owner_id], tx=asked.tx))[zone.owner_id]
        card = cards[one.donor_id]
        frozen.append(
            Frozen(
                cause=cause_of(one.id),
                series="C",
                holder_id=one.donor_id,
                record={
                    "record_version": 1,
                    "kind": "contribution",
                    "title": _both(_TITLE),
                    # A later version keeps the look of the first.
                    "zone": asked.earlier[cause_of(one.id)].record["zone"] if asked.earlier else _edition(zone),
                    "organiser": _both(owner.name or ANONYMOUS),
                    "holder_name": _both(card.name) if card.name else None,
                    "mass_g": one.mass_g,
                    "transferred_at": rfc3339(one.transferred_at),
                    "lines": [_line(lots[lot_id], grams) for lot_id, grams in cuts[one.id]],
                    "retirement_number": one.retirement_number if one.retired_at is not None else None,
                    "retired_at": rfc3339(one.retired_at) if one.retired_at is not None else None,
                },
                language=Language(one.language),
                name_sealed=one.name_sealed,
            )
        )
    return frozen


def _edition(zone: Zone) -> dict[str, Any]:
    """What the paper keeps of its zone, so that no later version of the zone changes it."""
    edition = zone.document.certificate
    return {
        "slug": zone.slug,
        "version": zone.version,
        "name": _both(zone.document.name),
        "accent": edition.accent.value,
        "line": _both(edition.line) if edition.line else None,
        "seal": _both(edition.seal) if edition.seal else None,
    }


def _line(lot: LotFacts, grams: int) -> dict[str, Any]:
    programme = lot.programme
    return {
        "programme": programme.value,
        "programme_name": _both(programme.meaning),
        "project": _both(lot.project),
        "vintage": lot.vintage_end.year,
        "lot": lot.code,
        "mass_g": grams,
    }


def sheet(record: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """Everything that the template prints, in words of `language`."""
    words, other = _WORDS[language], Language.EN if language is Language.ZH else Language.ZH
    figure, unit = _figure(record["mass_g"])
    subtitle = record["title"][other]
    return {
        "lang": language.value,
        "title": record["title"][language],
        "subtitle": subtitle.upper() if other is Language.EN else subtitle,
        "description": words["description"],
        "brand": words["brand"],
        "number": record["number"],
        "number_line": words["number"].format(number=record["number"]),
        "sentence": [_runs(line, isolated(record["zone"]["name"][language])) for line in words["sentence"]],
        "figure": figure,
        "unit": unit,
        "giver": words["forever" if record["retirement_number"] is None else "retired"],
        "rows": [
            {
                "label": words["transfer"],
                "entries": [
                    {
                        "head": words["transferred_at"].format(time=_second(record["transferred_at"])),
                        "notes": [words["into"].format(zone=record["zone"]["slug"], mass=f"{record['mass_g']:,}")],
                    }
                ],
            },
            {"label": words["credit"], "entries": _credits(record["lines"], language)},
            {"label": words["retirement"], "entries": [_retirement(record, language)]},
            {"label": words["organiser"], "entries": [{"head": isolated(record["organiser"][language]), "notes": []}]},
        ],
        **closing(record, words, language, issued=words["issued"].format(date=record["issued_at"][:10])),
        "zone": _zone(record["zone"], language),
    }


def _zone(zone: Mapping[str, Any], language: Language) -> dict[str, Any]:
    line, seal = zone["line"] or zone["name"], zone["seal"]
    return {"accent": zone["accent"], "line": line[language], "seal": seal[language] if seal else None}


def _figure(mass_g: int) -> tuple[str, str]:
    """Tonnes exact to the gram from one tonne on, as a board tells them; below it as any certificate."""
    return (mass.exact_t(mass_g), "t") if mass_g >= mass.GRAMS_PER_TONNE else mass.friendly(mass_g)


def _credits(lines: Sequence[Mapping[str, Any]], language: Language) -> list[dict[str, Any]]:
    words = _WORDS[language]
    shown = lines if len(lines) <= _LOTS_SHOWN else lines[: _LOTS_SHOWN - 1]
    entries: list[dict[str, Any]] = [
        {
            "head": " · ".join(
                isolated(text)
                for text in (
                    Programme(line["programme"]).short.in_(language),
                    line["project"][language],
                    words["vintage"].format(vintage=line["vintage"]),
                )
            ),
            "notes": [words["grams"].format(lot=line["lot"], mass=f"{line['mass_g']:,}")],
        }
        for line in shown
    ]
    if rest := lines[len(shown) :]:
        rest_g = sum(line["mass_g"] for line in rest)
        entries.append({"head": words["more"].format(count=len(rest), mass=f"{rest_g:,}"), "notes": []})
    return entries


def _retirement(record: Mapping[str, Any], language: Language) -> dict[str, Any]:
    words, number = _WORDS[language], record["retirement_number"]
    if number is None:
        return {"head": words["waiting"], "notes": [words["waiting_note"]]}
    head = words["retired_at"].format(number=number, time=_second(record["retired_at"]))
    return {"head": head, "notes": [words["ranges"]]}


def _runs(line: str, zone: str) -> list[tuple[str, bool]]:
    before, found, after = line.partition("{zone}")
    return [(text, strong) for text, strong in ((before, False), (zone if found else "", True), (after, False)) if text]


def _second(instant: str) -> str:
    return datetime.fromisoformat(instant).astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def _both(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


CONTRIBUTION: Final = PaperKind(
    code="contribution",
    letters="CT",
    series=frozenset({"C"}),
    languages=frozenset(Language),
    freeze=_freeze,
    template=TEMPLATE,
    sheet=sheet,
)
