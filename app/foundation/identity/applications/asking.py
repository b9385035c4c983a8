"""What an applicant may not do yet."""

from uuid import UUID

from app.foundation.identity.applications.errors import ApplicantUnverified
from app.gateways.database import Tx, fetch


async def demand_verified(party_id: UUID, *, field: str | None = None, tx: Tx | None = None) -> None:
    """Refuse a party that signed itself up and that nobody has verified.

    Raises:
        ApplicantUnverified
    """
    if await fetch(
        "SELECT 1 FROM organisation_application a JOIN organisation o ON o.id = a.organisation_id"
        " WHERE a.organisation_id = $1 AND NOT o.is_verified",
        party_id, tx=tx,
    ):  # fmt: skip
        raise ApplicantUnverified(field=field)
