"""Whether people must decide, and what is left to do."""

from dataclasses import dataclass
from datetime import datetime

from app.gateways.database import fetch, fetch_one


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryStatus:
    """How the marker and the history stand."""

    is_open: bool
    """A history that is shorter than the marker waits for people; nothing is settled."""
    left: int
    """Steps of lost time that are not done: 0, and all that was lost is made up for."""
    marker_no: int
    written_at: datetime | None
    size: int | None
    """Of the log of transfers when the marker was written."""
    root: str | None
    age_s: float | None


async def status() -> RecoveryStatus:
    """As the database knows it; a few rows."""
    row = await fetch_one(
        "SELECT s.case_id IS NOT NULL AS is_open, (p.expected - p.found)::int AS left, s.written_no AS marker_no, s.written_at,"
        " (s.marker->'head'->>'size')::bigint AS size, s.marker->'head'->>'root' AS root,"
        " extract(epoch FROM clock_timestamp() - s.written_at)::float8 AS age_s"
        " FROM recovery_state s CROSS JOIN recovery.prove() AS p"
    )
    assert row is not None
    return RecoveryStatus(**row)


async def left() -> list[str]:
    """What is not done, at most twenty sentences, as the proof says them."""
    row = await fetch_one("SELECT detail FROM recovery.prove()")
    return list(row["detail"] or ()) if row else []


async def published() -> str | None:
    """The newest marker as it was written outside, for whoever wants a copy of their own."""
    rows = await fetch("SELECT marker::text AS marker FROM recovery_state")
    return rows[0]["marker"] if rows else None
