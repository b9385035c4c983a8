"""Ways to pay an order: which there are where somebody stands, and opening one of them."""

from typing import Any
from uuid import UUID

from litestar import Request

from app.commerce import orders, payments
from app.foundation import identity
from app.gateways.channels.base import Opening, Payer
from app.gateways.channels.methods import Circumstances, Need, Offer, Place
from app.kernel import ids
from app.kernel.text import Language
from app.views.orders import ordering
from app.views.services import Services


def offered(
    order: orders.OrderFacts, place: Place, language: Language, services: Services, *, knows_payer: bool
) -> list[Offer]:
    """The ways to pay this order there, the likeliest first."""
    here = Circumstances(
        place=place,
        language=language,
        currency=order.currency,
        amount_minor=order.amount_minor,
        knows_payer=knows_payer,
        for_organisation=order.is_of_organisation,
    )
    return payments.offer(services.gateways.channels, here)


async def mini_program_payer(person_id: UUID, services: Services) -> Payer | None:
    """Who this person is to our mini-program; None: they never signed in there."""
    openid = await identity.openid_of(person_id, services.wechat_appid, keyring=services.keyring)
    return Payer(id=openid) if openid is not None else None


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
        MethodUnavailable: it needs to know its payer, and nobody has told us who this is.
        Whatever `orders.pay` raises.
    """
    needs = offer.method.needs
    if Need.PAYER not in needs:
        payer = None
    elif payer is None:
        payer = await mini_program_payer(by, services)
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
        ),
        by=by,
        description=await ordering.described(order, language),
        channels=services.gateways.channels,
    )
