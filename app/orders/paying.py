"""Opening a payment of an order."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from app import payments
from app.gateways.channels.base import Channel, ChannelName, Method, Opening
from app.gateways.database import fetch_one, transaction
from app.kernel.money import Currency
from app.orders.demanding_power import demand_power
from app.orders.errors import OrderOver, OrderUnknown
from app.orders.rules import PAYMENT_LASTS, UNPAID, cause_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How the payer wants to pay, and what the channel must know of them."""

    channel: ChannelName
    method: Method
    payer_ip: str | None = None
    payer_openid: str | None = None
    payer_appid: str | None = None
    """Whose openid that is, where it is not the mini-program's."""
    return_url: str | None = None


async def pay(
    order_id: UUID, way: Way, *, by: UUID, description: str, channels: Mapping[ChannelName, Channel]
) -> Opening:
    """Write a payment down for the order, then open it at the channel; a repeat answers the same opening.

    An attempt lasts two hours at most, WeChat's own limit; a quoted order may be opened again after it.

    Raises:
        OrderUnknown: no such order, or somebody else's: who may not act for its payer now.
        RoleMissing: `by` only reads in the organisation whose order it is.
        OrderOver: it is paid, expired or cancelled.
        PaymentOver: another way to pay was chosen at the same moment, or it was just paid.
        ChannelRefused, Unavailable: as `payments.open_payment`.
    """
    async with transaction() as tx:
        row = await fetch_one(
            "SELECT payer_id, state, amount_minor, currency,"
            " least(expires_at, clock_timestamp() + $3::interval) AS expires_at,"
            " expires_at <= clock_timestamp() AS is_over"
            " FROM purchase_order WHERE id = $1 AND identity.acts_for($2, payer_id) FOR UPDATE",
            order_id, by, PAYMENT_LASTS, tx=tx,
        )  # fmt: skip
        if row is None:
            raise OrderUnknown
        await demand_power(row["payer_id"], by=by, tx=tx)
        if row["state"] not in UNPAID or row["is_over"]:
            raise OrderOver
        payment_id = await payments.prepare(
            payments.NewPayment(
                subject=cause_of(order_id),
                channel=way.channel,
                method=way.method,
                amount_minor=row["amount_minor"],
                currency=Currency(row["currency"]),
                description=description,
                expires_at=row["expires_at"],
                payer_ip=way.payer_ip,
                return_url=way.return_url,
            ),
            tx=tx,
        )
    return await payments.open_payment(
        payment_id, channels=channels, payer_openid=way.payer_openid, payer_appid=way.payer_appid
    )
