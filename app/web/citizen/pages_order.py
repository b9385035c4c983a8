"""The H5 pages of an order: how to pay, and waiting for what was paid."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Redirect
from markupsafe import Markup

from app import credits, footprint, identity, orders, payments, scenarios
from app.gateways.channels.base import Method, Opening
from app.kernel import ids
from app.kernel.clock import beijing_day
from app.kernel.drawing import qr_svg
from app.kernel.errors import DomainError, Unavailable
from app.kernel.text import Language, Text
from app.retirements import RetirementState
from app.web import forms, guards, html
from app.web.citizen import figuring, ordering
from app.web.citizen.api_orders import known_id, open_payment
from app.web.citizen.ordering import Progress
from app.web.citizen.parts import is_joint, parts_of
from app.web.citizen.views.order import CancelPage, CashierPage, OrderPage, OrderPhase, PayMethod, Refund
from app.web.errors import FormExpired
from app.web.guards import Session
from app.web.house import House, provide_house
from app.web.limits import limited
from app.web.views import Amount

_WECHAT = Text(zh="微信支付", en="WeChat Pay")
_LABELS = {Method.JSAPI: _WECHAT, Method.H5: _WECHAT, Method.NATIVE: Text(zh="微信扫码", en="WeChat QR code")}
_NOTES = {
    Method.JSAPI: Text(zh="在微信里直接付款", en="Pay right here in WeChat"),
    Method.H5: Text(zh="打开微信付款", en="Opens WeChat to pay"),
    Method.NATIVE: Text(zh="显示二维码，用微信扫一扫付款", en="Shows a code to scan with WeChat"),
}
_SILENT = Text(
    zh="支付渠道暂时没有回应，请稍后再试，不会重复扣款。",
    en="The payment service is silent; try again, you will not pay twice.",
)
_STILL_OPEN = Text(
    zh="支付渠道还没有确认，暂时不能取消。", en="The payment service has not confirmed; it cannot be cancelled yet."
)
_REFUND_REASON = Text(
    zh="付款到达时，预留的减排量已经售完，款项全额原路退回。",
    en="When the payment arrived the reserved credits were gone; all of it goes back the way it came.",
)
_TAKEN_BACK = Text(
    zh="订单已按你的要求撤回，款项全额原路退回。",
    en="The order was taken back as you asked; all of it goes back the way it came.",
)
_REFUND_DAYS = 3


@get("/o/{order_id:str}", include_in_schema=False, guards=[guards.signed_in, limited("look", 240)])
async def show_order(
    request: Request[Any, Any, Any],
    order_id: FromPath[str],
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    house: NamedDependency[House],
) -> Response[bytes] | Redirect:
    """The cashier while the order waits for money, then the waiting page; done leads to the certificate.

    `?paid=1` is where a channel's page comes back to. It proves nothing: it makes us ask the channel.
    """
    at = await ordering.progress(await orders.find(known_id(order_id), by=session.person_id))
    says_paid = request.query_params.get("paid") == "1"
    first = _read_part(request.query_params.get("from", ""))
    if says_paid and at.phase is OrderPhase.UNPAID:
        at, _ = await ordering.ask(at, house)
    if at.phase is OrderPhase.DONE and at.certificate_id is not None and not is_joint(at.order):
        return Redirect(f"/c/{ids.public('crt', at.certificate_id)}", status_code=303)
    if at.phase is OrderPhase.UNPAID and not says_paid:
        methods = await _methods(request, session, house)
        name = await ordering.name_of(at.order, house)
        return html.page(await _cashier(at, methods, language, house, name=name, first=first), language)
    return html.page(await _waiting(at, language, house, says_paid=says_paid, first=first), language)


@post("/o/{order_id:str}", include_in_schema=False, guards=[guards.signed_in, limited("pay", 30)], status_code=303)
async def pay(
    request: Request[Any, Any, Any],
    order_id: FromPath[str],
    data: forms.Fields,
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    house: NamedDependency[House],
) -> Response[bytes] | Redirect:
    """Open the payment that was chosen: to the channel's page, or this page again with a QR code or a call-up."""
    uuid = known_id(order_id)
    _own(data, order_id, house)
    order = await orders.find(uuid, by=session.person_id)
    name = data.get("name", "")
    methods = await _methods(request, session, house)
    method = _read_method(data.get("method", ""), methods)
    try:
        await ordering.name_order(uuid, name, by=session.person_id, house=house)
        opening = await open_payment(
            uuid, method, request, by=session.person_id, language=language, house=house, page=True
        )
    except DomainError as fact:
        said = fact.message().in_(language)
        notice, name_fault = (None, said) if fact.field == "/name" else (said, None)
    except Unavailable:
        notice, name_fault = _SILENT.in_(language), None
    else:
        if opening.redirect_url:
            return Redirect(opening.redirect_url, status_code=303)
        at = await ordering.progress(order)
        page = await _cashier(at, _first(method, methods), language, house, opening=opening, name=name)
        return html.page(page, language)
    at = await ordering.progress(order)
    if at.phase is not OrderPhase.UNPAID:
        return Redirect(f"/o/{order_id}", status_code=303)
    page = await _cashier(at, _first(method, methods), language, house, notice=notice, name=name, name_fault=name_fault)
    return html.page(page, language, status=422)


