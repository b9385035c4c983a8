"""Orders nobody pays: closed at the channel first, then the credits go back."""

from collections.abc import Mapping
from uuid import UUID

from app import payments
from app.gateways.channels.base import Channel, ChannelName
from app.gateways.database import fetch, fetch_one, transaction
from app.orders.demanding_power import demand_power
from app.orders.errors import OrderOver, OrderUnknown
from app.orders.reading import lock_many
from app.orders.rules import CLOSED_UNPAID, OrderState, cause_of
from app.orders.setting_aside import give_back


async def expire_due(*, channels: Mapping[ChannelName, Channel], limit: int = 50) -> int:
    """Expire the orders whose time is up and whose payments their channels agree to close; answers how many.

    Where a channel is silent, or somebody is just paying, the order waits for the next round. Those that need no
    channel come first, then whoever was asked about longest ago: no number of silent ones holds up the others. An
    order that is paid is not ended, but fulfilled.
    """
    rows = await fetch(
        "SELECT o.id FROM purchase_order o CROSS JOIN LATERAL (SELECT max(p.next_query_at) AS next_query_at,"
        "   coalesce(bool_or(p.state = 'paid'), false) AS is_paid FROM payment p"
        "   WHERE p.subject = 'order:' || o.id AND p.state IN ('created', 'pending', 'closing', 'paid')) AS open"
        " WHERE o.state = 'placed' AND o.expires_at <= clock_timestamp() AND NOT open.is_paid"
        " ORDER BY open.next_query_at NULLS FIRST, o.expires_at LIMIT $1",
        limit,
    )
    expired = 0
    for row in rows:
        expired += await _end(row["id"], OrderState.EXPIRED, channels=channels)
    return expired


async def cancel(order_id: UUID, *, by: UUID, channels: Mapping[ChannelName, Channel]) -> bool:
    """End an unpaid order at its owner's wish; False when a payment of it cannot be closed just now.

    Raises:
        OrderUnknown: no such order, or somebody else's: who may not act for its payer now.
        RoleMissing: `by` only reads in the organisation whose order it is.
        OrderOver: it is paid already.
    """
    row = await fetch_one(
        "SELECT payer_id, state FROM purchase_order WHERE id = $1 AND identity.acts_for($2, payer_id)", order_id, by
    )
    if row is None:
        raise OrderUnknown
    await demand_power(row["payer_id"], by=by)
    if row["state"] in CLOSED_UNPAID:
        return True
    if row["state"] != OrderState.PLACED:
        raise OrderOver
    if await _end(order_id, OrderState.CANCELLED, channels=channels):
        return True
    row = await fetch_one("SELECT state FROM purchase_order WHERE id = $1", order_id)
    return row is not None and row["state"] in CLOSED_UNPAID  # by a second tap, or the sweeper, in the meantime


async def _end(order_id: UUID, state: OrderState, *, channels: Mapping[ChannelName, Channel]) -> bool:
    if not await payments.close(cause_of(order_id), channels=channels):
        return False
    async with transaction() as tx:
        # Locked before the payments are looked at again, as `pay` locks it before it writes one.
        locked = await lock_many([order_id], tx=tx)
        if (
            not locked
            or locked[0].state is not OrderState.PLACED
            or await payments.may_be_paid(cause_of(order_id), tx=tx)
        ):
            return False
        await fetch(
            "UPDATE purchase_order SET state = $2, closed_at = clock_timestamp() WHERE id = $1",
            order_id, state.value, tx=tx,
        )  # fmt: skip
        await give_back(locked[0].parts, tx=tx)
    return True
