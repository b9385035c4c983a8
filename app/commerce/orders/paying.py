"""Opening a payment of an order."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import msgspec

from app import scenarios
from app.commerce import payments
from app.commerce.orders.checking import demand_power
from app.commerce.orders.errors import AbroadNotAgreed, OrderOver, OrderUnknown
from app.commerce.orders.rules import UNPAID, cause_of
from app.foundation import consents
from app.foundation.consents import ConsentPurpose, ConsentTexts
from app.gateways.channels.base import Channel, Method, Opening, Payer
from app.gateways.database import Tx, fetch, fetch_one, fetch_value, transaction
from app.kernel.money import Currency


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How the payer wants to pay, and what the channel must know of them."""

    channel: str
    method: Method
    """One that the channel declares."""
    payer_ip: str | None = None
    payer: Payer | None = None
    return_url: str | None = None
    texts: ConsentTexts | None = None
    """What people may agree to, where the method is abroad; without them nobody has agreed to it."""


_ZONES: Final = (
    "SELECT jsonb_agg(z.said->'payment_methods') FROM sale_line l JOIN claim c ON c.id = l.claim_id"
    " JOIN scenario_zone z ON z.scenario_id = c.scenario_id"
    " WHERE l.order_id = {order} AND jsonb_typeof(z.said->'payment_methods') = 'array'"
)
"""The ways to pay that the zones of an order's scenes name, a list for each line in such a zone."""


async def allowed_ways(order_id: UUID) -> list[list[str]]:
    """What the zones of its scenes let it be paid by: a way must be in each list (`scenarios.takes`); none: any may be."""
    return _ways(await fetch_value(_ZONES.format(order="$1"), order_id))


def _ways(told: str | None) -> list[list[str]]:
    return msgspec.json.decode(told, type=list[list[str]]) if told else []


async def agrees_abroad(person_id: UUID, *, texts: ConsentTexts | None, tx: Tx | None = None) -> bool:
    """Whether somebody agrees, to the present words, to what a way to pay abroad is told of them."""
    return (
        texts is not None and (await consents.status_of(person_id, ConsentPurpose.ABROAD, texts=texts, tx=tx)).is_given
    )


async def pay(order_id: UUID, way: Way, *, by: UUID, description: str, channels: Mapping[str, Channel]) -> Opening:
    """Write a payment down for the order, then open it at the channel; a repeat answers the same opening.

    The order waits as long as its way to pay may take (`Method.waits_until`, from its placing): longer than it did, never
    shorter. An attempt ends with it, or at the channel's own limit (`Method.lasts`); a quoted order may be opened again
    after that.

    Raises:
        OrderUnknown: no such order, or somebody else's: who may not act for its payer now.
        RoleMissing: `by` only reads in the organisation whose order it is.
        OrderOver: it is paid, expired or cancelled.
        PaymentOver: another way to pay was chosen at the same moment, or it was just paid.
        MethodUnavailable: also where a person pays, by a way that is for organisations; or one that the zone of its scene does
            not take.
        AbroadNotAgreed: whoever runs the method is abroad, and `by` has not agreed to what is told there. A program's key
            agrees to nothing, so it does not pay so.
        ChannelRefused, Unavailable: as `payments.prepare` and `payments.open_payment`.
    """
    if way.channel not in channels:
        raise payments.MethodUnavailable
    async with transaction() as tx:
        row = await fetch_one(
            "SELECT payer_id, state, amount_minor, currency, placed_at, expires_at, clock_timestamp() AS now,"
            f" ({_ZONES.format(order='$1')}) AS ways"
            " FROM purchase_order WHERE id = $1 AND identity.acts_for($2, payer_id) FOR UPDATE",
            order_id, by, tx=tx,
        )  # fmt: skip
        if row is None:
            raise OrderUnknown
        await demand_power(row["payer_id"], by=by, tx=tx)
        if row["state"] not in UNPAID or row["expires_at"] <= row["now"]:
            raise OrderOver
        if way.method.only_organisations and row["payer_id"] == by:
            raise payments.MethodUnavailable
        if not all(scenarios.takes(allowed, way.channel, way.method.code) for allowed in _ways(row["ways"])):
            raise payments.MethodUnavailable
        if way.method.is_abroad and not await agrees_abroad(by, texts=way.texts, tx=tx):
            raise AbroadNotAgreed
        wanted = max(row["expires_at"], way.method.waits_until(row["placed_at"]))
        ends_at = min(wanted, row["now"] + way.method.lasts)
        if ends_at > row["expires_at"]:
            await fetch("SELECT orders.wait_until($1, $2)", order_id, ends_at, tx=tx)
        payment_id = await payments.prepare(
            payments.NewPayment(
                subject=cause_of(order_id),
                channel=way.channel,
                method=way.method,
                amount_minor=row["amount_minor"],
                currency=Currency(row["currency"]),
                description=description,
                expires_at=ends_at,
                payer_ip=way.payer_ip,
                return_url=way.return_url,
            ),
            tx=tx,
        )
    return await payments.open_payment(payment_id, channels=channels, payer=way.payer)
