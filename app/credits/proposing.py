"""What takes two people: one proposes a lot or a correction, another confirms the very same text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import msgspec
from tortoise.exceptions import IntegrityError

from app import identity, outbox
from app.credits.correction_rules import read_changes
from app.credits.errors import (
    CorrectionUnfit,
    LotOverlaps,
    LotUnknown,
    ProposalDecided,
    ProposalDiffers,
    ProposalPending,
    ProposalUnknown,
    SamePerson,
)
from app.credits.events import LotCorrected
from app.credits.lot_rules import NewLot, fit
from app.credits.opening import is_overlap, stand_in_line, write_lots
from app.credits.rules import ProposalKind, ProposalState
from app.gateways.database import Row, Tx, fetch, fetch_one, fetch_value, transaction
from app.identity import Role
from app.kernel.ids import uuid7

NOTE_MOST: Final = 500


@dataclass(frozen=True, slots=True)
class Proposal:
    """What was typed, by whom, and whether somebody else has confirmed it."""

    id: UUID
    kind: ProposalKind
    about: str
    payload: Mapping[str, Any]
    sha256: str
    """Of the text as it is written; whoever confirms names it, and so says what they saw."""
    state: ProposalState
    maker_id: UUID
    checker_id: UUID | None
    proposed_at: datetime


async def propose_lot(lot: NewLot, *, by: UUID) -> Proposal:
    """Write down a lot whose serial does not say its tonnes, for another person to confirm. Nothing moves.

    The same text again is the same proposal.

    Raises:
        SerialUnreadable, SerialOfAnotherRegistry, SerialDisagrees, LotUnfit: it does not hold together.
        LotOverlaps: its batch, certificate or trade number is in a lot already, of whatever programme.
        ProposalPending: another text about this certificate waits.
    """
    fit_lot = fit(lot)
    serial = fit_lot.serial
    async with transaction() as tx:
        taken = await fetch_value(
            "SELECT id FROM credit_lot WHERE code = $1 OR trade_number = $2"
            " UNION ALL SELECT lot_id FROM credit_name WHERE name = ANY($3::text[]) LIMIT 1",
            lot.code, lot.trade_number, sorted(fit_lot.names), tx=tx,
        )  # fmt: skip
        if taken is not None:
            raise LotOverlaps(serial=lot.serial or lot.certificate_number)
        (proposal,) = await propose_many([(ProposalKind.RAW_LOT, serial.series, lot)], by=by, tx=tx)
    return proposal


async def propose_correction(lot_id: int, changes: Mapping[str, object], *, note: str, by: UUID) -> Proposal:
    """Write down that facts about a lot are others than it says, and why, for another person to confirm.

    Raises:
        LotUnknown: there is no such lot.
        CorrectionUnfit: these facts cannot be corrected so, or no reason is given.
        ProposalPending: another correction of this lot waits.
    """
    read_changes(changes)
    if not note.strip() or len(note) > NOTE_MOST:
        raise CorrectionUnfit(name="note", field="/note")
    payload = {"lot_id": lot_id, "changes": dict(changes), "note": note}
    async with transaction() as tx:
        if await fetch_value("SELECT id FROM credit_lot WHERE id = $1", lot_id, tx=tx) is None:
            raise LotUnknown
        (proposal,) = await propose_many([(ProposalKind.CORRECTION, f"lot:{lot_id}", payload)], by=by, tx=tx)
    return proposal


async def propose_many(
    wanted: Sequence[tuple[ProposalKind, str, object]], *, by: UUID, tx: Tx
) -> list[Proposal]:  # fmt: skip
    """Write a set of proposals (kind, about what, content) in one round trip; a text that waits already is that one.

    Raises:
        RoleMissing: `by` is no operator of the platform, now; PostgreSQL asks as well.
        ProposalPending: another text about the same thing waits.
    """
    await identity.demand_house_role(by, Role.OPERATOR, tx=tx)
    rows = [
        (kind, about, msgspec.json.encode(content, order="deterministic").decode()) for kind, about, content in wanted
    ]
    waiting: list[Row] = []
    while len(waiting) < len({row[:2] for row in rows}):  # again where one was decided between the two statements
        await fetch(
            "INSERT INTO credit_proposal (id, kind, about, payload, payload_sha256, state, maker_id, proposed_at)"
            " SELECT id, kind, about, payload, sha256(convert_to(payload, 'UTF8')), 'proposed', $5, clock_timestamp()"
            " FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) AS w (id, kind, about, payload)"
            " ON CONFLICT (kind, about) WHERE state = 'proposed' DO NOTHING",
            [uuid7() for _ in rows], [row[0].value for row in rows], [row[1] for row in rows], [row[2] for row in rows], by,
            tx=tx,
        )  # fmt: skip
        waiting = await fetch(
            "SELECT p.* FROM credit_proposal p JOIN unnest($1::text[], $2::text[]) AS w (kind, about) USING (kind, about)"
            " WHERE p.state = 'proposed'",
            [row[0].value for row in rows], [row[1] for row in rows], tx=tx,
        )  # fmt: skip
    by_subject = {(row["kind"], row["about"]): row for row in waiting}
    found = []
    for kind, about, payload in rows:
        row = by_subject[kind.value, about]
        if row["payload"] != payload:
            raise ProposalPending(about=about)
        found.append(_proposal(row))
    return found


async def confirm(proposal_id: UUID, *, sha256: str, by: UUID) -> int:
    """Make a proposal true: its lot opens, its correction or decision is recorded; answers the lot's id.

    `sha256` is the fingerprint of what this person saw. Repeated by the same person it answers the same lot.

    Raises:
        RoleMissing: `by` is no reviewer of the platform, now; PostgreSQL asks as well.
        ProposalUnknown: there is none.
        ProposalDecided: somebody confirmed or declined it before.
        ProposalDiffers: what was seen is not what is written.
        SamePerson: its maker confirms it.
        LotOverlaps: such a lot was opened meanwhile.
        ProjectDisagrees: the project is known otherwise by now.
    """
    try:
        async with transaction() as tx:
            await identity.demand_house_role(by, Role.REVIEWER, tx=tx)
            await stand_in_line(tx)
            row = await _locked(proposal_id, tx=tx)
            if row["state"] != ProposalState.PROPOSED:
                return await _confirmed_before(row, by=by, tx=tx)
            if bytes(row["payload_sha256"]).hex() != sha256.lower():
                raise ProposalDiffers
            if row["maker_id"] == by:
                raise SamePerson
            await fetch(
                "UPDATE credit_proposal SET state = 'confirmed', checker_id = $2, seen_sha256 = decode($3, 'hex'),"
                " decided_at = clock_timestamp() WHERE id = $1",
                proposal_id, by, sha256.lower(), tx=tx,
            )  # fmt: skip
            lot_id = await _apply(row, tx=tx)
    except IntegrityError as refusal:
        if is_overlap(refusal):
            raise LotOverlaps(serial=row["about"]) from refusal
        raise
    outbox.nudge()
    return lot_id


async def decline(proposal_id: UUID, *, by: UUID) -> None:
    """Let a proposal come to nothing: by whoever was to confirm it, or taken back by its maker. A repeat does nothing.

    Raises:
        ProposalUnknown: there is none.
        ProposalDecided: it was confirmed before.
    """
    async with transaction() as tx:
        row = await _locked(proposal_id, tx=tx)
        if row["state"] == ProposalState.CONFIRMED:
            raise ProposalDecided(state=row["state"])
        if row["state"] == ProposalState.PROPOSED:
            await fetch(
                "UPDATE credit_proposal SET state = 'declined', checker_id = $2, decided_at = clock_timestamp()"
                " WHERE id = $1",
                proposal_id, by, tx=tx,
            )  # fmt: skip


async def open_proposals() -> list[Proposal]:
    """What waits for its second person, oldest first."""
    rows = await fetch("SELECT * FROM credit_proposal WHERE state = 'proposed' ORDER BY proposed_at, id")
    return [_proposal(row) for row in rows]


async def _locked(proposal_id: UUID, *, tx: Tx) -> Row:
    row = await fetch_one("SELECT * FROM credit_proposal WHERE id = $1 FOR UPDATE", proposal_id, tx=tx)
    if row is None:
        raise ProposalUnknown
    return row


async def _confirmed_before(row: Row, *, by: UUID, tx: Tx) -> int:
    if row["state"] != ProposalState.CONFIRMED or row["checker_id"] != by:
        raise ProposalDecided(state=row["state"])
    lot_id: int = await fetch_value(
        "SELECT id FROM credit_lot WHERE proposal_id = $1"
        " UNION ALL SELECT lot_id FROM credit_lot_correction WHERE proposal_id = $1"
        " UNION ALL SELECT lot_id FROM credit_double WHERE proposal_id = $1",
        row["id"], tx=tx,
    )  # fmt: skip
    return lot_id


async def _apply(row: Row, *, tx: Tx) -> int:
    if row["kind"] == ProposalKind.RAW_LOT:
        lot = msgspec.json.decode(row["payload"], type=NewLot)
        (lot_id,) = await write_lots([fit(lot)], proposals={lot.code: row["id"]}, tx=tx)
        return lot_id
    if row["kind"] == ProposalKind.DOUBLE:
        decided: int = await fetch_value(
            "UPDATE credit_double SET decision = p->>'decision', proposal_id = $2 FROM (SELECT $1::jsonb) AS w (p)"
            " WHERE lot_id = (p->>'lot_id')::bigint RETURNING lot_id",
            row["payload"], row["id"], tx=tx,
        )  # fmt: skip
        await outbox.record(LotCorrected(lot_id=decided), tx=tx)
        return decided
    corrected: int = await fetch_value(
        "INSERT INTO credit_lot_correction (lot_id, changes, note, proposal_id, recorded_at)"
        " SELECT (p->>'lot_id')::bigint, p->'changes', p->>'note', $2, clock_timestamp() FROM (SELECT $1::jsonb) AS w (p)"
        " RETURNING lot_id",
        row["payload"], row["id"], tx=tx,
    )  # fmt: skip
    await outbox.record(LotCorrected(lot_id=corrected), tx=tx)
    return corrected


def _proposal(row: Row) -> Proposal:
    payload: str = row["payload"]
    return Proposal(
        id=row["id"],
        kind=ProposalKind(row["kind"]),
        about=row["about"],
        payload=msgspec.json.decode(payload),
        sha256=sha256(payload.encode()).hexdigest(),
        state=ProposalState(row["state"]),
        maker_id=row["maker_id"],
        checker_id=row["checker_id"],
        proposed_at=row["proposed_at"],
    )
