"""What stands on the certificate."""

from uuid import UUID

from app.gateways.database import fetch_one
from app.orders.errors import OrderUnknown
from app.orders.rules import UNPAID


async def rename(order_id: UUID, *, by: UUID, name_sealed: bytes | None) -> bool:
    """Put this person's sealed name on the certificate of theirs that the order leads to, or take it off.

    False once the order is no longer unpaid. A part for somebody else keeps the name it was placed with.

    Raises:
        OrderUnknown: no such order, or somebody else's: who may not act for its payer now.
    """
    row = await fetch_one(
        "WITH o AS (SELECT id, state FROM purchase_order WHERE id = $1"
        " AND identity.acts_for($2, payer_id) FOR UPDATE),"
        " named AS (UPDATE purchase_order_part p SET beneficiary_name_sealed = $3 FROM o WHERE p.order_id = o.id"
        " AND p.beneficiary_id = $2 AND o.state IN ('placed', 'quoted'))"
        " SELECT state FROM o",
        order_id, by, name_sealed,
    )  # fmt: skip
    if row is None:
        raise OrderUnknown
    return row["state"] in UNPAID


async def sealed_name(order_id: UUID, *, by: UUID) -> bytes | None:
    """The name that this person's order has for their own certificate, sealed; None where it has none."""
    row = await fetch_one(
        "SELECT p.beneficiary_name_sealed AS sealed FROM purchase_order_part p JOIN purchase_order o ON o.id = p.order_id"
        " WHERE o.id = $1 AND identity.acts_for($2, o.payer_id) AND p.beneficiary_id = $2 ORDER BY p.no LIMIT 1",
        order_id, by,
    )  # fmt: skip
    return row["sealed"] if row else None
