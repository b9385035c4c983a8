"""Reading lots and cancellations, for those who work on them and for those who add the books up."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from app.gateways.database import Row, Tx, fetch, fetch_one, fetch_value
from app.gateways.files import FileStore
from app.registry import credits
from app.registry.cancellations.errors import CancellationUnknown
from app.registry.cancellations.paper_rules import EvidenceKind
from app.registry.cancellations.rules import (
    VOID,
    Mode,
    State,
    Tonnes,
    ahead_g,
    first_uncovered_g,
    next_tonnes,
    uncovered_g,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LotCoverage:
    """One lot: what is retired here and cancelled there."""

    lot: credits.LotFacts
    retired_g: int
    cancelled_t: int
    under_way_t: int
    uncovered_g: int
    """Retired here, their tonne still stands at the registry. Target: 0."""
    ahead_g: int
    """Cancelled there, not yet retired: usable here and nowhere else."""
    uncovered_since: datetime | None
    """When the oldest of the uncovered grams was retired; None where all are covered."""
    next: Tonnes | None
    """What a proposal would ask for now."""


@dataclass(frozen=True, slots=True)
class Step:
    """A state it came into, who brought it there, and what is told about it."""

    state: State
    actor_id: UUID | None
    """None: the registry, or our worker."""
    note: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CancellationFacts:
    """One cancellation as it stands."""

    id: UUID
    reference: str
    lot_id: int
    lot: str
    programme: str
    issued_on: date
    """When the registry issued the lot: nothing was cancelled before."""
    tonnes: Tonnes
    first: int
    last: int
    """The registry's numbers of the first and the last tonne."""
    mode: Mode
    state: State
    maker_id: UUID
    checker_id: UUID | None
    payload: str
    payload_sha256: bytes
    registry_reference: str | None
    cancelled_on: date | None
    evidence_sha256: bytes | None
    evidence_name: str | None
    evidence_kind: EvidenceKind | None
    evidence_size: int | None
    receipt: str | None
    receipt_signature: str | None
    receipt_key: str | None
    reason: str | None
    last_word: str | None
    proposed_at: datetime
    finished_at: datetime | None
    steps: tuple[Step, ...] = ()
    """Oldest first; only `find` reads them."""
    same_evidence: tuple[str, ...] = ()
    """Numbers of other cancellations that show the same file; only `find` reads them."""


_FACTS: Final = (
    "u.id, u.reference, u.lot_id, l.code AS lot, u.programme, l.issued_on, u.start_t, u.stop_t, l.block_start, u.mode,"
    " u.state, u.maker_id, approvals.last_decider('upstream_cancellation', u.reference) AS checker_id, u.payload,"
    " u.payload_sha256, u.registry_reference, u.cancelled_on,"
    " u.evidence_sha256, u.evidence_name, u.evidence_kind, u.evidence_size, u.receipt, u.receipt_signature,"
    " u.receipt_key, u.reason, u.last_word, u.proposed_at, u.finished_at"
    " FROM upstream_cancellation u JOIN credit_lot l ON l.id = u.lot_id"
)


