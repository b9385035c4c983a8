"""How far a claim reaches: what was emitted, what was retired for it, and which part of the one the other covers. Pure.

`Reach` goes by the emission that was stated, which may be a forecast; `FigureReach` by what was really emitted.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from app.kernel import mass
from app.kernel.text import Text
from app.registry.claims.judging.rules import Standing, Title
from app.registry.claims.judging.true_up_rules import TrueUpState

_HUNDREDTHS: Final = 10_000
_STATED: Final = {
    Standing.STANDS: Text(zh="声明成立", en="the claim stands"),
    Standing.OPEN: Text(zh="声明待定", en="the claim is open"),
    Standing.BLOCKED: Text(zh="声明不成立", en="the claim does not stand"),
}
_NOT_NOW: Final = {
    TrueUpState.SHORT: Text(zh="声明待补足", en="the claim waits to be topped up"),
    TrueUpState.LAPSED: Text(zh="声明已失效", en="the claim has lapsed"),
}
_TOPPED_UP: Final = Text(zh="碳抵消（待补足）", en="Carbon offset (to be topped up)")


@dataclass(frozen=True, slots=True)
class Reach:
    """Emission and retired grams of one claim, with all that was retired for it."""

    emission_g: int
    """0: not stated."""
    retired_g: int

    @property
    def is_stated(self) -> bool:
        """Whether there is an emission to compare with."""
        return self.emission_g > 0

    @property
    def is_full(self) -> bool:
        """Whether at least all that was emitted is retired; never where nobody said how much that is."""
        return self.is_stated and self.retired_g >= self.emission_g

    @property
    def percent(self) -> str | None:
        """Retired of emitted, two decimals, rounded down, so that 99.999 % is never 100 %; None: not stated."""
        if not self.is_stated:
            return None
        whole, part = divmod(self.retired_g * _HUNDREDTHS // self.emission_g, 100)
        return f"{whole}.{part:02d}"

    @property
    def text(self) -> Text:
        """The figure in words."""
        if self.percent is None:
            return Text(zh="排放量未申报", en="emission not stated")
        if self.is_full:
            return Text(zh=f"覆盖 {self.percent}%", en=f"{self.percent} % covered")
        return Text(zh=f"部分抵消，覆盖 {self.percent}%", en=f"offset in part, {self.percent} % covered")


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureReach:
    """How far a claim that was retired for ahead reaches today, by its actual figure."""

    actual_g: int | None
    """What was really emitted; None: nobody entered it in time."""
    retired_g: int
    """All that is retired for the claim today, supplements included."""
    state: TrueUpState
    """`short`, `lapsed` or `covered`."""
    due_on: date
    """The last day on which the difference may be retired."""
    is_certified: bool
    """The figure was entered when it was covered, so that certificates by it follow; else it is to be entered again."""

    @property
    def holds(self) -> bool:
        """Whether the claim may still be made; while it is short or lapsed nothing is said to stand."""
        return self.state is TrueUpState.COVERED

    @property
    def missing_g(self) -> int:
        """What is still to be retired; 0 where nobody knows."""
        return max(0, (self.actual_g or 0) - self.retired_g)

    @property
    def reach(self) -> Reach:
        """Of the actual figure; not stated while there is none."""
        return Reach(self.actual_g or 0, self.retired_g)

    @property
    def coverage(self) -> Text:
        """What of the actual figure is covered, in words."""
        if self.actual_g is None:
            return Text(zh="实际排放量未填写", en="no actual figure")
        if self.actual_g == 0:
            return Text(zh="实际排放量为零", en="nothing was emitted")
        return self.reach.text

    @property
    def text(self) -> Text:
        """What became of the claim, in a sentence."""
        missing, due = mass.exact_t(self.missing_g), self.due_on.isoformat()
        if self.state is TrueUpState.SHORT:
            return Text(
                zh=f"待补足：还须在 {due} 前（含当日）注销 {missing} t",
                en=f"Short: {missing} t more to retire until {due}",
            )
        if self.state is TrueUpState.LAPSED:
            return Text(
                zh=f"声明已失效：截至 {due} {_LACKING[self.actual_g is None].zh}；注销仍然有效",
                en=f"Lapsed: {_LACKING[self.actual_g is None].en} by {due}. The claim no longer stands; the retirement"
                " does",
            )
        if self.is_certified:
            return Text(
                zh="已按实际排放量核实：注销量足够", en="Trued up: enough is retired for what was really emitted"
            )
        return Text(
            zh="已补足：注销量足够，再次填写实际排放量后换发证书",
            en="Topped up: enough is retired; once the figure is entered again, a certificate by it follows",
        )


_LACKING: Final = {
    False: Text(zh="未补足差额", en="the difference was not retired"),
    True: Text(zh="未填写实际排放量", en="no actual figure was entered"),
}
"""Why a claim lapsed, by whether nobody entered a figure."""


def figure_reach(
    *, actual_g: int | None, entered_as: TrueUpState | None, due_on: date, retired_g: int, in_time_g: int, today: date
) -> FigureReach | None:
    """How far a claim that was retired for ahead reaches on `today`, a Beijing day; None while a figure is only awaited.

    `entered_as` is what the figure meant when it was entered, `in_time_g` what of `retired_g` was retired until
    `due_on`. A covered figure is final; a lapsed one stays lapsed until it is entered anew; a short one follows what is
    retired and what day it is, without anybody's doing.
    """
    assert 0 <= in_time_g <= retired_g and (actual_g is None) == (entered_as is None), (in_time_g, retired_g, actual_g)
    if actual_g is None:
        if today <= due_on:
            return None
        state = TrueUpState.LAPSED
    elif entered_as in {TrueUpState.COVERED, TrueUpState.LAPSED}:
        state = entered_as
    elif in_time_g >= actual_g:
        state = TrueUpState.COVERED
    else:
        state = TrueUpState.SHORT if today <= due_on else TrueUpState.LAPSED
    return FigureReach(
        actual_g=actual_g,
        retired_g=retired_g,
        state=state,
        due_on=due_on,
        is_certified=entered_as is TrueUpState.COVERED,
    )


def standing_now(standing: Standing, figure: FigureReach | None) -> Standing:
    """How a claim that was judged so stands by its actual figure: open while it is short, and not at all once lapsed."""
    if figure is None or figure.holds or standing is Standing.BLOCKED:
        return standing
    return Standing.OPEN if figure.state is TrueUpState.SHORT else Standing.BLOCKED


def stated(standing: Standing, reach: Reach, figure: FigureReach | None = None) -> Text:
    """How a claim stands, never without how far it reaches: one that reaches less than all is an offset and nothing else.

    Where there is an actual figure it goes by that, whatever was judged by the forecast.
    """
    if figure is None:
        if standing is Standing.STANDS and not reach.is_full:
            return reach.text
        return _joined(_STATED[standing], reach.text)
    if figure.holds:
        if standing is Standing.STANDS and figure.reach.is_stated and not figure.reach.is_full:
            return figure.coverage
        return _joined(_STATED[standing], figure.coverage)
    is_stopped = standing is Standing.BLOCKED and figure.state is TrueUpState.SHORT
    return _joined(_STATED[standing] if is_stopped else _NOT_NOW[figure.state], figure.coverage)


def stated_then(standing: Standing, reach: Reach, figure: FigureReach | None) -> Text:
    """How a claim stood when it was judged, as history beside `stated`; where its figure does not hold, by which it was."""
    if figure is None or figure.holds:
        return stated(standing, reach)
    then = (
        Text(zh="没有规则阻止声明", en="no rule stopped the claim")
        if standing is Standing.STANDS
        else _STATED[standing]
    )
    then = _joined(then, reach.text)
    return Text(zh=f"当时按申报的排放量：{then.zh}", en=f"then, by the emission stated: {then.en}")


def called(title: Title | None, figure: FigureReach | None) -> Text | None:
    """What a claim may be called today; None where a rule stops it, or it lapsed."""
    if figure is None or figure.holds or title is None:
        return title.text if title else None
    return _TOPPED_UP if figure.state is TrueUpState.SHORT else None


def _joined(said: Text, coverage: Text) -> Text:
    return Text(zh=f"{said.zh}，{coverage.zh}", en=f"{said.en}, {coverage.en}")
