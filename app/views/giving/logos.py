"""A giver's logo as doors tell it: where it is, and how large it stands on a page."""

from typing import Annotated, Final

import msgspec

from app.programmes.gifts import Logo
from app.programmes.gifts.logo_rules import fitted
from app.views.scene import LogoShown

PLACE: Final = "/gift-logos"
_WIDTH_MOST: Final = 144
_HEIGHT_MOST: Final = 48
"""Of a page, in its pixels: a screen that draws three for each still has one of the picture's for each of its own."""


class LogoView(msgspec.Struct, frozen=True, kw_only=True):
    """A giver's logo: a PNG of at most 480 × 160 pixels, for anybody to see as long as the gift names it."""

    url: Annotated[str, msgspec.Meta(examples=["/gift-logos/9f86d081…0a08.png"])]
    width: int
    height: int


EXAMPLE: Final = LogoView(url=f"{PLACE}/{'9f' * 32}.png", width=480, height=120)


def url_of(logo: Logo) -> str:
    """Where anybody gets it."""
    return f"{PLACE}/{logo.sha256.hex()}.png"


def digest_of(name: str) -> bytes | None:
    """The digest in the last part of such an address; None where it is none."""
    stem, _, ending = name.partition(".")
    if len(stem) != 64 or ending != "png" or not set(stem) <= set("0123456789abcdef"):
        return None
    return bytes.fromhex(stem)


def shown(logo: Logo | None) -> LogoShown | None:
    """As a page shows it."""
    if logo is None:
        return None
    width, height = fitted(logo.width, logo.height, width_most=_WIDTH_MOST, height_most=_HEIGHT_MOST)
    return LogoShown(url=url_of(logo), width=width, height=height)


def view(logo: Logo | None) -> LogoView | None:
    """As JSON tells it."""
    return LogoView(url=url_of(logo), width=logo.width, height=logo.height) if logo else None
