"""Who asks with a key. Unknown, forged, expired and ended keys look the same, and take as long."""

from datetime import datetime
from hmac import compare_digest
from typing import Final

from app.foundation.identity.keeping_sessions import hash_token
from app.foundation.identity.keys import rules
from app.foundation.identity.rules import Session, SessionKind
from app.gateways.database import fetch, fetch_one
from app.kernel.clock import beijing_day
from app.kernel.text import Language

_NO_HASH: Final = bytes(32)


async def find(text: str, now: datetime) -> Session | None:
    """The key behind this text, as a session that was never opened; None for every other text.

    One query by the key's id. The first use of a day adds an UPDATE that says so.
    """
    key_id = rules.id_in(text)
    row = None
    if key_id is not None:
        row = await fetch_one(
            "SELECT k.secret_hash, k.expires_at, k.revoked_at, k.roles, k.last_used_on, p.language"
            " FROM api_key k JOIN person p ON p.id = k.person_id WHERE k.person_id = $1",
            key_id,
        )
    is_right = compare_digest(bytes(row["secret_hash"]) if row else _NO_HASH, hash_token(text))
    if key_id is None or row is None or not is_right or row["revoked_at"] is not None or now >= row["expires_at"]:
        return None
    today = beijing_day(now)
    if row["last_used_on"] is None or row["last_used_on"] < today:
        await fetch(
            "UPDATE api_key SET last_used_on = $2 WHERE person_id = $1 AND last_used_on IS DISTINCT FROM $2",
            key_id, today,
        )  # fmt: skip
    return Session(key_id, SessionKind.KEY, frozenset(row["roles"]), row["expires_at"], Language(row["language"]))
