"""A person of ours says that a quoted order shall hold its grams before it is paid."""

from datetime import datetime
from uuid import UUID

from app.commerce.orders.errors import NotQuoted, OrderUnknown, ReservingReasonUnfit
from app.commerce.orders.reading import COLUMNS, OrderFacts, gather, lock_many
from app.commerce.orders.rules import TEXT_MOST, OrderState, is_plain
from app.commerce.orders.setting_aside import set_aside
from app.foundation import identity
from app.foundation.identity import Role
from app.gateways.database import again, fetch, fetch_value, transaction
from app.kernel.ids import uuid7
from app.registry import holdings, ledger

_TRIES = 6


async def reserve_quoted(order_id: UUID, *, by: UUID, reason: str, until: datetime) -> OrderFacts:
    """Set a quoted order's grams aside until then, at the prices it was quoted; kept with who said so and why.

    Repeated it answers the order that is reserved.

    Raises:
        RoleMissing: `by` is no operator of the platform, now; PostgreSQL asks as well.
        OrderUnknown: no such order.
        NotQuoted: it was never quoted, is paid, or its time is over.
        ReservingReasonUnfit: no reason, or one that cannot be printed.
        CreditsExhausted: the grams are gone meanwhile; the order stays quoted.
    """
    if not is_plain(reason):
        raise ReservingReasonUnfit(longest=TEXT_MOST)

    async def use_case() -> OrderFacts:
        async with transaction() as tx:
            await identity.demand_platform_role(by, Role.OPERATOR, tx=tx)
            locked = await lock_many([order_id], tx=tx)
            if not locked:
                raise OrderUnknown
            if locked[0].state is OrderState.PLACED and await fetch(
                "SELECT 1 FROM purchase_order_act WHERE order_id = $1", order_id, tx=tx
            ):
                return locked[0]
            fresh = await fetch(
                "SELECT 1 FROM purchase_order WHERE id = $1 AND state = 'quoted' AND expires_at > clock_timestamp()",
                order_id, tx=tx,
            )  # fmt: skip
            if not fresh:
                raise NotQuoted
            await fetch("SELECT orders.hold($1, $2, $3, $4, $5)", uuid7(), order_id, by, reason, until, tx=tx)
            await set_aside(locked[0].lines, expires_at=until, tx=tx)
            return (await lock_many([order_id], tx=tx))[0]

    for _ in range(_TRIES - 1):
        try:
            return await again(use_case)
        except ledger.BalanceTooLow:
            continue  # others took the last grams of a lot in between; look at what is open now
        except holdings.CreditsExhausted as exhausted:
            exhausted.field = None  # nobody named lines here
            raise
    return await again(use_case)


async def list_quoted(*, limit: int) -> list[OrderFacts]:
    """The orders that are quoted and whose time is not over, the oldest first."""
    rows = await fetch(
        f"SELECT {COLUMNS} WHERE o.state = 'quoted' AND o.expires_at > clock_timestamp()"
        " AND o.id IN (SELECT order_id FROM purchase_order_unpaid) ORDER BY o.id LIMIT $1",
        limit,
    )
    return await gather(rows)


async def count_quoted() -> int:
    """How many those are."""
    return int(
        await fetch_value(
            "SELECT count(*) FROM purchase_order_unpaid u JOIN purchase_order o ON o.id = u.order_id"
            " WHERE o.state = 'quoted' AND o.expires_at > clock_timestamp()"
        )
    )
