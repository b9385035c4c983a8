"""What was found of a certificate's claim, rule by rule, as its holder's door and the public one tell it in JSON."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated, Any, Final

import msgspec

from app.certificates import Explained, Explanation
from app.certificates.rules import reach_of
from app.kernel.text import Text
from app.registry import claims, retirements
from app.registry.claims import Reach, Stage, Standing, Verdicts
from app.views.certificates.coverage import COVERAGE_EXAMPLE, CoverageView, TextView
from app.views.certificates.figures import FigureView, coverage_now, figure_view, title_view

NOTES: Final[Mapping[Explained, Text]] = {
    Explained.JUDGED: Text(zh="按规则档逐条判定。", en="Judged by a rule profile, rule by rule."),
    Explained.NOTHING_CLAIMED: Text(zh="未作判定：没有作出声明。", en="Not judged: nothing is claimed."),
    Explained.NOT_JUDGED: Text(
        zh="未作判定：有声明，但没有规则档判定过它。",
        en="Not judged: there is a claim, and no rule profile has judged it.",
    ),
}


class ClaimView(msgspec.Struct, frozen=True, kw_only=True):
    """How the claim stands, by one judgement."""

    stage: Stage
    """`settled`: by the day it was retired here; `upstream`: by the registry's own day, once all grams are cancelled there."""
    standing: Standing
    text: TextView
    """The standing in words, never without how far the claim reaches."""
    title: TextView | None
    """What it may be called; null where a rule stops it or it lapsed, and of a judgement by a forecast that is short."""
    is_final: bool
    """Whether neither the registry nor an actual figure is waited for."""


class JudgementView(ClaimView, frozen=True, kw_only=True):
    """One of the at most two judgements, as it was kept."""

    profile: Annotated[str, msgspec.Meta(examples=["iso14068-1"])]
    version: str
    judged_on: str
    retired_on: str
    """The day it judged by."""
    sha256: str
    """Of the document's canonical JSON (sorted keys, no spaces, UTF-8)."""
    document: msgspec.Raw


