"""What follows from verdicts: whether a claim may stand, under which title, and what to offer instead."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.kernel.days import When
from app.kernel.text import Text
from app.registry.claims.judging.deciding import judge
from app.registry.claims.judging.profiles import Profile
from app.registry.claims.judging.shapes import (
    Claim,
    CreditLine,
    Finding,
    Rule,
    Severity,
    Stage,
    Verdict,
    Verdicts,
)


class Standing(StrEnum):
    """Whether the claim of a profile stands."""

    STANDS = "stands"
    """成立: every rule that could stop it passes."""
    OPEN = "open"
    """待定: nothing stops it, but a rule that could is not decided."""
    BLOCKED = "blocked"
    """不成立: a rule stops it."""


class Level(StrEnum):
    """What a claim may call itself."""

    NEUTRAL = "neutral"
    """中和: all of the footprint was retired, and nothing holds the claim down."""
    OFFSET = "offset"
    """抵消: grams were retired for it."""


@dataclass(frozen=True, slots=True)
class Title:
    """The level, and what keeps it from being higher or final."""

    level: Level
    is_pending: bool
    """预注销, 待核实: the period is not over, the figure will be trued up."""
    is_final: bool
    """Whether the date it was judged by is the one the profile takes for final."""
    held_by: tuple[Rule, ...]
    """The rules for which it is an offset."""

    @property
    def text(self) -> Text:
        """For whoever asks how it stands now, with what it still waits for."""
        if self.is_pending:
            return Text(zh="碳抵消（预注销，待核实）", en="Carbon offset (retired ahead, to be trued up)")
        level = _LEVELS[self.level]
        if self.is_final:
            return level
        return Text(zh=f"{level.zh}（待上游注销）", en=f"{level.en} (registry cancellation pending)")


_LEVELS = {
    Level.NEUTRAL: Text(zh="碳中和", en="Carbon neutral"),
    Level.OFFSET: Text(zh="碳抵消", en="Carbon offset"),
}


def blocked(verdicts: Verdicts) -> tuple[Finding, ...]:
    """The failures that stop the claim of this profile; none: it is not stopped."""
    return tuple(
        finding
        for finding in verdicts.findings
        if finding.severity is Severity.BLOCK and finding.verdict is Verdict.FAIL
    )


def undecided(verdicts: Verdicts) -> tuple[Finding, ...]:
    """Rules that could stop the claim and neither passed nor failed: a fact is missing, or the claimed period is.

    Unknown is never guessed into a pass: such a claim is not stopped, and is not granted either.
    """
    return tuple(
        finding
        for finding in verdicts.findings
        if finding.severity is Severity.BLOCK and finding.verdict not in {Verdict.PASS, Verdict.FAIL}
    )


def standing(verdicts: Verdicts) -> Standing:
    """Whether the claim of this profile stands."""
    if blocked(verdicts):
        return Standing.BLOCKED
    return Standing.OPEN if undecided(verdicts) else Standing.STANDS


def title(verdicts: Verdicts, *, is_trued_up: bool = False) -> Title | None:
    """What the claim may call itself; None where it is stopped, and only a weaker profile can give a title.

    中和 needs three things: every rule that could stop the claim passes, at least the emission was retired, and
    the period, if one is claimed, was over. All else that was retired is 抵消. With the actual figure of a claim that
    was retired for ahead (`is_trued_up`), the period alone no longer holds it down.
    """
    if blocked(verdicts):
        return None
    ended = Verdict.PASS if is_trued_up else verdicts.of(Rule.PERIOD_ENDED).verdict
    held = {finding.rule for finding in undecided(verdicts)}
    if is_trued_up:
        held.discard(Rule.PERIOD_ENDED)
    if verdicts.of(Rule.COVERS).verdict is not Verdict.PASS:
        held.add(Rule.COVERS)
    if ended in {Verdict.PENDING, Verdict.UNKNOWN}:
        held.add(Rule.PERIOD_ENDED)
    return Title(
        level=Level.OFFSET if held else Level.NEUTRAL,
        is_pending=ended is Verdict.PENDING,
        is_final=verdicts.is_final and ended is not Verdict.PENDING,
        held_by=tuple(rule for rule in Rule if rule in held),
    )


def in_force(settled: Verdicts, upstream: Verdicts | None) -> Verdicts:
    """Of the judgements at settling and after the upstream cancellation, the one by which a claim goes.

    The latter, unless the profile takes the day of settling for final: what was final is not taken back because a
    registry was told later.
    """
    return settled if upstream is None or settled.is_final else upstream


def weaker_profiles(
    claim: Claim,
    lines: Iterable[CreditLine],
    profile: Profile,
    profiles: Mapping[str, Profile],
    *,
    retired_on: When,
    stage: Stage = Stage.SETTLED,
) -> tuple[Verdicts, ...]:
    """The judgements under weaker profiles that are made for such a subject and do not stop it, strongest first."""
    known = tuple(lines)
    weaker = [
        other for other in profiles.values() if other.strength < profile.strength and claim.entity in other.offered_to
    ]
    judged = [
        judge(claim, known, other, retired_on=retired_on, stage=stage)
        for other in sorted(weaker, key=lambda other: -other.strength)
    ]
    return tuple(verdicts for verdicts in judged if not blocked(verdicts))
