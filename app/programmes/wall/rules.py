"""How many are shown at once, how long somebody waits, and how the screen is divided. Pure."""

import heapq
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final
from uuid import UUID

from app.foundation.moderation import CheckState

SLOTS_MOST: Final = 12
TURN_S: Final = 30
WAIT_S: Final = 120
TILES_FROM: Final = 2
"""One person has the middle of the screen; from two on the screen is divided into tiles, 2 × 3 …"""
SMALL_TILES_FROM: Final = 7
"""… and from here on 3 × 4."""
PICTURE_SINCE: Final = 2
"""The version of the consent that first speaks of a picture; whoever agreed to the one before is shown by name alone."""
PHOTOS_MOST: Final = 3
"""Photo moments of one person in a scene within a day."""
AWAY_AFTER_S: Final = 30
"""A screen that said nothing for so long is off; nobody's turn is used up meanwhile."""


class Moderation(StrEnum):
    """How a turn stands to whoever looks at names and pictures."""

    WAITING = "waiting"
    """Nobody has looked yet, and this scene waits for that."""
    SHOWN = "shown"
    """It may be shown, is, or was."""
    HIDDEN = "hidden"
    """It was taken off, for good."""


class Because(StrEnum):
    """Why a turn was taken off."""

    WITHDRAWN = "withdrawn"
    """The person took their consent back."""
    HIDDEN = "hidden"
    """Somebody who looks after the scene said so."""
    SKIPPED = "skipped"
    """The operator at the screen went on to the next."""


class PictureState(StrEnum):
    """What whoever looks after a scene decided about a picture there."""

    SHOWN = "shown"
    HIDDEN = "hidden"


class Layout(StrEnum):
    """How the middle of the screen is divided."""

    IDLE = "idle"
    HERO = "hero"
    TILES = "tiles"
    SMALL = "small"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A turn as a screen shows it."""

    id: int
    no: int
    person_id: UUID
    """Chooses the colours of the default picture; never sent."""
    name: str | None
    """As on the certificate; None: they gave none."""
    face: bytes | None = None
    """The digest of the picture they uploaded; None: it is not to be shown, or there is none."""
    mass_g: int
    slot: int
    slots: int
    show_from: datetime
    show_to: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a certificate stands to the screen of its scene, for its holder."""

    moderation: Moderation | None
    """None: it was not asked for."""
    because: Because | None = None
    no: int = 0
    ahead: int = 0
    """Who comes before them and is not on the screen yet."""
    wait_s: int | None = None
    """About how long until their turn; None: no screen is on, or it is not known, or it has begun."""
    show_from: datetime | None = None
    show_to: datetime | None = None
    now: datetime | None = None

    @property
    def is_on(self) -> bool:
        """Whether they are on the screen now."""
        times = (self.show_from, self.now, self.show_to)
        return self.moderation is Moderation.SHOWN and all(times) and times[0] <= times[1] < times[2]  # type: ignore[operator]

    @property
    def is_over(self) -> bool:
        """Whether their turn is over."""
        times = (self.show_to, self.now)
        return self.moderation is Moderation.SHOWN and all(times) and times[0] <= times[1]  # type: ignore[operator]


def slots(queue: int, *, turn_s: int = TURN_S, wait_s: int = WAIT_S) -> int:
    """How many are shown at once, 1 to 12: so many that the last in a queue that has just come begins within `wait_s`.

    PostgreSQL computes the same in `wall.slots`; `wall.slots_now` takes into account how long each has waited already.
    """
    return min(SLOTS_MOST, max(1, -(-queue * turn_s // wait_s)))


def expected_wait_s(ahead: int, *, free_s: Sequence[float], turn_s: int) -> int:
    """Seconds until somebody begins who has `ahead` people before them, none placed yet; `free_s` says when each slot is free.

    Rounded up to five seconds: the number of slots may change meanwhile.
    """
    assert free_s, "a scene has one slot at least"
    times = [max(0.0, at) for at in free_s]
    heapq.heapify(times)
    for _ in range(ahead):
        heapq.heapreplace(times, times[0] + turn_s)
    return -(-math.ceil(times[0]) // 5) * 5


def layout(slots_of_turns: Iterable[int]) -> Layout:
    """How the screen is divided for the turns that are on it, each of which knows among how many slots it was placed."""
    most = max(slots_of_turns, default=0)
    if most == 0:
        return Layout.IDLE
    if most < TILES_FROM:
        return Layout.HERO
    return Layout.TILES if most < SMALL_TILES_FROM else Layout.SMALL


def is_picture_shown(check: CheckState, decided: PictureState | None) -> bool:
    """Whether a picture is shown in a scene: it has passed, or passed there while the platform has not decided.

    What the platform refused is shown nowhere, and what was hidden in a scene is not shown in it.
    """
    match decided:
        case PictureState.HIDDEN:
            return False
        case PictureState.SHOWN:
            return check is not CheckState.REFUSED
        case None:
            return check is CheckState.PASSED


def token_digest(token: str) -> bytes:
    """What is kept of a screen's token."""
    return sha256(token.encode()).digest()
