"""The page of a zone, `/z/{slug}`: its account, its scenes, what it states, and what other rooms tell there."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar

from markupsafe import Markup

from app.kernel import mass
from app.views.page import Page
from app.views.zones.slot_shapes import Action, Section


class ZoneState(StrEnum):
    """Where a zone is between its days."""

    AHEAD = "ahead"
    LIVE = "live"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Figure:
    """A mass as a number and its unit: `397,695` and `t`, exact; below a tonne `12.4` and `kg`."""

    number: str
    unit: str

    @classmethod
    def of(cls, mass_g: int) -> "Figure":
        """Exact from a tonne on: what is printed is added up."""
        if mass_g >= mass.GRAMS_PER_TONNE:
            return cls(mass.exact_t(mass_g), "t")
        return cls(*mass.friendly(mass_g))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """A figure that somebody else found."""

    figure: Figure
    source: str
    stated_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How much of the stated emissions is covered by what was given."""

    percent: str
    filled: int
    """Of a bar of a hundred."""
    over: int
    """Of the same bar, what is beyond a hundred per cent; the two fill it then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneAccount:
    """What lies in the zone's account, what was given to it, and what its visitors neutralised."""

    given: Figure | None
    """None: nobody tells what was given."""
    givers: int
    left: Figure
    """In the account now."""
    is_empty: bool
    guests: Figure
    people: int
    emissions: Stated | None
    reductions: Stated | None
    coverage: Coverage | None
    ring: Markup


class SceneNote(StrEnum):
    """What is said below a scene's link; `zone.scene.<note>`."""

    GIFT = "gift"
    COUNT = "count"
    AHEAD = "ahead"
    OVER = "over"
    FIRST = "first"


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneLink:
    """A way into the zone."""

    url: str
    title: str
    note: SceneNote
    left_percent: int
    """Of a gift's pool."""
    people: int
    begins_on: date | None
    ring: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class ZonePage(Page):
    """All of it."""

    template: ClassVar[str] = "public/zone.html"

    origin: str = ""
    """Scheme and host of this platform, for what a messenger shows of the page's link."""
    slug: str
    accent: str
    title: str
    owner: str
    state: ZoneState
    starts_on: date
    ends_on: date
    welcome: str
    account: ZoneAccount
    scenes: tuple[SceneLink, ...]
    enter_url: str | None
    """Of the first scene that is open; None: none is."""
    before: tuple[Section, ...] = ()
    after: tuple[Section, ...] = ()
    actions: tuple[Action, ...] = ()
    landscape: Markup | None
    """None: the backdrop is plain."""
    version: int
    published_on: date
