"""JSON for mini-programs and scripts: collecting a gift (领取赠碳), and the name for its paper."""

from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from app import footprint, scenarios
from app.commerce import orders
from app.foundation import fonts
from app.programmes import gifts
from app.programmes.gifts import Collected, Outcome
from app.views.errors import FieldsInvalid, KeyMalformed, RequestsTooMany
from app.views.giving import collecting as shown
from app.views.giving.collecting import EXAMPLE, GiftPhase, GiftView, gift_id
from app.views.services import Services
from app.web.kit.requests import language
from app.web.kit.responses.answers import BEARER, READ, SIGNED_IN, answers
from app.web.kit.security import guards
from app.web.kit.security.idempotency import checked
from app.web.kit.security.limits import limited
from app.web.kit.security.scanning import GIFT_CODES, scan
from app.web.kit.services import provide_services


class CollectForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A visit for which a gift is collected. The figure is computed here, never accepted."""

    mode: Annotated[str, msgspec.Meta(max_length=16, examples=["metro"])]
    km: Annotated[float, msgspec.Meta(ge=0, le=20_037, examples=[23, 20.5])]
    """One way, as for an order."""
    least_grams: Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000, examples=[4_542])] | None = None
    """As few grams as you take where the pool ends: what you were shown. Left out: all that the gift gives, or nothing."""
    gift_code: Annotated[str, msgspec.Meta(max_length=60, examples=["7K3M-9QFX-2R8T-4W6Y-0Z1A"])] = ""
    """A one-time code or a card's, where the gift is for those; elsewhere it is passed over."""


class CollectedView(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it. It is yours once this answer is there; where it stands, the gift itself tells."""

    id: Annotated[str, msgspec.Meta(examples=["gft_01JD8Q9T5K3V2M7N4P6R8S0W1X"])]
    is_new: bool
    """False: you have it from before."""
    no: int
    grams: int


@post(
    "/scenes/{code:str}/gift",
    operation_id="collectGift",
    summary="Collect the scene's gift / 领取赠碳",
    guards=[guards.signed_in],
    security=BEARER,
    responses=answers(
        CollectedView(id=EXAMPLE.id, is_new=True, no=1287, grams=12_400),
        *READ, *SIGNED_IN, RequestsTooMany, scenarios.ScenarioUnknown, scenarios.ScenarioAhead, scenarios.ScenarioOver,
        scenarios.ModeNotOffered, footprint.NothingEmitted, gifts.NoGift, gifts.GiftSoldOut, gifts.GiftPaused,
        gifts.GiftAhead, gifts.GiftOver, gifts.CodeNeeded, gifts.CodeUnknown, gifts.CodeUsed, gifts.CodeDeclined,
        gifts.CodePassedOn, gifts.CardTaken, gifts.CardEmpty, gifts.CardKilled, gifts.OfferEnded, gifts.OwnOffer,
        KeyMalformed, status=201,
    ),
)  # fmt: skip
async def collect_gift(
    request: Request[Any, Any, Any], code: FromPath[str], data: JSONBody[CollectForm]
) -> Response[CollectedView]:
    """Once for each person and gift: a repeat answers 200 with what you have, so it needs no key. A gift card is used as often
    as it has grams: there `Idempotency-Key` names the use, and whoever holds a card may leave its code out.

    The answer comes after the commit, exact to the gram: whoever is told that it is theirs has it, whatever happens then.
    """
    # Nothing is injected here: in a crowd the task group of Litestar's dependencies costs as much as our own work.
    services: Services = request.app.state.services
    session = await guards.provide_session(request)
    scene = await shown.scene_of(code, lambda: scan(code, request))
    await GIFT_CODES.guard(request, request.scope["route_handler"])
    collecting = shown.collect(
        scene, mode=data.mode, km=f"{Decimal(repr(data.km)):f}", by=session.person_id, language=language.of(request.scope),
        services=services, least_g=data.least_grams, gift_code=data.gift_code, key=_key(request),
    )  # fmt: skip
    answer = await GIFT_CODES.found(collecting, request, unknown=gifts.CodeUnknown)
    return Response(_told(answer), status_code=201 if answer.outcome is Outcome.COLLECTED else 200)


@get(
    "/gifts/{gift:str}",
    operation_id="getGift",
    summary="Where a gift stands / 查询赠碳",
    guards=[guards.signed_in, limited("look", 240)],
    security=BEARER,
    responses=answers(EXAMPLE, FieldsInvalid, *SIGNED_IN, gifts.CollectionUnknown, RequestsTooMany),
)
async def get_gift(
    gift: FromPath[str], request: Request[Any, Any, Any], person_id: NamedDependency[UUID]
) -> Response[GiftView]:
    """What you collected and how far it is: collected, retiring, naming, certifying, done."""
    one = await gifts.find_collection(gift_id(gift), by=person_id)
    return Response(
        shown.view(await shown.standing(one), language.of(request.scope)), headers={"cache-control": "no-store"}
    )


class NameForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The name for the paper."""

    name: Annotated[str, msgspec.Meta(max_length=2_000, examples=["林小川"])] = ""
    """At most 50 characters as a reader counts them; empty: you decline, and it says 访客."""


@post(
    "/gifts/{gift:str}/name",
    operation_id="nameGift",
    summary="Say whose name stands on the paper / 填写证书姓名",
    guards=[guards.signed_in, limited("name", 30, is_exact=True)],
    security=BEARER,
    status_code=200,
    responses=answers(
        msgspec.structs.replace(EXAMPLE, phase=GiftPhase.CERTIFYING, is_named=True),
        *READ, *SIGNED_IN, RequestsTooMany, gifts.CollectionUnknown, gifts.NameSettled, orders.NameUnfit,
        fonts.NotPrintable,
    ),
)  # fmt: skip
async def name_gift(
    request: Request[Any, Any, Any],
    gift: FromPath[str],
    data: JSONBody[NameForm],
    person_id: NamedDependency[UUID],
    services: NamedDependency[Services],
) -> GiftView:
    """Once: the paper is written right after, and at the latest a minute after collecting, with the name or without."""
    await shown.say_name(gift_id(gift), data.name, by=person_id, services=services)
    one = await gifts.find_collection(gift_id(gift), by=person_id)
    return shown.view(await shown.standing(one), language.of(request.scope))


def _key(request: Request[Any, Any, Any]) -> str | None:
    key = request.headers.get("idempotency-key")
    return checked(key) if key is not None else None


def _told(answer: Collected) -> CollectedView:
    assert answer.id is not None and answer.no is not None and answer.mass_g is not None, answer.outcome
    return CollectedView(
        id=shown.public_id(answer.id), is_new=answer.outcome is Outcome.COLLECTED, no=answer.no, grams=answer.mass_g
    )


routes = Router(
    "/api/v1",
    route_handlers=[collect_gift, get_gift, name_gift],
    dependencies={"services": Provide(provide_services)},
    tags=["gifts"],
)