async def lot_coverages() -> list[LotCoverage]:
    """Every lot of which something is retired or proposed upstream; the largest gap first, then by code."""
    rows = await fetch(
        "SELECT l.id, coalesce(a.balance, 0) AS retired_g FROM credit_lot l"
        " LEFT JOIN ledger_account a ON a.path = 'retired:' || l.id AND a.unit = 'g:' || l.id"
        " WHERE a.balance > 0 OR EXISTS (SELECT FROM upstream_cancellation u WHERE u.lot_id = l.id)"
    )
    taken: dict[int, list[tuple[State, Tonnes]]] = defaultdict(list)
    for row in await fetch(
        "SELECT lot_id, state, start_t, stop_t FROM upstream_cancellation WHERE NOT state = ANY($1::text[])",
        [state.value for state in VOID],
    ):
        taken[row["lot_id"]].append((State(row["state"]), Tonnes(row["start_t"], row["stop_t"])))
    lots = await credits.describe_lots([row["id"] for row in rows])
    cancelled = {row["id"]: [t for state, t in taken[row["id"]] if state is State.CANCELLED] for row in rows}
    since = await _uncovered_since(
        {row["id"]: level for row in rows if (level := first_uncovered_g(cancelled[row["id"]])) < row["retired_g"]}
    )
    found = [
        LotCoverage(
            lot=lots[row["id"]],
            retired_g=row["retired_g"],
            cancelled_t=sum(tonnes.count for tonnes in cancelled[row["id"]]),
            under_way_t=sum(tonnes.count for state, tonnes in taken[row["id"]] if state is not State.CANCELLED),
            uncovered_g=uncovered_g(row["retired_g"], cancelled[row["id"]]),
            ahead_g=ahead_g(row["retired_g"], cancelled[row["id"]]),
            uncovered_since=since.get(row["id"]),
            next=next_tonnes(row["retired_g"], [tonnes for _, tonnes in taken[row["id"]]]),
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: (-one.uncovered_g, one.lot.code))


async def find(reference: str, *, tx: Tx | None = None) -> CancellationFacts:
    """One cancellation by our number, with its steps.

    Raises:
        CancellationUnknown: there is none.
    """
    row = await fetch_one(f"SELECT {_FACTS} WHERE u.reference = $1", reference, tx=tx)
    if row is None:
        raise CancellationUnknown
    steps = await fetch(
        "SELECT state, actor_id, note, at FROM upstream_cancellation_history WHERE cancellation_id = $1 ORDER BY id",
        row["id"], tx=tx,
    )  # fmt: skip
    same = await fetch(
        "SELECT reference FROM upstream_cancellation WHERE evidence_sha256 = $1 AND id <> $2 ORDER BY id",
        row["evidence_sha256"], row["id"], tx=tx,
    )  # fmt: skip
    return _facts(
        row,
        steps=tuple(Step(State(step["state"]), step["actor_id"], step["note"], step["at"]) for step in steps),
        same_evidence=tuple(one["reference"] for one in same),
    )


async def list_latest(*, limit: int = 50) -> Sequence[CancellationFacts]:
    """Those that wait for somebody, the oldest first; then those that are over, the latest first."""
    rows = await fetch(
        f"SELECT {_FACTS} ORDER BY u.finished_at IS NOT NULL, CASE WHEN u.finished_at IS NULL THEN u.proposed_at END,"
        " u.finished_at DESC LIMIT $1",
        limit,
    )
    return [_facts(row) for row in rows]


async def count_all() -> int:
    """How many cancellations there are."""
    return int(await fetch_value("SELECT count(*) FROM upstream_cancellation"))


async def read_evidence(reference: str, *, files: FileStore) -> tuple[CancellationFacts, bytes | None]:
    """The proof of a cancellation: the uploaded file, or the registry's receipt; None where there is none (any more).

    Raises:
        CancellationUnknown: no such number.
    """
    found = await find(reference)
    if found.receipt is not None:
        return found, found.receipt.encode()
    if found.evidence_sha256 is None or found.evidence_kind is None:
        return found, None
    return found, await files.fetch(f"{found.evidence_sha256.hex()}.{found.evidence_kind.value}")


async def _uncovered_since(levels_g: dict[int, int]) -> dict[int, datetime]:
    """When each lot's retired grams first rose above a level: the age of the gram that lies there."""
    rows = await fetch(
        "SELECT w.lot_id, first.posted_at FROM unnest($1::bigint[], $2::bigint[]) AS w (lot_id, level)"
        " JOIN ledger_account a ON a.path = 'retired:' || w.lot_id AND a.unit = 'g:' || w.lot_id"
        " CROSS JOIN LATERAL (SELECT t.posted_at FROM ledger_entry e JOIN ledger_transfer t ON t.id = e.transfer_id"
        "  WHERE e.account_id = a.id AND e.balance > w.level ORDER BY e.id LIMIT 1) AS first",
        list(levels_g), list(levels_g.values()),
    )  # fmt: skip
    return {row["lot_id"]: row["posted_at"] for row in rows}


def _facts(row: Row, *, steps: tuple[Step, ...] = (), same_evidence: tuple[str, ...] = ()) -> CancellationFacts:
    tonnes = Tonnes(row["start_t"], row["stop_t"])
    plain = {name: row[name] for name in row if name not in _SHAPED}
    return CancellationFacts(
        **plain,
        tonnes=tonnes,
        first=row["block_start"] + tonnes.start_t,
        last=row["block_start"] + tonnes.stop_t - 1,
        mode=Mode(row["mode"]),
        state=State(row["state"]),
        evidence_kind=EvidenceKind(row["evidence_kind"]) if row["evidence_kind"] else None,
        steps=steps,
        same_evidence=same_evidence,
    )


_SHAPED: Final = frozenset({"start_t", "stop_t", "block_start", "mode", "state", "evidence_kind"})
