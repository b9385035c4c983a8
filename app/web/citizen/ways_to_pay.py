"""Ways to pay an order: which there are where somebody stands, and opening one of them."""

from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from litestar import Request

from app import scenarios
from app.commerce import orders, payments
from app.foundation import identity
from app.gateways.channels.base import Opening, Payer
from app.gateways.channels.methods import Circumstances, Need, Offer, Place
from app.kernel import ids
from app.kernel.text import Language
from app.views.orders import ordering
from app.views.services import Services

_LARGE_MINOR: Final = 10**12
"""An amount that no way to pay finds too small."""


async def offered(
    order: orders.OrderFacts, place: Place, language: Language, services: Services, *, knows_payer: bool
) -> list[Offer]:
    """The ways to pay this order there, the likeliest first; of a scene in a zone those that the zone takes."""
    here = _here(order, place, language, knows_payer=knows_payer)
    return await _allowed(order, payments.offer(services.gateways.channels, here))


async def too_small(
    order: orders.OrderFacts, place: Place, language: Language, services: Services, *, knows_payer: bool
) -> list[Offer]:
    """The ways that are not offered only because they take no amount as small as this order's."""
    here = _here(order, place, language, knows_payer=knows_payer)
    found = payments.offer(services.gateways.channels, replace(here, amount_minor=_LARGE_MINOR))
    return await _allowed(order, [one for one in found if one.method.least_minor > order.amount_minor])


async def taken_elsewhere(order: orders.OrderFacts, language: Language, services: Services) -> list[Offer] | None:
    """Where the zones of its scenes name ways to pay: those that take this order somewhere, on a phone, in an app or at a
    desk, each once. None: they name none, so it is not they who leave nothing to pay with."""
    if order.scenario_id is None or not await orders.allowed_ways(order.id):
        return None
    found: dict[str, Offer] = {}
    for place in Place:
        here = _here(order, place, language, knows_payer=True)
        found |= {one.key: one for one in payments.offer(services.gateways.channels, here)}
    return await _allowed(order, list(found.values()))


async def _allowed(order: orders.OrderFacts, found: list[Offer]) -> list[Offer]:
    if not found or order.scenario_id is None:
        return found
    allowed = await orders.allowed_ways(order.id)
    return [one for one in found if all(scenarios.takes(each, one.channel, one.method.code) for each in allowed)]


def _here(order: orders.OrderFacts, place: Place, language: Language, *, knows_payer: bool) -> Circumstances:
    return Circumstances(
        place=place,
        language=language,
        currency=order.currency,
        amount_minor=order.amount_minor,
        knows_payer=knows_payer,
        for_organisation=order.is_of_organisation,
    )


async def mini_program_payer(person_id: UUID, services: Services) -> Payer | None:
    """Who this person is to our mini-program inside WeChat; None: they never signed in there."""
    openid = await identity.openid_of(person_id, services.wechat_appid, keyring=services.keyring)
    return Payer(id=openid) if openid is not None else None


async def payer_at(place: Place, person_id: UUID, services: Services) -> Payer | None:
    """Who this person is to the app around that place; None: they never signed in there, or no app is around it."""
    if place.is_in_wechat:
        return await mini_program_payer(person_id, services)
    for sign_in in services.gateways.sign_ins.values():
        if sign_in.place is place:
            openid = await identity.openid_of(person_id, sign_in.app_id, keyring=services.keyring)
            return Payer(id=openid, app_id=sign_in.app_id) if openid is not None else None
    return None


async def open_payment(
    order_id: UUID,
    offer: Offer,
    request: Request[Any, Any, Any],
    *,
    by: UUID,
    language: Language,
    services: Services,
    page: bool,
    payer: Payer | None = None,
) -> Opening:
    """Open a payment of the order, with what the method needs to know of this browser; `payer` is who a page knows.

    Raises:
        AbroadNotAgreed: it is abroad, and they have not agreed to what is told there.
        MethodUnavailable: it needs to know its payer, and nobody has told us who this is.
        Whatever `orders.pay` raises.
    """
    needs = offer.method.needs
    if Need.PAYER not in needs:
        payer = None
    elif payer is None:
        # Who somebody is to one app says nothing to another: the method's own places tell which is meant.
        payer = await _payer_for(offer, by, services)
        if payer is None:
            raise payments.MethodUnavailable
    order = await orders.find(order_id, by=by)
    back = f"{services.issuer.public_url}/o/{ids.public('ord', order_id)}?paid=1"
    return await orders.pay(
        order_id,
        orders.Way(
            channel=offer.channel,
            method=offer.method,
            payer_ip=request.client.host if request.client and Need.ADDRESS in needs else None,
            payer=payer,
            return_url=back if page or Need.RETURN in needs else None,
            texts=services.consents,
        ),
        by=by,
        description=await ordering.described(order, language),
        channels=services.gateways.channels,
    )


async def _payer_for(offer: Offer, person_id: UUID, services: Services) -> Payer | None:
    for place in offer.method.places:
        if (payer := await payer_at(place, person_id, services)) is not None:
            return payer
    return None
