"""What each page of the organisers' door needs. Texts from rows are already in the reader's language."""

from dataclasses import dataclass
from typing import ClassVar

from markupsafe import Markup

from app.views.console import Console


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganiserPage(Console):
    """A scene for those who organise it."""

    template: ClassVar[str] = "organiser/scene.html"

    code: str
    title: str
    organiser: str
    phase: str
    neutralised: int
    mass_g: int
    open_g: int
    """Grams its programme still has for sale."""
    programme: str
    scene_url: str
    scan_url: str
    """What the QR code holds."""
    qr: Markup
    ring: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnOrganisation:
    """An organisation somebody acts for."""

    name: str
    roles: tuple[str, ...]
    members_url: str
    """Empty where they have no say there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnScene:
    """A scene of theirs."""

    url: str
    title: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPage(Console):
    """Where an organiser begins."""

    template: ClassVar[str] = "organiser/home.html"

    organisations: tuple[OwnOrganisation, ...]
    scenes: tuple[OwnScene, ...]
    webhooks_url: str = ""
    """Empty where they look after no organisation's endpoints."""
    can_begin: bool = False
    """Whether they set up scenes for one of them."""
    drafts: int = 0
    """That are no open scenes yet."""
    is_applying: bool = False
    """One of the organisations is not verified: where that stands has a page."""
