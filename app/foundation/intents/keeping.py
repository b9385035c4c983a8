"""Keeping the first answer to an intent."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from app.gateways.database import fetch, fetch_one, fetch_value

WEEKS_AHEAD: Final = 4
"""How long workers may be away before a week begins without a place; its answers then lie among the rest."""


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What the client was told the first time, and the hash of what it had asked."""

    body_sha256: bytes
    status: int
    answer: bytes


async def find(actor: UUID, key: str) -> KeptAnswer | None:
    """The answer kept for this actor's key, or None where the key is new or its answer was never kept."""
    row = await fetch_one(
        "SELECT body_sha256, status, answer FROM ("
        " SELECT id, kept_at, body_sha256, status, answer FROM intent WHERE actor = $1 AND key = $2"
        " UNION ALL SELECT id, kept_at, body_sha256, status, answer FROM intent_answer WHERE actor = $1 AND key = $2) AS k"
        " ORDER BY kept_at, id LIMIT 1",
        actor, key,
    )  # fmt: skip
    return KeptAnswer(**row) if row else None


async def keep(actor: UUID, key: str, body_sha256: bytes, status: int, answer: bytes) -> None:
    """Keep an answer, the first one wins; it is told until its retention is over."""
    await fetch("SELECT intents.keep($1, $2, $3, $4, $5)", actor, key, body_sha256, status, answer)


async def make_weeks(ahead: int = WEEKS_AHEAD) -> int:
    """Make places for this week and the weeks after it, where there are none; answers how many are new.

    Harmless when repeated, and beside itself. What somebody holds locked for longer than a fifth of a second is made next time.
    """
    return int(await fetch_value("SELECT intents.make_weeks($1)", ahead))
