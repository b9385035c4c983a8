"""JSON for mini-programs and scripts: orders and their payments."""

from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody, QueryParameter

from app import footprint, scenarios
from app.commerce import orders, payments
from app.foundation import fonts
from app.kernel.money import Currency
from app.kernel.text import Language
from app.registry import credits, holdings, retirements
from app.views.errors import FieldsInvalid, RequestsTooMany, Silent
from app.views.ids import order_id as known_order
from app.views.orders import ordering
from app.views.orders.order_page import OrderPhase
from app.views.orders.order_view import EXAMPLE, OrderView, shown, view
from app.views.prices import currencies
from app.views.services import Services
from app.web.kit.requests.address_keys import address_key
from app.web.kit.requests.places import place_of
from app.web.kit.responses.answers import BEARER, KEYED, ONCE, READ, SIGNED_IN, answers
from app.web.kit.security import guards
from app.web.kit.security.idempotency import IdempotencyKey, answer_once
from app.web.kit.security.limits import limited
from app.web.kit.security.scanning import scan
from app.web.kit.services import provide_services


class OrderForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A visit to be neutralised. Mass and price are computed here, never accepted."""

    scene: Annotated[str, msgspec.Meta(min_length=6, max_length=8, examples=["H7QP3K"])]
    mode: Annotated[str, msgspec.Meta(max_length=16, examples=["metro"])]
    km: Annotated[float, msgspec.Meta(ge=0, le=20_037, examples=[23, 20.5])]
    """One way. What a scene's mode takes stands in `modes` of the scene; half the earth's girth is the end of all ways."""
    currency: Currency = Currency.CNY
    """What it is paid in; it never changes. What a way to pay takes, its channel says: yuan, or US dollars."""
    buy_more: bool = False
    """Where it costs less than any way to pay takes: buy as many grams as that amount is worth (`buys_grams` of the estimate).
    Left out, such an order is refused."""
    name: Annotated[str, msgspec.Meta(max_length=2_000, examples=["林小川"])] = ""
    """What stands on the certificate, at most 50 characters as a reader counts them; empty: 访客."""


@post(
    "/orders",
    operation_id="placeOrder",
    summary="Reserve credits for a visit / 下单",
    guards=[guards.signed_in, limited("order", 30, is_exact=True)],
    security=BEARER,
    responses=answers(
        EXAMPLE, *READ, *SIGNED_IN, *ONCE, RequestsTooMany, orders.NameUnfit, fonts.NotPrintable,
        scenarios.ScenarioUnknown,
        credits.PriceUnknown, scenarios.ScenarioAhead, holdings.CreditsExhausted, orders.KeyUsedOtherwise,
        scenarios.ScenarioOver, scenarios.ModeNotOffered, footprint.NothingEmitted, orders.TooMuchUnpaid,
        orders.TooManyUnpaid, payments.CurrencyNotTaken, credits.RateUnknown, credits.RateTooOld, orders.BelowLeast,
        status=201,
    ),
)  # fmt: skip
async def place_order(
    request: Request[Any, Any, Any],
    data: JSONBody[OrderForm],
    person_id: NamedDependency[UUID],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
    idempotency_key: IdempotencyKey,
) -> Response[OrderView]:
    """Compute the visit, set the credits aside for half an hour and write the order down.

    Where very much is set aside unpaid, from your address or altogether, the order is taken without setting anything
    aside (`reserved` is false): pay it as always; should the credits be gone by then, all of the money goes back.
    """

    async def place() -> OrderView:
        name = await ordering.fit_name(data.name)  # before anything is set aside
        scene = await scan(data.scene, request)
        order = await ordering.place(
            scene,
            mode=data.mode,
            km=f"{Decimal(repr(data.km)):f}",
            by=person_id,
            key=idempotency_key,
            language=language,
            services=services,
            address_key=address_key(request, services),
            currency=data.currency,
            least_minor=currencies.least_minor(data.currency, services, place=place_of(request)),
            may_buy_more=data.buy_more,
        )
        if name:
            await ordering.name_order(order.id, name, by=person_id, services=services)
        return await view(order, language)

    return await answer_once(request, place, actor=person_id, key=idempotency_key)


@get(
    "/orders/{order_id:str}",
    operation_id="getOrder",
    summary="Where an order stands / 查询订单",
    guards=[guards.known_or_key, limited("look", 240)],
    security=KEYED,
    responses=answers(EXAMPLE, FieldsInvalid, *SIGNED_IN, orders.OrderUnknown, RequestsTooMany),
)
async def get_order(
    order_id: FromPath[str],
    person_id: NamedDependency[UUID],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
    ask: Annotated[bool, QueryParameter(description="The payer says it is paid; 已付款，请向渠道查询")] = False,  # noqa: FBT002 - a query
) -> Response[OrderView]:
    """The order and its phase; a page may ask every two seconds.

    With `ask` the channel is asked first, for whoever comes back from paying. While it is silent an unpaid order is
    `confirming`: unknown is not unpaid.
    """
    at = await ordering.progress(await orders.find(known_order(order_id), by=person_id))
    is_silent = False
    if ask and at.phase in {OrderPhase.UNPAID, OrderPhase.CONFIRMING}:
        at, is_silent = await ordering.ask(at, services)
    told = shown(at, language)
    if is_silent and told.phase is OrderPhase.UNPAID:
        told = msgspec.structs.replace(told, phase=OrderPhase.CONFIRMING)
    return Response(told, headers={"cache-control": "no-store"})


@post(
    "/orders/{order_id:str}/cancel",
    operation_id="cancelOrder",
    summary="Give an unpaid order up / 取消订单",
    guards=[guards.known_or_key, limited("cancel", 30, is_exact=True)],
    security=KEYED,
    status_code=200,
    responses=answers(
        msgspec.structs.replace(EXAMPLE, phase=OrderPhase.CLOSED),
        FieldsInvalid, *SIGNED_IN, orders.OrderUnknown, orders.OrderOver, RequestsTooMany, Silent,
    ),
)  # fmt: skip
async def cancel_order(
    order_id: FromPath[str],
    person_id: NamedDependency[UUID],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> OrderView:
    """Close the order's payments and give its credits back; harmless when repeated."""
    uuid = known_order(order_id)
    await orders.cancel(uuid, by=person_id, channels=services.gateways.channels)
    return await view(await orders.find(uuid, by=person_id), language)


class TakeBackForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a paid order is given back."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=200, examples=["重复下单"])]


@post(
    "/orders/{order_id:str}/take-back",
    operation_id="takeOrderBack",
    summary="Take a paid order back while nothing is retired / 撤回已付款订单",
    guards=[guards.known_or_key, limited("pay", 30, is_exact=True)],
    security=KEYED,
    status_code=200,
    responses=answers(
        msgspec.structs.replace(EXAMPLE, phase=OrderPhase.REFUNDING),
        *READ, *SIGNED_IN, RequestsTooMany, retirements.ReasonMissing,
        orders.OrderUnknown, orders.OrderFinal, orders.OrderRetired,
    ),
)  # fmt: skip
async def take_order_back(
    order_id: FromPath[str],
    data: JSONBody[TakeBackForm],
    person_id: NamedDependency[UUID],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> OrderView:
    """Give the grams back and send all of the money back; refused once a line is retired; harmless when repeated."""
    uuid = known_order(order_id)
    await orders.take_back(uuid, by=person_id, reason=data.reason, keyring=services.keyring)
    return await view(await orders.find(uuid, by=person_id), language)


routes = Router(
    "/api/v1",
    route_handlers=[place_order, get_order, cancel_order, take_order_back],
    dependencies={"services": Provide(provide_services)},
    tags=["orders"],
)
