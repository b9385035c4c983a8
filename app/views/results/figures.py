"""The figures of a scene's results out of what its rooms sum: coverage told twice, shares, time. Pure.

Source of the two coverages: docs/decisions/0049-layers-and-coverage.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from app.kernel.clock import BEIJING
from app.kernel.text import Text
from app.registry.claims import Layer, Reach
from app.registry.retirements import Hour, Share
from app.scenarios import Layers

_HOURS_MOST: Final = 24
_DAYS_MOST: Final = 31
_WHOLE: Final = 1_000
"""Shares beside each other are told in tenths of a per cent."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Settled grams over emissions, or that one of the two is not known."""

    retired_g: int
    emission_g: int | None
    """None: somebody's emissions are not stated, or nobody's are answered for."""

    @property
    def percent(self) -> str | None:
        """`97.02`, rounded down; None: not known. May exceed 100."""
        return Reach(self.emission_g or 0, self.retired_g).percent

    @property
    def missing_g(self) -> int | None:
        """Grams until 100 %; 0: nothing. None: not known."""
        return None if self.emission_g is None else max(0, self.emission_g - self.retired_g)


class Source(StrEnum):
    """Whose grams, and for whom."""

    ORGANISER = "organiser"
    """Retired by or for the organiser itself."""
    GIVEN_COVERED = "given_covered"
    """Given by the organiser to people that it answers for."""
    GIVEN_GUESTS = "given_guests"
    """Given by it to others."""
    PAID_COVERED = "paid_covered"
    """Paid by people that it answers for."""
    PAID_GUESTS = "paid_guests"
    """Paid by others."""


@dataclass(frozen=True, slots=True)
class Part:
    """One source of the scene's grams."""

    source: Source
    mass_g: int
    share: str
    """Per cent of all with one decimal: `74.2`. All shares add up to 100.0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupPart:
    """What was retired for one group of the scene."""

    code: str
    name: Text
    is_covered: bool
    stated_g: int | None
    people: int
    given_g: int
    paid_g: int


class Step(StrEnum):
    """How long a slot of time is."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Slot:
    """People who came in one hour, day or month of Beijing."""

    at: datetime
    """When it begins."""
    people: int


def coverages(shares: Sequence[Share], layers: Layers | None) -> tuple[Coverage, Coverage]:
    """The organiser alone, and with guests."""
    grams = masses(shares)
    alone = Coverage(grams[Source.ORGANISER] + grams[Source.GIVEN_COVERED], layers.stated_g if layers else None)
    guests = [one for one in shares if not one.is_organiser and one.layer is Layer.OWN]
    emission_g = alone.emission_g
    if emission_g is not None:
        is_known = not any(one.unstated for one in guests)
        emission_g = emission_g + sum(one.figure_g for one in guests) if is_known else None
    return alone, Coverage(sum(grams.values()), emission_g)


def masses(shares: Sequence[Share]) -> dict[Source, int]:
    """The scene's settled grams by source; they add up to all of them."""
    found = dict.fromkeys(Source, 0)
    for one in shares:
        is_covered = one.layer is Layer.ADDITIONAL
        if one.is_organiser:
            found[Source.ORGANISER] += one.paid_by_organiser_g + one.paid_by_others_g
            continue
        found[Source.GIVEN_COVERED if is_covered else Source.GIVEN_GUESTS] += one.paid_by_organiser_g
        found[Source.PAID_COVERED if is_covered else Source.PAID_GUESTS] += one.paid_by_others_g
    return found


def parts(shares: Sequence[Share]) -> tuple[Part, ...]:
    """The sources that gave anything, with shares that add up to 100.0."""
    grams = {source: mass_g for source, mass_g in masses(shares).items() if mass_g}
    tenths = _shared(list(grams.values()))
    return tuple(
        Part(source, mass_g, f"{one // 10}.{one % 10}")
        for (source, mass_g), one in zip(grams.items(), tenths, strict=True)
    )


def _shared(grams: Sequence[int]) -> list[int]:
    """Tenths of a per cent by largest remainder, among equals to the earlier one."""
    whole_g = sum(grams)
    found = [mass_g * _WHOLE // whole_g for mass_g in grams]
    by_remainder = sorted(range(len(grams)), key=lambda at: (-(grams[at] * _WHOLE % whole_g), at))
    for at in by_remainder[: _WHOLE - sum(found)] if grams else ():
        found[at] += 1
    return found


def groups(shares: Sequence[Share], layers: Layers | None) -> tuple[GroupPart, ...]:
    """Each group of the scene, in its order; without what the organiser retired for itself."""
    found = []
    for group in layers.groups if layers else ():
        own = [one for one in shares if one.group_code == group.code and not one.is_organiser]
        found.append(
            GroupPart(
                code=group.code, name=group.name, is_covered=layers is not None and group.code in layers.organiser_covers,
                stated_g=group.emission_g, people=sum(one.people for one in own),
                given_g=sum(one.paid_by_organiser_g for one in own), paid_g=sum(one.paid_by_others_g for one in own),
            )
        )  # fmt: skip
    return tuple(found)


def slots(hours: Sequence[Hour]) -> tuple[Step, tuple[Slot, ...]]:
    """From the first to the last one, none left out: hours of up to a day, else days of up to a month, else months."""
    if not hours:
        return Step.HOUR, ()
    first, last = (one.at.astimezone(BEIJING) for one in (hours[0], hours[-1]))
    step = Step.MONTH
    if last - first < timedelta(hours=_HOURS_MOST):
        step = Step.HOUR
    elif (last.date() - first.date()).days < _DAYS_MOST:
        step = Step.DAY
    people: dict[datetime, int] = {}
    at, end = _begin(first, step), _begin(last, step)
    while at <= end:
        people[at] = 0
        at = _begin(
            at + {Step.HOUR: timedelta(hours=1), Step.DAY: timedelta(days=1), Step.MONTH: timedelta(days=31)}[step],
            step,
        )
    for one in hours:
        people[_begin(one.at.astimezone(BEIJING), step)] += one.people
    return step, tuple(Slot(at, number) for at, number in people.items())


def _begin(at: datetime, step: Step) -> datetime:
    at = at.replace(minute=0, second=0, microsecond=0)
    if step is Step.HOUR:
        return at
    return at.replace(hour=0) if step is Step.DAY else at.replace(day=1, hour=0)
