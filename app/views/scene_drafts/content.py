"""What a draft of a scene says: typed, everything optional, and what each part means for the scene."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Final

import msgspec

from app import footprint
from app.kernel.mass import GRAMS_PER_TONNE
from app.kernel.text import Text
from app.programmes.gifts import AmountKind, Delivery
from app.programmes.gifts.rules import EACH_MOST_G, MESSAGE_MOST
from app.registry.credits import Programme
from app.scenarios import ScenarioKind

KINDS: Final = (ScenarioKind.EVENT, ScenarioKind.MEETING, ScenarioKind.SITE)
"""What an organiser sets up alone; the other kinds take the platform's help."""
MODES: Final = tuple(chip.mode for chip in footprint.CHIPS)
TITLE_MOST: Final = 80
PLACE_MOST: Final = 80
PEOPLE_MOST: Final = 5_000_000
GROUPS_MOST: Final = 6
GROUP_NAME_MOST: Final = 40
STATED_MOST_G: Final = 100_000 * GRAMS_PER_TONNE


class Payer(StrEnum):
    """Who pays for what visitors emit."""

    VISITORS = "visitors"
    """Each for themselves."""
    GIFT = "gift"
    """The organiser, for everybody who comes."""
    BOTH = "both"
    """The organiser up to so many grams each, and the visitor the rest."""


class Step(StrEnum):
    """The four steps, in their order; also the last part of each one's address."""

    KIND = "kind"
    COUNTING = "counting"
    PAYING = "paying"
    REVIEW = "review"


Title = Annotated[str, msgspec.Meta(max_length=TITLE_MOST)]
Place = Annotated[str, msgspec.Meta(max_length=PLACE_MOST)]
Message = Annotated[str, msgspec.Meta(max_length=MESSAGE_MOST)]
Km = Annotated[int, msgspec.Meta(ge=1, le=20_000)]
Quantity = Annotated[str, msgspec.Meta(max_length=16, pattern=r"^[0-9]{1,9}(\.[0-9]{1,6})?$")]


GroupCode = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,19}$", examples=["staff"])]
GroupName = Annotated[str, msgspec.Meta(max_length=GROUP_NAME_MOST, examples=["Staff"])]


class PeopleGroup(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Some of the people of a scene. Nobody is asked which group is theirs; a batch of codes may say one."""

    code: GroupCode
    """In files, batches of codes and claims; never `host`, which is the organiser itself."""
    name_zh: GroupName = ""
    name_en: GroupName = ""
    is_covered: bool = False
    """The organiser answers for what they emit."""
    stated_grams: Annotated[int, msgspec.Meta(ge=1, le=STATED_MOST_G)] | None = None
    """What it states for all of them together; left out: not stated, and nobody guesses."""


class Content(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Everything an organiser says of a scene. What is left out is not known yet."""

    kind: ScenarioKind | None = None
    """`event`, `meeting` or `site`."""
    title_zh: Title = ""
    title_en: Title = ""
    place_zh: Place = ""
    place_en: Place = ""
    """Both, or neither."""
    starts_on: date | None = None
    ends_on: date | None = None
    """Included."""
    template: str = ""
    """The one that the ways and activities began from; nothing hangs on it."""
    modes: Annotated[tuple[str, ...], msgspec.Meta(max_length=9)] = ()
    """Ways to come, in the order shown; the first is chosen when the page opens."""
    default_km: Km | None = None
    """One way, where a visitor says nothing else."""
    most_km: Km | None = None
    round_trip: bool = True
    activities: dict[str, Quantity] = {}
    """What every visitor has besides coming: fields of the personal calculator and how much, `{"meals_mixed": "1"}`."""
    event: dict[str, Any] = {}
    """Inputs of the event calculator: what the host itself emits."""
    covers_host: bool = False
    """The organiser answers for what it emits itself; stated is what the event calculator finds."""
    groups: Annotated[tuple[PeopleGroup, ...], msgspec.Meta(max_length=GROUPS_MOST)] = ()
    """Of people; the first is of whoever comes without a code. None said: everybody is a visitor."""
    payer: Payer | None = None
    programme: Programme = Programme.CDCER
    amount: AmountKind = AmountKind.COVER
    delivers: Delivery = Delivery.RETIRE
    each_grams: Annotated[int, msgspec.Meta(ge=1, le=EACH_MOST_G)] | None = None
    people: Annotated[int, msgspec.Meta(ge=1, le=PEOPLE_MOST)] | None = None
    """How many are expected: what the gift is reckoned for, not a bound."""
    gift_starts_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    gift_ends_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    """Left out: the days of the scene, in Beijing."""
    message_zh: Message = ""
    message_en: Message = ""

    @property
    def title(self) -> Text:
        """In both languages, as far as it is written."""
        return Text(zh=self.title_zh or self.title_en, en=self.title_en or self.title_zh)

    @property
    def gives(self) -> bool:
        """Whether the organiser pays for anything."""
        return self.payer in {Payer.GIFT, Payer.BOTH}


def read(kept: Mapping[str, Any]) -> Content:
    """What a row says."""
    return msgspec.convert(kept, Content)


def written(content: Content) -> dict[str, Any]:
    """What a row keeps: nothing that nobody said."""
    plain: dict[str, Any] = msgspec.to_builtins(content)
    return plain


@dataclass(frozen=True, slots=True)
class Activity:
    """Something that every visitor has, by a field of the personal calculator."""

    field: str
    icon: str
    usual: str
    """How much, where it is switched on."""


ACTIVITIES: Final = (
    Activity("meals_mixed", "meal", "1"),
    Activity("meals_vegetarian", "leaf", "1"),
    Activity("clothes_tshirt", "shirt", "1"),
    Activity("bottled_water_l", "drop", "0.5"),
    Activity("hotel_nights", "bed", "1"),
    Activity("waste_kg", "bin", "0.5"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """Where to begin from; everything in it may be changed."""

    key: str
    name: Text
    icon: str
    modes: tuple[str, ...]
    default_km: int = 15
    most_km: int = 100
    activities: Mapping[str, str]

    @property
    def changes(self) -> dict[str, Any]:
        """What it puts into a draft."""
        return {
            "template": self.key, "modes": self.modes, "default_km": self.default_km, "most_km": self.most_km,
            "activities": dict(self.activities),
        }  # fmt: skip


TEMPLATES: Final = (
    Template(
        key="race", name=Text(zh="赛事", en="Race"), icon="people", modes=("metro", "car", "hsr", "flight"),
        activities={"meals_mixed": "1", "clothes_tshirt": "1", "bottled_water_l": "0.5"},
    ),
    Template(
        key="meeting", name=Text(zh="会议", en="Meeting"), icon="books", modes=("metro", "car", "taxi", "hsr", "flight"),
        activities={"meals_mixed": "1", "bottled_water_l": "0.5"},
    ),
    Template(
        key="show", name=Text(zh="演出", en="Show"), icon="ticket", modes=("metro", "bus", "car", "taxi"),
        activities={"bottled_water_l": "0.5"},
    ),
    Template(
        key="fair", name=Text(zh="展会", en="Fair"), icon="layers", modes=("metro", "car", "coach", "hsr", "flight"),
        activities={"meals_mixed": "1"},
    ),
    Template(key="blank", name=Text(zh="空白", en="Blank"), icon="plus", modes=("metro", "bus", "car"), activities={}),
)  # fmt: skip
