"""Words of a claim, and the one shape in which everybody asks for one, hands it on and reads it. Pure."""

from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.foundation.identity.rules import PartyKind
from app.kernel.days import Period
from app.kernel.text import Text
from app.registry.claims.judging.shapes import EntityKind
from app.scenarios.rules import ScenarioKind


class Purpose(StrEnum):
    """What is claimed (用途): one value. Who paid for it, and as a gift or not, is the retirement's funding."""

    PERSONAL = "personal"
    """A person's own footprint."""
    EVENT = "event"
    """An event, or a visit to its scene, which counts towards the event."""
    ORGANISATION = "organisation"
    """What a company or an agency emitted in a period."""
    PRODUCT = "product"
    """A stated quantity of a product."""
    SITE = "site"
    """A place: a scenic area, a branch, a building."""
    MEETING = "meeting"
    """A meeting, or a batch of them."""
    JUDICIAL = "judicial"
    """Restoration that a court ordered; it serves no other claim."""
    ADMINISTRATIVE = "administrative"
    """Restoration that an agency ordered; it serves no other claim."""
    TREE_PLANTING = "tree_planting"
    """Obligatory tree planting, counted once; it serves no other claim."""

    @property
    def text(self) -> Text:
        """For certificates and pages."""
        return _PURPOSES[self]


_PURPOSES: Final = {
    Purpose.PERSONAL: Text(zh="个人碳中和", en="Personal footprint"),
    Purpose.EVENT: Text(zh="活动碳中和", en="Event"),
    Purpose.ORGANISATION: Text(zh="组织碳中和", en="Organisation"),
    Purpose.PRODUCT: Text(zh="产品碳中和", en="Product"),
    Purpose.SITE: Text(zh="零碳场景", en="Site"),
    Purpose.MEETING: Text(zh="会议碳中和", en="Meeting"),
    Purpose.JUDICIAL: Text(zh="司法替代性生态修复", en="Judicial restoration"),
    Purpose.ADMINISTRATIVE: Text(zh="行政替代性生态修复", en="Administrative restoration"),
    Purpose.TREE_PLANTING: Text(zh="义务植树折抵", en="Obligatory tree planting"),
}

CLAIMING: Final = {
    Purpose.ORGANISATION: EntityKind.ORGANISATION,
    Purpose.EVENT: EntityKind.EVENT,
    Purpose.PRODUCT: EntityKind.PRODUCT,
    Purpose.SITE: EntityKind.SITE,
    Purpose.MEETING: EntityKind.MEETING,
}
"""The purposes by which something is said to be neutral; a person's own and restoration say nothing of the kind."""

_OF_SCENES: Final = {
    ScenarioKind.PERSON: Purpose.PERSONAL,
    ScenarioKind.ENTERPRISE: Purpose.ORGANISATION,
    ScenarioKind.AGENCY: Purpose.ORGANISATION,
    ScenarioKind.MEETING: Purpose.MEETING,
    ScenarioKind.EVENT: Purpose.EVENT,
    ScenarioKind.PRODUCT: Purpose.PRODUCT,
    ScenarioKind.SITE: Purpose.SITE,
    ScenarioKind.RESTORATION: Purpose.JUDICIAL,
}


def purpose_of(kind: ScenarioKind, *, is_person: bool = False) -> Purpose:
    """What is claimed in a scene of this kind where nobody says otherwise; a person claims a visit, or their own."""
    if is_person and kind is not ScenarioKind.EVENT:
        return Purpose.PERSONAL
    return _OF_SCENES[kind]


class Layer(StrEnum):
    """For which emissions of a scene a claim speaks (层)."""

    OWN = "own"
    """Those that nobody else answers for."""
    ADDITIONAL = "additional"
    """Those that the scene's organiser covers already: said besides, and never added silently."""


@dataclass(frozen=True, slots=True)
class Mandate:
    """On which ground somebody pays for another (受托书). Public: it stands on the certificate."""

    ground: str
    """In words: 受托代购协议 2023-07."""
    document: str | None = None
    """The name of the document that says so."""
    sha256: bytes | None = None
    """Of the document's bytes; None exactly where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewClaim:
    """Who may say what about which emissions, as it is asked for. A field added here is stored and read everywhere."""

    purpose: Purpose
    group_code: str | None = None
    """Of the scene's groups, where a code or a list says one; None of a person: the scene's default group, if it has any."""
    scenario_id: UUID
    subject: str | None = None
    """What within the scene: a product, a case number. Public, at most 200 characters; None: the scene itself."""
    beneficiary_id: UUID
    """The party that may say it."""
    name_sealed: bytes | None = None
    """A person's name for the paper, sealed under the beneficiary's key; None: 访客, or an organisation."""
    period_from: date
    period_to: date
    """Inclusive."""
    footprint_id: UUID | None = None
    """The kept calculation behind the figure; None where it was stated or verified elsewhere."""
    emission_g: int
    """What was emitted; 0: nobody states it."""
    profile: str | None = None
    """The rule profile by which an organisation asks to be judged; None: the platform's own."""
    language: str
    """Of its papers: zh or en."""
    supplements_id: UUID | None = None
    """The root that a person's claim adds to. Of an organisation it is decided when its grams are settled."""
    name_until: datetime | None = None
    """Until when its paper waits for a person's name, although its grams are settled; None: nobody waits, or no more."""

    @property
    def period(self) -> Period:
        """The claimed days."""
        return Period(self.period_from, self.period_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimFacts(NewClaim):
    """The same as it is kept."""

    id: UUID
    cause: str
    """What it was made for, once: `order:<id>`, `order:<id>/<no>`."""
    beneficiary_kind: PartyKind
    made_at: datetime
    layer: Layer
    """By the scene and the group, decided by PostgreSQL when the claim is made; nobody asks for one."""

    @property
    def root_id(self) -> UUID:
        """The claim that figures and other retirements are of: itself, unless it supplements another."""
        return self.supplements_id or self.id

    @property
    def has_name(self) -> bool:
        """Whether a name will stand on its papers."""
        return self.name_sealed is not None

    @property
    def is_judged(self) -> bool:
        """Whether an organisation says by it that something is neutral."""
        return self.purpose in CLAIMING and self.beneficiary_kind is PartyKind.ORGANISATION


ASKED: Final = tuple(field.name for field in fields(NewClaim))
"""The columns that are asked for."""
_MOVING: Final = frozenset({"group_code", "name_sealed", "name_until", "supplements_id", "language"})


def is_same(asked: NewClaim, made: NewClaim) -> bool:
    """Whether one is the other, but for what moves, the language of the papers, and the scene's default group."""
    is_grouped = asked.group_code is None or asked.group_code == made.group_code
    return is_grouped and all(getattr(asked, name) == getattr(made, name) for name in ASKED if name not in _MOVING)
