"""A campaign of gifts as its sponsor sees it: what is asked for, how far it is, and its results as a sheet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

import msgspec

from app import scenarios
from app.kernel import ids, mass
from app.kernel.clock import rfc3339, utc_now
from app.kernel.text import Language, Text
from app.programmes import gifts
from app.programmes.gifts import AmountKind, Audience, Batch, Campaign, CampaignDraft, Delivery, Minute, Phase
from app.programmes.gifts.rules import EACH_MOST_G
from app.views import sheets
from app.views.claim_json import OrganisationId
from app.views.giving import logos
from app.views.giving.logos import LogoView

ROWS_MOST: Final = 20_000
"""Of an export; the newest of more."""


class CampaignForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A gift to whoever comes to a scene of yours."""

    audience: Audience = Audience.EVERYONE
    """`codes`: for whoever brings a one-time code that you made; stays once the gift was opened.
    `cards`: for whoever has a card of grams; from the draft on."""
    delivers: Delivery = Delivery.RETIRE
    """`retire`: for whoever collects, at once; `account`: into their own account, from which they retire when they like.
    Not with `cards`; stays once the gift was opened."""
    amount: AmountKind
    """`cover`: what covers each one's figure, at most `each_grams`; `fixed`: exactly so many."""
    each_grams: Annotated[int, msgspec.Meta(ge=1, le=EACH_MOST_G, examples=[20_000])]
    most_people: Annotated[int, msgspec.Meta(ge=1, le=100_000_000, examples=[2400])] | None = None
    """Left out: as long as the pool reaches."""
    starts_at: Annotated[datetime, msgspec.Meta(tz=True)]
    ends_at: Annotated[datetime, msgspec.Meta(tz=True)]
    """Not included."""
    message_zh: Annotated[str, msgspec.Meta(max_length=120, examples=["谢谢你来"])] | None = None
    message_en: Annotated[str, msgspec.Meta(max_length=120, examples=["Thank you for coming"])] | None = None
    """Both, or neither."""

    def draft(self) -> CampaignDraft:
        """As the room takes it; a message in one language alone is refused there by name."""
        message = None
        if self.message_zh or self.message_en:
            message = Text(zh=self.message_zh or "", en=self.message_en or "")
        return CampaignDraft(
            audience=self.audience, delivers=self.delivers, amount=self.amount, each_g=self.each_grams,
            most_people=self.most_people,
            starts_at=self.starts_at, ends_at=self.ends_at, message=message,
        )  # fmt: skip


