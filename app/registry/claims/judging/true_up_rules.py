"""After the period: the forecast was retired for, now the actual figure is known, or is not."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from app.kernel.days import Period, add_months, is_day
from app.kernel.text import Text
from app.registry.claims.judging.profiles import Profile


class TrueUpState(StrEnum):
    """What becomes of a claim that was retired for ahead. The retirement itself stays, whatever comes."""

    AHEAD = "ahead"
    """期间未结束: the period is not over; no figure is final."""
    AWAITED = "awaited"
    """待填实际排放: over, and the actual figure is still to come."""
    COVERED = "covered"
    """已覆盖: at least the actual figure was retired; a certificate that supersedes the first may be issued."""
    SHORT = "short"
    """需补差: more was emitted than retired, and there is time to order the difference."""
    LAPSED = "lapsed"
    """声明失效: the deadline passed without a figure, or without the difference."""

    @property
    def text(self) -> Text:
        """For a page."""
        return _TEXTS[self]


@dataclass(frozen=True, slots=True)
class TrueUp:
    """Where a claim stands on a day after it was retired for ahead."""

    state: TrueUpState
    missing_g: int
    """Still to be retired; 0 unless the state is `short` or a lapsed one was short."""
    due_on: date
    """The last day on which the difference may be retired."""


def true_up(period: Period, *, actual_g: int | None, retired_g: int, today: date, profile: Profile) -> TrueUp:
    """What the actual figure, as far as it is known on `today` (a Beijing day), means for the claim.

    A figure entered before the period's last day is a forecast too and does not count. One that is covered
    counts whenever it is entered: the credits were retired in time.
    """
    assert is_day(today) and retired_g >= 0 and (actual_g is None or actual_g >= 0), (today, retired_g, actual_g)
    due_on = add_months(period.last, profile.retired_months)
    if today < period.last:
        return TrueUp(TrueUpState.AHEAD, 0, due_on)
    if actual_g is None:
        return TrueUp(TrueUpState.AWAITED if today <= due_on else TrueUpState.LAPSED, 0, due_on)
    if actual_g <= retired_g:
        return TrueUp(TrueUpState.COVERED, 0, due_on)
    return TrueUp(TrueUpState.SHORT if today <= due_on else TrueUpState.LAPSED, actual_g - retired_g, due_on)


_TEXTS: Final = {
    TrueUpState.AHEAD: Text(zh="期间未结束，待核实", en="The period is not over; to be trued up"),
    TrueUpState.AWAITED: Text(zh="待填写实际排放量", en="The actual emission is awaited"),
    TrueUpState.COVERED: Text(zh="已核实，注销量足够", en="Trued up, and covered"),
    TrueUpState.SHORT: Text(
        zh="实际排放超出注销量，请补足差额", en="More was emitted than retired; the difference is due"
    ),
    TrueUpState.LAPSED: Text(
        zh="逾期未核实或未补差，声明失效，注销仍有效", en="The claim has lapsed; the retirement stays"
    ),
}
