"""How a donor is shown: by name with their consent, taken back as easily as given."""

from uuid import UUID

from app.foundation import identity
from app.gateways.database import fetch, fetch_one, transaction
from app.programmes.donations.errors import DonationUnknown
from app.programmes.donations.rules import Shown


async def show(donation_id: UUID, shown_as: Shown, *, by: UUID) -> None:
    """Show a donation by its donor's name, or without it, from now on; the certificate stays theirs.

    Raises:
        DonationUnknown: there is none, or `by` is nobody of its donor.
        RoleMissing: `by` only reads there, now.
    """
    async with transaction() as tx:
        row = await fetch_one(
            "SELECT donor_id, shown_as FROM donation WHERE id = $1 FOR NO KEY UPDATE", donation_id, tx=tx
        )
        if row is None or not await identity.acts_for(by, row["donor_id"], tx=tx):
            raise DonationUnknown
        await identity.demand_role(by, row["donor_id"], *identity.ORDERING, tx=tx)
        if row["shown_as"] != shown_as.value:
            await fetch(
                "UPDATE donation SET shown_as = $2, shown_at = clock_timestamp(), shown_by_id = $3 WHERE id = $1",
                donation_id, shown_as.value, by, tx=tx,
            )  # fmt: skip
