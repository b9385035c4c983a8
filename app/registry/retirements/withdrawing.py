"""Giving requested retirements up before they are settled."""

from collections.abc import Sequence
from uuid import UUID

from app.foundation import outbox
from app.gateways.database import Tx, fetch
from app.kernel.ids import uuid7
from app.registry.retirements.errors import ReasonMissing, RetirementFinal
from app.registry.retirements.events import RetirementWithdrawn
from app.registry.retirements.rules import REASON_LENGTH_MAX


async def withdraw(retirement_ids: Sequence[UUID], *, by: UUID, reason: str, tx: Tx) -> list[UUID]:
    """Give up all of these requested retirements, or none, and their grams back to their holder; one round trip.

    `by` is the person who decided. Repeated: a withdrawn retirement stays as it is and no second event is written.
    Whoever comes second, this or `settle`, waits for the first and finds its work done. Answers those withdrawn now.

    Raises:
        RetirementFinal: one of them is settled; the caller's transaction must not commit.
        ReasonMissing: no reason is given, or one longer than 200 characters.
    """
    reason = " ".join(reason.split())
    if not reason or len(reason) > REASON_LENGTH_MAX:
        raise ReasonMissing(longest=REASON_LENGTH_MAX)
    rows = await fetch(
        "SELECT id, mass_g, outcome FROM retirements.withdraw($1, $2::uuid[], $3, $4)",
        uuid7(), list(retirement_ids), by, reason, tx=tx,
    )  # fmt: skip
    if any(row["outcome"] == "settled" for row in rows):
        raise RetirementFinal
    fresh = [row for row in rows if row["outcome"] == "withdrawn"]
    await outbox.record(*(RetirementWithdrawn(retirement_id=row["id"], mass_g=row["mass_g"]) for row in fresh), tx=tx)
    return [row["id"] for row in fresh]
