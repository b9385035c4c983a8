"""My certificates, `/me`: all that this browser's visitor has done."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from markupsafe import Markup

from app.views.orders.order_page import OrderPhase
from app.views.page import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class MineItem:
    """One certificate, or one order on its way to it."""

    url: str
    title: str
    mass_g: int
    at: datetime
    number: str | None
    """None while there is no certificate."""
    phase: OrderPhase
    ring: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentSwitch:
    """One purpose that somebody may agree to: POST to `/me/consents` with `purpose`, `version`, `given` (yes or no),
    `intent` and `csrf_token`.
    """

    purpose: str
    version: int
    title: str
    text: str
    is_on: bool
    is_asked_again: bool
    """They agreed to an older text."""
    at: datetime | None
    intent: str
    csrf_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MinePage(Page):
    """What this browser's visitor has done."""

    template: ClassVar[str] = "citizen/mine.html"

    total_g: int
    count: int
    items: tuple[MineItem, ...]
    """Newest first; orders under way before certificates."""
    next_url: str | None
    ring: Markup
    consents: tuple[ConsentSwitch, ...] = ()
    """Empty for somebody whom nobody knows yet."""
