"""The H5 pages of an order: how to pay, and waiting for what was paid."""

from typing import Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Redirect

from app.commerce import orders, payments
from app.gateways.channels.base import Payer
from app.gateways.channels.methods import Offer, Place
from app.kernel import ids
from app.kernel.errors import DomainError, Unavailable
from app.kernel.text import Language, Text
from app.views.errors import FormExpired
from app.views.ids import order_id as known_order
from app.views.orders import ordering
from app.views.orders.lines import is_joint
from app.views.orders.order_page import CancelPage, OrderPhase, Stranger
from app.views.page import Amount
from app.views.services import Services
from app.web.citizen import order_pages, ways_to_pay, wechat_payer
from app.web.kit.requests.places import place_of
from app.web.kit.responses import html, problems
from app.web.kit.security import forms, guards
from app.web.kit.security.guards import Session
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services

_SILENT = Text(
    zh="支付渠道暂时没有回应，请稍后再试，不会重复扣款。",
    en="The payment service is silent; try again, you will not pay twice.",
)
_STILL_OPEN = Text(
    zh="支付渠道还没有确认，暂时不能取消。", en="The payment service has not confirmed; it cannot be cancelled yet."
)


@get("/o/{order_id:str}", include_in_schema=False, guards=[guards.signed_in, limited("look", 240)])
async def show_order(
    request: Request[Any, Any, Any],
    order_id: FromPath[str],
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes] | Redirect:
    """The cashier while the order waits for money, then the waiting page; done leads to the certificate.

    `?paid=1` is where a channel's page comes back to. It proves nothing: it makes us ask the channel, and a moment
    later once more (`?paid=2`). Two answers of "not paid" are told as such, and lead back to the cashier.
    """
    at = await ordering.progress(await orders.find(known_order(order_id), by=session.person_id))
    says_paid, is_silent = request.query_params.get("paid") in {"1", "2"}, False
    first = _read_line(request.query_params.get("from", ""))
    if says_paid and at.phase in {OrderPhase.UNPAID, OrderPhase.CONFIRMING}:
        at, is_silent = await ordering.ask(at, services)
    # Where the channel gave money back or took it back, the order's own page says so, and leads on to the certificate.
    paper = at.certificate_id if not is_joint(at.order) and not at.reversals else None
    if at.phase is OrderPhase.DONE and paper is not None:
        return Redirect(f"/c/{ids.public('crt', paper)}", status_code=303)
    is_open = any(one.state in ordering.OPEN for one in at.payments)
    is_unpaid = says_paid and not is_silent and (request.query_params["paid"] == "2" or not is_open)
    if at.phase is OrderPhase.UNPAID and (is_unpaid or not says_paid):
        payer = await wechat_payer.payer_of(request, session, services)
        told = request.query_params.get("wx", "")
        account = services.gateways.account
        if place_of(request) is Place.WECHAT and account is not None and payer is None and not told:
            # Silent, and before anything is typed here: who pays must be known for paying inside WeChat.
            return wechat_payer.begin(ids.public("ord", at.order.id), request, account, services)
        methods = await offered(at, request, payer, language, services)
        page = await order_pages.cashier(
            at, methods, language, services, first=first,
            name=await ordering.name_of(at.order, services),
            unpaid=is_unpaid and bool(at.payments),
            too_small=await _too_small(at, request, payer, language, services),
            stranger=_stranger(told) if payer is None and account is not None else None,
            elsewhere=await ways_to_pay.taken_elsewhere(at.order, language, services) if not methods else None,
        )  # fmt: skip
        return html.page(page, language)
    return html.page(await order_pages.waiting(at, language, services, says_paid=says_paid, first=first), language)


@post(
    "/o/{order_id:str}",
    include_in_schema=False,
    guards=[guards.signed_in],
    status_code=303,
)
async def pay(
    request: Request[Any, Any, Any],
    order_id: FromPath[str],
    data: forms.Fields,
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes] | Redirect:
    """Open the payment that was chosen: to the channel's page, or this page again with a QR code or a call-up."""
    uuid = known_order(order_id)
    order = await orders.find(uuid, by=session.person_id)
    name = data.get("name", "")
    payer = await wechat_payer.payer_of(request, session, services)
    at, status = await ordering.progress(order), 422
    methods = await offered(at, request, payer, language, services)
    try:
        if (counted := _PAYMENTS(request, request.scope["route_handler"])) is not None:
            await counted
        _own(data, order_id, services)
        methods = _chosen(data.get("method", ""), methods)
        await ordering.name_order(uuid, name, by=session.person_id, services=services)
        if methods[0].method.is_abroad and not await orders.agrees_abroad(session.person_id, texts=services.consents):
            return Redirect(f"/o/{order_id}/abroad?method={methods[0].key}", status_code=303)
        opening = await ways_to_pay.open_payment(
            uuid,
            methods[0],
            request,
            by=session.person_id,
            language=language,
            services=services,
            page=True,
            payer=payer,
        )
    except DomainError as fact:
        said = fact.message().in_(language)
        notice, name_fault = (None, said) if fact.field == "/name" else (said, None)
        status = 422 if fact.field == "/name" else problems.status_of(type(fact))
    except Unavailable:
        notice, name_fault = _SILENT.in_(language), None
    else:
        if opening.redirect_url:
            return Redirect(opening.redirect_url, status_code=303)
        at = await ordering.progress(order)
        page = await order_pages.cashier(at, methods, language, services, opening=opening, name=name)
        return html.page(page, language)
    at = await ordering.progress(order)
    if at.phase is not OrderPhase.UNPAID:
        return Redirect(f"/o/{order_id}", status_code=303)
    page = await order_pages.cashier(
        at, methods, language, services, notice=notice, name=name, name_fault=name_fault,
        too_small=await _too_small(at, request, payer, language, services),
    )  # fmt: skip
    return html.page(page, language, status=status)


