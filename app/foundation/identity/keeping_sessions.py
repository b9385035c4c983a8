"""Sessions: our own opaque token outside, its SHA-256 inside, thirty sliding days."""

import hashlib
import secrets
from collections.abc import Sequence
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
SELECT s.token_hash, s.person_id, s.kind, s.expires_at, p.language,
       CASE WHEN s.kind = 'operator'
            THEN ARRAY(SELECT DISTINCT m.role FROM membership m WHERE m.person_id = s.person_id) END AS roles
FROM identity_session s
JOIN person p ON p.id = s.person_id AND p.state = 'active'
WHERE s.token_hash = ANY($1::bytea[]) AND s.revoked_at IS NULL AND s.expires_at > $2 AND s.kind <> 'pending'
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
    device: str | None = None,
    tx: Tx | None = None,
) -> SignedIn:
    """Let a person in whose identity has been established; `device` as `devices.device_of` says it."""
    token = new_token()
    expires_at = rules.expiry(kind, now)
    await fetch(
        "INSERT INTO identity_session (id, token_hash, person_id, kind, created_at, expires_at, device)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        uuid7(),
        hash_token(token),
        person_id,
        kind,
        now,
        expires_at,
        device,
        tx=tx,
    )
    return SignedIn(token, Session(person_id, kind, roles, expires_at, language), is_new)


async def find_session(token: str, now: datetime) -> Session | None:
    """Who holds this token; None when it is unknown, expired, signed out, or its person is being erased.

    Whoever has given the password alone is nobody yet: `find_pending`. One indexed query. The first use of a day adds
    an UPDATE that moves the end, once however many come together.
    """
    return (await find_sessions([token], now))[0]


async def find_sessions(tokens: Sequence[str], now: datetime) -> list[Session | None]:
    """The same for many tokens in one query, in their order: for a crowd that asks at once."""
    hashes = {token: hash_token(token) for token in tokens if _is_token(token)}
    rows = {bytes(row["token_hash"]): row for row in await fetch(_FIND, list(hashes.values()), now)} if hashes else {}
    later = {
        hashed: end
        for hashed, row in rows.items()
        if (end := rules.extended(SessionKind(row["kind"]), row["expires_at"], now)) is not None
    }
    if later:
        await fetch(
            "UPDATE identity_session s SET expires_at = w.later"
            " FROM unnest($1::bytea[], $2::timestamptz[], $3::timestamptz[]) AS w (hash, later, before)"
            " WHERE s.token_hash = w.hash AND s.revoked_at IS NULL AND s.expires_at = w.before AND s.id IN"
            " (SELECT id FROM identity_session WHERE token_hash = ANY($1::bytea[]) ORDER BY id FOR NO KEY UPDATE)",
            list(later), list(later.values()), [rows[hashed]["expires_at"] for hashed in later],
        )  # fmt: skip

    def session(token: str) -> Session | None:
        row = rows.get(hashes.get(token, b""))
        if row is None:
            return None
        end: datetime = later.get(hashes[token]) or row["expires_at"]
        roles = frozenset(row["roles"] or ())
        return Session(row["person_id"], SessionKind(row["kind"]), roles, end, Language(row["language"]))

    return [session(token) for token in tokens]


async def find_pending(token: str, now: datetime) -> Session | None:
    """Who has given the right password under this token and owes the second factor; None for everybody else."""
    if not _is_token(token):
        return None
    rows = await fetch(_FIND_PENDING, [hash_token(token)], now)
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
