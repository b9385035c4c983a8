"""Power over an order: its payer's own, or that of an organisation's ordering members, at this moment."""

from uuid import UUID

from app.foundation import identity
from app.gateways.database import Tx


async def demand_power(payer_id: UUID, *, by: UUID, field: str | None = None, tx: Tx | None = None) -> None:
    """Refuse whoever may not order, pay, cancel and take back for the payer now; who placed an order counts for nothing.

    Raises:
        ApplicantUnverified: it signed itself up and nobody has verified it.
        RoleMissing: they are not the payer, and neither operator nor sponsor of it.
    """
    if by != payer_id:
        await identity.demand_role(by, payer_id, *identity.ORDERING, field=field, tx=tx)
        await identity.applications.demand_verified(payer_id, field=field, tx=tx)
