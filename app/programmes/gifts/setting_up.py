"""A sponsor sets a campaign up, opens it, pauses it, ends it, and takes back what is left."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from tortoise.exceptions import IntegrityError

from app import scenarios
from app.foundation import audit, fonts, identity
from app.foundation.identity import Role
from app.gateways.database import Tx, again, constraint, fetch, transaction
from app.kernel.clock import beijing_day
from app.kernel.days import is_plausible
from app.kernel.graphemes import graphemes, has_controls, tidied
from app.kernel.ids import random_code, uuid7
from app.kernel.text import Text
from app.programmes.gifts.alerting import tell_ended
from app.programmes.gifts.ending import send_home
from app.programmes.gifts.errors import (
    AnotherOpen,
    CampaignOver,
    CampaignUnfit,
    CampaignUnknown,
    PoolEmpty,
    SceneNotOpen,
    SceneNotYours,
    SponsorUnverified,
)
from app.programmes.gifts.reading import find_campaign
from app.programmes.gifts.rules import (
    EACH_MOST_G,
    MESSAGE_MOST,
    AmountKind,
    Audience,
    Campaign,
    CampaignState,
    Delivery,
)
from app.registry import holdings
from app.registry.holdings import AccountKind
from app.scenarios import Phase as ScenePhase

GIVING: Final = (Role.SPONSOR, Role.OPERATOR)
"""Who may set up and run a campaign of their organisation."""
_NAME_MOST: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignDraft:
    """A campaign as its sponsor describes it."""

    amount: AmountKind
    each_g: int
    """1 to a thousand tonnes: at most, or exactly."""
    audience: Audience = Audience.EVERYONE
    delivers: Delivery = Delivery.RETIRE
    """Into accounts of people; not of cards, which hold their grams themselves."""
    most_people: int | None
    starts_at: datetime
    ends_at: datetime
    """Not included; after `starts_at`."""
    message: Text | None = None
    """At most 60 characters in each language."""


async def draft(
    scenario_id: UUID, asked: CampaignDraft, *, by: UUID, now: datetime, campaign_id: UUID | None = None
) -> UUID:
    """Write a campaign down for a scene of the sponsor's own, with an empty pool; nobody can collect of it yet.

    A `campaign_id` that the caller fixed before is there once: PostgreSQL refuses the second (`gift_campaign_pkey`).

    Raises:
        SceneNotYours: no such scene, or another organiser's.
        RoleMissing: `by` sets up nothing for this organiser, now.
        CampaignUnfit: the field is named.
        NotPrintable: the message has characters that no paper could show.
    """
    scene = (await scenarios.find_many([scenario_id], today=beijing_day(now))).get(scenario_id)
    if scene is None or scene.organisation_id is None:
        raise SceneNotYours
    await identity.demand_role(by, scene.organisation_id, *GIVING, field="/scene")
    asked = await _fit(asked)
    campaign_id = campaign_id or uuid7()
    name = Text(zh=f"{scene.title.zh} · 赠碳池"[:_NAME_MOST], en=f"{scene.title.en} · gift pool"[:_NAME_MOST])
    async with transaction() as tx:
        kind = "cards-" if asked.audience is Audience.CARDS else ""  # PostgreSQL keeps what such a pool promises
        slug = f"{kind}{scene.code.lower()}-{random_code(6).lower()}"
        pool = await holdings.open_named(AccountKind.POOL, slug, name, owner_id=scene.organisation_id, tx=tx)
        await fetch(
            "INSERT INTO gift_campaign (id, scenario_id, sponsor_id, account_id, state, audience, amount, each_g,"
            " most_people, starts_at, ends_at, message_zh, message_en, made_by_id, delivers, made_at)"
            " VALUES ($1, $2, $3, $4, 'draft', $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, clock_timestamp())",
            campaign_id, scene.id, scene.organisation_id, pool.id, asked.audience.value, asked.amount.value, asked.each_g,
            asked.most_people,
            asked.starts_at, asked.ends_at, asked.message.zh if asked.message else None,
            asked.message.en if asked.message else None, by, asked.delivers.value, tx=tx,
        )  # fmt: skip
    return campaign_id


async def edit(campaign_id: UUID, asked: CampaignDraft, *, by: UUID) -> None:
    """Change how much, how many, how long and what is said, also while it runs; whoever collected keeps what they have.

    What a gift means (`cover` or `fixed`) and where its grams go stay once it was opened.

    Raises:
        CampaignUnknown, RoleMissing, CampaignUnfit, NotPrintable: as `draft`.
        CampaignOver: it has ended.
    """
    asked = await _fit(asked)
    async with transaction() as tx:
        campaign = await locked(campaign_id, by=by, tx=tx)
        if campaign.state is CampaignState.ENDED:
            raise CampaignOver
        if asked.audience is not campaign.audience and (
            campaign.state is not CampaignState.DRAFT or Audience.CARDS in {asked.audience, campaign.audience}
        ):
            raise _unfit(
                "/audience",
                "开启后不能更改领取对象，礼品卡活动从草稿起不能更改",
                "for whom it is stays once the gift was opened, for cards from the draft on",
            )
        if campaign.state is not CampaignState.DRAFT and asked.amount is not campaign.amount:
            raise _unfit("/amount", "开启后不能更改赠碳方式", "what is given stays once the gift was opened")
        if campaign.state is not CampaignState.DRAFT and asked.delivers is not campaign.delivers:
            raise _unfit("/delivers", "开启后不能更改克数去向", "where the grams go stays once the gift was opened")
        await fetch(
            "UPDATE gift_campaign SET amount = $2, each_g = $3, most_people = $4, starts_at = $5, ends_at = $6,"
            " message_zh = $7, message_en = $8, audience = $9, delivers = $10 WHERE id = $1",
            campaign_id, asked.amount.value, asked.each_g, asked.most_people, asked.starts_at, asked.ends_at,
            asked.message.zh if asked.message else None, asked.message.en if asked.message else None, asked.audience.value,
            asked.delivers.value, tx=tx,
        )  # fmt: skip
        await audit.record(
            "gift.changed", str(campaign_id), before=_told(campaign), after=_told(await find_campaign(campaign_id, tx=tx)),
            by=by, tx=tx,
        )  # fmt: skip


async def open_(campaign_id: UUID, *, by: UUID, now: datetime) -> None:
    """Open it, or go on after a pause: from now on, within its window, whoever is in the scene may collect.

    Another one of the scene whose window is over is ended by this; one that still runs stands in the way.

    Raises:
        CampaignUnknown, RoleMissing: as `draft`.
        CampaignOver: it has ended, or its window has.
        SponsorUnverified, SceneNotOpen, PoolEmpty, AnotherOpen: what is missing first.
    """
    campaign, is_open = await find_campaign(campaign_id), False
    scene = (await scenarios.find_many([campaign.scenario_id], today=beijing_day(now)))[campaign.scenario_id]
    with suppress(scenarios.ScenarioUnknown):  # a draft opens to nobody
        is_open = (await scenarios.open_scene(scene.code, today=beijing_day(now))).phase is not ScenePhase.OVER
    card = (await identity.introduce([campaign.sponsor_id]))[campaign.sponsor_id]
    try:
        async with transaction() as tx:
            campaign = await locked(campaign_id, by=by, tx=tx)
            if campaign.state is CampaignState.ENDED or now >= campaign.ends_at:
                raise CampaignOver
            if not card.is_verified:
                raise SponsorUnverified
            if not is_open:
                raise SceneNotOpen
            if campaign.left_g == 0 and campaign.state is CampaignState.DRAFT:
                raise PoolEmpty
            await _end_those_over(campaign, by=by, now=now, tx=tx)
            await _step(campaign, CampaignState.OPEN, by=by, tx=tx)
    except IntegrityError as refusal:
        if constraint(refusal) == "gift_campaign_one_of_a_scene_key":
            raise AnotherOpen from refusal
        raise


async def pause(campaign_id: UUID, *, by: UUID) -> None:
    """Let nobody collect until it is opened again; who is collecting comes before it or after it.

    Raises:
        CampaignUnknown, RoleMissing: as `draft`.
        CampaignOver: it has ended.
    """
    async with transaction() as tx:
        campaign = await locked(campaign_id, by=by, tx=tx)
        if campaign.state is CampaignState.ENDED:
            raise CampaignOver
        if campaign.state is CampaignState.OPEN:
            await _step(campaign, CampaignState.PAUSED, by=by, tx=tx)


async def end(campaign_id: UUID, *, by: UUID) -> None:
    """End it for good; a repeat changes nothing. What is left stays in the pool, free to take back or to have refunded.

    Raises:
        CampaignUnknown, RoleMissing: as `draft`.
    """
    async with transaction() as tx:
        campaign = await locked(campaign_id, by=by, tx=tx)
        if campaign.state is CampaignState.DRAFT:
            raise CampaignUnknown
        if campaign.state is not CampaignState.ENDED:
            await _step(campaign, CampaignState.ENDED, by=by, tx=tx)


async def take_back(campaign_id: UUID, *, by: UUID) -> int:
    """Move what is left in the pool to the sponsor's holding; answers the grams, 0 where there are none.

    Raises:
        CampaignUnknown, RoleMissing: as `draft`.
    """

    async def use_case() -> int:
        async with transaction() as tx:
            return await send_home(await locked(campaign_id, by=by, tx=tx), actor=f"person:{by}", tx=tx)

    return await again(use_case)


async def locked(campaign_id: UUID, *, by: UUID, tx: Tx) -> Campaign:
    """The campaign, for somebody who runs it, with its pool locked: who is collecting comes before this or after it.

    Raises:
        CampaignUnknown, RoleMissing: `by` runs no such campaign.
    """
    await fetch("SELECT gifts.lock($1)", campaign_id, tx=tx)
    campaign = await find_campaign(campaign_id, tx=tx)
    await demand_power(campaign, by=by, tx=tx)
    return campaign


async def demand_power(campaign: Campaign, *, by: UUID, tx: Tx | None = None) -> None:
    """Refuse whoever does not run it.

    Raises:
        CampaignUnknown: they do not act for its sponsor.
        RoleMissing: they do, and give nothing away.
    """
    if not await identity.acts_for(by, campaign.sponsor_id, tx=tx):
        raise CampaignUnknown
    await identity.demand_role(by, campaign.sponsor_id, *GIVING, tx=tx)


async def _end_those_over(campaign: Campaign, *, by: UUID, now: datetime, tx: Tx) -> None:
    """Only one of a scene is open: what nobody can collect of any more does not keep the next one waiting."""
    rows = await fetch(
        "SELECT id FROM gift_campaign WHERE scenario_id = $1 AND id <> $2 AND state IN ('open', 'paused') AND ends_at <= $3",
        campaign.scenario_id, campaign.id, now, tx=tx,
    )  # fmt: skip
    for row in rows:
        await _step(await locked(row["id"], by=by, tx=tx), CampaignState.ENDED, by=by, tx=tx)


async def _step(campaign: Campaign, state: CampaignState, *, by: UUID, tx: Tx) -> None:
    await fetch("UPDATE gift_campaign SET state = $2 WHERE id = $1", campaign.id, state.value, tx=tx)
    await audit.record(
        f"gift.{state.value}", str(campaign.id), before={"state": campaign.state.value}, after={"state": state.value},
        by=by, tx=tx,
    )  # fmt: skip
    if state is CampaignState.ENDED:
        await tell_ended([campaign.id], tx=tx)


def _told(campaign: Campaign) -> dict[str, Any]:
    return {
        "audience": campaign.audience.value,
        "delivers": campaign.delivers.value,
        "amount": campaign.amount.value,
        "each_g": campaign.each_g,
        "most_people": campaign.most_people,
        "starts_at": campaign.starts_at.isoformat(),
        "ends_at": campaign.ends_at.isoformat(),
        "message": [campaign.message_zh, campaign.message_en],
    }


def _demand_window(asked: CampaignDraft) -> None:
    for field, instant in (("/starts_at", asked.starts_at), ("/ends_at", asked.ends_at)):
        if not is_plausible(instant):
            raise _unfit(field, "须在 1990 年至 2199 年之间", "must lie between 1990 and 2199")
    if asked.starts_at >= asked.ends_at:
        raise _unfit("/ends_at", "结束时间必须晚于开始时间", "it must end after it begins")


async def _fit(asked: CampaignDraft) -> CampaignDraft:
    if not 1 <= asked.each_g <= EACH_MOST_G:
        raise _unfit("/each_grams", "每人的克数应在 1 克到 1,000 吨之间", "each gets 1 g to 1,000 t")
    if asked.most_people is not None and not 1 <= asked.most_people <= 100_000_000:
        raise _unfit("/most_people", "人数上限应为 1 到 1 亿", "at least one person, at most 100 million")
    if asked.audience is Audience.CARDS and asked.amount is not AmountKind.COVER:
        raise _unfit(
            "/amount", "礼品卡按各自的碳足迹使用，请选“覆盖各自的碳足迹”", "a card covers what its holder emits"
        )
    if asked.audience is Audience.CARDS and asked.most_people is not None:
        raise _unfit("/most_people", "礼品卡不限人数，请留空", "cards say how many there are; leave this empty")
    if asked.audience is Audience.CARDS and asked.delivers is not Delivery.RETIRE:
        raise _unfit(
            "/delivers",
            "礼品卡自己存着克数，用时直接注销",
            "a card holds its grams itself; they are retired when it is used",
        )
    _demand_window(asked)
    if asked.message is None:
        return asked
    message = Text(zh=tidied(asked.message.zh), en=tidied(asked.message.en))
    for place, words in (("/message_zh", message.zh), ("/message_en", message.en)):
        if not words or len(graphemes(words)) > MESSAGE_MOST or len(words) > 120 or has_controls(words):
            raise _unfit(place, f"寄语中英文都要写，各不超过 {MESSAGE_MOST} 字",
                         f"the message has both languages, each of at most {MESSAGE_MOST} characters")  # fmt: skip
    await fonts.demand({"/message_zh": message.zh, "/message_en": message.en})
    return replace(asked, message=message)


def _unfit(field: str, zh: str, en: str) -> CampaignUnfit:
    return CampaignUnfit(field=field, problem_zh=zh, problem_en=en)
