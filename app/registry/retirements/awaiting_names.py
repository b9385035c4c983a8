"""Names that come after settling: whoever ends the waiting says so, and the paper follows."""

from collections.abc import Sequence
from uuid import UUID

from app.foundation import outbox
from app.gateways.database import Tx, fetch, transaction
from app.registry import claims
from app.registry.retirements.events import RetirementNamed

BATCH = 500


async def say_name(cause: str, *, by: UUID, name_sealed: bytes | None, tx: Tx) -> bool:
    """Put a person's name on the claim of this cause, or say that none comes; its paper waits no more.

    False where the claim is not theirs, is not made yet, or waited for no name any more: then nothing is changed.
    """
    claim_id = await claims.end_naming(cause, of=by, name_sealed=name_sealed, tx=tx)
    if claim_id is None:
        return False
    await _tell([claim_id], tx=tx)
    return True


async def end_naming_due() -> int:
    """Let the papers go on whose names did not come in time; the sweeper calls it. Answers how many claims."""
    async with transaction() as tx:
        ended = await claims.end_naming_due(limit=BATCH, tx=tx)
        await _tell(ended, tx=tx)
    if ended:
        outbox.nudge()
    return len(ended)


async def _tell(claim_ids: Sequence[UUID], *, tx: Tx) -> None:
    """Whoever settles one of them later finds the waiting over, and needs no word."""
    rows = await fetch(
        "SELECT id FROM retirement WHERE claim_id = ANY($1::uuid[]) AND state = 'settled' ORDER BY id",
        list(claim_ids), tx=tx,
    )  # fmt: skip
    await outbox.record(*(RetirementNamed(retirement_id=row["id"]) for row in rows), tx=tx)
