"""Who proposed takes it back, before a second person has said anything."""

from uuid import UUID

from app.cancellations.checking import refuse_state
from app.cancellations.errors import NotTheMaker
from app.cancellations.paper_rules import plain_reason
from app.cancellations.reading import find
from app.cancellations.rules import State
from app.gateways.database import fetch_one


async def withdraw(reference: str, *, reason: str, by: UUID) -> None:
    """Take a proposal or a report back; the tonnes may be proposed again. A yes that comes at once decides which is first.

    Raises:
        CancellationUnknown: no such number.
        NotTheMaker: another person proposed it.
        ReasonUnfit: why is not said.
        AlreadyDecided: a second person has said yes or no, or it was withdrawn.
    """
    why = plain_reason(reason)
    found = await find(reference)
    if found.maker_id != by:
        raise NotTheMaker
    row = None
    if found.state in {State.PROPOSED, State.REPORTED}:
        row = await fetch_one(
            "UPDATE upstream_cancellation SET state = 'returned', reason = $2, finished_at = clock_timestamp()"
            " WHERE id = $1 AND state IN ('proposed', 'reported') RETURNING id",
            found.id, why,
        )  # fmt: skip
    if row is None:
        refuse_state((await find(reference)).state)
