"""Making retirements final."""

from collections.abc import Sequence
from uuid import UUID

from app.foundation import outbox
from app.gateways.database import Tx, fetch
from app.kernel.ids import uuid7
from app.registry.claims import ProfileSet
from app.registry.retirements.events import RetirementSettled
from app.registry.retirements.judging import judge


async def settle(retirement_ids: Sequence[UUID], *, tx: Tx, profiles: ProfileSet | None = None) -> list[UUID]:
    """Cut the lots for these requested retirements and make them final, in one round trip for any number.

    What organisations claim with them is judged in the same transaction, each claim by the profile it asks for, and
    kept; without `profiles` nobody judges. Repeated: a settled retirement stays as it is and no second event is
    written. Answers those settled now.
    """
    rows = await fetch(
        "SELECT id, mass_g FROM retirements.settle($1, $2::uuid[])", uuid7(), list(retirement_ids), tx=tx
    )
    await outbox.record(*(RetirementSettled(retirement_id=row["id"], mass_g=row["mass_g"]) for row in rows), tx=tx)
    settled = [row["id"] for row in rows]
    if profiles is not None and settled:
        await judge(settled, profiles=profiles, tx=tx)
    return settled
