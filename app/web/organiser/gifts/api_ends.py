"""JSON for organisers: what is left of a gift, taken back; its cards, ended; and how each of them goes."""

from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from app.foundation import identity
from app.programmes import gifts
from app.views.errors import FieldsInvalid, RequestsTooMany
from app.views.giving import cards
from app.views.giving.campaigns import batch_id, campaign_id
from app.views.giving.cards import EXAMPLE as EXAMPLE_CARD
from app.views.giving.cards import CardView
from app.web.kit.requests import language
from app.web.kit.responses.answers import KEYED, ONCE, SIGNED_IN, answers
from app.web.kit.security import guards
from app.web.kit.security.idempotency import IdempotencyKey, answer_once
from app.web.kit.security.limits import limited
from app.web.organiser.gifts.api import CHANGE, REFUSED, own

_PAGE: Final = 100


class TakenBack(msgspec.Struct, frozen=True, kw_only=True):
    """What went to the sponsor's holding."""

    grams: int


@post(
    "/gift-campaigns/{campaign:str}/take-back",
    operation_id="takeGiftBack",
    summary="Take back what is left / 收回剩余赠碳",
    guards=list(CHANGE),
    security=KEYED,
    status_code=200,
    responses=answers(TakenBack(grams=3_880_000), *REFUSED, *ONCE),
)
async def take_back(
    request: Request[Any, Any, Any],
    campaign: FromPath[str],
    person_id: NamedDependency[UUID],
    idempotency_key: IdempotencyKey,
) -> Response[TakenBack]:
    """Everything that nobody collected goes to your organisation's holding."""
    uuid = campaign_id(campaign)

    async def take() -> TakenBack:
        return TakenBack(grams=await gifts.take_back(uuid, by=person_id))

    async def may() -> None:
        one = await own(uuid, person_id)
        await identity.demand_role(person_id, one.sponsor_id, *gifts.GIVING)

    return await answer_once(request, take, actor=person_id, key=idempotency_key, status=200, may=may)


class CardsKilled(msgspec.Struct, frozen=True, kw_only=True):
    """What the ended cards had left; it is free in the pool."""

    grams: int


@post(
    "/gift-campaigns/{campaign:str}/cards/kill",
    operation_id="killGiftCards",
    summary="End every card / 作废全部礼品卡",
    guards=list(CHANGE),
    security=KEYED,
    status_code=200,
    responses=answers(CardsKilled(grams=1_240_000), *REFUSED),
)
async def kill_cards(campaign: FromPath[str], person_id: NamedDependency[UUID]) -> CardsKilled:
    """Also what is left of those used in part; what was used stands. For whoever wants the rest refunded or taken back."""
    return CardsKilled(grams=await gifts.kill_cards(campaign_id(campaign), by=person_id))


class CardsView(msgspec.Struct, frozen=True, kw_only=True):
    """Cards of a batch in the order of their numbers, at most a hundred; nobody's name is in it."""

    cards: tuple[CardView, ...]


@get(
    "/gift-codes/{batch:str}/cards",
    operation_id="listCardsOfBatch",
    summary="The cards of a batch / 批次内的礼品卡",
    guards=[guards.of_kind("operator", guards.KEY), limited("look", 240)],
    security=KEYED,
    responses=answers(CardsView(cards=(EXAMPLE_CARD,)), FieldsInvalid, *SIGNED_IN, gifts.BatchUnknown, RequestsTooMany),
)
async def list_cards(
    request: Request[Any, Any, Any],
    batch: FromPath[str],
    person_id: NamedDependency[UUID],
    after: Annotated[
        int, QueryParameter(name="after", ge=0, le=10_000, description="Number of the last card before")
    ] = 0,
) -> CardsView:
    """State, what is left and the history of each, from the one after number `after` on."""
    try:
        found = await gifts.cards_in(batch_id(batch), by_person=person_id, after=after, limit=_PAGE)
    except gifts.CampaignUnknown:
        raise gifts.BatchUnknown from None
    return CardsView(cards=tuple(await cards.views(found, language.of(request.scope), is_holder=False)))


routes = Router("/api/v1", route_handlers=[take_back, kill_cards, list_cards], tags=["gifts"])
