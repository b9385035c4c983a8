"""The rules about days: when a credit came about, when it was retired, and which period is claimed.

Days are Beijing's, periods include both ends, and n months later is the same day or the month's last
(`add_months`). Source: docs/rooms/claims.md, the table of days.
"""

from datetime import date
from typing import Final

from app.kernel.days import Period, When, add_months
from app.kernel.text import Text
from app.registry.claims.judging.profiles import Anchor, Profile
from app.registry.claims.judging.shapes import CreditLine, Opinion, Submission, Verdict
from app.registry.claims.judging.weighing_rules import agreed, all_of, day_text, no_period, of_every_line

_DEADLINE_THEN: Final = Text(
    zh="只知注销月份 {retired_on}，期限 {limit} 在当月之内，无法判定。",
    en="Only the month of retirement, {retired_on}, is known; the deadline, {limit}, lies within it.",
)
_END_THEN: Final = Text(
    zh="只知注销月份 {retired_on}，期间在当月之内的 {limit} 结束，无法判定。",
    en="Only the month of retirement, {retired_on}, is known; the period ends within it, on {limit}.",
)
_EARNED_THEN: Final = Text(
    zh="{credit}：只知注销月份 {retired_on}，减排期结束或签发在当月之内（{limit}），无法判定。",
    en="{credit}: only the month of retirement, {retired_on}, is known; it was earned within it, by {limit}.",
)


def retired_12m(submission: Submission, profile: Profile) -> Opinion:
    """Retired on or before the day so many months after the period's last."""
    if (period := submission.claim.period) is None:
        return no_period()
    deadline = add_months(period.last, profile.retired_months)
    verdict = agreed(submission.retired_on, lambda day: Verdict.PASS if day <= deadline else Verdict.FAIL)
    reason = {
        Verdict.PASS: Text(
            zh="注销于 {retired_on}，未超过期末 {period_to} 后 {months} 个月，即 {limit}。",
            en="Retired {retired_on}, within {months} months of {period_to}, that is by {limit}.",
        ),
        Verdict.FAIL: Text(
            zh="注销于 {retired_on}，迟于期末 {period_to} 后 {months} 个月，即 {limit}。",
            en="Retired {retired_on}, later than {months} months after {period_to}, that is after {limit}.",
        ),
    }.get(verdict, _DEADLINE_THEN)
    return _about_days(submission.retired_on, period, deadline, verdict, reason, months=profile.retired_months)


def period_ended(submission: Submission, _profile: Profile) -> Opinion:
    """Retired on or after the period's last day; earlier is no failure: the figure is a forecast until then."""
    if (period := submission.claim.period) is None:
        return no_period()
    verdict = agreed(submission.retired_on, lambda day: Verdict.PASS if day >= period.last else Verdict.PENDING)
    reason = {
        Verdict.PASS: Text(
            zh="注销于 {retired_on}，期间已于 {period_to} 结束。",
            en="Retired {retired_on}; the period ended on {period_to}.",
        ),
        Verdict.PENDING: Text(
            zh="注销于 {retired_on}，期间到 {period_to} 才结束：预注销，待核实。",
            en="Retired {retired_on}, before the period ends on {period_to}: retired ahead, to be trued up.",
        ),
    }.get(verdict, _END_THEN)
    return _about_days(submission.retired_on, period, period.last, verdict, reason)


def vintage_5y(submission: Submission, profile: Profile) -> Opinion:
    """The credits' period ended at most so many months before the claimed period; later credits always pass."""
    if (period := submission.claim.period) is None:
        return no_period()
    anchor = period.first if profile.vintage_anchor is Anchor.START else period.last
    return of_every_line(submission, lambda line: _age(line, anchor, profile))


def ex_post(submission: Submission, _profile: Profile) -> Opinion:
    """Issued, and their period over, on or before the day they were retired."""
    return of_every_line(submission, lambda line: _earned(line, submission.retired_on), tightest=max)


def _age(line: CreditLine, anchor: date, profile: Profile) -> Opinion:
    facts = {
        "vintage_end": day_text(line.vintage_end),
        "anchor": profile.vintage_anchor.value,
        "anchor_on": anchor.isoformat(),
        "months": profile.vintage_months,
    }
    limit = None if line.vintage_end is None else add_months(line.vintage_end, profile.vintage_months)
    verdict = all_of(None if limit is None else anchor <= limit)
    reason = {
        Verdict.PASS: Text(
            zh="{credit}：减排期止于 {vintage_end}，距声明期（{anchor_on}）不超过 {months} 个月，可用至 {limit}。",
            en="{credit}: its period ended {vintage_end}; {months} months on, {limit}, is not before {anchor_on}.",
        ),
        Verdict.FAIL: Text(
            zh="{credit}：减排期止于 {vintage_end}，距声明期（{anchor_on}）超过 {months} 个月，只可用至 {limit}。",
            en="{credit}: its period ended {vintage_end}; {months} months on, {limit}, is before {anchor_on}.",
        ),
    }.get(
        verdict, Text(zh="{credit}：减排期截止日未知。", en="{credit}: when its crediting period ended is not known.")
    )
    return Opinion(
        verdict=verdict,
        inputs=facts,
        limit=day_text(limit),
        reason=reason.filled(**facts, credit=line.credit, limit=day_text(limit)),
    )


def _earned(line: CreditLine, retired_on: When) -> Opinion:
    dates = (line.vintage_end, line.issued_on)
    verdict = agreed(retired_on, lambda day: all_of(*(None if each is None else each <= day for each in dates)))
    limit = day_text(max((each for each in dates if each is not None), default=None))
    reason = {
        Verdict.PASS: Text(
            zh="{credit}：减排期止于 {vintage_end}，签发于 {issued_on}，均不晚于注销 {retired_on}。",
            en="{credit}: its period ended {vintage_end}, it was issued {issued_on}; retired {retired_on}.",
        ),
        Verdict.FAIL: Text(
            zh="{credit}：注销于 {retired_on}，早于 {limit}：减排期未结束或尚未签发。",
            en="{credit}: retired {retired_on}, before {limit}: its period was not over, or it was not issued yet.",
        ),
    }.get(verdict)
    if reason is None:
        reason = (
            _EARNED_THEN
            if None not in dates
            else Text(
                zh="{credit}：减排期截止日或签发日未知。",
                en="{credit}: the end of its period, or its day of issue, is not known.",
            )
        )
    facts = {
        "vintage_start": day_text(line.vintage_start),
        "vintage_end": day_text(line.vintage_end),
        "issued_on": day_text(line.issued_on),
    }
    return Opinion(
        verdict=verdict,
        inputs=facts,
        limit=limit,
        reason=reason.filled(**facts, credit=line.credit, limit=limit, retired_on=retired_on),
    )


def _about_days(
    retired_on: When, period: Period, limit: date, verdict: Verdict, reason: Text, **figures: int
) -> Opinion:
    inputs = {
        "period_from": period.first.isoformat(),
        "period_to": period.last.isoformat(),
        "retired_on": str(retired_on),
        **figures,
    }
    return Opinion(
        verdict=verdict,
        inputs=inputs,
        limit=limit.isoformat(),
        reason=reason.filled(**inputs, limit=limit.isoformat()),
    )
