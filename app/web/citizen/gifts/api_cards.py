"""JSON for whoever holds gift cards: whose they are, what they have left, and every line of their history."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody

from app.programmes import gifts
from app.views.errors import RequestsTooMany
from app.views.giving import cards
from app.views.giving.cards import EXAMPLE, CardView
from app.views.services import Services
from app.web.kit.requests import language
from app.web.kit.responses.answers import BEARER, READ, SIGNED_IN, answers
from app.web.kit.security import guards
from app.web.kit.security.limits import limited
from app.web.kit.security.scanning import GIFT_CODES
from app.web.kit.services import provide_services


class CardForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A card as it is printed."""

    card: Annotated[str, msgspec.Meta(min_length=1, max_length=60, examples=["7K3M-9QFX-2R8T-4W6Y-0Z1A"])]


class CardsView(msgspec.Struct, frozen=True, kw_only=True):
    """Your cards, the last bound first, at most a hundred."""

    cards: tuple[CardView, ...]


@post(
    "/cards",
    operation_id="bindGiftCard",
    summary="Take a gift card / 绑定礼品卡",
    guards=[guards.signed_in, limited("card", 30, is_exact=True), GIFT_CODES.guard],
    security=BEARER,
    status_code=200,
    responses=answers(
        EXAMPLE, *READ, *SIGNED_IN, RequestsTooMany, gifts.CodeUnknown, gifts.CardTaken, gifts.CardKilled, gifts.GiftOver,
        gifts.OfferEnded, gifts.OwnOffer,
    ),
)  # fmt: skip
async def bind_card(
    request: Request[Any, Any, Any],
    data: JSONBody[CardForm],
    person_id: NamedDependency[UUID],
    services: NamedDependency[Services],
) -> CardView:
    """The first one has it; a repeat by them changes nothing. Grams are used at its scene, by collecting there. The code of an
    offer that somebody made of their card is brought here as well: its grams are a card of yours."""
    binding = gifts.bind_card(gifts.code_hash(data.card, keyring=services.keyring), by=person_id)
    card_id = await GIFT_CODES.found(binding, request, unknown=gifts.CodeUnknown)
    own = await gifts.cards_of(person_id, card_id=card_id)
    return (await cards.views(own, language.of(request.scope), is_holder=True))[0]


@get(
    "/cards",
    operation_id="listGiftCards",
    summary="Your gift cards / 我的礼品卡",
    guards=[guards.signed_in, limited("look", 240)],
    security=BEARER,
    responses=answers(CardsView(cards=(EXAMPLE,)), *SIGNED_IN, RequestsTooMany),
)
async def list_cards(request: Request[Any, Any, Any], person_id: NamedDependency[UUID]) -> CardsView:
    """What each has left, and its history."""
    return CardsView(cards=tuple(await cards.mine(person_id, language.of(request.scope))))


routes = Router(
    "/api/v1",
    route_handlers=[bind_card, list_cards],
    dependencies={"services": Provide(provide_services)},
    tags=["gifts"],
)
