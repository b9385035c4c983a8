"""A closing report put into the words of one language, as its layout takes it. Pure but for the words' file."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from app.kernel import mass
from app.kernel.clock import BEIJING
from app.kernel.text import Language
from app.programmes.donations import Board, Neutrality, percent_text
from app.programmes.zones import StatedMass
from app.views.zones import support_groups
from app.views.zones.board_story import shown_name
from app.views.zones.report.gathering import Report

_PLACES_SHOWN: Final = 40
_RANGES_SHOWN: Final = 60
_FACTORS_SHOWN: Final = 30
_BAR: Final = 1000


def worded(report: Report, language: Language) -> dict[str, Any]:
    """Every word and figure of the layout; tonnes are exact to the gram."""
    words, story = _words(language), report.board
    zone, document, figures = story.zone, story.zone.document, story.neutrality
    return {
        "lang": language.value,
        "words": words,
        "accent": document.theme.accent.value,
        "sandbox": report.issuer.is_sandbox,
        "brand": "点点 · 碳中和",
        "zone": document.name.in_(language),
        "owner": report.owner.in_(language),
        "days": words["days"].format(start=document.starts_on.isoformat(), end=document.ends_on.isoformat()),
        "made": words["made"].format(at=_second(report.made_at), version=zone.version),
        "state": words["closed" if report.is_closed else "draft"],
        "state_note": words["closed_note" if report.is_closed else "draft_note"],
        "is_draft": not report.is_closed,
        "coverage": _coverage(figures, words),
        "stated": [_stated(document.emissions, "emission", words, language), _reductions(report, words, language)],
        "retired": _retired(report, words),
        "rates": _rates(figures, words),
        "boards": [_board(report, board, language) for board in _filled(story.boards)],
        "support": [
            {
                "kind": group.kind,
                "total": group.total,
                "lines": [
                    {"donor": one.donor, "told": one.told, "quantity": one.quantity, "day": one.received_on.isoformat()}
                    for one in group.lines
                ],
            }
            for group in support_groups.shown(story.support, language)
        ],
        "ranges": _ranges(report, language),
        "methods": _methods(report, words),
        "factors": _factors(report, language),
        "address": f"{report.issuer.public_url}/z/{zone.slug}",
    }


def _coverage(figures: Neutrality, words: dict[str, Any]) -> dict[str, Any] | None:
    if figures.permille is None or figures.emission_g is None:
        return None
    with_guests = figures.permille_with_guests
    assert with_guests is not None
    whole = max(figures.retired_g, figures.emission_g, 1)
    return {
        "percent": percent_text(figures.permille),
        "sentence": words["coverage_sentence"].format(
            retired=mass.exact_t(figures.retired_g), emission=mass.exact_t(figures.emission_g)
        ),
        "guests": words["with_guests"].format(percent=percent_text(with_guests)),
        # Of a bar as long as the larger of the two; what is retired beyond the emissions has a colour of its own.
        "filled": _BAR * min(figures.retired_g, figures.emission_g) // whole,
        "over": _BAR * max(0, figures.retired_g - figures.emission_g) // whole,
    }


def _stated(stated: StatedMass | None, name: str, words: dict[str, Any], language: Language) -> dict[str, str]:
    if stated is None:
        return {"label": words[name], "value": words["not_stated"], "unit": "", "note": ""}
    source = words["source"].format(source=stated.source.in_(language), day=stated.stated_on.isoformat())
    return {"label": words[name], "value": mass.exact_t(stated.mass_g), "unit": "t", "note": source}


def _reductions(report: Report, words: dict[str, Any], language: Language) -> dict[str, str]:
    line = _stated(report.board.zone.document.reductions, "reduction", words, language)
    return line | {"note": " · ".join(part for part in (line["note"], words["beside"]) if part)}


def _retired(report: Report, words: dict[str, Any]) -> list[dict[str, Any]]:
    figures = report.board.neutrality
    donors = len({one.donor_id for one in report.board.donations})
    lines = [
        ("donors", figures.donors_g, words["donors_one" if donors == 1 else "donors_note"].format(count=donors), False),
        ("organiser", figures.organiser_g, words["organiser_note"], False),
        ("total", figures.retired_g, "", True),
        ("guests", figures.guests_g, words["guests_note"], False),
        ("held", figures.held_g, words["held_note"], False),
    ]
    return [
        {"label": words[name], "value": mass.exact_t(mass_g), "unit": "t", "note": note, "is_sum": is_sum}
        for name, mass_g, note, is_sum in lines
        if mass_g or name != "held"
    ]


def _rates(figures: Neutrality, words: dict[str, Any]) -> list[dict[str, str]]:
    pairs = (("without", figures.permille), ("including", figures.permille_with_guests))
    return [{"label": words[name], "value": percent_text(tenths)} for name, tenths in pairs if tenths is not None]


def _filled(boards: Sequence[Board]) -> Sequence[Board]:
    """Those with somebody on them; where none has, the first, which says so."""
    return [one for one in boards if one.rows] or boards[:1]


def _board(report: Report, board: Board, language: Language) -> dict[str, Any]:
    words, story = _words(language), report.board
    definition = story.zone.document.board(board.code)
    most = max((row.mass_g for row in board.rows), default=1)
    shown = board.rows[:_PLACES_SHOWN]
    rest = len(board.rows) - len(shown)
    said = words["definition"].format(day=_day(board.since), version=board.version)
    if board.minimum_g > 1:
        said += words["minimum"].format(minimum=mass.exact_t(board.minimum_g))
    return {
        "title": definition.title.in_(language) if definition else words["board"],
        "note": words["board_note"].format(definition=said),
        "places": [
            {
                "no": row.place,
                "name": shown_name(story, board, row, language),
                "value": mass.exact_t(row.mass_g),
                "width": max(4, _BAR * row.mass_g // most),
            }
            for row in shown
        ],
        "more": words["more"].format(count=rest) if rest else "",
    }


def _ranges(report: Report, language: Language) -> list[dict[str, Any]]:
    words, found = _words(language), []
    for one in report.retirements:
        slices = sorted(one.slices, key=lambda cut: (report.lots[cut.lot_id].code, cut.start_g))
        shown = slices[:_RANGES_SHOWN]
        rest = len(slices) - len(shown)
        found.append(
            {
                "sentence": words["retirement_one" if len(slices) == 1 else "retirement_sentence"].format(
                    number=one.number, at=_second(one.settled_at), mass=mass.exact_t(one.mass_g), count=len(slices)
                ),
                "rows": [
                    [
                        report.lots[cut.lot_id].code,
                        report.lots[cut.lot_id].project.in_(language),
                        f"{cut.start_g:,}",
                        f"{cut.stop_g:,}",
                        f"{cut.stop_g - cut.start_g:,}",
                    ]
                    for cut in shown
                ],
                "more": words["ranges_more"].format(count=rest) if rest else "",
            }
        )
    return found


def _methods(report: Report, words: dict[str, Any]) -> list[str]:
    guests = [
        words["method_guests"].format(
            calculator=one.calculator, version=one.calculator_version, factors=one.factor_set_version,
            count=f"{one.footprints:,}",
        )
        for one in report.methods
    ]  # fmt: skip
    return [
        words["method_stated"],
        *(guests or [words["method_none"]]),
        *([words["method_factors"]] if guests else []),
        words["method_integer"],
    ]


def _factors(report: Report, language: Language) -> list[list[str]]:
    return [
        [one.label.in_(language), f"{one.value} kg/{one.unit}", one.source, mass.exact_t(one.mass_g)]
        for one in report.factors[:_FACTORS_SHOWN]
    ]


def _second(instant: datetime) -> str:
    return f"{instant.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"


def _day(day: date) -> str:
    return day.isoformat()


@cache
def _all_words() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("words.json").read_text("utf-8"))
    return found


def _words(language: Language) -> dict[str, Any]:
    return _all_words()[language.value]
