"""Lots of older books that hold tonnes of an older lot: which they are, and what two people say of them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.foundation.approvals import Approval, Proposal
from app.gateways.database import fetch, fetch_one, transaction
from app.registry.credits.errors import DoubleDecided, DoubleUnfit, DoubleUnknown
from app.registry.credits.proposing import NOTE_MOST, propose_many
from app.registry.credits.rules import DoubleDecision, Programme, ProposalKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Double:
    """A lot that is not sold, since an older one holds tonnes of it."""

    lot_id: int
    code: str
    programme: Programme
    serial: str
    first_code: str
    """The older lot, which is sold on."""
    found: str
    """What both hold: a block of a series, or a text they are known by."""
    found_at: datetime
    decision: DoubleDecision | None
    """None: it waits for two people."""


async def list_doubles() -> list[Double]:
    """Every lot that was found to hold tonnes of an older one, those without a decision first."""
    rows = await fetch(
        "SELECT d.*, l.code, l.programme, l.serial_raw, f.code AS first_code FROM credit_double d"
        " JOIN credit_lot l ON l.id = d.lot_id JOIN credit_lot f ON f.id = d.first_lot_id"
        " ORDER BY d.decision IS NOT NULL, d.lot_id"
    )
    return [
        Double(
            lot_id=row["lot_id"],
            code=row["code"],
            programme=Programme(row["programme"]),
            serial=row["serial_raw"],
            first_code=row["first_code"],
            found=row["found"],
            found_at=row["found_at"],
            decision=DoubleDecision(row["decision"]) if row["decision"] else None,
        )
        for row in rows
    ]


async def propose_double(code: str, decision: DoubleDecision, *, note: str, by: UUID) -> Approval:
    """Say what a double is, and why, for another person to agree to; until then it stays unsold.

    Raises:
        DoubleUnknown: no double has this batch number.
        DoubleDecided: two people have decided about it.
        DoubleUnfit: no reason, or too long a one.
        ApprovalPending: another word about this lot waits.
    """
    if not note.strip() or len(note) > NOTE_MOST:
        raise DoubleUnfit
    async with transaction() as tx:
        row = await fetch_one(
            "SELECT d.lot_id, d.decision FROM credit_double d JOIN credit_lot l ON l.id = d.lot_id WHERE l.code = $1",
            code, tx=tx,
        )  # fmt: skip
        if row is None:
            raise DoubleUnknown
        if row["decision"] is not None:
            raise DoubleDecided(decision=row["decision"])
        payload = {"lot_id": row["lot_id"], "code": code, "decision": decision.value, "note": note}
        wanted = Proposal(subject=f"lot:{row['lot_id']}", payload=payload)
        (proposal,) = await propose_many(ProposalKind.DOUBLE, [wanted], by=by, tx=tx)
    return proposal
