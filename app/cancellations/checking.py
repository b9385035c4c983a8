"""The second person: yes to exactly what was shown, or no with a reason."""

from typing import NoReturn
from uuid import UUID

from app import outbox
from app.cancellations.errors import AlreadyDecided, ProposalChanged, SamePerson
from app.cancellations.events import CancellationApproved, CancellationConfirmed
from app.cancellations.paper_rules import plain_reason
from app.cancellations.reading import CancellationFacts, find
from app.cancellations.rules import Mode, State
from app.gateways.database import Row, fetch_one, transaction

_OPEN = {Mode.HAND: State.REPORTED, Mode.REGISTRY: State.PROPOSED}
"""What waits for a second person's yes."""


async def approve(reference: str, *, seen: str, by: UUID) -> State:
    """Say yes; `seen` is the SHA-256 of what this person was shown, in hexadecimal. Answers the state it is in now.

    By hand it is cancelled with that. By wire the registry is asked next, by an event. Two who say yes at once:
    the second finds it decided.

    Raises:
        CancellationUnknown: no such number.
        SamePerson: who proposed it.
        AlreadyDecided: nothing waits for a yes here.
        ProposalChanged: it is not what this person saw.
    """
    found = await _looked_at(reference, seen=seen, by=by)
    if found.state is not _OPEN[found.mode]:
        refuse_state(found.state)
    async with transaction() as tx:
        row: Row | None
        if found.mode is Mode.HAND:
            row = await fetch_one(
                "UPDATE upstream_cancellation SET state = 'cancelled', checker_id = $2, checked_sha256 = $3,"
                " checked_at = clock_timestamp(), finished_at = clock_timestamp()"
                " WHERE id = $1 AND state = 'reported' AND payload_sha256 = $3 RETURNING id",
                found.id, by, found.payload_sha256, tx=tx,
            )  # fmt: skip
        else:
            row = await fetch_one(
                "UPDATE upstream_cancellation SET state = 'approved', checker_id = $2, checked_sha256 = $3,"
                " checked_at = clock_timestamp(), next_query_at = clock_timestamp() + interval '15 s'"
                " WHERE id = $1 AND state = 'proposed' AND payload_sha256 = $3 RETURNING id",
                found.id, by, found.payload_sha256, tx=tx,
            )  # fmt: skip
        if row is not None:
            if found.mode is Mode.HAND:
                await outbox.record(
                    CancellationConfirmed(cancellation_id=found.id, lot_id=found.lot_id, tonnes=found.tonnes.count),
                    tx=tx,
                )
            else:
                await outbox.record(CancellationApproved(cancellation_id=found.id), tx=tx)
    if row is None:
        refuse_state((await find(reference)).state)
    outbox.nudge()
    return State.CANCELLED if found.mode is Mode.HAND else State.APPROVED


async def send_back(reference: str, *, reason: str, seen: str, by: UUID) -> None:
    """Say no; the tonnes may be proposed again. Also to a proposal by hand that nobody has reported yet.

    Raises:
        CancellationUnknown, SamePerson, AlreadyDecided, ProposalChanged: as for a yes.
        ReasonUnfit: why is not said.
    """
    why = plain_reason(reason)
    found = await _looked_at(reference, seen=seen, by=by)
    row = await fetch_one(
        "UPDATE upstream_cancellation SET state = 'returned', checker_id = $2, checked_sha256 = $3, reason = $4,"
        " checked_at = clock_timestamp(), finished_at = clock_timestamp()"
        " WHERE id = $1 AND state IN ('proposed', 'reported') AND payload_sha256 = $3 RETURNING id",
        found.id, by, found.payload_sha256, why,
    )  # fmt: skip
    if row is None:
        refuse_state((await find(reference)).state)


def refuse_state(state: State) -> NoReturn:
    """Its state does not allow this (any more)."""
    raise AlreadyDecided(state_zh=state.text.zh, state_en=state.text.en)


async def _looked_at(reference: str, *, seen: str, by: UUID) -> CancellationFacts:
    found = await find(reference)
    if found.maker_id == by:
        raise SamePerson
    if found.payload_sha256.hex() != seen:
        raise ProposalChanged
    return found
