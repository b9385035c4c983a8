"""Parts of `/me`: orders under way, gifts in the account, and what one has agreed to."""

from dataclasses import dataclass
from datetime import datetime

from app.views.orders.order_page import OrderPhase


@dataclass(frozen=True, slots=True, kw_only=True)
class MineItem:
    """One order on its way to a certificate, or of which grams are held."""

    url: str
    title: str
    mass_g: int
    at: datetime
    phase: OrderPhase


@dataclass(frozen=True, slots=True, kw_only=True)
class MineHeld:
    """A gift in one's account, or a gift card."""

    url: str
    title: str
    giver: str
    left_g: int
    """0: used up."""
    is_card: bool = False


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
