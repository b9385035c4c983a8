"""JSON for mini-programs and scripts: how an order can be paid, and opening one of its payments."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody, QueryParameter

from app.commerce import orders, payments
from app.commerce.payments import ChannelRefused, MethodUnavailable, PaymentOver
from app.foundation.consents import ConsentPurpose
from app.gateways.channels.base import Opening
from app.gateways.channels.methods import Gives, Offer, Place
from app.kernel import money
from app.kernel.clock import rfc3339
from app.kernel.money import Currency
from app.kernel.text import Language
from app.views.errors import FieldsInvalid, RequestsTooMany, Silent
from app.views.ids import order_id as known_order
from app.views.services import Services
from app.web.citizen import ways_to_pay
from app.web.kit.requests.places import place_of
from app.web.kit.responses.answers import KEYED, ONCE, READ, SIGNED_IN, answers
from app.web.kit.security import guards
from app.web.kit.security.idempotency import IdempotencyKey, answer_once
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services


class PaymentMethodView(msgspec.Struct, frozen=True, kw_only=True):
    """One way to pay an order."""

    key: str
    """What `payOrder` takes as `method`."""
    channel: str
    label: str
    note: str
    """One line in the reader's language: what happens when it is chosen."""
    gives: Gives
    """Which of the four fields `payOrder` will fill."""
    waits_s: int
    """How long the credits stay set aside for it, from the order's placing."""
    consent: ConsentPurpose | None = None
    """What its payer must have agreed to (`decideConsents`) before it can be opened; asked by itself."""


class PaymentMethodsView(msgspec.Struct, frozen=True, kw_only=True):
    """The ways to pay an order, the likeliest first; none where nothing works there."""

    methods: list[PaymentMethodView]


_METHODS = PaymentMethodsView(
    methods=[
        PaymentMethodView(
            key="wechatpay.native",
            channel="wechatpay",
            label="微信扫码",
            note="显示二维码，用微信扫一扫付款",
            gives=Gives.QR,
            waits_s=1800,
        )
    ]
)


@get(
    "/orders/{order_id:str}/payment-methods",
    operation_id="listPaymentMethods",
    summary="Ways to pay an order / 支付方式",
    guards=[guards.known_or_key, limited("look", 240)],
    security=KEYED,
    responses=answers(_METHODS, FieldsInvalid, *SIGNED_IN, orders.OrderUnknown, RequestsTooMany),
)
async def list_methods(
    request: Request[Any, Any, Any],
    order_id: FromPath[str],
    person_id: NamedDependency[UUID],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
    place: Annotated[Place | None, QueryParameter(description="Where the payer stands; 付款人所在的环境")] = None,
) -> PaymentMethodsView:
    """What can be paid with where the payer stands; without `place`, where this request's browser says it is."""
    order = await orders.find(known_order(order_id), by=person_id)
    here = place or place_of(request)
    payer = await ways_to_pay.payer_at(here, person_id, services)
    found = await ways_to_pay.offered(order, here, language, services, knows_payer=payer is not None)
    return PaymentMethodsView(methods=[_view(one, order.placed_at, language) for one in found])


def _view(offer: Offer, placed_at: datetime, language: Language) -> PaymentMethodView:
    return PaymentMethodView(
        key=offer.key,
        channel=offer.channel,
        label=offer.method.label.in_(language),
        note=offer.method.note.in_(language),
        gives=offer.method.gives,
        consent=ConsentPurpose.ABROAD if offer.method.is_abroad else None,
        waits_s=int((offer.method.waits_until(placed_at) - placed_at).total_seconds()),
    )


class PaymentForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to pay."""

    method: Annotated[str, msgspec.Meta(max_length=50, examples=["wechatpay.native"])]
    """The `key` of one of the order's payment methods."""


class TransferView(msgspec.Struct, frozen=True, kw_only=True):
    """Where an organisation transfers to, and what it writes beside the transfer."""

    holder: str
    bank: str
    account: str
    remark: str
    """The remark (附言) by which the transfer is told apart; in one transfer, and to the fen."""
    amount_minor: int
    currency: Currency
    amount_text: str
    expires_at: str
    """Until when the credits wait, RFC 3339; what comes later is honoured while some are open."""


class PaymentView(msgspec.Struct, frozen=True, kw_only=True):
    """What the payer's side needs: one of the four is given, as the method's `gives` says."""

    call_up: dict[str, str] | None = None
    """For the app around it, as it stands: `wx.requestPayment` in WeChat's mini-program, `my.tradePay` in Alipay's."""
    redirect_url: str | None = None
    """For a browser to go to."""
    code_url: str | None = None
    """For a QR code on another screen."""
    transfer: TransferView | None = None
    """For a bank transfer by the organisation that pays."""


@post(
    "/orders/{order_id:str}/payments",
    operation_id="payOrder",
    summary="Open a payment / 发起支付",
    guards=[guards.known_or_key, limited("pay", 30, is_exact=True)],
    security=KEYED,
    responses=answers(
        PaymentView(redirect_url="https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx2026"),
        *READ, *SIGNED_IN, *ONCE, RequestsTooMany, MethodUnavailable, orders.OrderUnknown, orders.OrderOver,
        orders.AbroadNotAgreed, ChannelRefused, PaymentOver, Silent,
        status=201,
    ),
)  # fmt: skip
async def pay_order(
    request: Request[Any, Any, Any],
    order_id: FromPath[str],
    data: JSONBody[PaymentForm],
    person_id: NamedDependency[UUID],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
    idempotency_key: IdempotencyKey,
) -> Response[PaymentView]:
    """Open a payment of the order at the channel; paying again opens the same one."""

    async def pay() -> PaymentView:
        offer = payments.choose(services.gateways.channels, data.method)
        opening = await ways_to_pay.open_payment(
            known_order(order_id), offer, request, by=person_id, language=language, services=services, page=False
        )
        return PaymentView(
            call_up=dict(opening.call_up) if opening.call_up else None,
            redirect_url=opening.redirect_url,
            code_url=opening.code_url,
            transfer=await _transfer(opening, known_order(order_id), by=person_id) if opening.transfer else None,
        )

    return await answer_once(
        request, pay, actor=person_id, key=idempotency_key, may=lambda: orders.find(known_order(order_id), by=person_id)
    )


async def _transfer(opening: Opening, order_id: UUID, *, by: UUID) -> TransferView:
    order, told = await orders.find(order_id, by=by), opening.transfer
    assert told is not None, "asked for where it is given"
    return TransferView(
        holder=told.holder,
        bank=told.bank,
        account=told.account,
        remark=told.remark,
        amount_minor=order.amount_minor,
        currency=order.currency,
        amount_text=money.text(order.amount_minor, order.currency),
        expires_at=rfc3339(order.expires_at),
    )


routes = Router(
    "/api/v1",
    route_handlers=[list_methods, pay_order],
    dependencies={"services": Provide(provide_services)},
    tags=["orders"],
)
