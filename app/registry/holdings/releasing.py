"""Giving back what was set aside: at its owner's wish, or when its time is up."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from app.gateways.database import Tx, again, fetch, transaction
from app.kernel.ids import uuid7
from app.registry.holdings.calling import call

_BATCH: Final = 200
"""Reservations that one transaction gives back: it holds their lots' accounts for as long as it takes."""


async def release(cause: str, *, tx: Tx) -> bool:
    """Give a held reservation back to its holder; False where none is held (a repeat changes nothing).

    The cause is free again: a late payment may reserve anew.
    """
    return bool(await release_many([cause], tx=tx))


async def release_many(causes: Sequence[str], *, tx: Tx) -> set[str]:
    """Give the held reservations of these causes back, set-based; answers those that were held."""
    batch = uuid7()
    rows = await call(
        "SELECT cause FROM holdings.release($1, $2::text[])", batch, list(causes), cause=f"release:{batch}", tx=tx
    )
    return {row["cause"] for row in rows}


async def expire_due(*, but: Sequence[str], limit: int = 10_000) -> int:
    """Give back what is held past its time, in batches, the longest overdue first; answers how many.

    Purposes that begin with one of `but` stay: whoever set them aside ends them, and asks somebody first, as
    orders ask their channels. What another transaction is just using or releasing waits for the next round.
    """

    async def use_case(size: int) -> int:
        async with transaction() as tx:
            rows = await fetch(
                "SELECT r.cause FROM credit_reservation_held h JOIN credit_reservation r ON r.id = h.reservation_id"
                " WHERE h.expires_at <= clock_timestamp() AND r.state = 'held' AND r.expires_at <= clock_timestamp()"
                " AND NOT EXISTS (SELECT FROM unnest($1::text[]) AS kept WHERE starts_with(r.cause, kept))"
                " ORDER BY h.expires_at, h.reservation_id LIMIT $2 FOR UPDATE OF r SKIP LOCKED",
                list(but), size, tx=tx,
            )  # fmt: skip
            return len(await release_many([row["cause"] for row in rows], tx=tx)) if rows else 0

    released = 0
    while (size := min(_BATCH, limit - released)) > 0:
        batch = await again(partial(use_case, size))
        released += batch
        if batch < size:
            break
    return released
