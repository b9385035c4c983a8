"""JSON for whoever gives grams of their account or card to another person, and for whoever holds the code."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from app.programmes import gifts
from app.programmes.gifts import GivenOn
from app.programmes.gifts.rules import EACH_MOST_G
from app.views.errors import FieldsInvalid, RequestsTooMany
from app.views.giving import cards, held, offers
from app.views.giving.collecting import gift_id
from app.views.giving.held import HeldView
from app.views.giving.offers import OfferView
from app.views.services import Services
from app.web.kit.requests import language
from app.web.kit.responses.answers import BEARER, READ, SIGNED_IN, answers
from app.web.kit.security import guards
from app.web.kit.security.idempotency import IdempotencyKey
from app.web.kit.security.limits import limited
from app.web.kit.security.scanning import GIFT_CODES
from app.web.kit.services import provide_services


class OfferForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Grams of a gift in your account or of a card of yours, for another person."""

    grams: Annotated[int, msgspec.Meta(ge=1, le=EACH_MOST_G, examples=[5_000])]


class TakeForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The code that somebody gave you."""

    gift_code: Annotated[str, msgspec.Meta(min_length=1, max_length=60, examples=["7K3M-9QFX-2R8T-4W6Y-0Z1A"])]


class OffersView(msgspec.Struct, frozen=True, kw_only=True):
    """What you offered: what stands first, then the newest; at most a hundred."""

    offers: tuple[OfferView, ...]


@get(
    "/me/gift-offers",
    operation_id="listGiftOffers",
    summary="What you gave on / 我的转赠",
    guards=[guards.signed_in, limited("look", 240)],
    security=BEARER,
    responses=answers(OffersView(offers=(offers.EXAMPLE,)), *SIGNED_IN, RequestsTooMany),
)
async def list_offers(
    request: Request[Any, Any, Any], person_id: NamedDependency[UUID], services: NamedDependency[Services]
) -> Response[OffersView]:
    """Each with its code, as long as it stands."""
    found = await _views(await gifts.offers_of(person_id), request, services)
    return Response(OffersView(offers=tuple(found)), headers={"cache-control": "no-store"})


@post(
    "/gifts/{gift:str}/offers",
    operation_id="offerHeldGift",
    summary="Give grams to another person / 转赠账户里的克数",
    guards=[guards.signed_in, limited("give_on", 30, is_exact=True)],
    security=BEARER,
    responses=answers(
        offers.EXAMPLE, *READ, *SIGNED_IN, RequestsTooMany, gifts.CollectionUnknown, gifts.GiftComing, gifts.GiftHasLess,
        gifts.GiverMinor, gifts.OffersTooMany, gifts.UseKeyTaken, status=201,
    ),
)  # fmt: skip
async def offer(
    request: Request[Any, Any, Any],
    gift: FromPath[str],
    data: JSONBody[OfferForm],
    key: IdempotencyKey,
    person_id: NamedDependency[UUID],
    services: NamedDependency[Services],
) -> Response[OfferView]:
    """A code of one use. No gram moves until it is taken; asked again with the same key nothing is promised twice."""
    made = await gifts.offer(gift_id(gift), data.grams, by=person_id, key=key, keyring=services.keyring)
    return await _one(made, request, person_id, services, status=201)


@post(
    "/cards/{card:str}/offers",
    operation_id="offerGiftCard",
    summary="Give grams of a card to another person / 转赠礼品卡的克数",
    guards=[guards.signed_in, limited("give_on", 30, is_exact=True)],
    security=BEARER,
    responses=answers(
        offers.CARD_EXAMPLE, *READ, *SIGNED_IN, RequestsTooMany, gifts.CardUnknown, gifts.CardGivenOnce, gifts.CardKilled,
        gifts.GiftOver, gifts.GiftHasLess, gifts.GiverMinor, gifts.OffersTooMany, gifts.UseKeyTaken, status=201,
    ),
)  # fmt: skip
async def offer_card(
    request: Request[Any, Any, Any],
    card: FromPath[str],
    data: JSONBody[OfferForm],
    key: IdempotencyKey,
    person_id: NamedDependency[UUID],
    services: NamedDependency[Services],
) -> Response[OfferView]:
    """A code of one use. Whoever brings it where cards are has a card of their own, and yours has that much less; until then
    nothing moves. Asked again with the same key nothing is promised twice."""
    made = await gifts.offer_card(cards.card_id(card), data.grams, by=person_id, key=key, keyring=services.keyring)
    return await _one(made, request, person_id, services, status=201)


@post(
    "/me/gift-offers/{offer:str}/take-back",
    operation_id="takeGiftOfferBack",
    summary="Take an offer back / 收回转赠",
    guards=[guards.signed_in, limited("give_on", 30, is_exact=True)],
    security=BEARER,
    status_code=200,
    responses=answers(
        offers.EXAMPLE, FieldsInvalid, *SIGNED_IN, RequestsTooMany, gifts.OfferUnknown, gifts.OfferTaken
    ),
)  # fmt: skip
async def take_back(
    request: Request[Any, Any, Any],
    offer: FromPath[str],
    person_id: NamedDependency[UUID],
    services: NamedDependency[Services],
) -> Response[OfferView]:
    """As long as nobody took it. A repeat changes nothing."""
    await gifts.take_offer_back(offers.offer_id(offer), by=person_id)
    return await _one(offers.offer_id(offer), request, person_id, services, status=200)


@post(
    "/gift-offers/take",
    operation_id="takeGiftOffer",
    summary="Accept grams from another person / 收下转赠",
    guards=[guards.signed_in, limited("take_gift", 30, is_exact=True), GIFT_CODES.guard],
    security=BEARER,
    status_code=200,
    responses=answers(
        held.EXAMPLE, *READ, *SIGNED_IN, RequestsTooMany, gifts.CodeUnknown, gifts.CodeUsed, gifts.OfferEnded,
        gifts.OwnOffer, gifts.OfferOfCard,
    ),
)  # fmt: skip
async def take(
    request: Request[Any, Any, Any],
    data: JSONBody[TakeForm],
    person_id: NamedDependency[UUID],
    services: NamedDependency[Services],
) -> HeldView:
    """The grams go into your account, once; the same code again by you answers the same. One of a card goes to `/cards`."""
    taking = gifts.take(data.gift_code, by=person_id, keyring=services.keyring)
    taken = await GIFT_CODES.found(taking, request, unknown=gifts.CodeUnknown)
    own = await gifts.held_by(person_id, held_id=taken)
    return (await held.views(own, language.of(request.scope)))[0]


async def _one(
    offer_id: UUID, request: Request[Any, Any, Any], person_id: UUID, services: Services, *, status: int
) -> Response[OfferView]:
    (told,) = await _views([await gifts.find_offer(offer_id, by=person_id)], request, services)
    return Response(told, status_code=status, headers={"cache-control": "no-store"})


async def _views(found: list[GivenOn], request: Request[Any, Any, Any], services: Services) -> list[OfferView]:
    return await offers.views(found, language.of(request.scope), services, own=True)


routes = Router(
    "/api/v1",
    route_handlers=[list_offers, offer, offer_card, take_back, take],
    dependencies={"services": Provide(provide_services)},
    tags=["gifts"],
)