class FindingsView(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule profile found of the claim of one certificate. What was frozen with the certificate stays; a second
    judgement follows the upstream cancellation. It holds nothing personal."""

    certificate_number: Annotated[str, msgspec.Meta(examples=["DD-20261122-SC-7K3M9QFX2"])]
    retirement_number: Annotated[str, msgspec.Meta(examples=["R-20261122-7K3M9QFX"])]
    state: Explained
    note: TextView
    coverage: CoverageView
    """Today, by the actual figure where there is one."""
    figure: FigureView | None
    """How the claim stands by its actual figure; null while there is none and none is overdue."""
    title: TextView
    """What the certificate calls itself; while its actual figure is short or lapsed, what it may be called today."""
    standing: Standing | None
    """`stands`, `open` or `blocked` as it was frozen; `open` while the actual figure is short, `blocked` once it lapsed. null
    where nobody judged, as what follows."""
    judged_on: str | None
    sha256: str | None
    """Of the document's canonical JSON (sorted keys, no spaces, UTF-8); the certificate's record names the same."""
    document: msgspec.Raw
    """Profile, version, day, and of each rule its verdict, severity, inputs, limit and reason; null where nobody judged."""
    judgements: tuple[JudgementView, ...]
    """At settling, which is what stands above; and once more after the upstream cancellation, as soon as that is judged."""
    now: ClaimView | None
    """By which of them the claim goes today; null where nobody judged."""


_DOCUMENT: Final = msgspec.Raw(
    '{"findings":[{"inputs":{"emission_g":87790000,"retired_g":87790000},"limit":87790000,"reason":{"en":"Retired'
    ' 87.790 t for 87.790 t emitted.","zh":"注销 87.790 t，不少于排放 87.790 t。"},"rule":"covers","severity":"warn",'
    '"verdict":"pass"}],"is_final":true,"profile":"local","retired_on":"2026-11-22","schema":"diandian.verdicts/1",'
    '"stage":"settled","version":"2024.1"}'.encode()
)
_SHA256: Final = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_NOW: Final = ClaimView(
    stage=Stage.SETTLED,
    standing=Standing.STANDS,
    text=TextView(zh="声明成立，覆盖 100.00%", en="the claim stands, 100.00 % covered"),
    title=TextView(zh="碳中和", en="Carbon neutral"),
    is_final=True,
)
EXAMPLE: Final = FindingsView(
    certificate_number="DD-20261122-SC-7K3M9QFX2",
    retirement_number="R-20261122-7K3M9QFX",
    state=Explained.JUDGED,
    note=TextView(zh=NOTES[Explained.JUDGED].zh, en=NOTES[Explained.JUDGED].en),
    coverage=COVERAGE_EXAMPLE,
    figure=None,
    title=TextView(zh="碳中和证明书", en="Statement of Carbon Neutrality"),
    standing=Standing.STANDS,
    judged_on="2026-11-22",
    sha256=_SHA256,
    document=_DOCUMENT,
    judgements=(
        JudgementView(
            **msgspec.structs.asdict(_NOW),
            profile="local",
            version="2024.1",
            judged_on="2026-11-22",
            retired_on="2026-11-22",
            sha256=_SHA256,
            document=_DOCUMENT,
        ),
    ),
    now=_NOW,
)


def findings_view(record: Mapping[str, Any], told: Explanation) -> FindingsView:
    """An explanation of the record's claim, as both doors tell it."""
    note, verdict = NOTES[told.state], record.get("verdict")
    return FindingsView(
        certificate_number=record["number"],
        retirement_number=record["retirement_number"],
        state=told.state,
        note=TextView(zh=note.zh, en=note.en),
        coverage=coverage_now(record, told.figure),
        figure=figure_view(told.figure),
        title=title_view(record, told.figure),
        standing=claims.standing_now(Standing(verdict["standing"]), told.figure) if verdict else None,
        judged_on=told.verdict.judged_on.isoformat() if told.verdict else None,
        sha256=verdict["sha256"] if verdict else None,
        document=msgspec.Raw(told.verdict.document.encode() if told.verdict else b"null"),
        judgements=tuple(
            _judgement(one, told, reach_of(record)) for one in (told.verdict, told.upstream) if one is not None
        ),
        now=_now(told.in_force, told, reach_of(record)) if told.in_force else None,
    )


def _judgement(kept: retirements.Verdict, told: Explanation, reach: Reach) -> JudgementView:
    found = claims.read_document(kept.document)
    return JudgementView(
        **msgspec.structs.asdict(_claim(found, told, reach)),
        profile=kept.profile,
        version=kept.version,
        judged_on=kept.judged_on.isoformat(),
        retired_on=found.retired_on,
        sha256=sha256(kept.document.encode()).hexdigest(),
        document=msgspec.Raw(kept.document.encode()),
    )


def _claim(found: Verdicts, told: Explanation, reach: Reach) -> ClaimView:
    """As it was judged."""
    text = claims.stated_then(claims.standing(found), reach, told.figure)
    title = claims.title(found, is_trued_up=told.is_trued_up)
    is_held = told.figure is not None and not told.figure.holds
    return ClaimView(
        stage=found.stage,
        standing=claims.standing(found),
        text=TextView(zh=text.zh, en=text.en),
        title=TextView(zh=title.text.zh, en=title.text.en) if title and not is_held else None,
        is_final=title.is_final if title else found.is_final,
    )


def _now(found: Verdicts, told: Explanation, reach: Reach) -> ClaimView:
    """As it stands today."""
    standing, figure = claims.standing(found), told.figure
    text = claims.stated(standing, reach, figure)
    called = claims.called(claims.title(found, is_trued_up=told.is_trued_up), figure)
    then = _claim(found, told, reach)
    return msgspec.structs.replace(
        then,
        standing=claims.standing_now(standing, figure),
        text=TextView(zh=text.zh, en=text.en),
        title=TextView(zh=called.zh, en=called.en) if called else None,
        is_final=then.is_final and not (figure is not None and figure.state is claims.TrueUpState.SHORT),
    )
