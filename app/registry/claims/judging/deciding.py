"""Judging a claim: every rule is asked, and each answer is kept. There is no single yes or no."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

from app.kernel.days import When
from app.kernel.text import Text
from app.registry.claims.judging import claim_rules, credit_rules, time_rules
from app.registry.claims.judging.profiles import Profile
from app.registry.claims.judging.shapes import (
    Claim,
    CreditLine,
    Finding,
    Opinion,
    Rule,
    Severity,
    Stage,
    Submission,
    Verdicts,
)
from app.registry.claims.judging.weighing_rules import not_applicable

Ask: TypeAlias = Callable[[Submission, Profile], Opinion]

RULES: Final[Mapping[Rule, Ask]] = MappingProxyType(
    {
        Rule.REDUCED_FIRST: claim_rules.reduced_first,
        Rule.QUALITY: credit_rules.quality,
        Rule.VINTAGE_5Y: time_rules.vintage_5y,
        Rule.EX_POST: time_rules.ex_post,
        Rule.RETIRED_12M: time_rules.retired_12m,
        Rule.PERIOD_ENDED: time_rules.period_ended,
        Rule.COVERS: claim_rules.covers,
        Rule.CREDIT_RANK: credit_rules.credit_rank,
        Rule.SCOPE: claim_rules.scope,
        Rule.METHODOLOGY: credit_rules.methodology,
        Rule.DOUBLE_CLAIM: claim_rules.double_claim,
    }
)
_NOT_ASKED: Final = Text(zh="该规则档不要求。", en="This profile does not ask for it.")


def judge(
    claim: Claim, lines: Iterable[CreditLine], profile: Profile, *, retired_on: When, stage: Stage = Stage.SETTLED
) -> Verdicts:
    """A finding for each of the eleven rules.

    `retired_on` is the Beijing day of the retirement that `stage` names, or only its month: then a rule about days
    answers what every day of the month would, and `unknown` where they differ. The same input gives the same
    verdicts for ever.
    """
    submission = Submission(claim, tuple(lines), retired_on)
    return Verdicts(
        profile=profile.name,
        version=profile.version,
        profile_sha256=profile.content_sha256,
        retired_on=str(retired_on),
        stage=stage,
        is_final=profile.final_at in {stage, Stage.SETTLED},
        findings=tuple(_find(rule, submission, profile) for rule in Rule),
    )


def _find(rule: Rule, submission: Submission, profile: Profile) -> Finding:
    severity = profile.severities[rule]
    opinion = not_applicable(_NOT_ASKED) if severity is Severity.NONE else RULES[rule](submission, profile)
    return Finding(
        rule=rule,
        profile=profile.name,
        version=profile.version,
        verdict=opinion.verdict,
        severity=severity,
        inputs=opinion.inputs,
        limit=opinion.limit,
        reason=opinion.reason,
    )
