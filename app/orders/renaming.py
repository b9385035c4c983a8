"""What stands on the certificate."""

from uuid import UUID

from app.gateways.database import fetch_one
from app.orders.errors import OrderUnknown


async def rename(order_id: UUID, *, by: UUID, name_sealed: bytes | None) -> bool:
    """Put a sealed name on the certificate that this person's order is for, or take it off.

    False once the order is no longer `placed`. A part for somebody else keeps the name it was placed with.

    Raises:
        OrderUnknown: no such order, or another person's.
    """
    row = await fetch_one(
        "WITH o AS (SELECT id, person_id, state FROM purchase_order WHERE id = $1 AND person_id = $2 FOR UPDATE),"
        " named AS (UPDATE purchase_order_part p SET beneficiary_name_sealed = $3 FROM o WHERE p.order_id = o.id"
        " AND p.beneficiary_id = o.person_id AND o.state = 'placed')"
        " SELECT state FROM o",
        order_id, by, name_sealed,
    )  # fmt: skip
    if row is None:
        raise OrderUnknown
    return bool(row["state"] == "placed")


async def sealed_name(order_id: UUID, *, by: UUID) -> bytes | None:
    """The name that this person's order has for their own certificate, sealed; None where it has none."""
    row = await fetch_one(
        "SELECT p.beneficiary_name_sealed AS sealed FROM purchase_order_part p JOIN purchase_order o ON o.id = p.order_id"
        " WHERE o.id = $1 AND o.person_id = $2 AND p.beneficiary_id = o.person_id ORDER BY p.no LIMIT 1",
        order_id, by,
    )  # fmt: skip
    return row["sealed"] if row else None
