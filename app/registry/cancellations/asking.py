"""By wire: asking the registry, again and again under one number until it has said yes or no."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

import structlog

from app.foundation import outbox
from app.gateways.database import Row, Tx, again, fetch, fetch_one, transaction
from app.gateways.patience import ask_each, within
from app.gateways.registries.base import Answer, Cancellation, Cancelled, NeverHeard, Registry
from app.kernel.outcome import Pending, Refused
from app.registry.cancellations.events import CancellationConfirmed
from app.registry.cancellations.paper_rules import EvidenceKind, told
from app.registry.cancellations.rules import State, next_query_at

_COLUMNS: Final = "id, reference, lot_id, programme, start_t, stop_t, state, payload, queries"
_UNDER_WAY: Final = frozenset({State.APPROVED, State.SENDING, State.UNKNOWN})

_log = structlog.get_logger()


async def send(cancellation_id: UUID, *, registries: Mapping[str, Registry]) -> None:
    """Ask the registry for what was approved, and take its word; a final one is not asked about again.

    The row says `sending` before anything leaves, so that a process killed in between is found by the sweeper. What
    was sent before is asked after first: it is sent again only when the registry has never heard of it, and under
    the same number, which makes a repeat harmless. Touches the wire, outside any transaction.

    Raises:
        Unavailable: nothing could be sent, or no answer came in time; its next time stands already.
    """
    row = await fetch_one(f"SELECT {_COLUMNS} FROM upstream_cancellation WHERE id = $1", cancellation_id)
    if row is None or State(row["state"]) not in _UNDER_WAY:
        return
    registry = registries.get(row["programme"])
    if registry is None:
        await _note(row["id"], "NO_WIRE")
        return
    is_new = State(row["state"]) is State.APPROVED and await _begin(row["id"])
    wanted = _request(row)
    answer: Answer = NeverHeard() if is_new else await within(registry.query(wanted))
    if isinstance(answer, NeverHeard):
        answer = await within(registry.submit(wanted))

    async def use_case() -> None:
        async with transaction() as tx:
            await _learn(row["id"], answer, tx=tx)

    await again(use_case)
    outbox.nudge()


async def ask_due(*, registries: Mapping[str, Registry], limit: int = 20) -> int:
    """Ask about every cancellation whose time to be asked has come; answers how many.

    A row's time is moved before the wire is touched, so that two sweepers do not ask twice. Several are asked at once,
    each registry in a lane of its own.
    """
    rows = await fetch(
        "UPDATE upstream_cancellation SET next_query_at = clock_timestamp() + interval '30 s' WHERE id IN ("
        " SELECT id FROM upstream_cancellation WHERE next_query_at <= clock_timestamp()"
        " ORDER BY next_query_at LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING id, programme",
        limit,
    )

    async def one(row: Row) -> None:
        await send(row["id"], registries=registries)

    await ask_each(rows, one, far_side=lambda row: id(registries.get(row["programme"])), what="cancellations")
    return len(rows)


async def _begin(cancellation_id: UUID) -> bool:
    """Whether this call is the one that sends it first."""
    begun = await fetch_one(
        "UPDATE upstream_cancellation SET state = 'sending', next_query_at = clock_timestamp() + interval '30 s'"
        " WHERE id = $1 AND state = 'approved' RETURNING id",
        cancellation_id,
    )
    return begun is not None


def _request(row: Row) -> Cancellation:
    wanted = told(row["payload"])
    return Cancellation(
        reference=wanted.reference,
        programme=wanted.programme,
        serial=wanted.serial,
        first=wanted.block_start + wanted.tonnes.start_t,
        last=wanted.block_start + wanted.tonnes.stop_t - 1,
        beneficiary=wanted.beneficiary.zh,
    )


async def _learn(cancellation_id: UUID, answer: Answer, *, tx: Tx) -> None:
    """Take the registry's word; nothing but its signed receipt makes it cancelled, nothing but its final no refused."""
    row = await fetch_one(
        f"SELECT {_COLUMNS}, clock_timestamp() AS now FROM upstream_cancellation WHERE id = $1 FOR UPDATE",
        cancellation_id, tx=tx,
    )  # fmt: skip
    assert row is not None, "a cancellation is never deleted"
    if State(row["state"]) not in {State.SENDING, State.UNKNOWN}:
        return  # somebody else's question was answered first
    match answer:
        case Cancelled():
            receipt = answer.receipt
            data = receipt.text.encode()
            await fetch(
                "UPDATE upstream_cancellation SET state = 'cancelled', registry_reference = $2, cancelled_on = $3,"
                " evidence_sha256 = $4, evidence_name = $5, evidence_kind = $6, evidence_size = $7, receipt = $8,"
                " receipt_signature = $9, receipt_key = $10, last_word = 'CANCELLED', next_query_at = NULL,"
                " finished_at = clock_timestamp() WHERE id = $1",
                row["id"], receipt.number, receipt.cancelled_on, sha256(data).digest(), f"{row['reference']}.json",
                EvidenceKind.JSON.value, len(data), receipt.text, receipt.signature, receipt.key_id, tx=tx,
            )  # fmt: skip
            confirmed = CancellationConfirmed(
                cancellation_id=row["id"], lot_id=row["lot_id"], tonnes=row["stop_t"] - row["start_t"]
            )
            await outbox.record(confirmed, tx=tx)
        case Refused():
            await fetch(
                "UPDATE upstream_cancellation SET state = 'refused', reason = $2, last_word = $3, next_query_at = NULL,"
                " finished_at = clock_timestamp() WHERE id = $1",
                row["id"], f"{answer.code}: {answer.text}"[:400], answer.code[:64], tx=tx,
            )  # fmt: skip
        case Pending():
            await _wait(row, answer.code, row["now"], tx=tx)
        case NeverHeard():
            await _wait(row, "NEVER_HEARD", row["now"], tx=tx)


async def _wait(row: Row, word: str, now: datetime, *, tx: Tx) -> None:
    await fetch(
        "UPDATE upstream_cancellation SET state = 'unknown', queries = queries + 1, last_word = $2, next_query_at = $3"
        " WHERE id = $1",
        row["id"], word[:64], next_query_at(now, queries=row["queries"]), tx=tx,
    )  # fmt: skip
    _log.info("registry.pending", reason=word, registry=row["programme"])


async def _note(cancellation_id: UUID, word: str) -> None:
    """Say why it is not moving; the sweeper comes again."""
    await fetch(
        "UPDATE upstream_cancellation SET last_word = $2, next_query_at = clock_timestamp() + interval '5 min'"
        " WHERE id = $1 AND state IN ('approved', 'sending', 'unknown')",
        cancellation_id, word,
    )  # fmt: skip
