"""The rules about what is claimed: reduced before offset, enough retired, for whom, and not twice."""

from app.kernel import mass
from app.kernel.days import Period
from app.kernel.text import Text
from app.registry.claims.judging.profiles import Profile
from app.registry.claims.judging.shapes import Opinion, Submission, Verdict
from app.registry.claims.judging.weighing_rules import all_of


def reduced_first(submission: Submission, _profile: Profile) -> Opinion:
    """Own reductions are recorded, the residual has a reason, and there is a plan."""
    claim = submission.claim
    parts = {
        "are_reductions_recorded": claim.are_reductions_recorded,
        "has_residual_reason": None if claim.residual_reason is None else bool(claim.residual_reason.strip()),
        "has_plan": None if claim.plan_id is None else bool(claim.plan_id.strip()),
    }
    verdict = all_of(*parts.values())
    reason = {
        Verdict.PASS: Text(
            zh="自身减排、剩余排放的理由和管理计划均有记录。",
            en="Own reductions, the reason for the residual and the plan are recorded.",
        ),
        Verdict.FAIL: Text(zh="缺少：{missing_zh}。", en="Missing: {missing_en}."),
    }.get(verdict, Text(zh="尚无记录：{missing_zh}。", en="Not recorded: {missing_en}."))
    wanted = False if verdict is Verdict.FAIL else None
    missing = [_PARTS[name] for name, value in parts.items() if value is wanted]
    return Opinion(
        verdict=verdict,
        inputs=parts,
        limit=None,
        reason=reason.filled(
            missing_zh="、".join(text.zh for text in missing), missing_en=", ".join(text.en for text in missing)
        ),
    )


def covers(submission: Submission, _profile: Profile) -> Opinion:
    """Retired in all at least what was emitted; more is allowed."""
    emission_g, retired_g = submission.claim.emission_g, submission.retired_g
    verdict = all_of(None if emission_g is None else retired_g >= emission_g)
    reason = {
        Verdict.PASS: Text(
            zh="注销 {retired} t，不少于排放 {emission} t。",
            en="Retired {retired} t for {emission} t emitted.",
        ),
        Verdict.FAIL: Text(
            zh="注销 {retired} t，少于排放 {emission} t：只能称抵消。",
            en="Retired {retired} t, less than the {emission} t emitted: an offset only.",
        ),
    }.get(verdict, Text(zh="注销 {retired} t，排放量未知。", en="Retired {retired} t; the emission is not known."))
    emission = "?" if emission_g is None else mass.tonnes(emission_g)
    return Opinion(
        verdict=verdict,
        inputs={"emission_g": emission_g, "retired_g": retired_g},
        limit=emission_g,
        reason=reason.filled(retired=mass.tonnes(retired_g), emission=emission),
    )


def scope(submission: Submission, profile: Profile) -> Opinion:
    """The profile is made for this kind of subject."""
    entity = submission.claim.entity
    is_inside = entity in profile.subjects
    inside = Text(zh="声明对象的类型（{zh}）在规则档范围之内。", en="The kind of subject, {en}, is within the profile.")
    outside = Text(
        zh="声明对象的类型（{zh}）在规则档范围之外。", en="The kind of subject, {en}, is outside the profile."
    )
    return Opinion(
        verdict=all_of(is_inside),
        inputs={"entity": entity.value, "subjects": sorted(profile.subjects)},
        limit=None,
        reason=(inside if is_inside else outside).filled(zh=entity.text.zh, en=entity.text.en),
    )


def double_claim(submission: Submission, _profile: Profile) -> Opinion:
    """No earlier claim for this subject shares a day with this one. One scene may have many; each is told."""
    claim = submission.claim
    if claim.earlier is None:
        inputs, verdict = None, Verdict.UNKNOWN
        reason = Text(zh="未查找同一对象的已有声明。", en="Nobody has looked for earlier claims of this subject.")
    else:
        shared = [_share(claim.period, earlier.period) for earlier in claim.earlier]
        verdict = all_of(*(None if each is None else not each for each in shared))
        inputs = [
            {"reference": earlier.reference, "period": None if earlier.period is None else str(earlier.period)}
            for earlier, each in zip(claim.earlier, shared, strict=True)
            if each is not False
        ]
        reason = {
            Verdict.PASS: Text(
                zh="同一对象没有期间重叠的已有声明。", en="No earlier claim of this subject shares a day."
            ),
            Verdict.FAIL: Text(
                zh="同一对象已有期间重叠的声明：{references}。",
                en="Earlier claims of this subject share days: {references}.",
            ),
        }.get(
            verdict,
            Text(
                zh="同一对象已有声明，期间不详，无法判断是否重叠：{references}。",
                en="There are earlier claims of this subject, of unknown days: {references}.",
            ),
        )
        reason = reason.filled(references=", ".join(str(each["reference"]) for each in inputs[:_TOLD]))
    period = None if claim.period is None else str(claim.period)
    return Opinion(verdict=verdict, inputs={"period": period, "earlier": inputs}, limit=None, reason=reason)


_TOLD = 5
"""References named in a reason; the inputs name all."""
_PARTS = {
    "are_reductions_recorded": Text(zh="自身减排", en="own reductions"),
    "has_residual_reason": Text(zh="剩余排放的理由", en="the reason for the residual"),
    "has_plan": Text(zh="管理计划", en="a plan"),
}


def _share(one: Period | None, other: Period | None) -> bool | None:
    return None if one is None or other is None else one.overlaps(other)
