"""Keeping the first answer to an intent."""

from dataclasses import dataclass
from uuid import UUID

from app.gateways.database import fetch, fetch_one


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What the client was told the first time, and the hash of what it had asked."""

    body_sha256: bytes
    status: int
    answer: bytes


async def find(actor: UUID, key: str) -> KeptAnswer | None:
    """The answer kept for this actor's key, or None where the key is new or its answer was never kept."""
    row = await fetch_one("SELECT body_sha256, status, answer FROM intent WHERE actor = $1 AND key = $2", actor, key)
    return KeptAnswer(**row) if row else None


async def keep(actor: UUID, key: str, body_sha256: bytes, status: int, answer: bytes) -> None:
    """Keep an answer, the first one wins; it is told until its retention is over."""
    await fetch(
        "INSERT INTO intent (actor, key, body_sha256, status, answer, kept_at)"
        " VALUES ($1, $2, $3, $4, $5, clock_timestamp()) ON CONFLICT ON CONSTRAINT intent_actor_key_key DO NOTHING",
        actor, key, body_sha256, status, answer,
    )  # fmt: skip