@get("/o/{order_id:str}/cancel", include_in_schema=False, guards=[guards.signed_in, limited("look", 240)])
async def ask_cancel(
    order_id: FromPath[str],
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    house: NamedDependency[House],
) -> Response[bytes] | Redirect:
    """Asks whether the order is to be given up; nothing has happened yet."""
    order = await orders.find(known_id(order_id), by=session.person_id)
    if (await ordering.progress(order)).phase is not OrderPhase.UNPAID:
        return Redirect(f"/o/{order_id}", status_code=303)
    scene = await ordering.scene_of(order)
    shown = ids.public("ord", order.id)
    view = CancelPage(
        here=f"/o/{shown}/cancel",
        sandbox=house.issuer.is_sandbox,
        amount=Amount(minor=order.amount_minor, currency=order.currency),
        mass_g=order.mass_g,
        scene_title=scene.title.in_(language),
        order_url=f"/o/{shown}",
        cancel_action=f"/o/{shown}/cancel",
        csrf_token=forms.token(shown, key=house.form_key),
    )
    return html.page(view, language)


@post("/o/{order_id:str}/cancel", include_in_schema=False, guards=[guards.signed_in], status_code=303)
async def cancel(
    request: Request[Any, Any, Any],
    order_id: FromPath[str],
    data: forms.Fields,
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    house: NamedDependency[House],
) -> Response[bytes] | Redirect:
    """Give the order up and go back to the scene."""
    uuid = known_id(order_id)
    _own(data, order_id, house)
    try:
        is_over = await orders.cancel(uuid, by=session.person_id, channels=house.gateways.channels)
    except orders.OrderOver:
        is_over = True  # paid in the meantime: its page says so
    except Unavailable:
        is_over = False
    if is_over:
        return Redirect(f"/o/{order_id}", status_code=303)
    at = await ordering.progress(await orders.find(uuid, by=session.person_id))
    methods = await _methods(request, session, house)
    return html.page(
        await _cashier(
            at, methods, language, house, notice=_STILL_OPEN.in_(language), name=await ordering.name_of(at.order, house)
        ),
        language,
        status=409,
    )


async def _cashier(
    at: Progress,
    methods: list[Method],
    language: Language,
    house: House,
    *,
    opening: Opening | None = None,
    notice: str | None = None,
    name: str = "",
    name_fault: str | None = None,
    first: int = 1,
) -> CashierPage:
    order, shown = at.order, ids.public("ord", at.order.id)
    scene = await ordering.scene_of(order)
    lot = (await credits.supply(order.programme)).next_lot
    qr, till_url = None, None
    if opening is not None and opening.code_url:
        till_url = ordering.till_url(opening.code_url, house.cashier_url)
        qr = Markup(qr_svg(opening.code_url, label=_NOTES[Method.NATIVE].in_(language)))  # noqa: S704 - drawn by us
    return CashierPage(
        here=f"/o/{shown}",
        sandbox=house.issuer.is_sandbox,
        order_id=shown,
        amount=Amount(minor=order.amount_minor, currency=order.currency),
        mass_g=order.mass_g,
        programme=order.programme.text.in_(language),
        project=lot.project.in_(language) if lot else "",
        scene_title=scene.title.in_(language),
        floored=order.amount_minor == 1,
        expires_at=order.expires_at,
        methods=tuple(
            PayMethod(key=f"wechatpay.{one.value}", label=_LABELS[one].in_(language), note=_NOTES[one].in_(language))
            for one in methods
        ),
        name=name,
        name_fault=name_fault,
        pay_action=f"/o/{shown}",
        cancel_url=f"/o/{shown}/cancel",
        done_url=f"/o/{shown}?paid=1",
        back_url=await _scene_url(order, scene),
        intent=shown,
        csrf_token=forms.token(shown, key=house.form_key),
        qr=qr,
        till_url=till_url,
        parts=await parts_of(at, language, house.recognition, first=first) if is_joint(order) else None,
        jsapi=opening.jsapi if opening is not None else None,
        notice=notice,
    )