@get("/o/{order_id:str}/cancel", include_in_schema=False, guards=[guards.signed_in, limited("look", 240)])
async def ask_cancel(
    order_id: FromPath[str],
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes] | Redirect:
    """Asks whether the order is to be given up; nothing has happened yet."""
    order = await orders.find(known_order(order_id), by=session.person_id)
    if (await ordering.progress(order)).phase is not OrderPhase.UNPAID:
        return Redirect(f"/o/{order_id}", status_code=303)
    scene = await ordering.scene_of(order)
    shown = ids.public("ord", order.id)
    view = CancelPage(
        here=f"/o/{shown}/cancel",
        sandbox=services.issuer.is_sandbox,
        amount=Amount(minor=order.amount_minor, currency=order.currency),
        mass_g=order.mass_g,
        scene_title=scene.title.in_(language) if scene else None,
        order_url=f"/o/{shown}",
        cancel_action=f"/o/{shown}/cancel",
        csrf_token=forms.token(shown, key=services.form_key),
    )
    return html.page(view, language)


@post(
    "/o/{order_id:str}/cancel",
    include_in_schema=False,
    guards=[guards.signed_in, limited("cancel", 30, is_exact=True)],
    status_code=303,
)
async def cancel(
    request: Request[Any, Any, Any],
    order_id: FromPath[str],
    data: forms.Fields,
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes] | Redirect:
    """Give the order up and go back to the scene."""
    uuid = known_order(order_id)
    _own(data, order_id, services)
    try:
        is_over = await orders.cancel(uuid, by=session.person_id, channels=services.gateways.channels)
    except orders.OrderOver:
        is_over = True  # paid in the meantime: its page says so
    except Unavailable:
        is_over = False
    if is_over:
        return Redirect(f"/o/{order_id}", status_code=303)
    at = await ordering.progress(await orders.find(uuid, by=session.person_id))
    payer = await wechat_payer.payer_of(request, session, services)
    page = await order_pages.cashier(
        at, await offered(at, request, payer, language, services), language, services, notice=_STILL_OPEN.in_(language),
        name=await ordering.name_of(at.order, services),
    )  # fmt: skip
    return html.page(page, language, status=409)


async def offered(
    at: ordering.Progress, request: Request[Any, Any, Any], payer: Payer | None, language: Language, services: Services
) -> list[Offer]:
    """What this browser may pay with."""
    place = place_of(request)
    return await ways_to_pay.offered(at.order, place, language, services, knows_payer=payer is not None)


async def _too_small(
    at: ordering.Progress, request: Request[Any, Any, Any], payer: Payer | None, language: Language, services: Services
) -> list[Offer]:
    """What this browser may not pay this order with, though a larger one."""
    return await ways_to_pay.too_small(at.order, place_of(request), language, services, knows_payer=payer is not None)


def _stranger(told: str) -> Stranger | None:
    """Why WeChat did not tell who this is, as the way back from it says."""
    return next((why for why in Stranger if why == told), None)


_PAYMENTS = limited("pay", 30, is_exact=True)


def _chosen(key: str, methods: list[Offer]) -> list[Offer]:
    """The methods with that one first.

    Raises:
        MethodUnavailable: it is none of them.
    """
    if all(one.key != key for one in methods):
        raise payments.MethodUnavailable
    return sorted(methods, key=lambda one: one.key != key)


def _read_line(text: str) -> int:
    """The number of the line a page begins with; anything else is the first."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 3 else 1


def _own(data: dict[str, str], order_id: str, services: Services) -> None:
    if not forms.is_genuine(data.get(forms.FIELD, ""), order_id, key=services.form_key):
        raise FormExpired


routes = Router(
    "/",
    route_handlers=[show_order, pay, ask_cancel, cancel],
    dependencies={"services": Provide(provide_services)},
    include_in_schema=False,
)
