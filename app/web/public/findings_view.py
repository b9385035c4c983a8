"""The page of a certificate's findings: each rule with what it looked at, in the reader's words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from typing import Any, ClassVar, Final

from app.certificates import Explained, Explanation
from app.certificates.rules import reach_of, title_now
from app.kernel.text import Language, Text
from app.registry.claims import (
    EntityKind,
    Reach,
    Rule,
    Severity,
    Stage,
    Standing,
    UnitKind,
    Verdict,
    Verdicts,
    called,
    read_document,
    standing,
    standing_now,
    stated,
    stated_then,
    title,
)
from app.registry.retirements import Verdict as Kept
from app.views import estimates
from app.views.certificates.figures import figure_line
from app.views.certificates.namings import Named, told_in
from app.views.certificates.record import FigureLine, ReachLine
from app.views.certificates.slices import reach, subject
from app.views.page import Page

_NAMES: Final[Mapping[str, Text]] = {
    "anchor": Text(zh="起算点", en="anchor"),
    "anchor_on": Text(zh="起算日", en="counted from"),
    "are_reductions_recorded": Text(zh="自身减排有记录", en="own reductions recorded"),
    "country": Text(zh="国家", en="country"),
    "credit": Text(zh="批次", en="lot"),
    "earlier": Text(zh="已有声明", en="earlier claims"),
    "emission_g": Text(zh="排放量（克）", en="emitted, g"),
    "entity": Text(zh="声明对象类型", en="kind of subject"),
    "has_plan": Text(zh="有管理计划", en="has a plan"),
    "has_residual_reason": Text(zh="有剩余排放的理由", en="residual explained"),
    "is_additional": Text(zh="额外", en="additional"),
    "is_permanent": Text(zh="永久", en="permanent"),
    "is_real": Text(zh="真实", en="real"),
    "issued_on": Text(zh="签发日", en="issued"),
    "limit": Text(zh="界限", en="limit"),
    "lines": Text(zh="减排量", en="credits"),
    "methodology": Text(zh="方法学", en="methodology"),
    "months": Text(zh="月数", en="months"),
    "period": Text(zh="期间", en="period"),
    "period_from": Text(zh="期间自", en="period from"),
    "period_to": Text(zh="期间至", en="period to"),
    "programme": Text(zh="机制", en="programme"),
    "rank": Text(zh="优先次序", en="rank"),
    "reference": Text(zh="编号", en="reference"),
    "retired_g": Text(zh="注销量（克）", en="retired, g"),
    "retired_on": Text(zh="注销日", en="retired"),
    "subjects": Text(zh="规则档范围", en="the profile’s subjects"),
    "suspended_from": Text(zh="暂停自", en="suspended from"),
    "unit_kind": Text(zh="类型", en="kind"),
    "verdict": Text(zh="结论", en="verdict"),
    "vintage_end": Text(zh="减排期止", en="period ended"),
    "vintage_start": Text(zh="减排期起", en="period began"),
}
"""What a rule looked at; a name that an old document has and we no longer know is shown as it stands."""
_WORDS: Final[Mapping[str, Text]] = {
    **{kind.value: kind.text for kind in EntityKind},
    **{kind.value: kind.text for kind in UnitKind},
    "pass": Text(zh="满足", en="pass"),
    "fail": Text(zh="不满足", en="fail"),
    "pending": Text(zh="待核实", en="pending"),
    "unknown": Text(zh="无法判定", en="unknown"),
    "not_applicable": Text(zh="不适用", en="not applicable"),
    "start": Text(zh="首日", en="first day"),
    "end": Text(zh="末日", en="last day"),
}
_WORDED: Final = frozenset({"entity", "subjects", "unit_kind", "verdict", "anchor"})
"""Inputs that hold a word of ours, not a code of somebody's."""
_FIRST: Final = frozenset({"credit", "reference"})
_LAST: Final = frozenset({"limit", "verdict"})
_BOUNDS: Final = frozenset({"limit", "suspended_from"})
"""Inputs of which none means that there is no such bound, not that nobody knows it."""
_YES, _NO, _NOT_KNOWN = Text(zh="是", en="yes"), Text(zh="否", en="no"), Text(zh="未记录", en="not recorded")
_NONE: Final = Text(zh="无", en="none")


@dataclass(frozen=True, slots=True)
class InputLine:
    """One thing a rule looked at."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class InputRow:
    """What stands beside each other: what is looked at once, or one credit, or one earlier claim."""

    cells: tuple[InputLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingLine:
    """What one rule says in the judgement by which the claim goes."""

    rule: Rule
    verdict: Verdict
    other: Verdict | None
    """What it said in the other judgement, where that was something else."""
    severity: Severity
    reason: str
    limit: str | None
    inputs: tuple[InputRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What one version of a profile found at a stage."""

    stage: Stage
    profile: str
    version: str
    profile_sha256: str
    standing: Standing
    told: str
    """The same in words, with how far the claim reaches."""
    title: str | None
    """What the claim may be called by it; None where it is stopped."""
    is_final: bool
    judged_on: date
    retired_on: date
    """The day it judged by."""
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingsPage(Page):
    """Why a certificate says what it says of its claim; to be printed, too."""

    template: ClassVar[str] = "public/findings.html"

    code: str
    number: str
    title: str
    """What the certificate calls itself; while its actual figure is short or lapsed, what it may be called today."""
    figure: FigureLine | None = None
    beneficiary: str | None
    """An organisation's name; of a person nothing is told here."""
    naming: str | None
    """Whether it is verified, and by whose word it is named."""
    subject: str
    mass_g: int
    reach: ReachLine
    period_from: date
    period_to: date
    retirement_number: str
    retired_at: datetime
    superseded_by: str | None
    state: Explained
    judgements: tuple[Judgement, ...]
    """At settling, then after the upstream cancellation; none where nobody judged."""
    now: Judgement | None
    """The one of them by which the claim goes, as it stands today."""
    lines: tuple[FindingLine, ...]
    """Of that one, rule by rule."""


