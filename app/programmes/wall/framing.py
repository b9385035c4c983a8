"""What happened on a scene's screens as the bytes that its streams are handed, made once for all of them."""

from collections.abc import Sequence

from app.foundation.identity import Keyring
from app.programmes.wall import frames, showing
from app.programmes.wall.rules import Shown
from app.programmes.wall.showing import Happened


async def frame_events(happened: Sequence[Happened], *, keyring: Keyring) -> list[tuple[int, bytes]]:
    """The frame of each event: a turn as it is placed now, a picture as it is shown now, somebody in the photo slot; or that
    a turn is not shown, whatever once happened to it."""
    placed = [one.turn_id for one in happened if one.kind in {"placed", "picture"}]
    photos = [one.event_id for one in happened if one.kind == "photo"]
    turns = await showing.read_turns(placed, keyring=keyring) if placed else {}
    again = await showing.read_photos(photos, keyring=keyring) if photos else {}
    return [(one.event_id, _frame(one, turns, again)) for one in happened]


def _frame(one: Happened, turns: dict[int, Shown], photos: dict[int, Shown]) -> bytes:
    if one.kind == "placed" and one.turn_id in turns:
        return frames.frame("turn", frames.turn_frame(turns[one.turn_id]), event_id=one.event_id)
    if one.kind == "picture" and one.turn_id in turns:
        face = frames.face_name(turns[one.turn_id].face)
        return frames.frame("picture", {"turn": one.turn_id, "face": face}, event_id=one.event_id)
    if one.kind == "photo" and one.event_id in photos:
        return frames.frame("photo", frames.turn_frame(photos[one.event_id]), event_id=one.event_id)
    return frames.frame("cleared", {"turn": one.turn_id}, event_id=one.event_id)
