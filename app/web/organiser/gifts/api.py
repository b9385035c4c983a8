"""JSON for organisers: giving to whoever comes to a scene of theirs."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post, put
from litestar.di import NamedDependency, Provide
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody

from app import scenarios
from app.foundation import fonts, identity
from app.kernel import ids
from app.programmes import gifts
from app.programmes.gifts.rules import EACH_MOST_G
from app.views import estimates
from app.views.errors import FieldsInvalid, RequestsTooMany
from app.views.giving.campaigns import (
    EXAMPLE,
    EXAMPLE_BATCH,
    BatchView,
    CampaignForm,
    CampaignView,
    as_list,
    batch_id,
    batch_view,
    campaign_id,
    view,
)
from app.views.services import Services
from app.web.kit.responses.answers import KEYED, ONCE, READ, SIGNED_IN, answers
from app.web.kit.responses.problems import documented
from app.web.kit.security import guards
from app.web.kit.security.idempotency import IdempotencyKey, answer_once
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services


class NewCampaignForm(CampaignForm, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same for a scene."""

    scene: Annotated[str, msgspec.Meta(min_length=6, max_length=8, examples=["H7QP3K"])]


class CampaignsView(msgspec.Struct, frozen=True, kw_only=True):
    """Campaigns, the newest first, at most a hundred."""

    campaigns: tuple[CampaignView, ...]


CHANGE = (guards.of_kind("operator", guards.KEY), limited("gift_change", 60, is_exact=True))
REFUSED = (
    *READ, *SIGNED_IN, RequestsTooMany, gifts.CampaignUnknown, identity.RoleMissing
)  # fmt: skip


@post(
    "/gift-campaigns",
    operation_id="draftGiftCampaign",
    summary="Set up a gift / 新建赠碳活动",
    guards=list(CHANGE),
    security=KEYED,
    responses=answers(
        EXAMPLE, *READ, *SIGNED_IN, *ONCE, RequestsTooMany, identity.RoleMissing, scenarios.ScenarioUnknown,
        gifts.SceneNotYours, gifts.CampaignUnfit, fonts.NotPrintable, status=201,
    ),
)  # fmt: skip
async def draft_campaign(
    request: Request[Any, Any, Any],
    data: JSONBody[NewCampaignForm],
    person_id: NamedDependency[UUID],
    services: NamedDependency[Services],
    idempotency_key: IdempotencyKey,
) -> Response[CampaignView]:
    """Nobody can collect of it before you open it. Its pool is an account of yours: buy into it, or transfer to it."""

    async def may() -> scenarios.Scene:
        try:
            scene = await scenarios.open_scene(data.scene, today=estimates.today())
        except scenarios.ScenarioUnknown:
            raise scenarios.ScenarioUnknown(field="/scene") from None
        if scene.organisation_id is None:
            raise gifts.SceneNotYours
        await identity.demand_role(person_id, scene.organisation_id, *gifts.GIVING, field="/scene")
        return scene

    async def make() -> CampaignView:
        scene = await may()
        id_ = await gifts.draft(scene.id, data.draft(), by=person_id, now=services.gateways.clock())
        return await shown(id_, services)

    return await answer_once(request, make, actor=person_id, key=idempotency_key, may=may)


@get(
    "/gift-campaigns",
    operation_id="listGiftCampaigns",
    summary="Your gifts / 本机构的赠碳活动",
    guards=[guards.of_kind("operator", guards.KEY)],
    security=KEYED,
    responses=answers(CampaignsView(campaigns=(EXAMPLE,)), *SIGNED_IN),
)
async def list_campaigns(person_id: NamedDependency[UUID], services: NamedDependency[Services]) -> CampaignsView:
    """Every gift of the organisations that you act for now."""
    own = await identity.own_organisations(person_id)
    found = await gifts.campaigns_of(sponsors=[card.id for card, _ in own])
    scenes = await scenarios.find_many([one.scenario_id for one in found], today=estimates.today())
    now = services.gateways.clock()
    return CampaignsView(campaigns=tuple(view(one, scenes[one.scenario_id], now) for one in found))


