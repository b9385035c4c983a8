"""JSON for whoever has gifts in their account: what is left of each, and retiring of it."""

from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from app import footprint, scenarios
from app.commerce import orders
from app.footprint import Calculation
from app.foundation import fonts
from app.programmes import gifts
from app.programmes.gifts.rules import EACH_MOST_G
from app.views import estimates
from app.views.errors import RequestsTooMany
from app.views.giving import held
from app.views.giving.collecting import gift_id, scene_of
from app.views.giving.held import EXAMPLE, HeldView
from app.views.personal import figures
from app.views.personal.errors import MassNotOfFigure
from app.views.services import Services
from app.web.kit.requests import language
from app.web.kit.responses.answers import BEARER, READ, SIGNED_IN, answers
from app.web.kit.security import guards
from app.web.kit.security.idempotency import IdempotencyKey
from app.web.kit.security.limits import limited
from app.web.kit.security.scanning import scan
from app.web.kit.services import provide_services


class VisitForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A visit of yours to a scene; its figure is computed here."""

    scene: Annotated[str, msgspec.Meta(min_length=1, max_length=16, examples=["H7QP3K"])]
    mode: Annotated[str, msgspec.Meta(max_length=16, examples=["metro"])]
    km: Annotated[float, msgspec.Meta(ge=0, le=20_037, examples=[23, 20.5])]
    """One way."""


class UseForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Grams of a gift in your account, to be retired."""

    grams: Annotated[int, msgspec.Meta(ge=1, le=EACH_MOST_G, examples=[4_542])]
    name: Annotated[str, msgspec.Meta(max_length=2_000, examples=["林小川"])] = ""
    """For the certificate, at most 50 characters as a reader counts them; empty: it says 访客."""
    visit: VisitForm | None = None
    """Left out, as is the figure: the visit for which you collected it; what somebody gave you has none."""
    figure: Annotated[str, msgspec.Meta(max_length=40, examples=["fig_01JD8Q9T5K3V2M7N4P6R8S0W1X"])] | None = None
    """A day or year of yours that you kept, in place of a visit."""


class HeldGiftsView(msgspec.Struct, frozen=True, kw_only=True):
    """Gifts in your account: those with grams first, then the newest; at most a hundred."""

    gifts: tuple[HeldView, ...]


@get(
    "/held-gifts",
    operation_id="listHeldGifts",
    summary="Gifts in your account / 账户里的赠碳",
    guards=[guards.signed_in, limited("look", 240)],
    security=BEARER,
    responses=answers(HeldGiftsView(gifts=(EXAMPLE,)), *SIGNED_IN, RequestsTooMany),
)
async def list_held(request: Request[Any, Any, Any], person_id: NamedDependency[UUID]) -> HeldGiftsView:
    """What is left of each, and every use with its certificate."""
    own = await gifts.held_by(person_id)
    return HeldGiftsView(gifts=tuple(await held.views(own, language.of(request.scope))))


@post(
    "/gifts/{gift:str}/uses",
    operation_id="useHeldGift",
    summary="Retire of a gift in your account / 注销账户里的赠碳",
    guards=[guards.signed_in, limited("use_gift", 30, is_exact=True)],
    security=BEARER,
    responses=answers(
        EXAMPLE, *READ, *SIGNED_IN, RequestsTooMany, gifts.CollectionUnknown, gifts.GiftComing, gifts.GiftHasLess,
        gifts.UseKeyTaken, gifts.VisitNeeded, footprint.FigureUnknown, MassNotOfFigure,
        orders.NameUnfit, fonts.NotPrintable, scenarios.ScenarioUnknown, scenarios.ScenarioAhead,
        scenarios.ScenarioOver, scenarios.ModeNotOffered, footprint.NothingEmitted, status=201,
    ),
)  # fmt: skip
async def use_held(
    request: Request[Any, Any, Any],
    gift: FromPath[str],
    data: JSONBody[UseForm],
    key: IdempotencyKey,
    person_id: NamedDependency[UUID],
    services: NamedDependency[Services],
) -> HeldView:
    """The certificate says who gave; it follows in seconds. Asked again with the same key nothing happens twice."""
    visit: tuple[UUID, Calculation] | None = None
    if (said := data.visit) is not None and data.figure is None:
        scene = await scene_of(said.scene, lambda: scan(said.scene, request))
        estimates.demand_live(scene)
        visit = (scene.id, estimates.compute(scene, said.mode, f"{Decimal(repr(said.km)):f}", services))
    shown = language.of(request.scope)
    await held.use(
        gift_id(gift), data.grams, by=person_id, key=key, name=data.name, language=shown, services=services, visit=visit,
        figure_id=figures.figure_id(data.figure) if data.figure else None,
    )  # fmt: skip
    own = await gifts.held_by(person_id, held_id=gift_id(gift))
    return (await held.views(own, shown))[0]


routes = Router(
    "/api/v1",
    route_handlers=[list_held, use_held],
    dependencies={"services": Provide(provide_services)},
    tags=["gifts"],
)
