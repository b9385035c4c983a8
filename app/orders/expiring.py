"""Orders nobody pays: closed at the channel first, then the credits go back."""

from collections.abc import Mapping
from uuid import UUID

from app import holdings, payments
from app.gateways.channels.base import Channel, ChannelName
from app.gateways.database import fetch, fetch_one, transaction
from app.orders.errors import OrderOver, OrderUnknown
from app.orders.rules import CLOSED_UNPAID, OrderState, cause_of


async def expire_due(*, channels: Mapping[ChannelName, Channel], limit: int = 50) -> int:
    """Expire the orders whose time is up and whose payments their channels agree to close; answers how many.

    Where a channel is silent, or somebody is just paying, the order waits for the next round.
    """
    rows = await fetch(
        "SELECT id FROM purchase_order WHERE state = 'placed' AND expires_at <= clock_timestamp()"
        " ORDER BY expires_at LIMIT $1",
        limit,
    )
    expired = 0
    for row in rows:
        expired += await _end(row["id"], OrderState.EXPIRED, channels=channels)
    return expired


async def cancel(order_id: UUID, *, by: UUID, channels: Mapping[ChannelName, Channel]) -> bool:
    """End an unpaid order at its owner's wish; False when a payment of it cannot be closed just now.

    Raises:
        OrderUnknown: no such order, or another person's.
        OrderOver: it is paid already.
    """
    row = await fetch_one("SELECT state FROM purchase_order WHERE id = $1 AND person_id = $2", order_id, by)
    if row is None:
        raise OrderUnknown
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
        row = await fetch_one("SELECT state FROM purchase_order WHERE id = $1 FOR UPDATE", order_id, tx=tx)
        if row is None or row["state"] != OrderState.PLACED or await payments.may_be_paid(cause_of(order_id), tx=tx):
            return False
        await fetch(
            "UPDATE purchase_order SET state = $2, closed_at = clock_timestamp() WHERE id = $1",
            order_id, state.value, tx=tx,
        )  # fmt: skip
        await holdings.release(cause_of(order_id), tx=tx)
    return True
