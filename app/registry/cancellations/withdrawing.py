"""Who proposed takes it back, before a second person has said anything."""

from uuid import UUID

from app.foundation import approvals
from app.gateways.database import fetch, transaction
from app.registry.cancellations.checking import refuse_state
from app.registry.cancellations.errors import NotTheMaker
from app.registry.cancellations.paper_rules import plain_reason
from app.registry.cancellations.reading import find
from app.registry.cancellations.rules import KIND


async def withdraw(reference: str, *, reason: str, by: UUID) -> None:
    """Take a proposal or a report back; the tonnes may be proposed again. A yes that comes at once decides which is first.

    Raises:
        CancellationUnknown: no such number.
        NotTheMaker: another person proposed it.
        ReasonUnfit: why is not said.
        AlreadyDecided: a second person has said yes or no, or it was withdrawn.
    """
    why = plain_reason(reason)
    async with transaction() as tx:
        waiting = await approvals.find_open(KIND, reference, tx=tx)
        found = await find(reference, tx=tx)
        if found.maker_id != by:
            raise NotTheMaker
        if waiting is None:
            refuse_state(found.state)
        await approvals.withdraw(waiting.id, by=by, reason=why, tx=tx)
        await fetch(
            "UPDATE upstream_cancellation SET state = 'returned', reason = $2, finished_at = clock_timestamp()"
            " WHERE id = $1",
            found.id, why, tx=tx,
        )  # fmt: skip
