"""The second person: yes to exactly what was shown, or no with a reason."""

from typing import NoReturn
from uuid import UUID

from app.foundation import approvals, outbox
from app.gateways.database import fetch, transaction
from app.registry.cancellations.errors import AlreadyDecided
from app.registry.cancellations.events import CancellationApproved, CancellationConfirmed
from app.registry.cancellations.paper_rules import plain_reason
from app.registry.cancellations.reading import find
from app.registry.cancellations.rules import KIND, Mode, State

_OPEN = {Mode.HAND: State.REPORTED, Mode.REGISTRY: State.PROPOSED}
"""What waits for a second person's yes."""


async def approve(reference: str, *, seen: str, by: UUID) -> State:
    """Say yes; `seen` is the SHA-256 of what this person was shown, in hexadecimal. Answers the state it is in now.

    By hand it is cancelled with that. By wire the registry is asked next, by an event. Two who say yes at once:
    the second finds it decided.

    Raises:
        CancellationUnknown: no such number.
        AlreadyDecided: nothing waits for a yes here.
        ApprovalChanged, SamePerson, ApprovalRoleMissing: of `approvals.approve`.
    """
    async with transaction() as tx:
        waiting = await approvals.find_open(KIND, reference, tx=tx)
        found = await find(reference, tx=tx)
        if waiting is None or found.state is not _OPEN[found.mode]:
            refuse_state(found.state)
        approved = await approvals.approve(waiting.id, seen=seen, by=by, tx=tx)
        if found.mode is Mode.HAND:
            became = State.CANCELLED
            await fetch(
                "UPDATE upstream_cancellation SET state = 'cancelled', approval_id = $2, finished_at = clock_timestamp()"
                " WHERE id = $1",
                found.id, approved.id, tx=tx,
            )  # fmt: skip
            event = CancellationConfirmed(cancellation_id=found.id, lot_id=found.lot_id, tonnes=found.tonnes.count)
            await outbox.record(event, tx=tx)
        else:
            became = State.APPROVED
            await fetch(
                "UPDATE upstream_cancellation SET state = 'approved', approval_id = $2,"
                " next_query_at = clock_timestamp() + interval '15 s' WHERE id = $1",
                found.id, approved.id, tx=tx,
            )  # fmt: skip
            await outbox.record(CancellationApproved(cancellation_id=found.id), tx=tx)
    outbox.nudge()
    return became


async def send_back(reference: str, *, reason: str, seen: str, by: UUID) -> None:
    """Say no; the tonnes may be proposed again. Also to a proposal by hand that nobody has reported yet.

    Raises:
        CancellationUnknown, AlreadyDecided, ApprovalChanged, SamePerson, ApprovalRoleMissing: as for a yes.
        ReasonUnfit: why is not said.
    """
    why = plain_reason(reason)
    async with transaction() as tx:
        waiting = await approvals.find_open(KIND, reference, tx=tx)
        found = await find(reference, tx=tx)
        if waiting is None:
            refuse_state(found.state)
        await approvals.send_back(waiting.id, reason=why, seen=seen, by=by, tx=tx)
        await fetch(
            "UPDATE upstream_cancellation SET state = 'returned', reason = $2, finished_at = clock_timestamp()"
            " WHERE id = $1",
            found.id, why, tx=tx,
        )  # fmt: skip


def refuse_state(state: State) -> NoReturn:
    """Its state does not allow this (any more)."""
    raise AlreadyDecided(state_zh=state.text.zh, state_en=state.text.en)
