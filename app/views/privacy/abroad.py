"""What a way to pay abroad is told, and whether one agrees: asked by itself, before anything is told."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from app.views.page import Amount, Page


@dataclass(frozen=True, slots=True, kw_only=True)
class AbroadPage(Page):
    """POST `method`, `version`, `intent` and `csrf_token` to `here`: agreed, and on to the channel's page."""

    template: ClassVar[str] = "privacy/abroad.html"

    title: str
    paragraphs: tuple[str, ...]
    """The words that are agreed to, each at a line of its own."""
    version: int
    channel: str
    method: str
    amount: Amount
    expires_at: datetime
    """Until when the order waits, whatever is decided here."""
    others: tuple[str, ...]
    """Ways to pay this order that tell nothing abroad."""
    order_url: str
    again_url: str
    """Where it may be ordered anew, to be paid in yuan."""
    is_closed: bool
    """They are under 14: nobody can agree for them here."""
    intent: str
    csrf_token: str
    notice: str | None = None
