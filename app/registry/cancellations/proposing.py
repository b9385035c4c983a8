"""The next whole tonnes of a lot, proposed by one person."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

import msgspec
from tortoise.exceptions import IntegrityError

from app.foundation import approvals
from app.foundation.approvals import Proposal
from app.gateways.database import constraint, fetch, fetch_one, transaction
from app.kernel.clock import beijing_day
from app.kernel.ids import random_code, uuid7
from app.kernel.text import Text
from app.registry import credits
from app.registry.cancellations.errors import (
    LotUnknown,
    ModeUnavailable,
    NothingToCancel,
    TonnesChanged,
    TonnesTaken,
)
from app.registry.cancellations.paper_rules import Wanted, payload
from app.registry.cancellations.rules import KIND, VOID, Mode, State, Tonnes, next_tonnes

_RACED: Final = "upstream_cancellation_no_overlap"


async def propose(
    lot_code: str, *, mode: Mode, by: UUID, beneficiary: Text, wired: Collection[str], seen: str | None = None
) -> str:
    """Propose the first tonnes of the lot that hold a retired gram and that nobody has proposed; answers our number.

    `wired` are the programmes whose registry a wire leads to; `beneficiary` is in whose name the tonnes are cancelled.
    `seen` are the tonnes that this person was shown (`Tonnes.said`); None: they were shown none.
    Repeated at once it finds nothing left: one tonne has one proposal. Opens its own transaction.

    Raises:
        LotUnknown: no lot has this code.
        ModeUnavailable: by wire, and there is none.
        NothingToCancel: every such tonne is cancelled or under way.
        TonnesTaken: somebody else's proposal came first.
        ApprovalRoleMissing: `by` is no operator of the platform now.
        TonnesChanged: other tonnes are next by now than this person was shown.
    """
    lot_id = await _lot_id(lot_code)
    lot = (await credits.describe_lots([lot_id]))[lot_id]
    if mode is Mode.REGISTRY and lot.programme.value not in wired:
        raise ModeUnavailable(programme=lot.programme.value)
    try:
        async with transaction() as tx:
            row = await fetch_one(
                "SELECT (SELECT balance FROM ledger_account WHERE path = 'retired:' || $1::bigint"
                " AND unit = 'g:' || $1::bigint) AS retired_g,"
                " (SELECT array_agg(ARRAY[start_t, stop_t] ORDER BY start_t) FROM upstream_cancellation"
                " WHERE lot_id = $1::bigint AND NOT state = ANY($2::text[])) AS taken, clock_timestamp() AS now",
                lot_id, [state.value for state in VOID], tx=tx,
            )  # fmt: skip
            assert row is not None, "a row of two answers is always there"
            tonnes = next_tonnes(row["retired_g"] or 0, [Tonnes(*taken) for taken in row["taken"] or ()])
            if tonnes is None:
                raise NothingToCancel(lot=lot_code)
            if seen is not None and seen != tonnes.said:
                raise TonnesChanged(lot=lot_code)
            wanted = Wanted(
                reference=f"UC-{beijing_day(row['now']):%Y%m%d}-{random_code(8)}",
                mode=mode,
                programme=lot.programme.value,
                project=lot.project_number,
                lot=lot.code,
                serial=lot.serial_raw,
                block_start=lot.block_start,
                tonnes=tonnes,
                beneficiary=beneficiary,
            )
            text = payload(wanted)
            await fetch(
                "INSERT INTO upstream_cancellation (id, reference, lot_id, programme, start_t, stop_t, mode, state, maker_id,"
                " payload, payload_sha256, queries, proposed_at)"
                " SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10::text, sha256(convert_to($10::text, 'UTF8')), 0,"
                " clock_timestamp()",
                uuid7(), wanted.reference, lot_id, wanted.programme, tonnes.start_t, tonnes.stop_t, mode.value,
                State.PROPOSED.value, by, text, tx=tx,
            )  # fmt: skip
            proposal = Proposal(subject=wanted.reference, payload=msgspec.json.decode(text))
            await approvals.propose(KIND, proposal, by=by, tx=tx)
    except IntegrityError as refusal:
        if constraint(refusal) == _RACED:
            raise TonnesTaken(lot=lot_code) from refusal
        raise
    return wanted.reference


async def _lot_id(code: str) -> int:
    row = await fetch_one("SELECT id FROM credit_lot WHERE code = $1", code)
    if row is None:
        raise LotUnknown(lot=code)
    return int(row["id"])
