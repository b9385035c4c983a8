"""What the rules share: an answer for a date of which only the month is known, and one answer for several lines."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, TypeAlias

from app.kernel.days import When, days_of
from app.kernel.text import Text
from app.registry.claims.judging.shapes import CreditLine, Opinion, Submission, Verdict

Tightest: TypeAlias = Callable[[Iterable[str]], str]


def agreed(when: When, verdict_on: Callable[[date], Verdict]) -> Verdict:
    """What every day that `when` may be says; `unknown` where two of them differ."""
    verdicts = {verdict_on(day) for day in days_of(when)}
    return verdicts.pop() if len(verdicts) == 1 else Verdict.UNKNOWN


def all_of(*parts: bool | None) -> Verdict:
    """Pass where every part holds; fail where one surely does not, whatever else is not known."""
    if any(part is False for part in parts):
        return Verdict.FAIL
    return Verdict.UNKNOWN if None in parts else Verdict.PASS


def not_applicable(reason: Text, inputs: Mapping[str, Any] | None = None) -> Opinion:
    """The rule has nothing to say here."""
    return Opinion(verdict=Verdict.NOT_APPLICABLE, inputs=inputs or {}, limit=None, reason=reason)


def no_period() -> Opinion:
    """For the rules about days."""
    return not_applicable(Text(zh="未声明期间，不适用。", en="No period is claimed."), {"period": None})


def of_every_line(
    submission: Submission, look: Callable[[CreditLine], Opinion], *, tightest: Tightest = min
) -> Opinion:
    """One answer for all lines: that of the first that fails, else of the first that is unknown, else of the tightest.

    `tightest` says which limit that is, the smallest or the largest. The inputs keep every line's own answer.
    """
    if not submission.lines:
        return Opinion(
            verdict=Verdict.UNKNOWN,
            inputs={"lines": []},
            limit=None,
            reason=Text(zh="尚未指明所用减排量。", en="No credits are named yet."),
        )
    opinions = [look(line) for line in submission.lines]
    deciding = _deciding(opinions, tightest)
    told = [
        {"credit": line.credit, **opinion.inputs, "limit": opinion.limit, "verdict": opinion.verdict.value}
        for line, opinion in zip(submission.lines, opinions, strict=True)
    ]
    inputs = {"retired_on": str(submission.retired_on), "lines": told}
    return Opinion(verdict=deciding.verdict, inputs=inputs, limit=deciding.limit, reason=deciding.reason)


def _deciding(opinions: Sequence[Opinion], tightest: Tightest) -> Opinion:
    for verdict in (Verdict.FAIL, Verdict.UNKNOWN):
        for opinion in opinions:
            if opinion.verdict is verdict:
                return opinion
    bounded = [opinion for opinion in opinions if opinion.limit is not None] or list(opinions)
    bound = tightest(str(opinion.limit) for opinion in bounded)
    return next(opinion for opinion in bounded if str(opinion.limit) == bound)


def day_text(day: date | None) -> str | None:
    """As findings keep it."""
    return None if day is None else day.isoformat()
