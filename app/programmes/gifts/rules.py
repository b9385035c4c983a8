"""Words of gifts, and how much one person gets. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.kernel.text import Text

OFFER_LASTS: Final = timedelta(days=7)
"""How long somebody may take what another person offered; then the grams are the giver's again."""
OFFERS_MOST: Final = 20
"""Codes of one person that stand at once."""
EACH_MOST_G: Final = 1_000_000_000
"""A thousand tonnes: more is no gift to one person."""
MESSAGE_MOST: Final = 60
"""Characters of the sponsor's message, in each language."""
LOW_PERCENT: Final = 20
"""So much of what ever went into a pool, or less, is little."""
RATE_MINUTES: Final = 5
"""Whole minutes from which a forecast is made."""


class CampaignState(StrEnum):
    """Where a campaign is: it goes one way, but for pauses."""

    DRAFT = "draft"
    OPEN = "open"
    PAUSED = "paused"
    ENDED = "ended"


class AmountKind(StrEnum):
    """What `each_g` means."""

    COVER = "cover"
    """Each gets what covers their figure, up to so many grams."""
    FIXED = "fixed"
    """Each gets so many grams, whatever they emitted."""


class Audience(StrEnum):
    """Who may collect."""

    EVERYONE = "everyone"
    """Whoever is in the scene."""
    CODES = "codes"
    """Whoever brings a one-time code: people on a list, staff."""
    CARDS = "cards"
    """Whoever has a card of grams, bit by bit."""


class Delivery(StrEnum):
    """Where the grams go that somebody collects."""

    RETIRE = "retire"
    """They are retired for whoever collects, at once."""
    ACCOUNT = "account"
    """Into the receiver's own account, from which they retire when they like."""


class CardState(StrEnum):
    """How far a card is; it goes one way."""

    ISSUED = "issued"
    BOUND = "bound"
    PART_USED = "part_used"
    USED = "used"
    EXPIRED = "expired"
    """Its campaign ended before it was used up."""
    KILLED = "killed"
    """Its sponsor ended it."""


class CardEventKind(StrEnum):
    """What a line of a card's history tells."""

    ISSUED = "issued"
    BOUND = "bound"
    USED = "used"
    GIVEN = "given"
    """Another person took a part of it, as a card of their own."""
    EXPIRED = "expired"
    KILLED = "killed"


class Outcome(StrEnum):
    """What came of a try to collect."""

    COLLECTED = "collected"
    ALREADY = "already"
    """They have it from before, which may have been a moment ago in another window."""
    SOLD_OUT = "sold_out"
    """The pool has less than they would take, or as many people as were invited have come."""
    PAUSED = "paused"
    AHEAD = "ahead"
    OVER = "over"
    DRAFT = "draft"
    CODE_NEEDED = "code_needed"
    CODE_UNKNOWN = "code_unknown"
    CODE_USED = "code_used"
    CODE_DECLINED = "code_declined"
    CODE_PASSED_ON = "code_passed_on"
    CODE_PASSED_ONCE = "code_passed_once"
    """It came from somebody who passed it on already; only ever of passing on."""
    CARD_TAKEN = "card_taken"
    """Somebody else was the first."""
    CARD_EMPTY = "card_empty"
    CARD_KILLED = "card_killed"
    GONE = "gone"
    """There is no such person any more; never said by PostgreSQL, which refuses."""


class Phase(StrEnum):
    """How a campaign meets a reader now."""

    DRAFT = "draft"
    AHEAD = "ahead"
    OPEN = "open"
    PAUSED = "paused"
    OVER = "over"


