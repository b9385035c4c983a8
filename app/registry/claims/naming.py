"""A name that comes after the grams are settled: a claim that says until when waits for it, and its paper too."""

from collections.abc import Collection
from uuid import UUID

from app.gateways.database import Tx, fetch, fetch_value


async def end_naming(cause: str, *, of: UUID, name_sealed: bytes | None, tx: Tx) -> UUID | None:
    """Write the name that a person's claim waits for, or None where they give none; from now on it stays.

    Answers the claim; None where it is not theirs, or waits no more.
    """
    id_ = await fetch_value(
        "UPDATE claim SET name_sealed = $3, name_until = NULL WHERE cause = $1 AND beneficiary_id = $2"
        " AND name_until > clock_timestamp() RETURNING id",
        cause, of, name_sealed, tx=tx,
    )  # fmt: skip
    return UUID(str(id_)) if id_ is not None else None


async def end_naming_due(*, limit: int, tx: Tx) -> list[UUID]:
    """Wait no more for names whose time is over; answers the claims, the longest overdue first."""
    rows = await fetch(
        "WITH due AS (SELECT id FROM claim WHERE name_until <= clock_timestamp() ORDER BY name_until LIMIT $1"
        " FOR UPDATE SKIP LOCKED)"
        " UPDATE claim c SET name_until = NULL FROM due WHERE c.id = due.id RETURNING c.id",
        limit, tx=tx,
    )  # fmt: skip
    return [row["id"] for row in rows]


async def awaiting_name(claim_ids: Collection[UUID], *, tx: Tx) -> set[UUID]:
    """Those of these claims whose name is still awaited; whoever ends that now waits for the caller's transaction."""
    if not claim_ids:
        return set()
    rows = await fetch(
        "SELECT id FROM claim WHERE id = ANY($1::uuid[]) AND name_until IS NOT NULL ORDER BY id FOR SHARE",
        list(claim_ids), tx=tx,
    )  # fmt: skip
    return {row["id"] for row in rows}
