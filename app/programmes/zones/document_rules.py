"""What a zone says of itself: the typed document that a file becomes and an edition keeps. Pure."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.kernel.text import Language, Text


class Accent(StrEnum):
    """The colour of a zone's pages and papers: a token of the style sheet, never a value from a file."""

    GREEN = "green"
    """绿: the platform's own."""
    TEAL = "teal"
    """青."""
    BLUE = "blue"
    """蓝."""
    AMBER = "amber"
    """琥珀."""
    CRIMSON = "crimson"
    """绛."""


class Backdrop(StrEnum):
    """What is drawn above a zone's pages."""

    HILLS = "hills"
    """Hills and water, drawn from the slug: each zone has its own."""
    PLAIN = "plain"
    """A surface in the accent's tint."""


class GiverKind(StrEnum):
    """Whom a board lists."""

    ORGANISATION = "organisation"
    """机构."""
    PERSON = "person"
    """个人."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """How a zone's pages look."""

    accent: Accent = Accent.GREEN
    backdrop: Backdrop = Backdrop.HILLS


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneEntry:
    """A scene of the zone, as its page leads to it."""

    code: str
    label: Text | None = None
    """What the link says; None: the scene's own title."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateEdition:
    """What papers of the zone's scenes bear besides the platform's own words and marks."""

    accent: Accent = Accent.GREEN
    seal: Text | None = None
    """The words in the seal, at most eight characters in Chinese."""
    line: Text | None = None
    """One line under the title."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardDefinition:
    """One contribution board (特别贡献榜): transfers since a day, the largest first, equal ones by time, then by name."""

    code: str
    """Of this zone's boards: `organisations`."""
    of: GiverKind
    title: Text
    since: date
    """Transfers of this day (Beijing) and later count."""
    minimum_g: int
    """A giver with less in all is not listed; their grams count in the sum."""
    anonymous: Text
    """What stands for a giver who does not want to be named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedMass:
    """A mass that somebody else found, with where it stands and when it was stated."""

    mass_g: int
    source: Text
    stated_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneDocument:
    """All that a version of a zone says. Equal documents are one version."""

    slug: str
    owner_register: str
    """The owner's country and register number: `CN 91510100MA0000002X`."""
    name: Text
    languages: tuple[Language, ...]
    """Those its page is shown in; the first is for whoever asked for none."""
    theme: Theme
    welcome: Text
    starts_on: date
    ends_on: date
    scenes: tuple[SceneEntry, ...]
    payment_methods: tuple[str, ...] | None
    """Ways to pay in its scenes: channels, or methods as `<channel>.<method>`; None: all there are."""
    certificate: CertificateEdition
    boards: tuple[BoardDefinition, ...]
    emissions: StatedMass | None
    """What the event emits, as stated; None: not stated yet, so nothing is said about coverage."""
    reductions: StatedMass | None
    """What its organiser saved, as stated: told beside the coverage, never in it."""

    def board(self, code: str) -> BoardDefinition | None:
        """The board of this code."""
        return next((board for board in self.boards if board.code == code), None)
