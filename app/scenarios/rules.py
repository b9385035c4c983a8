"""What a scene is and what it may be asked. Pure."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from app.kernel.text import Text

PERSONAL_CODE: Final = "GEREN0"
"""Of the scene of people's own footprints, which opens to nobody: there is nothing in it to visit."""


class ScenarioKind(StrEnum):
    """The kinds of scene (场景)."""

    PERSON = "person"
    """个人."""
    ENTERPRISE = "enterprise"
    """企业: a year, a period."""
    MEETING = "meeting"
    """会议, and inventories that the report prints as such."""
    EVENT = "event"
    """赛事, 会展, 活动."""
    PRODUCT = "product"
    """产品."""
    SITE = "site"
    """零碳场景: 景区, 金融网点, 会议室."""
    AGENCY = "agency"
    """机关, 单位: an agency's year, and what its people take part in."""
    RESTORATION = "restoration"
    """生态修复: what a court or an agency ordered."""


class ScenarioState(StrEnum):
    """Drafted, then published, then closed for good."""

    DRAFT = "draft"
    """Only its organiser sees it."""
    PUBLISHED = "published"
    """Open to whoever scans its code, between its days."""
    CLOSED = "closed"
    """Over; its results stay."""


class Phase(StrEnum):
    """What a reader finds behind the code today."""

    AHEAD = "ahead"
    """It has not begun."""
    LIVE = "live"
    """It is open."""
    OVER = "over"
    """It has ended, or was closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Some of a scene's emissions that somebody answers for as a whole (人群): staff, participants, guests, the venue."""

    code: str
    """In files, batches of codes and claims: `staff`."""
    name: Text
    emission_g: int | None = None
    """What the organiser states for it; only where it answers for it, and None where it states nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """Whose emissions the organiser answers for (层). Nobody is asked which group is theirs."""

    groups: tuple[Group, ...]
    default_group: str
    """Of whoever comes without a code that says another."""
    organiser_covers: tuple[str, ...] = ()
    """Codes of groups. What one of these collects or pays is in addition to what the organiser covers."""
    source: Text = field(default_factory=lambda: Text(zh="", en=""))
    """Where the stated emissions come from; told beside them."""

    @property
    def stated_g(self) -> int | None:
        """What the groups emit for which the organiser answers; None while one of them has no figure, or there is none."""
        figures = [group.emission_g for group in self.groups if group.code in self.organiser_covers]
        known = [figure for figure in figures if figure is not None]
        return sum(known) if known and len(known) == len(figures) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """How a live scene computes and what it offers."""

    modes: tuple[str, ...]
    """Ways to come, in the order shown; the first is chosen."""
    default_km: int = 10
    most_km: int = 100
    round_trip: bool = True
    extras: dict[str, str | int] = field(default_factory=dict)
    """Inputs of the calculator that every visitor has: `{"meals_mixed": "1"}`."""
    extras_text: Text = field(default_factory=lambda: Text(zh="", en=""))
    """The same in words, added to the summary: 午餐 1 份."""
    programme: str = "CDCER"
    """The credits it sells."""
    step_g: int = 1
    """Retirement step; 1 g for persons."""
    province: str = "510000"
    layers: Layers | None = None
    """None: the organiser answers for nobody, and every claim is its maker's own."""
    place: Text = field(default_factory=lambda: Text(zh="", en=""))
    """Where it is, in the organiser's words; empty where nobody said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperEdition:
    """What papers of a zone's scenes bear besides the platform's own words and marks."""

    accent: str
    """A token: `green`, `teal`, `blue`, `amber`, `crimson`."""
    seal: Text | None = None
    line: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneZone:
    """What the zone of a scene says of it."""

    slug: str
    version: int
    name: Text
    payment_methods: tuple[str, ...] | None
    """Channels, or methods as `<channel>.<method>`, that its visitors may pay by; None: any."""
    certificate: PaperEdition


def phase(state: ScenarioState, starts_on: date | None, ends_on: date | None, *, today: date) -> Phase:
    """What a reader finds today (a Beijing day); both days are included. A draft is nobody's: callers hide it."""
    if state is ScenarioState.CLOSED or (ends_on is not None and today > ends_on):
        return Phase.OVER
    return Phase.AHEAD if starts_on is not None and today < starts_on else Phase.LIVE


def takes(allowed: Collection[str], channel: str, method: str) -> bool:
    """Whether ways to pay, channels or `<channel>.<method>`, name this one."""
    return channel in allowed or f"{channel}.{method}" in allowed