class Level(StrEnum):
    """How full a pool is, from full to empty."""

    ENOUGH = "enough"
    LOW = "low"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Logo:
    """A sponsor's logo: the digest of the PNG that we drew of it, and its size in pixels."""

    sha256: bytes
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WithLogo:
    """The columns of a campaign that say its logo: all of them, or none."""

    logo_sha256: bytes | None = None
    logo_width: int | None = None
    logo_height: int | None = None

    @property
    def logo(self) -> Logo | None:
        """The sponsor's; None: there is none."""
        if self.logo_sha256 is None or self.logo_width is None or self.logo_height is None:
            return None
        return Logo(self.logo_sha256, self.logo_width, self.logo_height)


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign(WithLogo):
    """A campaign (赠碳活动) and how far it is."""

    id: UUID
    scenario_id: UUID
    sponsor_id: UUID
    account_id: UUID
    """Its pool: an account of the sponsor's."""
    holder: str
    """The pool's name in the books."""
    state: CampaignState
    audience: Audience
    delivers: Delivery = Delivery.RETIRE
    amount: AmountKind
    each_g: int
    most_people: int | None
    starts_at: datetime
    ends_at: datetime
    """Not included."""
    ended_at: datetime | None = None
    returned_at: datetime | None = None
    """When what was left went to the sponsor's holding by itself; None: it has not."""
    message_zh: str | None
    message_en: str | None
    collected_g: int
    people: int
    left_g: int
    """What the pool has now."""
    promised_g: int = 0
    """What of it the live cards still have."""

    @property
    def message(self) -> Text | None:
        """What the sponsor says to whoever collects."""
        return Text(zh=self.message_zh, en=self.message_en) if self.message_zh and self.message_en else None

    @property
    def is_full(self) -> bool:
        """Whether as many have come as were invited."""
        return self.most_people is not None and self.people >= self.most_people

    @property
    def level(self) -> Level:
        """How full its pool is: of what was collected and what is left, so what was taken back does not count."""
        if self.left_g == 0 or (self.amount is AmountKind.FIXED and self.left_g < self.each_g):
            return Level.EMPTY
        is_low = self.left_g * 100 <= LOW_PERCENT * (self.left_g + self.collected_g)
        return Level.LOW if is_low else Level.ENOUGH

    def phase(self, now: datetime) -> Phase:
        """Where it is at this instant; a paused one is paused also before it begins."""
        if self.state is CampaignState.ENDED or now >= self.ends_at:
            return Phase.OVER
        if self.state is CampaignState.OPEN:
            return Phase.AHEAD if now < self.starts_at else Phase.OPEN
        return Phase(self.state.value)

    def offers_g(self, figure_g: int) -> int:
        """Grams that somebody would get now for a figure: 0 where there are none, or nothing to cover."""
        if self.is_full:
            return 0
        return min(wanted_g(self.amount, self.each_g, figure_g), self.left_g)


def wanted_g(amount: AmountKind, each_g: int, figure_g: int) -> int:
    """Grams that a gift gives for a figure where the pool has enough."""
    return each_g if amount is AmountKind.FIXED else min(each_g, figure_g)


def rises(before: Level, after: Level) -> bool:
    """Whether a pool was filled up between two looks: what it falls to afterwards is told anew."""
    order = (Level.EMPTY, Level.LOW, Level.ENOUGH)
    return order.index(after) > order.index(before)


def minutes_left(left_g: int, recent_g: int) -> int | None:
    """When a pool is empty if it goes on like in the last `RATE_MINUTES`, rounded up; None where nobody came."""
    return -(-left_g * RATE_MINUTES // recent_g) if left_g and recent_g else None


def told_text(kind: str, title: Text, *, left: str, people: int, minutes: int | None) -> Text:
    """One line for people; `left` is a mass as it is written."""
    match kind:
        case "gift.pool_low":
            soon_zh = f"，照最近的速度约 {minutes} 分钟后领完" if minutes is not None else ""
            soon_en = f"; at this rate it is empty in about {minutes} min" if minutes is not None else ""
            return Text(
                zh=f"点点：{title.zh} 的赠碳不多了，还剩 {left}，已有 {people} 人领取{soon_zh}。",
                en=f"Diandian: the gift at {title.en} runs low, {left} left, {people} people collected{soon_en}.",
            )
        case "gift.pool_empty":
            return Text(
                zh=f"点点：{title.zh} 的赠碳已领完（剩 {left}），共 {people} 人领取。补充后可继续领取。",
                en=f"Diandian: the gift at {title.en} is used up ({left} left), {people} people collected."
                " Add to the pool to go on.",
            )
        case _:
            return Text(
                zh=f"点点：{title.zh} 的赠碳活动已结束，共 {people} 人领取，还剩 {left}。",
                en=f"Diandian: the gift at {title.en} has ended, {people} people collected, {left} left.",
            )
