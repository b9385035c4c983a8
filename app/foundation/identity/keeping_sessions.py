"""Sessions: our own opaque token outside, its SHA-256 inside, thirty sliding days."""

import hashlib
import secrets
from datetime import datetime
from typing import Final
from uuid import UUID

from app.foundation.identity import rules
from app.foundation.identity.rules import Session, SessionKind, SignedIn
from app.gateways.database import Tx, fetch
from app.kernel.ids import uuid7
from app.kernel.text import Language

_TOKEN_BYTES: Final = 32
_TOKEN_CHARACTERS: Final = 43

_FIND: Final = """
SELECT s.person_id, s.kind, s.expires_at, p.language,
       CASE WHEN s.kind = 'operator'
            THEN ARRAY(SELECT DISTINCT m.role FROM membership m WHERE m.person_id = s.person_id) END AS roles
FROM identity_session s
JOIN person p ON p.id = s.person_id AND p.state = 'active'
WHERE s.token_hash = $1 AND s.revoked_at IS NULL AND s.expires_at > $2 AND s.kind <> 'pending'
"""
_FIND_PENDING: Final = _FIND.replace("s.kind <> 'pending'", "s.kind = 'pending'")


async def open_session(
    person_id: UUID,
    *,
    kind: SessionKind,
    language: Language,
    now: datetime,
    is_new: bool,
    roles: frozenset[str] = frozenset(),
    tx: Tx | None = None,
) -> SignedIn:
    """Let a person in whose identity has been established."""
    token = new_token()
    expires_at = rules.expiry(kind, now)
    await fetch(
        "INSERT INTO identity_session (id, token_hash, person_id, kind, created_at, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        uuid7(),
        hash_token(token),
        person_id,
        kind,
        now,
        expires_at,
        tx=tx,
    )
    return SignedIn(token, Session(person_id, kind, roles, expires_at, language), is_new)


async def find_session(token: str, now: datetime) -> Session | None:
    """Who holds this token; None when it is unknown, expired, signed out, or its person is being erased.

    Whoever has given the password alone is nobody yet: `find_pending`. One indexed query. The first use of a day adds
    an UPDATE that moves the end, once however many come together.
    """
    if not _is_token(token):
        return None
    token_hash = hash_token(token)
    rows = await fetch(_FIND, token_hash, now)
    if not rows:
        return None
    kind, expires_at = SessionKind(rows[0]["kind"]), rows[0]["expires_at"]
    if (later := rules.extended(kind, expires_at, now)) is not None:
        await fetch(
            "UPDATE identity_session SET expires_at = $2"
            " WHERE token_hash = $1 AND revoked_at IS NULL AND expires_at = $3",
            token_hash,
            later,
            expires_at,
        )
        expires_at = later
    roles = frozenset(rows[0]["roles"] or ())
    return Session(rows[0]["person_id"], kind, roles, expires_at, Language(rows[0]["language"]))


async def find_pending(token: str, now: datetime) -> Session | None:
    """Who has given the right password under this token and owes the second factor; None for everybody else."""
    if not _is_token(token):
        return None
    rows = await fetch(_FIND_PENDING, hash_token(token), now)
    if not rows:
        return None
    row = rows[0]
    return Session(row["person_id"], SessionKind.PENDING, frozenset(), row["expires_at"], Language(row["language"]))


async def sign_out(token: str, now: datetime, *, tx: Tx | None = None) -> None:
    """End the session of this token; nothing happens when there is none."""
    await fetch(
        "UPDATE identity_session SET revoked_at = $2 WHERE token_hash = $1 AND revoked_at IS NULL",
        hash_token(token), now, tx=tx,
    )  # fmt: skip


async def sign_out_everywhere(person_id: UUID, now: datetime, *, tx: Tx | None = None) -> None:
    """End every session of a person, on all devices."""
    await fetch(
        "UPDATE identity_session SET revoked_at = $2 WHERE person_id = $1 AND revoked_at IS NULL", person_id, now, tx=tx
    )


def hash_token(token: str) -> bytes:
    """What is kept of a token that opens something: 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(token.encode(errors="replace")).digest()


def new_token() -> str:
    """256 bits from the system's generator, for an address or a cookie."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def _is_token(token: str) -> bool:
    return len(token) == _TOKEN_CHARACTERS and token.isascii()
