"""One's own picture, `/me/avatar`, and what programs are told of it."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import msgspec
from markupsafe import Markup

from app.views.page import Page

AvatarState = Literal["none", "waiting", "passed", "refused"]


class AvatarView(msgspec.Struct, frozen=True, kw_only=True):
    """One's own picture, and whether others see it."""

    state: AvatarState
    """`none`: they have a default drawn by us. Others see the picture only once it `passed`."""
    reason: Annotated[str | None, msgspec.Meta(examples=[None])] = None
    """Why it was refused, in one word."""
    url: Annotated[str | None, msgspec.Meta(examples=["/avatars/…webp"])] = None
    """Where everybody sees it; null while it has not passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AvatarPage(Page):
    """One's own picture: POST a file `picture` to `/me/avatar`, or POST to `/me/avatar/remove`, with `intent` and
    `csrf_token`."""

    template: ClassVar[str] = "citizen/avatar.html"

    state: AvatarState
    reason: str | None
    """Why it was refused, in the reader's language."""
    picture_url: str | None
    """One's own picture, seen by oneself alone until it has passed."""
    default: Markup
    """What others see otherwise."""
    intent: str
    csrf_token: str
    notice: str | None = None
    """Why the last upload was refused."""
