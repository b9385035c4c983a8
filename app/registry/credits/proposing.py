"""What takes two people: one proposes a lot or a correction, another agrees to the very same text."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from tortoise.exceptions import IntegrityError

from app.foundation import approvals, identity, outbox
from app.foundation.approvals import Approval, Proposal
from app.foundation.identity import Role
from app.gateways.database import Tx, fetch_value, transaction
from app.registry.credits.correction_rules import read_changes
from app.registry.credits.errors import CorrectionUnfit, LotOverlaps, LotUnknown
from app.registry.credits.events import LotCorrected
from app.registry.credits.lot_rules import NewLot, fit
from app.registry.credits.opening import is_overlap, stand_in_line, write_lots
from app.registry.credits.rules import ProposalKind

NOTE_MOST: Final = 500


async def propose_lot(lot: NewLot, *, by: UUID) -> Approval:
    """Write down a lot whose serial does not say its tonnes, for another person to agree to. Nothing moves.

    The same text again is the same proposal.

    Raises:
        RoleMissing: `by` is no operator of the platform, now.
        SerialUnreadable, SerialOfAnotherRegistry, SerialDisagrees, LotUnfit: it does not hold together.
        LotOverlaps: its batch, certificate or trade number is in a lot already, of whatever programme.
        ApprovalPending: another text about this certificate waits.
    """
    fit_lot = fit(lot)
    async with transaction() as tx:
        taken = await fetch_value(
            "SELECT id FROM credit_lot WHERE code = $1 OR trade_number = $2"
            " UNION ALL SELECT lot_id FROM credit_name WHERE name = ANY($3::text[]) LIMIT 1",
            lot.code, lot.trade_number, sorted(fit_lot.names), tx=tx,
        )  # fmt: skip
        if taken is not None:
            raise LotOverlaps(serial=lot.serial or lot.certificate_number)
        wanted = Proposal(subject=fit_lot.serial.series, payload=lot)
        (proposal,) = await propose_many(ProposalKind.LOT, [wanted], by=by, tx=tx)
    return proposal


async def propose_correction(lot_id: int, changes: Mapping[str, object], *, note: str, by: UUID) -> Approval:
    """Write down that facts about a lot are others than it says, and why, for another person to agree to.

    Raises:
        RoleMissing: `by` is no operator of the platform, now.
        LotUnknown: there is no such lot.
        CorrectionUnfit: these facts cannot be corrected so, or no reason is given.
        ApprovalPending: another correction of this lot waits.
    """
    read_changes(changes)
    if not note.strip() or len(note) > NOTE_MOST:
        raise CorrectionUnfit(name="note", field="/note")
    async with transaction() as tx:
        code = await fetch_value("SELECT code FROM credit_lot WHERE id = $1", lot_id, tx=tx)
        if code is None:
            raise LotUnknown
        payload = {"lot_id": lot_id, "code": code, "changes": dict(changes), "note": note}
        wanted = Proposal(subject=f"lot:{lot_id}", payload=payload)
        (proposal,) = await propose_many(ProposalKind.CORRECTION, [wanted], by=by, tx=tx)
    return proposal


async def propose_many(kind: ProposalKind, wanted: Sequence[Proposal], *, by: UUID, tx: Tx) -> list[Approval]:
    """Write a set of proposals of one kind in one round trip; a text that waits already is that one.

    Raises:
        RoleMissing: `by` is no operator of the platform, now; PostgreSQL asks as well.
        ApprovalPending: another text about the same thing waits.
    """
    await identity.demand_platform_role(by, Role.OPERATOR, tx=tx)
    return await approvals.propose_many(kind.value, wanted, by=by, tx=tx)


async def approve(approval_id: UUID, *, seen: str, by: UUID) -> int:
    """Make a proposal true: its lot opens, its correction or decision is recorded; answers the lot's id.

    `seen` is the digest of what this person saw. Repeated by the same person it answers the same lot.

    Raises:
        RoleMissing: `by` is no reviewer of the platform, now; PostgreSQL asks as well.
        ApprovalUnknown, ApprovalDecided, ApprovalChanged, SamePerson, ApprovalRoleMissing: of `approvals.approve`.
        LotOverlaps: such a lot was opened meanwhile.
        ProjectDisagrees: the project is known otherwise by now.
    """
    found = await approvals.find(approval_id)
    try:
        async with transaction() as tx:
            await identity.demand_platform_role(by, Role.REVIEWER, tx=tx)
            await stand_in_line(tx)
            known = await approvals.find(approval_id, tx=tx)
            if known.state is approvals.State.APPROVED and known.decider_id == by and known.sha256 == seen.lower():
                return await _made_before(approval_id, tx=tx)
            lot_id = await _apply(await approvals.approve(approval_id, seen=seen, by=by, tx=tx), tx=tx)
    except IntegrityError as refusal:
        if is_overlap(refusal):
            raise LotOverlaps(serial=found.subject) from refusal
        raise
    outbox.nudge()
    return lot_id


async def _made_before(approval_id: UUID, *, tx: Tx) -> int:
    lot_id: int = await fetch_value(
        "SELECT id FROM credit_lot WHERE approval_id = $1"
        " UNION ALL SELECT lot_id FROM credit_lot_correction WHERE approval_id = $1"
        " UNION ALL SELECT lot_id FROM credit_double WHERE approval_id = $1",
        approval_id, tx=tx,
    )  # fmt: skip
    return lot_id


async def _apply(approved: Approval, *, tx: Tx) -> int:
    if approved.kind == ProposalKind.LOT:
        lot = approved.said_as(NewLot)
        (lot_id,) = await write_lots([fit(lot)], approved={lot.code: approved.id}, tx=tx)
        return lot_id
    if approved.kind == ProposalKind.DOUBLE:
        decided: int = await fetch_value(
            "UPDATE credit_double SET decision = p->>'decision', approval_id = $2 FROM (SELECT $1::jsonb) AS w (p)"
            " WHERE lot_id = (p->>'lot_id')::bigint RETURNING lot_id",
            approved.payload, approved.id, tx=tx,
        )  # fmt: skip
        await outbox.record(LotCorrected(lot_id=decided), tx=tx)
        return decided
    corrected: int = await fetch_value(
        "INSERT INTO credit_lot_correction (lot_id, changes, note, approval_id, recorded_at)"
        " SELECT (p->>'lot_id')::bigint, p->'changes', p->>'note', $2, clock_timestamp() FROM (SELECT $1::jsonb) AS w (p)"
        " RETURNING lot_id",
        approved.payload, approved.id, tx=tx,
    )  # fmt: skip
    await outbox.record(LotCorrected(lot_id=corrected), tx=tx)
    return corrected
