"""JSON for whoever holds a one-time code and does not want it: decline, or pass it on once."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from app import scenarios
from app.programmes import gifts
from app.views.errors import RequestsTooMany
from app.views.giving import codes
from app.views.services import Services
from app.web.kit.responses.answers import BEARER, READ, SIGNED_IN, answers
from app.web.kit.security import guards
from app.web.kit.security.limits import limited
from app.web.kit.security.scanning import GIFT_CODES, scan
from app.web.kit.services import provide_services


class CodeForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The code that you hold."""

    gift_code: Annotated[str, msgspec.Meta(min_length=1, max_length=60, examples=["7K3M-9QFX-2R8T-4W6Y-0Z1A"])]


class DeclinedView(msgspec.Struct, frozen=True, kw_only=True):
    """The code opens nothing any more."""

    scene: Annotated[str, msgspec.Meta(examples=["H7QP3K"])]
    """Where one may still pay oneself."""


class PassedOnView(msgspec.Struct, frozen=True, kw_only=True):
    """The new code; the old one opens nothing any more."""

    gift_code: Annotated[str, msgspec.Meta(examples=["2R8T-7K3M-4W6Y-9QFX-0Z1A"])]
    url: Annotated[str, msgspec.Meta(examples=["https://diandian.example/s/H7QP3K?gift_code=2R8T7K3M4W6Y9QFX0Z1A"])]


_REFUSED = (
    *READ, *SIGNED_IN, RequestsTooMany, scenarios.ScenarioUnknown, gifts.NoGift, gifts.CodeUnknown, gifts.CodeUsed,
    gifts.CodePassedOn, gifts.GiftOver,
)  # fmt: skip
_GIVE_UP = (guards.signed_in, limited("gift_code_end", 30, is_exact=True), GIFT_CODES.guard)


@post(
    "/scenes/{code:str}/gift-code/decline",
    operation_id="declineGift",
    summary="Decline a gift / 谢绝赠碳",
    guards=list(_GIVE_UP),
    security=BEARER,
    status_code=200,
    responses=answers(DeclinedView(scene="H7QP3K"), *_REFUSED),
)
async def decline_gift(
    request: Request[Any, Any, Any],
    code: FromPath[str],
    data: JSONBody[CodeForm],
    services: NamedDependency[Services],
) -> DeclinedView:
    """For good: the code dies, and its share stays with who gives. A repeat changes nothing."""
    scene = await scan(code, request)
    doing = codes.decline(scene, data.gift_code, services=services)
    await GIFT_CODES.found(doing, request, unknown=gifts.CodeUnknown)
    return DeclinedView(scene=scene.code)


@post(
    "/scenes/{code:str}/gift-code/pass-on",
    operation_id="passGiftOn",
    summary="Pass a gift on / 转赠领取码",
    guards=list(_GIVE_UP),
    security=BEARER,
    status_code=200,
    responses=answers(
        PassedOnView(
            gift_code="2R8T-7K3M-4W6Y-9QFX-0Z1A",
            url="https://diandian.example/s/H7QP3K?gift_code=2R8T7K3M4W6Y9QFX0Z1A",
        ),
        *_REFUSED,
        gifts.CodeDeclined,
        gifts.CodePassedOnce,
    ),
)
async def pass_gift_on(
    request: Request[Any, Any, Any],
    code: FromPath[str],
    data: JSONBody[CodeForm],
    person_id: NamedDependency[UUID],
    services: NamedDependency[Services],
) -> Response[PassedOnView]:
    """Once, and not after collecting: your code dies, and this new one opens the gift for whomever you give it to.

    Ask again, and you are told the same; whoever else brings the old code learns only that it was passed on.
    """
    scene = await scan(code, request)
    doing = codes.pass_on(scene, data.gift_code, by=person_id, services=services)
    new, url = await GIFT_CODES.found(doing, request, unknown=gifts.CodeUnknown)
    return Response(PassedOnView(gift_code=new, url=url), headers={"cache-control": "no-store"})


routes = Router(
    "/api/v1",
    route_handlers=[decline_gift, pass_gift_on],
    dependencies={"services": Provide(provide_services)},
    tags=["gifts"],
)
