"""Where the marks of a scene's charts stand, in the units of their drawings. Pure; the templates write them as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.views.results import Coverage, Part, Slot

WIDTH: Final = 360
_BAR: Final = 256
"""As long as the longest bar may be; right of it stands its figure."""
_GAP: Final = 8
_FIGURE: Final = 66
"""Of `97.02 %` as it is set."""
_HEIGHT: Final = 112
_PITCH_MOST: Final = 8.0
_ACROSS_MOST: Final = 4
_COLUMNS_MOST: Final = 36
_LABEL: Final = 38
_COUNT: Final = 26


@dataclass(frozen=True, slots=True)
class CoverageBar:
    """One coverage: what the organiser paid for, and behind it what others did."""

    own: float
    others: float
    label: float
    """Where its figure begins: behind the bar, and not on the line."""
    percent: str | None


@dataclass(frozen=True, slots=True)
class Coverages:
    """Two bars against one line of 100 %."""

    line: float
    bars: tuple[CoverageBar, CoverageBar]


@dataclass(frozen=True, slots=True)
class Column:
    """The people of one slot, as dots from the bottom up."""

    slot: Slot
    path: str
    """Of a round stroke: a point for each dot."""
    middle: float
    top: float
    is_most: bool
    has_label: bool
    has_count: bool


@dataclass(frozen=True, slots=True)
class Dots:
    """A column for each slot; the last dot of one may stand for fewer people."""

    people_each: int
    size: float
    columns: tuple[Column, ...]
    top: float
    """Of the highest column's figure."""


def coverage_bars(alone: Coverage, with_guests: Coverage) -> Coverages:
    """The longer of 100 % and the larger coverage takes the whole length."""
    shares = [one.retired_g / one.emission_g if one.emission_g else 0.0 for one in (alone, with_guests)]
    line = _BAR / max(1.0, *shares)
    own = line * (alone.retired_g / with_guests.emission_g if with_guests.emission_g else 0.0)
    first, second = (line * share for share in shares)
    return Coverages(
        round(line, 1),
        (
            CoverageBar(round(first, 1), 0, _behind(first, line), alone.percent),
            CoverageBar(round(own, 1), round(max(0.0, second - own), 1), _behind(second, line), with_guests.percent),
        ),
    )


def _behind(end: float, line: float) -> float:
    is_in_the_way = end - _GAP < line < end + _GAP + _FIGURE
    return round((max(end, line) if is_in_the_way else end) + _GAP, 1)


def part_bars(parts: Sequence[Part]) -> tuple[float, ...]:
    """The largest takes the whole width."""
    most_g = max((one.mass_g for one in parts), default=1)
    return tuple(round(max(2.0, WIDTH * one.mass_g / most_g), 1) for one in parts)


def dots(slots: Sequence[Slot]) -> Dots:
    """One dot is 1, 2, 5, 10, 20, 50 … people: the fewest by which the highest column fits; the last 36 columns."""
    shown = slots[-_COLUMNS_MOST:]
    wide = WIDTH / max(1, len(shown))
    across = max(1, min(_ACROSS_MOST, int((wide - 4) // 6)))
    pitch = min(_PITCH_MOST, (wide - 2) / across)
    most = max((one.people for one in shown), default=0)
    each = _people_each(most, across * int(_HEIGHT // pitch))
    every = -(-_LABEL * len(shown) // WIDTH)
    columns = []
    for at, slot in enumerate(shown):
        middle, number = wide * (at + 0.5), -(-slot.people // each)
        left = middle - pitch * (across - 1) / 2
        points = [
            f"M{left + pitch * (n % across):.1f} {_HEIGHT - pitch * (n // across + 0.5):.1f}h0" for n in range(number)
        ]
        is_most = slot.people == most and most > 0
        columns.append(
            Column(
                slot=slot, path="".join(points), middle=round(middle, 1),
                top=round(_HEIGHT - pitch * -(-number // across) - 5, 1), is_most=is_most, has_label=at % every == 0,
                has_count=slot.people > 0 and (wide >= _COUNT or is_most),
            )
        )  # fmt: skip
    top = min((one.top for one in columns), default=0) - 14
    return Dots(each, round(pitch * 0.78, 1), tuple(columns), round(top, 1))


def _people_each(most: int, places: int) -> int:
    steps = (factor * int(10**power) for power in range(12) for factor in (1, 2, 5))
    return next(each for each in steps if -(-most // each) <= places)
