"""What the page of a scene's big screen shows."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from app.views.console import Age, Console, Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenRow:
    """A link; POST `screen` to `<here>/revoke`."""

    id: str
    label: str
    made_at: datetime
    is_good: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRow:
    """Somebody; POST `turn` and `step` (`release` or `hide`) to `<here>/turns`."""

    turn: int
    no: int
    name: str | None
    mass_g: int
    state: str
    tone: Tone
    can_release: bool
    can_hide: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WallPage(Console):
    """The screen of a scene. POST settings to `<here>/settings`, a new link's `label` to `<here>/screens`."""

    template: ClassVar[str] = "organiser/wall.html"

    scene_url: str
    title: str
    is_there: bool
    is_open: bool
    turn_s: str
    wait_s: str
    is_premoderated: bool
    screens: tuple[ScreenRow, ...]
    turns: tuple[TurnRow, ...]
    label: str = ""
    """What was typed for a link that could not be made."""
    made_url: str | None = None
    """Just made; shown this once."""
    rehearse_url: str = ""
    """The same with invented people, below this site."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenCheck:
    """Somebody whose name or picture waits."""

    turn: int
    scene: str
    """Its code."""
    scene_title: str
    no: int
    name: str | None
    is_name_waiting: bool
    picture: str | None
    """The digest of a picture that waits."""
    picture_url: str | None
    age: Age


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenChecksPage(Console):
    """What waits in all scenes of one's organisations. POST `scene`, `turn`, `picture` and `step` to here."""

    template: ClassVar[str] = "organiser/screen_checks.html"

    checks: tuple[ScreenCheck, ...]