@get(
    "/gift-campaigns/{campaign:str}",
    operation_id="getGiftCampaign",
    summary="How a gift goes / 查询赠碳活动",
    guards=[guards.of_kind("operator", guards.KEY), limited("look", 240)],
    security=KEYED,
    responses=answers(EXAMPLE, FieldsInvalid, *SIGNED_IN, gifts.CampaignUnknown, RequestsTooMany),
)
async def get_campaign(
    campaign: FromPath[str], person_id: NamedDependency[UUID], services: NamedDependency[Services]
) -> CampaignView:
    """For whoever acts for its sponsor."""
    one = await own(campaign_id(campaign), person_id)
    return await shown(one.id, services)


@put(
    "/gift-campaigns/{campaign:str}",
    operation_id="editGiftCampaign",
    summary="Change a gift / 修改赠碳活动",
    guards=list(CHANGE),
    security=KEYED,
    responses=answers(EXAMPLE, *REFUSED, gifts.CampaignUnfit, gifts.CampaignOver, fonts.NotPrintable),
)
async def edit_campaign(
    campaign: FromPath[str],
    data: JSONBody[CampaignForm],
    person_id: NamedDependency[UUID],
    services: NamedDependency[Services],
) -> CampaignView:
    """Also while people collect: who has theirs keeps it. What is given (`amount`) stays once it was opened."""
    uuid = campaign_id(campaign)
    await gifts.edit(uuid, data.draft(), by=person_id)
    return await shown(uuid, services)


@post(
    "/gift-campaigns/{campaign:str}/open",
    operation_id="openGiftCampaign",
    summary="Open a gift / 开启赠碳",
    guards=list(CHANGE),
    security=KEYED,
    status_code=200,
    responses=answers(
        EXAMPLE, *REFUSED, gifts.CampaignOver, gifts.SponsorUnverified, gifts.SceneNotOpen, gifts.PoolEmpty,
        gifts.AnotherOpen,
    ),
)  # fmt: skip
async def open_campaign(
    campaign: FromPath[str], person_id: NamedDependency[UUID], services: NamedDependency[Services]
) -> CampaignView:
    """From now on, within its window, whoever is in the scene may collect; also after a pause."""
    uuid = campaign_id(campaign)
    await gifts.open_(uuid, by=person_id, now=services.gateways.clock())
    return await shown(uuid, services)


@post(
    "/gift-campaigns/{campaign:str}/pause",
    operation_id="pauseGiftCampaign",
    summary="Pause a gift / 暂停领取",
    guards=list(CHANGE),
    security=KEYED,
    status_code=200,
    responses=answers(EXAMPLE, *REFUSED, gifts.CampaignOver),
)
async def pause_campaign(
    campaign: FromPath[str], person_id: NamedDependency[UUID], services: NamedDependency[Services]
) -> CampaignView:
    """Nobody collects until you open it again."""
    uuid = campaign_id(campaign)
    await gifts.pause(uuid, by=person_id)
    return await shown(uuid, services)


@post(
    "/gift-campaigns/{campaign:str}/end",
    operation_id="endGiftCampaign",
    summary="End a gift / 结束赠碳",
    guards=list(CHANGE),
    security=KEYED,
    status_code=200,
    responses=answers(EXAMPLE, *REFUSED),
)
async def end_campaign(
    campaign: FromPath[str], person_id: NamedDependency[UUID], services: NamedDependency[Services]
) -> CampaignView:
    """For good. What is left stays in its account for some days: take it back, or give the order's line back for a refund. Then
    it goes to your holding by itself. At `ends_at` a gift ends without you.
    """
    uuid = campaign_id(campaign)
    await gifts.end(uuid, by=person_id)
    return await shown(uuid, services)


class CodesForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One-time codes or cards to be made."""

    count: Annotated[int, msgspec.Meta(ge=1, le=10_000, examples=[200])]
    label: Annotated[str, msgspec.Meta(min_length=1, max_length=40, examples=["志愿者"])]
    """For whom; you alone see it."""
    group: Annotated[str, msgspec.Meta(max_length=20, examples=["staff"])] | None = None
    """Of the scene's groups, for whoever brings one of them; left out: the scene's default group."""
    card_grams: Annotated[int, msgspec.Meta(ge=1, le=EACH_MOST_G, examples=[20_000])] | None = None
    """Of each card, where the gift is for cards; left out for one-time codes."""


class BatchesView(msgspec.Struct, frozen=True, kw_only=True):
    """The batches of a gift, the newest first."""

    batches: tuple[BatchView, ...]


@post(
    "/gift-campaigns/{campaign:str}/codes",
    operation_id="makeGiftCodes",
    summary="Make one-time codes / 生成领取码",
    guards=list(CHANGE),
    security=KEYED,
    responses=documented(*REFUSED, gifts.CampaignUnfit, gifts.CampaignOver, gifts.CardsUncovered, fonts.NotPrintable)
    | {201: ResponseSpec(bytes, description="The codes", media_type="text/csv", generate_examples=False)},
)  # fmt: skip
async def make_codes(
    campaign: FromPath[str],
    data: JSONBody[CodesForm],
    person_id: NamedDependency[UUID],
    services: NamedDependency[Services],
) -> Response[bytes]:
    """The codes as CSV, shown this once and kept as keyed hashes only. Did the file not arrive whole: void its batch, whose id
    stands in the header `gift-batch` and in the list, and make another; so this takes no key.
    """
    uuid = campaign_id(campaign)
    made = await gifts.make_codes(
        uuid,
        data.count,
        data.label,
        by=person_id,
        keyring=services.keyring,
        group_code=data.group,
        card_g=data.card_grams,
    )
    one = await gifts.find_campaign(uuid)
    scene = (await scenarios.find_many([one.scenario_id], today=estimates.today()))[one.scenario_id]
    return Response(
        as_list(made.codes, f"{services.issuer.public_url}/s/{scene.code}", is_cards=data.card_grams is not None),
        status_code=201,
        media_type="text/csv",
        headers={
            "content-disposition": f'attachment; filename="codes-{scene.code}.csv"',
            "cache-control": "no-store",
            "gift-batch": ids.public("gcb", made.id),
        },
    )


@get(
    "/gift-campaigns/{campaign:str}/codes",
    operation_id="listGiftCodes",
    summary="Batches of codes / 领取码批次",
    guards=[guards.of_kind("operator", guards.KEY), limited("look", 240)],
    security=KEYED,
    responses=answers(
        BatchesView(batches=(EXAMPLE_BATCH,)), FieldsInvalid, *SIGNED_IN, gifts.CampaignUnknown, RequestsTooMany
    ),
)
async def list_codes(campaign: FromPath[str], person_id: NamedDependency[UUID]) -> BatchesView:
    """How many of each were used."""
    one = await gifts.find_campaign(campaign_id(campaign))
    if not await identity.acts_for(person_id, one.sponsor_id):
        raise gifts.CampaignUnknown
    return BatchesView(batches=tuple(batch_view(each) for each in await gifts.batches_of([one.id])))


@post(
    "/gift-codes/{batch:str}/void",
    operation_id="voidGiftCodes",
    summary="Void a batch of codes / 作废领取码",
    guards=list(CHANGE),
    security=KEYED,
    status_code=200,
    responses=answers(
        msgspec.structs.replace(EXAMPLE_BATCH, is_void=True),
        *READ, *SIGNED_IN, RequestsTooMany, identity.RoleMissing, gifts.BatchUnknown,
    ),
)  # fmt: skip
async def void_codes(batch: FromPath[str], person_id: NamedDependency[UUID]) -> BatchView:
    """None of its codes opens anything any more; what was collected with one stands."""
    try:
        return batch_view(await gifts.void_codes(batch_id(batch), by=person_id))
    except gifts.CampaignUnknown:
        raise gifts.BatchUnknown from None


async def own(campaign_id: UUID, person_id: UUID) -> gifts.Campaign:
    """A campaign for whoever acts for its sponsor.

    Raises:
        CampaignUnknown: there is none, or they do not.
    """
    one = await gifts.find_campaign(campaign_id)
    if not await identity.acts_for(person_id, one.sponsor_id):
        raise gifts.CampaignUnknown
    return one


async def shown(id_: UUID, services: Services) -> CampaignView:
    """How a campaign is now."""
    one = await gifts.find_campaign(id_)
    scene = (await scenarios.find_many([one.scenario_id], today=estimates.today()))[one.scenario_id]
    return view(one, scene, services.gateways.clock())


routes = Router(
    "/api/v1",
    route_handlers=[
        draft_campaign, list_campaigns, get_campaign, edit_campaign, open_campaign, pause_campaign, end_campaign,
        make_codes, list_codes, void_codes,
    ],
    dependencies={"services": Provide(provide_services)},
    tags=["gifts"],
)  # fmt: skip
