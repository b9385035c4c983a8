"""What the page of content checks needs."""

from dataclasses import dataclass
from typing import ClassVar

from app.views.console import Age, Console, Tone
from app.views.listing import Filter
from app.web.operator.unmasking import UnmaskForm


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckCard:
    """One text or picture."""

    id: str
    text: str | None
    picture_url: str | None
    """With neither, and not masked, nobody has it any more."""
    is_masked: bool
    """The text stands here as strangers see it, the picture not at all."""
    unmask: UnmaskForm | None
    """Asks why somebody would see what is masked."""
    is_asked: bool = False
    """The form was sent, and refused."""
    purpose: str
    state: str
    """`waiting`, `passed`, `refused`."""
    tone: Tone
    by: str | None
    """Who decided: a kind of checker, of a person their name."""
    reason: str | None
    persons: int
    age: Age


@dataclass(frozen=True, slots=True, kw_only=True)
class ModerationPage(Console):
    """Content checks. POST to `/operator/moderation` with `check`, `seen`, `state` (passed or refused), `reason`, `show`.

    Of a masked one to `/operator/moderation/unmask` with `check`, `show`, `reason`, `said`."""

    template: ClassVar[str] = "operator/moderation.html"

    show: str
    filters: tuple[Filter, ...]
    cards: tuple[CheckCard, ...]
    reasons: tuple[tuple[str, str], ...]
    """Pairs of a word and its text; the first is taken where nobody chooses."""
    may_decide: bool
