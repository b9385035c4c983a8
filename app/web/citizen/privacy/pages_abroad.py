"""Before somebody pays abroad: what is told to whom, a yes by itself, and every other way to pay beside it."""

from typing import Any, Final
from uuid import UUID

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Redirect

from app.commerce import orders, payments
from app.foundation import consents, identity
from app.foundation.consents import ConsentPlace, ConsentPurpose
from app.gateways.channels.methods import Offer
from app.kernel import ids
from app.kernel.errors import DomainError, Unavailable
from app.kernel.text import Language
from app.views.facts import as_fact
from app.views.ids import order_id as known_order
from app.views.orders import ordering
from app.views.orders.order_page import OrderPhase
from app.views.page import Amount
from app.views.privacy.abroad import AbroadPage
from app.views.services import Services
from app.web.citizen import ways_to_pay, wechat_payer
from app.web.citizen.order_pages import scene_url
from app.web.citizen.privacy.own_forms import demand_own, sealed
from app.web.kit.requests.places import place_of
from app.web.kit.responses import html, problems
from app.web.kit.security import forms, guards
from app.web.kit.security.guards import Session
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services

_PURPOSE: Final = ConsentPurpose.ABROAD


@get("/o/{order_id:str}/abroad", include_in_schema=False, guards=[guards.signed_in, limited("look", 240)])
async def ask_abroad(
    request: Request[Any, Any, Any],
    order_id: FromPath[str],
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes] | Redirect:
    """The words, and the choice; nothing has been told to anybody."""
    at = await ordering.progress(await orders.find(known_order(order_id), by=session.person_id))
    if at.phase is not OrderPhase.UNPAID:
        return Redirect(f"/o/{order_id}", status_code=303)
    found = await _offered(at, request, session, language, services)
    chosen = _abroad(request.query_params.get("method", ""), found)
    return html.page(await _page(at, chosen, found, session.person_id, language, services), language)


@post(
    "/o/{order_id:str}/abroad",
    include_in_schema=False,
    guards=[guards.signed_in, limited("consent", 30, is_exact=True), limited("pay", 30, is_exact=True)],
    status_code=303,
)
async def agree_abroad(
    request: Request[Any, Any, Any],
    order_id: FromPath[str],
    data: forms.Fields,
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes] | Redirect:
    """They agree to the words that were shown; the payment is opened, and the way leads to the channel's page."""
    demand_own(data, services)
    at = await ordering.progress(await orders.find(known_order(order_id), by=session.person_id))
    if at.phase is not OrderPhase.UNPAID:
        return Redirect(f"/o/{order_id}", status_code=303)
    found = await _offered(at, request, session, language, services)
    chosen = _abroad(data.get("method", ""), found)
    try:
        await consents.give(
            session.person_id, _PURPOSE, version=_version(data), language=language, place=ConsentPlace.PAGE,
            texts=services.consents,
        )  # fmt: skip
        opening = await ways_to_pay.open_payment(
            at.order.id, chosen, request, by=session.person_id, language=language, services=services, page=True
        )
    except (DomainError, Unavailable) as met:
        fact = met if isinstance(met, DomainError) else as_fact(met)
        page = await _page(
            at, chosen, found, session.person_id, language, services, notice=fact.message().in_(language)
        )
        return html.page(page, language, status=problems.status_of(type(fact)))
    return Redirect(opening.redirect_url or f"/o/{order_id}", status_code=303)


async def _offered(
    at: ordering.Progress, request: Request[Any, Any, Any], session: Session, language: Language, services: Services
) -> list[Offer]:
    payer = await wechat_payer.payer_of(request, session, services)
    return await ways_to_pay.offered(at.order, place_of(request), language, services, knows_payer=payer is not None)


def _abroad(key: str, found: list[Offer]) -> Offer:
    """The method that is abroad and was chosen.

    Raises:
        MethodUnavailable: it is none of these, or tells nothing abroad.
    """
    for one in found:
        if one.key == key and one.method.is_abroad:
            return one
    raise payments.MethodUnavailable


def _version(data: dict[str, str]) -> int:
    typed = data.get("version", "")
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) <= 5 else 0


async def _page(
    at: ordering.Progress,
    chosen: Offer,
    found: list[Offer],
    person_id: UUID,
    language: Language,
    services: Services,
    *,
    notice: str | None = None,
) -> AbroadPage:
    order, text = at.order, services.consents.present(_PURPOSE)
    shown = ids.public("ord", order.id)
    return AbroadPage(
        here=f"/o/{shown}/abroad",
        sandbox=services.issuer.is_sandbox,
        title=text.title.in_(language),
        paragraphs=tuple(text.text.in_(language).splitlines()),
        version=text.version,
        channel=chosen.method.label.in_(language),
        method=chosen.key,
        amount=Amount(minor=order.amount_minor, currency=order.currency),
        expires_at=order.expires_at,
        others=tuple(one.method.label.in_(language) for one in found if not one.method.is_abroad),
        order_url=f"/o/{shown}",
        again_url=await scene_url(order, await ordering.scene_of(order)),
        is_closed=await identity.is_under_14(person_id),
        notice=notice,
        **sealed(services),
    )


routes = Router(
    "/",
    route_handlers=[ask_abroad, agree_abroad],
    dependencies={"services": Provide(provide_services)},
    include_in_schema=False,
)
