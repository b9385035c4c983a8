"""What stands on the certificate."""

from uuid import UUID

from app.gateways.database import fetch_one
from app.orders.errors import OrderUnknown


async def rename(order_id: UUID, *, by: UUID, name_sealed: bytes | None) -> bool:
    """Put a sealed name on the order's certificate, or take it off; False once the order is no longer `placed`.

    Raises:
        OrderUnknown: no such order, or another person's.
    """
    row = await fetch_one(
        "UPDATE purchase_order SET beneficiary_name_sealed = CASE state WHEN 'placed' THEN $3 ELSE"
        " beneficiary_name_sealed END WHERE id = $1 AND person_id = $2 RETURNING state",
        order_id, by, name_sealed,
    )  # fmt: skip
    if row is None:
        raise OrderUnknown
    return bool(row["state"] == "placed")
