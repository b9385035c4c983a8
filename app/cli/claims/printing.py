"""How verdicts are told: a table a person reads, or a document for programs."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import click

from app.cli.columns import cut, flushed, padded
from app.cli.output import line, read_language, say
from app.cli.words import word
from app.kernel import mass
from app.kernel.text import Text
from app.registry import claims
from app.registry.claims import (
    FigureReach,
    Finding,
    JudgedCase,
    Profile,
    Reach,
    Rule,
    Severity,
    Stage,
    Standing,
    Submission,
    Verdict,
    Verdicts,
)

NAME_COLUMNS: Final = 30
_MARKS: Final[Mapping[Verdict, str]] = {
    Verdict.PASS: "✔",
    Verdict.FAIL: "✘",
    Verdict.PENDING: "…",
    Verdict.UNKNOWN: "?",
    Verdict.NOT_APPLICABLE: "–",
}
_COLOURS: Final[Mapping[Verdict, str]] = {
    Verdict.PASS: "green",
    Verdict.FAIL: "yellow",
    Verdict.PENDING: "cyan",
    Verdict.UNKNOWN: "blue",
    Verdict.NOT_APPLICABLE: "bright_black",
}
STANDINGS: Final[Mapping[Standing, str]] = {Standing.STANDS: "✔", Standing.OPEN: "?", Standing.BLOCKED: "✘"}
"""The mark before how a claim stands; the words come with how far it reaches."""
_STANDS: Final = {"stands": "成立", "open": "待定", "blocked": "不成立"}
STAGES: Final[Mapping[Stage, Text]] = {
    Stage.SETTLED: Text(zh="在本平台注销时", en="at settling"),
    Stage.UPSTREAM: Text(zh="上游注销后", en="after upstream cancellation"),
}
_NAMED_UNKNOWN: Final = {Rule.RETIRED_12M, Rule.PERIOD_ENDED}
"""Rules whose `unknown` is worth a line: the annex prints what they need, and only the day is missing."""


def reach_json(reach: Reach) -> dict[str, Any]:
    """How far a claim reaches, for programs."""
    return {
        "emission_g": reach.emission_g or None,
        "retired_g": reach.retired_g,
        "percent": reach.percent,
        "is_full": reach.is_full,
    }


def figure_json(figure: FigureReach | None) -> dict[str, Any] | None:
    """How a claim stands by its actual figure, for programs."""
    if figure is None:
        return None
    return {
        "state": figure.state.value,
        "actual_g": figure.actual_g,
        "retired_g": figure.retired_g,
        "missing_g": figure.missing_g,
        "percent": figure.reach.percent,
        "due_on": figure.due_on.isoformat(),
        "is_certified": figure.is_certified,
        "text": {"zh": figure.text.zh, "en": figure.text.en},
    }


def print_figure(figure: FigureReach, *, indent: str = "") -> None:
    """The actual figure, all that is retired for it, what of it is covered, and what became of the claim."""
    language = read_language()
    actual = "–" if figure.actual_g is None else f"{mass.exact_t(figure.actual_g)} t"
    retired = f"{mass.exact_t(figure.retired_g)} t"
    told = say(f"实际排放 {actual} · 合计注销 {retired}", f"really emitted {actual} · retired in all {retired}")
    line(f"{indent}{told} · {figure.coverage.in_(language)}", hang=len(indent))
    mark = click.style("✔", fg="green") if figure.holds else click.style("✘", fg="red")
    line(f"{indent}{mark} {figure.text.in_(language)}", hang=len(indent) + 2)


def judged_json(submission: Submission, verdicts: Verdicts, weaker: Sequence[Verdicts]) -> dict[str, Any]:
    """One judgement with how far the claim reaches and what follows from it."""
    return {
        "coverage": reach_json(_reach(submission)),
        **_what_follows(verdicts),
        "verdicts": json.loads(claims.to_document(verdicts)),
        "weaker_profiles": [{"profile": other.profile, **_what_follows(other)} for other in weaker],
    }


def annex_json(profile: Profile, judged: Sequence[JudgedCase]) -> dict[str, Any]:
    """Every case with its findings, and the sums of them."""
    return {
        "profile": {
            "name": profile.name,
            "version": profile.version,
            "effective_on": profile.effective_on.isoformat(),
            "content_sha256": profile.content_sha256,
        },
        "cases": [
            {
                "no": each.case.number,
                "name": each.case.name,
                "organiser": each.case.organiser,
                "type": each.case.printed_type,
                "entity": each.case.entity.value,
                "mass_g": each.case.mass_g,
                "month": str(each.case.month),
                "period_from": each.case.period and each.case.period.first.isoformat(),
                "period_to": each.case.period and each.case.period.last.isoformat(),
                **_what_follows(each.verdicts),
                "findings": json.loads(claims.to_document(each.verdicts))["findings"],
            }
            for each in judged
        ],
        "summary": {
            "cases": len(judged),
            "mass_g": sum(each.case.mass_g for each in judged),
            "standing": _counted_standings(judged),
            "rules": {rule.value: _counted(judged, rule) for rule in Rule},
            "named": [
                {"no": each.case.number, "rule": finding.rule.value, "verdict": finding.verdict.value}
                for each, finding in _named(judged)
            ],
        },
    }


def print_judged(
    submission: Submission,
    profile: Profile,
    verdicts: Verdicts,
    weaker: Sequence[Verdicts],
    profiles: Mapping[str, Profile],
) -> None:
    """One judgement on standard output: a row for each rule with its reason, then what follows."""
    claim = submission.claim
    emission = "?" if claim.emission_g is None else mass.tonnes(claim.emission_g)
    period = "–" if claim.period is None else f"{claim.period.first} – {claim.period.last}"
    _print_profile(profile)
    language = read_language()
    line(f"{claim.subject} · {claim.entity.text.in_(language)} · {period}")
    retired = f"{mass.tonnes(submission.retired_g)} t · {submission.retired_on}"
    line(say(f"排放 {emission} t · 注销 {retired}", f"emitted {emission} t · retired {retired}") + "\n")
    print_verdicts(verdicts, _reach(submission))
    for other in weaker:
        title = claims.title(other)
        known = profiles[other.profile]
        called = say("：", ": ") + title.text.in_(language) if title else ""
        offered = say("可改用", "may be offered instead:")
        line(f"  → {offered} {known.title.in_(language)} ({known.name}){called}", hang=4)


def print_verdicts(verdicts: Verdicts, reach: Reach, figure: FigureReach | None = None) -> None:
    """A row for each rule with its reason, then what followed then; of a claim that does not hold by its actual figure no
    title."""
    for finding in verdicts.findings:
        _print_finding(finding)
    line()
    _print_what_follows(verdicts, reach, figure)


def print_annex(profile: Profile, judged: Sequence[JudgedCase]) -> None:
    """Every case in a row with one mark for each rule, then the sums, then those worth a look with their reasons."""
    letters = {rule: chr(ord("a") + place) for place, rule in enumerate(Rule)}
    _print_profile(profile)
    heads = (say("月份", "month"), say("吨", "t"), say("名称", "name"))
    line(f"\n{'no':>3}  {padded(heads[0], 7)}  {flushed(heads[1], 11)}  {' '.join(letters.values())}  {heads[2]}")
    for each in judged:
        case = each.case
        marks = " ".join(_mark(finding) for finding in each.verdicts.findings)
        name = cut(case.name, NAME_COLUMNS)
        line(f"{case.number:>3}  {case.month!s:<7}  {mass.tonnes(case.mass_g):>11}  {marks}  {name}")
    verdicts = "".join(flushed(word(_word(verdict)), 9) for verdict in Verdict)
    line(f"\n{'':3}{padded(say('规则', 'rule'), 15)} {padded(say('后果', 'severity'), 9)}{verdicts}")
    for rule, letter in letters.items():
        counts = _counted(judged, rule)
        shown = "".join(f"{counts[verdict.value] or '·':>9}" for verdict in Verdict)
        line(f" {letter} {rule.value:<15} {padded(word(profile.severities[rule].value), 9)}{shown}")
    line("\n" + "  ".join(f"{_MARKS[verdict]} {word(_word(verdict))}" for verdict in Verdict) + "\n")
    for each, finding in _named(judged):
        line(f" {_mark(finding)} {each.case.number:>3}  {finding.rule.value:<13} {each.case.name}", hang=6)
        line(f"{'':6}{click.style(finding.reason.in_(read_language()), dim=True)}", hang=0)
    standings = ", ".join(
        f"{n} {say(_STANDS[standing], standing)}" for standing, n in _counted_standings(judged).items()
    )
    total = mass.tonnes(sum(each.case.mass_g for each in judged))
    line("\n" + say(f"{len(judged)} 例，{total} t：{standings}", f"{len(judged)} cases, {total} t: {standings}"))


def _print_profile(profile: Profile) -> None:
    since = say(f"自 {profile.effective_on} 起", f"from {profile.effective_on}")
    line(f"{profile.title.in_(read_language())} · {profile.name} {profile.version} · {since}")


def _print_finding(finding: Finding) -> None:
    severity = word(finding.severity.value) if finding.severity is not Severity.NONE else "–"
    verdict = padded(word(_word(finding.verdict)), 8)
    head = f" {_mark(finding)} {finding.rule.value:<14} {verdict} {padded(severity, 6)}"
    line(f"{head} {finding.reason.in_(read_language())}", hang=33)


def _reach(submission: Submission) -> Reach:
    return Reach(submission.claim.emission_g or 0, submission.retired_g)


def _print_what_follows(verdicts: Verdicts, reach: Reach, figure: FigureReach | None = None) -> None:
    standing, is_held = claims.standing(verdicts), figure is not None and not figure.holds
    mark, text = "·" if is_held else STANDINGS[standing], claims.stated_then(standing, reach, figure)
    deciding = [*claims.blocked(verdicts)] or [*claims.undecided(verdicts)]
    language, rules = read_language(), ", ".join(finding.rule.value for finding in deciding)
    named = say(f"（{rules}）", f" ({rules})") if deciding else ""
    line(f"{mark} {text.in_(language)}{named}")
    if is_held or (title := claims.title(verdicts)) is None:
        return
    held = f" ← {', '.join(title.held_by)}" if title.held_by else ""
    line("  " + say("可称", "title:") + f" {title.text.in_(language)}{held}")
    if not verdicts.is_final:
        line("  " + say("以上游注销日再次判定后方为最终", "final once judged again with the registry's own date"))


def _what_follows(verdicts: Verdicts) -> dict[str, Any]:
    title = claims.title(verdicts)
    return {
        "standing": claims.standing(verdicts).value,
        "blocked_by": [finding.rule.value for finding in claims.blocked(verdicts)],
        "title": title
        and {
            "level": title.level.value,
            "zh": title.text.zh,
            "en": title.text.en,
            "is_pending": title.is_pending,
            "is_final": title.is_final,
            "held_by": [rule.value for rule in title.held_by],
        },
    }


def _named(judged: Sequence[JudgedCase]) -> Iterator[tuple[JudgedCase, Finding]]:
    """What is worth a look: every failure, every pending one, and what only a missing day leaves open."""
    for rule in Rule:
        for each in judged:
            finding = each.verdicts.of(rule)
            if finding.verdict in {Verdict.FAIL, Verdict.PENDING} or (
                finding.verdict is Verdict.UNKNOWN and rule in _NAMED_UNKNOWN
            ):
                yield each, finding


def _counted(judged: Sequence[JudgedCase], rule: Rule) -> dict[str, int]:
    counts = Counter(each.verdicts.of(rule).verdict for each in judged)
    return {verdict.value: counts[verdict] for verdict in Verdict}


def _counted_standings(judged: Sequence[JudgedCase]) -> dict[str, int]:
    counts = Counter(claims.standing(each.verdicts) for each in judged)
    return {standing.value: counts[standing] for standing in Standing}


def _mark(finding: Finding) -> str:
    is_stopped = finding.verdict is Verdict.FAIL and finding.severity is Severity.BLOCK
    return click.style(_MARKS[finding.verdict], fg="red" if is_stopped else _COLOURS[finding.verdict])


def _word(verdict: Verdict) -> str:
    return "n/a" if verdict is Verdict.NOT_APPLICABLE else verdict.value
