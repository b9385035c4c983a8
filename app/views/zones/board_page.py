"""The contribution board, `/z/{slug}/board`: who gave, what it adds up to, and what stands beside it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from markupsafe import Markup

from app.programmes.donations import Stage
from app.views.page import Page
from app.views.zones.page import Coverage, Figure, Stated
from app.views.zones.support_groups import ShownGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceLine:
    """One row."""

    place: int
    name: str
    """The donor's, or the board's words for whoever does not want to be named."""
    figure: Figure
    width: int
    """Of a bar of two hundred, true to scale; what was given is never thinner than its end is round."""
    given_on: date
    """The day of the last of them."""
    donations: int
    credits: str
    """The programmes and projects that it came from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardCard:
    """A board by its live definition."""

    title: str
    version: int
    since: date
    minimum: Figure | None
    """None: whatever was given counts."""
    places: tuple[PlaceLine, ...]


@dataclass(frozen=True, slots=True)
class BoardStep:
    """A step of the donations, and whether all of them have taken it."""

    stage: Stage
    is_taken: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardPage(Page):
    """All of it; it says the same to everybody."""

    template: ClassVar[str] = "public/board.html"

    origin: str = ""
    """Scheme and host of this platform, for what a messenger shows of the page's link."""
    slug: str
    accent: str
    zone_title: str
    given: Figure
    givers: int
    steps: tuple[BoardStep, ...]
    """Those that all donations take: intent and agreement only where each has one; and which of them all have taken."""
    retired_at: datetime | None
    """When the last of them was retired; None: some are not."""
    retirement_number: str | None
    ranges: int
    """Of grams, that the one retirement took."""
    boards: tuple[BoardCard, ...]
    emissions: Stated | None
    reductions: Stated | None
    coverage: Coverage | None
    coverage_with_guests: str | None
    guests: Figure
    organiser: Figure | None
    """Retired by the organiser itself; None: nothing."""
    compared_at: datetime | None
    """When all boards were last compared with the ledger; None: not yet."""
    is_agreeing: bool
    support: tuple[ShownGroup, ...] = ()
    """What was given in units of their own."""
    ring: Markup
    landscape: Markup | None