def findings_page(
    record: dict[str, Any],
    told: Explanation,
    language: Language,
    *,
    organisation: Named | None,
    superseded_by: str | None,
    sandbox: bool,
) -> FindingsPage:
    """The page for one frozen record and its explanation."""
    judgements = tuple(
        _judgement(one, told, reach_of(record), language) for one in (told.verdict, told.upstream) if one is not None
    )
    found, figure = told.in_force, told.figure
    return FindingsPage(
        here=f"/v/{record['verify_code']}/findings",
        sandbox=sandbox,
        code=record["verify_code"],
        number=record["number"],
        title=title_now(record, figure).in_(language),
        figure=figure_line(figure, language, record),
        beneficiary=organisation.name.in_(language) if organisation else None,
        naming=told_in(organisation, language),
        subject=subject(record, language),
        mass_g=record["mass_g"],
        reach=reach(record, language, figure),
        period_from=date.fromisoformat(record["period"]["from"]),
        period_to=date.fromisoformat(record["period"]["to"]),
        retirement_number=record["retirement_number"],
        retired_at=estimates.instant(record["retired_at"]),
        superseded_by=superseded_by,
        state=told.state,
        judgements=judgements,
        now=_now(found, judgements, told, reach_of(record), language) if found else None,
        lines=tuple(_lines(found, told, language)) if found else (),
    )


def _judgement(kept: Kept, told: Explanation, reaching: Reach, language: Language) -> Judgement:
    found = read_document(kept.document)
    may_be = title(found, is_trued_up=told.is_trued_up)
    return Judgement(
        stage=found.stage,
        profile=found.profile,
        version=found.version,
        profile_sha256=found.profile_sha256,
        standing=standing(found),
        told=stated_then(standing(found), reaching, told.figure).in_(language),
        title=may_be.text.in_(language) if may_be and (told.figure is None or told.figure.holds) else None,
        is_final=may_be.is_final if may_be else found.is_final,
        judged_on=kept.judged_on,
        retired_on=date.fromisoformat(found.retired_on),
        sha256=sha256(kept.document.encode()).hexdigest(),
    )


def _now(
    found: Verdicts, judgements: tuple[Judgement, ...], told: Explanation, reaching: Reach, language: Language
) -> Judgement:
    """The judgement in force, by the actual figure."""
    then = next(one for one in judgements if one.stage is found.stage)
    may_be = called(title(found, is_trued_up=told.is_trued_up), told.figure)
    return replace(
        then,
        standing=standing_now(then.standing, told.figure),
        told=stated(then.standing, reaching, told.figure).in_(language),
        title=may_be.in_(language) if may_be else None,
    )


def _lines(found: Verdicts, told: Explanation, language: Language) -> Iterator[FindingLine]:
    beside = next((one for one in (told.found, told.found_upstream) if one and one.stage is not found.stage), found)
    for one in found.findings:
        before = beside.of(one.rule).verdict
        yield FindingLine(
            rule=one.rule,
            verdict=one.verdict,
            other=None if before is one.verdict else before,
            severity=one.severity,
            reason=one.reason.in_(language),
            limit=None if one.limit is None else _value("limit", one.limit, language),
            inputs=tuple(InputRow(cells) for cells in _rows(one.inputs, language) if cells),
        )


def _rows(inputs: Mapping[str, Any], language: Language) -> Iterator[tuple[InputLine, ...]]:
    """What stands beside each other in one row; a list of things gets a row for each."""
    tables = {name: value for name, value in inputs.items() if _is_table(value)}
    yield _cells({name: value for name, value in inputs.items() if name not in tables}, language)
    for value in tables.values():
        for row in value:
            yield _cells(row, language)


def _cells(row: Mapping[str, Any], language: Language) -> tuple[InputLine, ...]:
    """Which credit first, what came of it last; a bound that there is not is left out."""
    told = sorted(row, key=lambda name: (name in _LAST, name not in _FIRST))
    return tuple(
        InputLine(_NAMES[name].in_(language) if name in _NAMES else name, _value(name, row[name], language))
        for name in told
        if row[name] is not None or name not in _BOUNDS
    )


def _value(name: str, value: Any, language: Language) -> str:  # noqa: ANN401 - whatever JSON holds
    if value is None:
        return _NOT_KNOWN.in_(language)
    if isinstance(value, bool):
        return (_YES if value else _NO).in_(language)
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list | tuple):
        return ", ".join(_value(name, one, language) for one in value) or _NONE.in_(language)
    if name in _WORDED and value in _WORDS:
        return _WORDS[value].in_(language)
    return str(value)


def _is_table(value: Any) -> bool:  # noqa: ANN401 - whatever JSON holds
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)