class CampaignView(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign and how far it is."""

    id: Annotated[str, msgspec.Meta(examples=["gca_01JD8Q9T5K3V2M7N4P6R8S0W1X"])]
    scene: Annotated[str, msgspec.Meta(examples=["H7QP3K"])]
    sponsor: OrganisationId
    phase: Phase
    audience: Audience
    delivers: Delivery
    amount: AmountKind
    each_grams: int
    most_people: int | None
    starts_at: str
    ends_at: str
    ended_at: str | None
    """By itself at `ends_at`, or before; null: it has not."""
    returned_at: str | None
    """When what was left went to your holding by itself, days after the end; null: it has not."""
    message_zh: str | None
    message_en: str | None
    logo: LogoView | None
    """Null: there is none. By `PUT …/logo`."""
    account: Annotated[str, msgspec.Meta(examples=["acc_01JD8Q9T5K3V2M7N4P6R8S0W1X"])]
    """The pool: buy into it, or transfer to it, like into any account of yours."""
    people: int
    collected_grams: int
    collected_text: str
    left_grams: int
    left_text: str
    promised_grams: int
    """What of it the live gift cards still have: it does not leave the pool."""


EXAMPLE: Final = CampaignView(
    id="gca_01JD8Q9T5K3V2M7N4P6R8S0W1X", scene="H7QP3K", sponsor="org_01JD8Q9T5K3V2M7N4P6R8S0W1X",
    phase=Phase.OPEN, audience=Audience.EVERYONE,
    delivers=Delivery.RETIRE, amount=AmountKind.COVER, each_grams=20_000, most_people=2400,
    starts_at="2026-11-29T09:00:00+08:00", ends_at="2026-11-29T23:59:00+08:00", ended_at=None, returned_at=None,
    message_zh="谢谢你来", message_en="Thank you for coming", logo=logos.EXAMPLE,
    account="acc_01JD8Q9T5K3V2M7N4P6R8S0W1X", people=1300, collected_grams=16_120_000, collected_text="16.12 t",
    left_grams=3_880_000, left_text="3.88 t", promised_grams=0,
)  # fmt: skip


def campaign_id(shown: str) -> UUID:
    """The campaign behind `gca_…`.

    Raises:
        CampaignUnknown: it is no such id at all.
    """
    uuid = ids.parse("gca", shown)
    if uuid is None:
        raise gifts.CampaignUnknown
    return uuid


def view(one: Campaign, scene: scenarios.Scene, now: datetime) -> CampaignView:
    """As JSON tells it."""
    return CampaignView(
        id=ids.public("gca", one.id),
        scene=scene.code,
        sponsor=ids.public("org", one.sponsor_id),
        phase=one.phase(now),
        audience=one.audience,
        delivers=one.delivers,
        amount=one.amount,
        each_grams=one.each_g,
        most_people=one.most_people,
        starts_at=rfc3339(one.starts_at),
        ends_at=rfc3339(one.ends_at),
        ended_at=rfc3339(one.ended_at) if one.ended_at else None,
        returned_at=rfc3339(one.returned_at) if one.returned_at else None,
        message_zh=one.message_zh,
        message_en=one.message_en,
        logo=logos.view(one.logo),
        account=ids.public("acc", one.account_id),
        people=one.people,
        collected_grams=one.collected_g,
        collected_text=mass.text(one.collected_g),
        left_grams=one.left_g,
        left_text=mass.text(one.left_g),
        promised_grams=one.promised_g,
    )


class BatchView(msgspec.Struct, frozen=True, kw_only=True):
    """A batch of one-time codes or cards, and how much of it was used. The codes themselves nobody can read any more."""

    id: Annotated[str, msgspec.Meta(examples=["gcb_01JD8Q9T5K3V2M7N4P6R8S0W1X"])]
    label: Annotated[str, msgspec.Meta(examples=["志愿者"])]
    group: Annotated[str, msgspec.Meta(examples=["staff"])] | None
    """Whoever brings one of its codes is of this group of the scene; null: of the scene's default group."""
    size: int
    used: int
    """Collected with; of cards: used up."""
    declined: int
    passed_on: int
    card_grams: int | None
    """Of each card; null: one-time codes."""
    bound: int
    """Cards that are somebody's and have grams."""
    left_grams: int
    """What its live cards still have."""
    given_on: int = 0
    """Cards that one person gave another out of theirs; not in `size`."""
    made_at: str
    is_void: bool


EXAMPLE_BATCH: Final = BatchView(
    id="gcb_01JD8Q9T5K3V2M7N4P6R8S0W1X",
    label="志愿者",
    group="staff",
    size=200,
    used=41,
    declined=3,
    passed_on=5,
    card_grams=None,
    bound=0,
    left_grams=0,
    made_at="2026-11-29T09:00:00+08:00",
    is_void=False,
)


def batch_view(one: Batch) -> BatchView:
    """As JSON tells it."""
    return BatchView(
        id=ids.public("gcb", one.id), label=one.label, group=one.group_code, size=one.size, used=one.used,
        declined=one.declined, passed_on=one.passed_on, card_grams=one.card_g, bound=one.bound, left_grams=one.left_g,
        given_on=one.given_on, made_at=rfc3339(one.made_at), is_void=one.voided_at is not None,
    )  # fmt: skip


def batch_id(shown: str) -> UUID:
    """The batch behind `gcb_…`.

    Raises:
        BatchUnknown: it is no such id at all.
    """
    uuid = ids.parse("gcb", shown)
    if uuid is None:
        raise gifts.BatchUnknown
    return uuid


def as_list(codes: Sequence[str], scene_url: str, *, is_cards: bool = False) -> bytes:
    """Codes as CSV for printing: number, code, and the address that brings it along. Read by spreadsheets as UTF-8."""
    field = "card" if is_cards else "gift_code"
    lines = [f"{no},{code},{scene_url}?{field}={code.replace('-', '')}" for no, code in enumerate(codes, start=1)]
    return ("\ufeffno,code,url\r\n" + "\r\n".join(lines) + "\r\n").encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """When the pool will be empty at the present rate."""

    at: datetime
    per_minute: int


def forecast(one: Campaign, minutes: list[Minute], now: datetime) -> Forecast | None:
    """From the last five whole minutes; None where nobody came in them, or the pool outlasts the campaign."""
    recent = [each for each in minutes if now - timedelta(minutes=6) < each.at <= now - timedelta(minutes=1)]
    grams, people = sum(each.mass_g for each in recent), sum(each.people for each in recent)
    if not grams or not one.left_g:
        return None
    at = now + timedelta(minutes=5) * (one.left_g / grams)
    return Forecast(at=at, per_minute=max(1, people // 5)) if at < one.ends_at else None


_HEADS: Final = (
    Text(zh="序号", en="No."),
    Text(zh="领取时间（北京）", en="Collected at (Beijing)"),
    Text(zh="赠予克数", en="Grams given"),
    Text(zh="排放克数", en="Emission in grams"),
    Text(zh="已写姓名", en="Named"),
    Text(zh="领取编号", en="Gift"),
)
_YES: Final = (Text(zh="否", en="no"), Text(zh="是", en="yes"))


async def as_sheet(one: Campaign, scene: scenarios.Scene, language: Language) -> bytes:
    """Its results as XLSX: what it is, and a row for each collection, the newest first; nobody's name is in it.

    Every text is written as text, so a spreadsheet computes nothing of it, whatever a title begins with.
    """
    facts = (
        (Text(zh="场景", en="Scene"), scene.title.in_(language)),
        (Text(zh="场景码", en="Code"), scene.code),
        (Text(zh="领取人数", en="People"), one.people),
        (Text(zh="送出克数", en="Grams given"), one.collected_g),
        (Text(zh="剩余克数", en="Grams left"), one.left_g),
        (Text(zh="导出时间（北京）", en="Exported at (Beijing)"), sheets.beijing(utc_now())),
    )
    about = [(label.in_(language), value) for label, value in facts]
    rows = [
        (each.no, sheets.beijing(each.collected_at), each.mass_g, each.emission_g, _YES[each.has_name].in_(language),
         ids.public("gft", each.id))
        for each in await gifts.latest(one.id, limit=ROWS_MOST)
    ]  # fmt: skip
    heads = tuple(head.in_(language) for head in _HEADS)
    return await sheets.written({"说明 About": about, "领取 Collections": [heads, *rows]})
