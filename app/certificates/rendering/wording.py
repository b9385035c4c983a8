"""The facts of a frozen record in the words of a certificate. Pure; the words stand in `templates/words.json`."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from app.certificates.naming_rules import UNNAMED, VERIFIED, Naming
from app.certificates.rules import programme_shown, reach_of
from app.kernel import ids, mass
from app.kernel.clock import BEIJING
from app.kernel.graphemes import isolated
from app.kernel.text import Language, Text
from app.registry import claims
from app.scenarios.rules import PERSONAL_CODE

_WORDS: Final[Mapping[str, Any]] = json.loads(
    Path(__file__).with_name("templates").joinpath("words.json").read_text("utf-8")
)
_LOTS_SHOWN: Final = 6
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def sheet(record: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """Everything the template prints, in words of `language`; no fact is left for the template to decide."""
    words, other = _WORDS[language], Language.EN if language is Language.ZH else Language.ZH
    figure, unit = mass.friendly(record["mass_g"])
    subtitle = record["title"][other]
    # A person took part in the subject; whoever states something else states it about the subject itself.
    of_whom = "personal" if record.get("scenario_code") == PERSONAL_CODE else record["kind"]
    sentences = words["sentence"].get(of_whom, words["sentence"]["statement"])
    issued = _filled(words["issued"], date=_day(record["issued_at"], language))
    return {
        "lang": language.value,
        "title": record["title"][language],
        "subtitle": subtitle.upper() if other is Language.EN else subtitle,
        "description": words["description"],
        "brand": words["brand"],
        "number": record["number"],
        "number_line": _filled(words["number"], number=record["number"]),
        "sentence": [_runs(line, _subject(record, language)) for line in sentences[record["level"]]],
        "figure": figure,
        "unit": unit,
        "giver": " · ".join((isolated(record["payer"][language]), words["forever"])),
        "rows": [
            _basis(record, language),
            _credits(record["lines"], language),
            _retirement(record, language),
            _upstream(record, language),
        ],
        **closing(record, words, language, issued=issued),
        "zone": _zone(record, language),
    }


def closing(record: Mapping[str, Any], words: Mapping[str, Any], language: Language, *, issued: str) -> dict[str, Any]:
    """What ends the sheet of every kind of paper: how it is verified, who issued it and when, and whether it is a sample."""
    return {
        "verify": {
            "title": words["verify"],
            "host": urlsplit(record["verify_url"]).netloc.lower(),
            "code": ids.grouped(record["verify_code"]),
            "url": record["verify_url"],
        },
        "issuer": record["issuer"][language],
        "issued": issued,
        "seal": words["seal"],
        "sandbox": bool(record["sandbox"]),
    }


def _zone(record: Mapping[str, Any], language: Language) -> dict[str, Any] | None:
    """What the paper bears of the zone of its scene; None where it is in none, or is older than zones."""
    if (zone := record.get("zone")) is None:
        return None
    return {
        "accent": zone["accent"],
        "line": zone["line"][language] if zone["line"] else zone["name"][language],
        "seal": zone["seal"][language] if zone["seal"] else None,
    }


def claim_notes(record: Mapping[str, Any], language: Language) -> list[str]:
    """What paper and pages say of a record's claim besides figures: each fact for which `claim` of the words has a text."""
    words, period = _WORDS[language], record["period"]
    span = period["from"] if period["from"] == period["to"] else _filled(words["span"], **period)
    besides = record["organiser"][language] if record.get("layer") == claims.Layer.ADDITIONAL else None
    told = {**record, "period": span, "covered_by": besides}
    return [_filled(pattern, **told) for fact, pattern in words["claim"].items() if told.get(fact)]


def _basis(record: Mapping[str, Any], language: Language) -> dict[str, Any]:
    words, basis = _WORDS[language], record["basis"]
    amounts = _filled(words["amounts"], emission=f"{record['emission_g']:,}", mass=f"{record['mass_g']:,}")
    notes = [amounts, *claim_notes(record, language)]
    if is_reach_told(record):
        notes.insert(1, reach_of(record).text.in_(language))
    if basis["calculator"]:  # else nobody computed it here
        notes.append(_filled(words["versions"], calculator=basis["calculator"], factor_set=basis["factor_set"]))
    lines = [" · ".join(notes)]
    if record.get("supersedes"):
        told = _filled(words["actual"], emission=f"{record['emission_g']:,}", number=record["supersedes"])
        besides = [_filled(words["besides"], mass=f"{record['besides_g']:,}")] if record["besides_g"] else []
        lines.append(" · ".join([told, *besides]))
    if (verdict := record.get("verdict")) is not None:
        standing = words["standing"][verdict["standing"]]
        if is_reach_told(record):
            standing = claims.stated(claims.Standing(verdict["standing"]), reach_of(record)).in_(language)
        told = _filled(words["verdict"], **{**verdict, "standing": standing})
        lines.append(" · ".join([told, *([words["pending"]] if verdict["pending"] else [])]))
    return {"label": words["basis"], "entries": [{"head": basis[language], "notes": lines}]}


def is_reach_told(record: Mapping[str, Any]) -> bool:
    """Whether the paper tells how far the claim reaches; one that was frozen before stays as it was drawn."""
    return "coverage" in record


def _credits(lines: Sequence[Mapping[str, Any]], language: Language) -> dict[str, Any]:
    """One entry per lot; of a longer mix the last entry counts what is not shown."""
    words = _WORDS[language]
    shown = lines if len(lines) <= _LOTS_SHOWN else lines[: _LOTS_SHOWN - 1]
    entries = [_credit(line, language) for line in shown]
    if rest := lines[len(shown) :]:
        rest_g = sum(line["mass_g"] for line in rest)
        entries.append({"head": _filled(words["more"], count=len(rest), mass=f"{rest_g:,}"), "notes": []})
    return {"label": words["credit"], "entries": entries}


