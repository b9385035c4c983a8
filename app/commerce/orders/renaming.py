"""What stands on the certificate."""

from uuid import UUID

from app.commerce.orders.errors import OrderUnknown
from app.commerce.orders.reading import find
from app.commerce.orders.rules import UNPAID
from app.gateways.database import fetch_one, fetch_value, transaction
from app.registry import claims


async def rename(order_id: UUID, *, by: UUID, name_sealed: bytes | None) -> bool:
    """Put this person's sealed name on the certificate of theirs that the order leads to, or take it off.

    False once the order is no longer unpaid. A line for somebody else keeps the name it was placed with.

    Raises:
        OrderUnknown: no such order, or somebody else's: who may not act for its payer now.
    """
    async with transaction() as tx:
        row = await fetch_one(
            "SELECT o.state, ARRAY(SELECT l.claim_id FROM sale_line l WHERE l.order_id = o.id) AS claim_ids"
            " FROM purchase_order o WHERE o.id = $1 AND identity.acts_for($2, o.payer_id) FOR UPDATE OF o",
            order_id, by, tx=tx,
        )  # fmt: skip
        if row is None:
            raise OrderUnknown
        if row["state"] not in UNPAID:
            return False
        await claims.rename(row["claim_ids"], of=by, name_sealed=name_sealed, tx=tx)
    return True


async def namer_of(order_id: UUID, *, by: UUID) -> UUID:
    """Under whose key a name for this order is sealed: whoever placed it, where that is the same person, else `by`."""
    found = await fetch_value(
        "SELECT person_id FROM purchase_order WHERE id = $1 AND person_id IN (SELECT identity.persons_of($2))",
        order_id,
        by,
    )
    return UUID(str(found)) if found else by


async def sealed_name(order_id: UUID, *, by: UUID) -> bytes | None:
    """The name that this person's order has for their own certificate, sealed; None where it has none, or is not theirs."""
    try:
        order = await find(order_id, by=by)
    except OrderUnknown:
        return None
    return next((line.claim.name_sealed for line in order.retire_lines if line.claim.beneficiary_id == by), None)