async def _waiting(at: Progress, language: Language, house: House, *, says_paid: bool, first: int = 1) -> OrderPage:
    order, shown = at.order, ids.public("ord", at.order.id)
    scene = await ordering.scene_of(order)
    phase = OrderPhase.CONFIRMING if says_paid and at.phase is OrderPhase.UNPAID else at.phase
    refund = None
    if phase is OrderPhase.REFUNDED:
        is_taken_back = any(
            step.retirement is not None and step.retirement.state is RetirementState.WITHDRAWN for step in at.parts
        )
        paid_at = next((one.paid_at for one in at.payments if one.paid_at), order.placed_at)
        refund = Refund(
            reason=(_TAKEN_BACK if is_taken_back else _REFUND_REASON).in_(language),
            channel=_WECHAT.in_(language),
            expected_on=beijing_day(paid_at) + timedelta(days=_REFUND_DAYS),
            settled=order.state is orders.OrderState.REFUNDED,
        )
    return OrderPage(
        here=f"/o/{shown}",
        sandbox=house.issuer.is_sandbox,
        order_id=shown,
        phase=phase,
        amount=Amount(minor=order.amount_minor, currency=order.currency),
        mass_g=order.mass_g,
        scene_title=scene.title.in_(language),
        scene_url=await _scene_url(order, scene),
        expires_at=order.expires_at,
        pay_url=f"/o/{shown}",
        retirement_number=at.retirement_number,
        refund=refund,
        refresh_s=None if phase in {OrderPhase.CLOSED, OrderPhase.REFUNDED, OrderPhase.DONE} else 3,
        parts=await parts_of(at, language, house.recognition, first=first) if is_joint(order) else None,
        ring=figuring.ring(str(order.id), 100),
    )


async def _scene_url(order: orders.OrderFacts, scene: scenarios.Scene) -> str:
    """The scene with the choices this order was placed with, so that going back loses nothing."""
    kept = (await footprint.find_many([order.footprint_id])).get(order.footprint_id) if order.footprint_id else None
    chosen = figuring.choices(kept.calculation, scene.setup) if kept and scene.setup else {}
    return f"/s/{scene.code}" + (f"?{urlencode(chosen)}" if chosen else "")


async def _methods(request: Request[Any, Any, Any], session: Session, house: House) -> list[Method]:
    """The methods that can work in this browser, the likeliest first."""
    agent = request.headers.get("user-agent", "")
    if "MicroMessenger" in agent:
        # Paying inside WeChat needs an openid; whoever came there without one can still scan the code.
        openid = await identity.openid_of(session.person_id, house.wechat_appid, keyring=house.keyring)
        return [Method.NATIVE] if openid is None else [Method.JSAPI, Method.NATIVE]
    if any(word in agent for word in ("Mobile", "Android", "iPhone")):
        return [Method.H5, Method.NATIVE]
    return [Method.NATIVE, Method.H5]


def _first(chosen: Method, methods: list[Method]) -> list[Method]:
    return sorted(methods, key=lambda method: method is not chosen)


def _read_method(key: str, methods: list[Method]) -> Method:
    channel, _, name = key.partition(".")
    known = {method.value: method for method in methods}
    if channel != "wechatpay" or name not in known:
        raise payments.MethodUnavailable
    return known[name]


def _read_part(text: str) -> int:
    """The number of the part a page begins with; anything else is the first."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 3 else 1


def _own(data: dict[str, str], order_id: str, house: House) -> None:
    if not forms.is_genuine(data.get(forms.FIELD, ""), order_id, key=house.form_key):
        raise FormExpired


routes = Router(
    "/",
    route_handlers=[show_order, pay, ask_cancel, cancel],
    dependencies={"house": Provide(provide_house)},
    include_in_schema=False,
)