def _credit(line: Mapping[str, Any], language: Language) -> dict[str, Any]:
    words = _WORDS[language]
    programme = programme_shown(line, language, with_name=True)
    head = (programme, line["project"][language], _filled(words["vintage"], **line))
    run = {"start": f"{line['start_g']:,}", "stop": f"{line['stop_g']:,}", "mass": f"{line['mass_g']:,}"}
    project = {"project": line["project_number"], "methodology": line["methodology"]}
    lot = {"lot": line["lot"], "serial": line["serial"], "tonnes": line.get("tonnes")}
    place = line.get("place", {}).get(language)
    notes = [
        [
            *(_filled(words[fact], **line) for fact, known in project.items() if known),
            *([isolated(place)] if place else []),
        ],
        [_filled(words[fact], **line) for fact, known in lot.items() if known],
        [_filled(words["grams"], **run)],
    ]
    return {"head": " · ".join(map(isolated, head)), "notes": [" · ".join(note) for note in notes if note]}


def _retirement(record: Mapping[str, Any], language: Language) -> dict[str, Any]:
    words = _WORDS[language]
    time = datetime.fromisoformat(record["retired_at"]).astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")
    head = " · ".join((record["retirement_number"], _filled(words["retired_at"], time=time)))
    return {"label": words["retirement"], "entries": [{"head": head, "notes": _parties(record, language)}]}


def _upstream(record: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """Whether the registry had cancelled the grams on the day of issue, and where it is told how that stands now.

    A record is frozen; on paper, too, it must not seem to speak of today.
    """
    words, states = _WORDS[language], {line["upstream"] for line in record["lines"]}
    state = states.pop() if len(states) == 1 else "partly"
    head = _filled(words["upstream"][state], date=_day(record["issued_at"], language))
    url = urlsplit(record["verify_url"])
    page = f"{url.netloc.lower()}/v/{record['verify_code']}"
    return {"label": words["registry"], "entries": [{"head": head, "notes": [_filled(words["now"], page=page)]}]}


def _subject(record: Mapping[str, Any], language: Language) -> str:
    """The scene, and what within it was made neutral."""
    subject: str = record["subject"][language]
    detail = record.get("subject_detail")
    return _filled(_WORDS[language]["detail"], subject=subject, detail=detail) if detail else subject


def _parties(record: Mapping[str, Any], language: Language) -> list[str]:
    """Who paid, held and may claim, where these differ, and on which ground; of records before version 2 nothing."""
    words, parties = _WORDS[language], record.get("parties")
    unnamed = (parties or {}).get("unnamed", ())
    if parties is None or (
        (not is_reach_told(record) or record["kind"] == "honorary")
        and (len(parties["named"]) + len(parties["persons"]) + len(unnamed) == 1)
    ):
        return []
    cast = [(party["roles"], _organisation(party, language)) for party in parties["named"]]
    cast += [
        (party["roles"], f"{UNNAMED.in_(language)}{_noted([Naming(party['naming']).text], language)}")
        for party in unnamed
    ]
    cast += [(roles, words["person"]) for roles in parties["persons"]]
    told = [
        _filled(words["party"], roles=words["between"].join(words["roles"][role] for role in roles), name=name)
        for roles, name in sorted(cast, key=lambda one: list(words["roles"]).index(one[0][0]))
    ]
    notes = [" · ".join(told)]
    if (mandate := parties["mandate"]) is not None:
        why = [_filled(words["ground"], ground=mandate["ground"])]
        if mandate["document"]:
            why.append(_filled(words["document"], document=mandate["document"], sha256=mandate["sha256"][:16]))
        notes.append(" · ".join(why))
    return notes


def _organisation(party: Mapping[str, Any], language: Language) -> str:
    """An organisation's name, whether it is verified, and by whose word it is named; of older records the name alone."""
    notes = [VERIFIED[party["is_verified"]]] if "is_verified" in party else []
    notes += [Naming(party["naming"]).text] if "naming" in party else []
    return f"{party['name'][language]}{_noted(notes, language)}"


def _noted(notes: Sequence[Text], language: Language) -> str:
    if not notes:
        return ""
    told = [note.in_(language) for note in notes]
    return f"（{'，'.join(told)}）" if language is Language.ZH else f" ({', '.join(told)})"


def _runs(line: str, subject: str) -> list[tuple[str, bool]]:
    """The sentence in runs of plain (False) and strong (True) text: the subject is strong."""
    before, found, after = line.partition("{subject}")
    runs = [(before, False), (isolated(subject) if found else "", True), (after, False)]
    return [(text, strong) for text, strong in runs if text]


def _day(instant: str, language: Language) -> str:
    day = datetime.fromisoformat(instant).astimezone(BEIJING)
    name = _MONTHS[day.month - 1]
    return _filled(_WORDS[language]["date"], year=day.year, month=day.month, day=day.day, month_name=name)


def _filled(pattern: str, **values: object) -> str:
    """`{name}` replaced by each value in one pass, so that a value with braces stays as it is; one that runs from right
    to left does not turn the words beside it."""
    parts = pattern.split("{")
    filled = (f"{isolated(str(values[name]))}{rest}" for name, _, rest in (part.partition("}") for part in parts[1:]))
    return parts[0] + "".join(filled)
