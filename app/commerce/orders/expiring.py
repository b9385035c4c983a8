"""Orders nobody pays: closed at the channel first, then the credits go back; as a set."""

import time
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from app.commerce import payments
from app.commerce.orders.checking import demand_power
from app.commerce.orders.errors import OrderOver, OrderUnknown
from app.commerce.orders.rules import CLOSED_UNPAID, UNPAID, OrderState, cause_of
from app.gateways.channels.base import Channel
from app.gateways.database import Tx, again, fetch, fetch_one, transaction
from app.registry.holdings import release_many

BATCH: Final = 250
"""Orders that end in one transaction: it holds their lots' accounts for as long as it takes."""
ROUND_S: Final = 10.0
"""After this the rest waits for the next round, so that whoever else sweeps is not kept waiting."""
_DUE: Final = (
    "u.expires_at <= clock_timestamp() AND o.state IN ('placed', 'quoted') AND o.expires_at <= clock_timestamp()"
)
"""Of an order `o` and its row `u` of those that are unpaid, which alone is looked for; the lock is the order's."""


async def expire_due(*, channels: Mapping[str, Channel], limit: int = 200) -> int:
    """Expire the orders whose time is up and whose payments their channels agree to close; answers how many.

    Those that need no channel end first, all of them, in batches. Of the others at most `limit` are asked about, several
    at once, whoever was asked longest ago first; where a channel is silent, or somebody is just paying, the order waits
    for the next round. An order that is paid is not ended, but fulfilled.
    """
    until, expired = time.monotonic() + ROUND_S, 0
    while time.monotonic() < until:
        ended = await _end_free()
        expired += ended
        if ended < BATCH:
            break
    rows = await fetch(
        "SELECT o.id FROM purchase_order_unpaid u JOIN purchase_order o ON o.id = u.order_id"
        " CROSS JOIN LATERAL (SELECT max(p.next_query_at) AS next_query_at,"
        "   coalesce(bool_or(p.state = 'paid'), false) AS is_paid FROM payment p"
        "   WHERE p.subject = 'order:' || o.id AND p.state IN ('created', 'pending', 'closing', 'paid')) AS open"
        f" WHERE {_DUE} AND open.next_query_at IS NOT NULL AND NOT open.is_paid"
        " ORDER BY open.next_query_at, u.expires_at LIMIT $1",
        limit,
    )
    asked = [row["id"] for row in rows]
    await payments.close_many([cause_of(id_) for id_ in asked], channels=channels)
    for start in range(0, len(asked), BATCH):
        expired += len(await _end(asked[start : start + BATCH], OrderState.EXPIRED))
    return expired + await _end_free()  # those whose payments somebody else has closed in between


async def cancel(order_id: UUID, *, by: UUID, channels: Mapping[str, Channel]) -> bool:
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
    if row["state"] not in UNPAID:
        raise OrderOver
    if await payments.close(cause_of(order_id), channels=channels) and await _end([order_id], OrderState.CANCELLED):
        return True
    row = await fetch_one("SELECT state FROM purchase_order WHERE id = $1", order_id)
    return row is not None and row["state"] in CLOSED_UNPAID  # by a second tap, or the sweeper, in the meantime


async def _end_free() -> int:
    """Expire one batch of orders that no payment keeps open; answers how many."""

    async def use_case() -> int:
        async with transaction() as tx:
            rows = await fetch(
                f"SELECT o.id FROM purchase_order_unpaid u JOIN purchase_order o ON o.id = u.order_id WHERE {_DUE}"
                " AND NOT EXISTS (SELECT FROM payment p"
                " WHERE p.subject = 'order:' || o.id AND p.state IN ('created', 'pending', 'closing', 'paid'))"
                " ORDER BY u.expires_at LIMIT $1 FOR UPDATE OF o SKIP LOCKED",
                BATCH, tx=tx,
            )  # fmt: skip
            return len(await _close([row["id"] for row in rows], OrderState.EXPIRED, tx=tx))

    return await again(use_case)


async def _end(order_ids: Sequence[UUID], state: OrderState) -> list[UUID]:
    """End those of these orders that nobody has paid or can pay; answers which."""

    async def use_case() -> list[UUID]:
        async with transaction() as tx:
            rows = await fetch(
                "SELECT id FROM purchase_order WHERE id = ANY($1::uuid[]) AND state IN ('placed', 'quoted')"
                " ORDER BY id FOR UPDATE",
                list(order_ids), tx=tx,
            )  # fmt: skip
            return await _close([row["id"] for row in rows], state, tx=tx)

    return await again(use_case)


async def _close(order_ids: Sequence[UUID], state: OrderState, *, tx: Tx) -> list[UUID]:
    """For orders that are locked: only now are their payments looked at, as `pay` locks its order before it writes one."""
    payable = await payments.payable([cause_of(id_) for id_ in order_ids], tx=tx)
    ended = [id_ for id_ in order_ids if cause_of(id_) not in payable]
    if ended:
        rows = await fetch(
            "WITH ended AS (UPDATE purchase_order SET state = $2, closed_at = clock_timestamp()"
            " WHERE id = ANY($1::uuid[]) RETURNING id)"
            " SELECT l.cause FROM ended e JOIN sale_line l ON l.order_id = e.id",
            ended, state.value, tx=tx,
        )  # fmt: skip
        await release_many([row["cause"] for row in rows], tx=tx)
    return ended
