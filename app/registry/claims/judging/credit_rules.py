"""The rules about the credits themselves: their quality, their type, their methodology."""

from datetime import date
from typing import Final

from app.kernel.text import Text
from app.registry.claims.judging.profiles import Profile
from app.registry.claims.judging.shapes import CreditLine, Opinion, Submission, Verdict
from app.registry.claims.judging.weighing_rules import agreed, all_of, day_text, of_every_line

CHINA: Final = "CN"


def quality(submission: Submission, profile: Profile) -> Opinion:
    """Real, additional and permanent, and of a kind that the profile takes."""

    def look(line: CreditLine) -> Opinion:
        facts: dict[str, bool | str | None] = {
            "is_real": line.is_real,
            "is_additional": line.is_additional,
            "is_permanent": line.is_permanent,
            "unit_kind": None if line.unit_kind is None else line.unit_kind.value,
        }
        is_taken = None if line.unit_kind is None else line.unit_kind in profile.unit_kinds
        verdict = all_of(line.is_real, line.is_additional, line.is_permanent, is_taken)
        reason = {
            Verdict.PASS: Text(
                zh="{credit}：真实、额外、永久，类型为{kind_zh}。",
                en="{credit}: real, additional, permanent; its kind is {kind_en}.",
            ),
            Verdict.FAIL: Text(
                zh="{credit}：真实性、额外性、永久性或类型不满足要求。",
                en="{credit}: not real, additional and permanent, or of a kind that is not taken.",
            ),
        }.get(
            verdict,
            Text(
                zh="{credit}：真实性、额外性、永久性或类型尚无记录。",
                en="{credit}: whether it is real, additional and permanent is not recorded.",
            ),
        )
        kind = None if line.unit_kind is None else line.unit_kind.text
        reason = reason.filled(credit=line.credit, kind_zh=kind and kind.zh, kind_en=kind and kind.en)
        return Opinion(verdict=verdict, inputs=facts, limit=None, reason=reason)

    return of_every_line(submission, look)


def credit_rank(submission: Submission, profile: Profile) -> Opinion:
    """The profile's list names the programme, or the project is in China; the rank is told, 1 the most preferred."""

    def look(line: CreditLine) -> Opinion:
        rank, verdict = _rank(line, profile)
        reason = {
            Verdict.PASS: Text(
                zh="{credit}：{programme} 在可用类型之中，优先次序 {rank}。",
                en="{credit}: {programme} is accepted, with rank {rank}.",
            ),
            Verdict.FAIL: Text(
                zh="{credit}：{programme} 不在可用类型之中：自愿行为，不按该指南。",
                en="{credit}: {programme} has no rank: voluntary, not according to the guide.",
            ),
        }.get(
            verdict,
            Text(
                zh="{credit}：机制或项目所在国未知。",
                en="{credit}: its programme or its project's country is not known.",
            ),
        )
        facts = {"programme": line.programme, "country": line.country, "rank": rank}
        return Opinion(verdict=verdict, inputs=facts, limit=None, reason=reason.filled(**facts, credit=line.credit))

    return of_every_line(submission, look)


def methodology(submission: Submission, _profile: Profile) -> Opinion:
    """Retired before the methodology's suspension, if it has one. What was retired before stays valid."""

    def look(line: CreditLine) -> Opinion:
        suspended_from = line.suspended_from

        def verdict_on(day: date) -> Verdict:
            if suspended_from is not None:
                return all_of(day < suspended_from)
            return Verdict.UNKNOWN if line.methodology is None else Verdict.PASS

        verdict = agreed(submission.retired_on, verdict_on)
        if suspended_from is None:
            reason = {
                Verdict.PASS: Text(
                    zh="{credit}：方法学 {methodology} 未被暂停。", en="{credit}: {methodology} is not suspended."
                )
            }.get(verdict, Text(zh="{credit}：方法学未知。", en="{credit}: its methodology is not known."))
        else:
            reason = {
                Verdict.PASS: Text(
                    zh="{credit}：注销于 {retired_on}，方法学 {methodology} 自 {limit} 起才暂停。",
                    en="{credit}: retired {retired_on}, before {methodology} was suspended from {limit}.",
                ),
                Verdict.FAIL: Text(
                    zh="{credit}：方法学 {methodology} 自 {limit} 起暂停，注销于 {retired_on}。",
                    en="{credit}: {methodology} is suspended from {limit}; retired {retired_on}.",
                ),
            }.get(
                verdict,
                Text(
                    zh="{credit}：只知注销月份 {retired_on}，方法学在当月 {limit} 起暂停。",
                    en="{credit}: retired in {retired_on}, the month in which its methodology was suspended, {limit}.",
                ),
            )
        limit = day_text(suspended_from)
        facts = {"methodology": line.methodology, "suspended_from": limit}
        return Opinion(
            verdict=verdict,
            inputs=facts,
            limit=limit,
            reason=reason.filled(
                credit=line.credit, methodology=line.methodology or "?", limit=limit, retired_on=submission.retired_on
            ),
        )

    return of_every_line(submission, look)


def _rank(line: CreditLine, profile: Profile) -> tuple[int | None, Verdict]:
    """The operator's rank, else the list's, else that of a project in China; else none."""
    if line.rank is not None:
        return line.rank, Verdict.PASS
    if line.programme is None:
        return None, Verdict.UNKNOWN
    if (rank := profile.ranks.get(line.programme)) is not None:
        return rank, Verdict.PASS
    if profile.rank_in_china is None:
        return None, Verdict.FAIL
    if line.country is None:
        return None, Verdict.UNKNOWN
    return (profile.rank_in_china, Verdict.PASS) if line.country == CHINA else (None, Verdict.FAIL)
