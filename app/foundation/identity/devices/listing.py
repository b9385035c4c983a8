"""Where a person is signed in."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.foundation.identity import rules
from app.foundation.identity.devices.errors import SessionUnknown
from app.foundation.identity.keeping_sessions import hash_token
from app.foundation.identity.rules import SessionKind
from app.gateways.database import again, fetch

_MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One open session."""

    id: UUID
    kind: SessionKind
    device: str | None
    """`chrome.windows`; None: opened before devices were written down, or it did not say."""
    since: datetime
    seen_at: datetime
    """Last used, to the day: a session's end moves at most once a day. Of an operator when they came in."""
    is_this: bool


async def own(person_id: UUID, token: str | None, *, now: datetime) -> tuple[Device, ...]:
    """The open sessions of a person, the one behind `token` first, then the latest used; a hundred at most."""
    rows = await fetch(
        "SELECT id, kind, device, created_at, expires_at, token_hash = $3 AS is_this FROM identity_session"
        " WHERE person_id = $1 AND revoked_at IS NULL AND expires_at > $2 AND kind <> 'pending'"
        f" ORDER BY token_hash = $3 DESC, expires_at DESC LIMIT {_MOST}",
        person_id, now, hash_token(token or ""),
    )  # fmt: skip
    return tuple(
        Device(
            id=row["id"],
            kind=(kind := SessionKind(row["kind"])),
            device=row["device"],
            since=row["created_at"],
            seen_at=max(row["created_at"], row["expires_at"] - rules.LIFETIME[kind]),
            is_this=row["is_this"],
        )
        for row in rows
    )


async def revoke(session_id: UUID, *, by: UUID, now: datetime) -> None:
    """End one of one's own sessions. Repeated, or somebody else's: it is unknown.

    Raises:
        SessionUnknown: see above.
    """
    ended = await fetch(
        "UPDATE identity_session SET revoked_at = $3 WHERE id = $1 AND person_id = $2 AND revoked_at IS NULL RETURNING id",
        session_id, by, now,
    )  # fmt: skip
    if not ended:
        raise SessionUnknown


async def revoke_others(person_id: UUID, token: str, *, now: datetime) -> int:
    """End every session of a person but the one behind `token`; how many."""

    async def use_case() -> int:
        ended = await fetch(
            "UPDATE identity_session SET revoked_at = $3 WHERE revoked_at IS NULL AND id IN (SELECT id FROM identity_session"
            " WHERE person_id = $1 AND token_hash <> $2 AND revoked_at IS NULL ORDER BY id FOR NO KEY UPDATE) RETURNING id",
            person_id, hash_token(token), now,
        )  # fmt: skip
        return len(ended)

    return await again(use_case)
