"""Rows that were set aside: seeing them, and trying them again after the cause was mended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.gateways.database import fetch, fetch_value


@dataclass(frozen=True, slots=True, kw_only=True)
class Dead:
    """A row that nobody tries any more."""

    id: int
    job: str
    subject: str
    failures: int
    tries: int
    """How often its worker ended without a word, the first time not counted."""
    last_error: str | None
    recorded_at: datetime
    dead_at: datetime


async def dead(*, limit: int) -> list[Dead]:
    """Rows that are set aside, the longest first."""
    rows = await fetch(
        "SELECT id, job, subject, failures, tries, last_error, recorded_at, dead_at FROM outbox_message"
        " WHERE dead_at IS NOT NULL AND done_at IS NULL ORDER BY dead_at, id LIMIT $1",
        limit,
    )
    return [Dead(**row) for row in rows]


async def count_dead() -> int:
    """How many rows are set aside."""
    return int(await fetch_value("SELECT count(*) FROM outbox_message WHERE dead_at IS NOT NULL AND done_at IS NULL"))


async def replay(ids: Sequence[int]) -> list[int]:
    """Let these rows be tried again from the beginning, now; answers those that were set aside, and no others."""
    rows = await fetch("SELECT replay AS id FROM outbox.replay($1) ORDER BY 1", list(ids))
    return [row["id"] for row in rows]
