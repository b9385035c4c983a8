"""The photo moment (打卡): whoever stands before the screen is shown once more, in a slot that nobody else is in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, assert_never, cast
from uuid import UUID

from app.gateways.database import fetch_as, fetch_value
from app.programmes.wall.errors import PhotosBusy, PhotosUsed, PhotoTooEarly, ScreenOff, TurnUnknown
from app.programmes.wall.rules import AWAY_AFTER_S, PHOTOS_MOST

_Told = Literal["placed", "unknown", "not_yet", "off", "enough", "busy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoStanding:
    """How somebody's photo moments stand, for one of their turns that is over."""

    now: datetime
    is_on: bool
    """A screen of the scene is on."""
    taken: int
    """By this person in this scene within a day, with the one to come."""
    turn_s: int
    show_from: datetime | None
    """Of the one that is on or to come, of whichever turn of theirs; None: there is none."""
    show_to: datetime | None

    @property
    def left(self) -> int:
        """How many more they may have today."""
        return max(0, PHOTOS_MOST - self.taken)

    @property
    def wait_s(self) -> int | None:
        """Until they are in the slot; 0: they are; None: nothing was asked."""
        if self.show_from is None:
            return None
        return max(0, round((self.show_from - self.now).total_seconds()))


_STANDING: Final = (
    "SELECT clock_timestamp() AS now, w.is_open"
    " AND coalesce(w.seen_at > clock_timestamp() - make_interval(secs => $2), false) AS is_on,"
    " wall.photos_of(w.id, t.person_id)::int AS taken, t.turn_s::int AS turn_s, p.show_from, p.show_to"
    " FROM wall_turn t JOIN wall_scene w ON w.id = t.scene_id"
    " LEFT JOIN LATERAL (SELECT q.show_from, q.show_to FROM wall_photo q JOIN wall_turn o ON o.id = q.turn_id"
    "  WHERE q.scene_id = w.id AND o.person_id = t.person_id AND o.moderation = 'shown'"
    "  AND q.show_to > clock_timestamp() ORDER BY q.show_from LIMIT 1) p ON true"
    " WHERE t.cause = $1 AND t.moderation = 'shown' AND t.show_to <= clock_timestamp()"
)


async def photo_standing(cause: str) -> PhotoStanding | None:
    """How the photo moments of a turn stand; None while that turn is not over, or is not shown. The door asks whose it is."""
    found = await fetch_as(PhotoStanding, _STANDING, cause, float(AWAY_AFTER_S))
    return found[0] if found else None


async def take_photo(cause: str, person_id: UUID) -> None:
    """Show their turn once more, by their own tap. Repeated while one is to come or on: nothing happens.

    Raises:
        TurnUnknown: it is no turn of theirs.
        PhotoTooEarly: their turn is not over, or is not shown.
        ScreenOff: no screen of the scene is on.
        PhotosUsed: they had as many as there are in a day.
        PhotosBusy: others stand there for the next two minutes.
    """
    told = cast("_Told", await fetch_value("SELECT wall.take_photo($1, $2, $3)", cause, person_id, PHOTOS_MOST))
    match told:
        case "placed":
            return
        case "unknown":
            raise TurnUnknown
        case "not_yet":
            raise PhotoTooEarly
        case "off":
            raise ScreenOff
        case "enough":
            raise PhotosUsed(most=PHOTOS_MOST)
        case "busy":
            raise PhotosBusy
        case _:
            assert_never(told)
