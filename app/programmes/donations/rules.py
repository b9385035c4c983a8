"""Words and figures of donations: how a giver is shown, how far an event is covered. Pure."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

MASS_MOST_G: Final = 10**15
"""A thousand million tonnes: more than anybody has, and far below where sums end."""
DUE_MOST_DAYS: Final = 366
FILE_MOST: Final = 5 * 1024 * 1024
"""Bytes of an agreement."""


class Shown(StrEnum):
    """How a donor is shown on the board; the certificate is theirs either way."""

    NAME = "name"
    """By their name, since they agreed to it."""
    ANONYMOUS = "anonymous"
    """In the board's words for whoever does not want to be named."""


class Stage(StrEnum):
    """How far an intent is."""

    INTENT = "intent"
    """意向: somebody means to give."""
    AGREED = "agreed"
    """协议: the agreement is kept."""
    TRANSFERRED = "transferred"
    """划转: the grams lie in the zone's account. From here on it counts."""
    RETIRED = "retired"
    """注销: they are gone for good."""
    LAPSED = "lapsed"
    """Its day is over, and nothing was given."""
    WITHDRAWN = "withdrawn"
    """Its donor took it back."""
    SHORT = "short"
    """What was bought for it was used or returned before it could be given."""


def stage(
    *,
    due_on: date,
    today: date,
    is_agreed: bool,
    is_given: bool,
    is_retired: bool,
    ended_as: str | None,
    is_ordered: bool,
) -> Stage:
    """How far an intent is; only what was transferred is given. What is ordered does not lapse: its payment ends it."""
    if is_given:
        return Stage.RETIRED if is_retired else Stage.TRANSFERRED
    if ended_as is not None:
        return Stage(ended_as)
    if due_on < today and not is_ordered:
        return Stage.LAPSED
    return Stage.AGREED if is_agreed else Stage.INTENT


def permille(part_g: int, whole_g: int) -> int | None:
    """How much of `whole_g` that is, in tenths of a per cent, rounded half up; None where there is no whole."""
    assert part_g >= 0 and whole_g >= 0, (part_g, whole_g)
    return (part_g * 2_000 + whole_g) // (whole_g * 2) if whole_g else None


def percent_text(tenths: int) -> str:
    """Tenths of a per cent as a page prints them: `106.2`."""
    return f"{tenths // 10:,}.{tenths % 10}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Neutrality:
    """What an event emitted as stated, and what was retired for it, by source."""

    emission_g: int | None
    """As stated; None: nobody has stated it, and nothing is said of coverage."""
    reduction_g: int | None
    """What its organiser saved, as stated: beside the coverage, never in it."""
    donated_g: int
    """Given, whether it is retired already or not."""
    donors_g: int
    """Retired of the zone's account, and given by donors."""
    organiser_g: int
    """Retired of the same account and given by nobody else, or retired by the organiser in the zone's scenes."""
    guests_g: int
    """Retired for whoever came, in the zone's scenes."""
    held_g: int
    """In the account now."""

    @property
    def retired_g(self) -> int:
        """Retired for the event itself."""
        return self.donors_g + self.organiser_g

    @property
    def permille(self) -> int | None:
        """How much of the emissions that is."""
        return permille(self.retired_g, self.emission_g) if self.emission_g is not None else None

    @property
    def permille_with_guests(self) -> int | None:
        """The same with what guests retired for their own ways."""
        return permille(self.retired_g + self.guests_g, self.emission_g) if self.emission_g is not None else None
