"""What goes over the stream to a screen, as bytes that are made once for all of them (Server-Sent Events). Pure."""

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from app.kernel import mass
from app.kernel.drawing import avatar_svg
from app.programmes.wall.rules import Shown

RETRY_MS: Final = 1000
"""How soon a screen that lost its stream comes again."""
NAME_MOST: Final = 40
"""Characters of a name that are sent; a screen shows as many as fit."""


class TurnFrame(msgspec.Struct, frozen=True, kw_only=True):
    """A turn as a screen is told it; times are milliseconds of the server's clock."""

    turn: int
    no: int
    name: str | None
    """None: they gave none, and the screen says so in its language."""
    mass: tuple[str, str]
    """Number and unit."""
    slot: int
    slots: int
    from_ms: int
    to_ms: int
    picture: str
    """The default picture of the person, as an address that an image takes."""
    face: str | None = None
    """Their own, where it is shown: `<64 hexadecimal digits>.webp` below `/wall/<token>/faces/`."""


def turn_frame(one: Shown) -> TurnFrame:
    """The turn with the pictures of its person."""
    return TurnFrame(
        turn=one.id,
        no=one.no,
        name=one.name[:NAME_MOST] if one.name else None,
        mass=mass.friendly(one.mass_g),
        slot=one.slot,
        slots=one.slots,
        from_ms=milliseconds(one.show_from),
        to_ms=milliseconds(one.show_to),
        picture=default_picture(str(one.person_id), one.name or ""),
        face=face_name(one.face),
    )


def face_name(digest: bytes | None) -> str | None:
    """A picture below the screen's address."""
    return f"{digest.hex()}.webp" if digest else None


def default_picture(person: str, name: str) -> str:
    """The default picture within an address, so that a screen asks nobody for it."""
    # Within an image no style of the page counts; without a family of its own a letter would be set in the browser's serif.
    drawn = avatar_svg(person, name).replace("<svg ", '<svg font-family="sans-serif" ', 1)
    return "data:image/svg+xml;base64," + base64.b64encode(drawn.encode()).decode()


def milliseconds(at: datetime) -> int:
    """Of the epoch."""
    return round(at.timestamp() * 1000)


def frame(kind: str, data: object, *, event_id: int | None = None) -> bytes:
    """One event. With a number, a screen that comes again says it, and is told what it missed."""
    number = f"id: {event_id}\n" if event_id is not None else ""
    return f"{number}event: {kind}\ndata: {msgspec.json.encode(data).decode()}\n\n".encode()


def hello(*, at_ms: int, facts: Mapping[str, object]) -> bytes:
    """The first of a stream: how soon to come again, what time it is."""
    return f"retry: {RETRY_MS}\n".encode() + frame("hello", {"at": at_ms, **facts})
