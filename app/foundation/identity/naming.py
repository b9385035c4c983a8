"""What a person wants to be called, and in which language they read."""

from datetime import datetime
from uuid import UUID

from app.foundation import fonts
from app.foundation.identity import envelope
from app.foundation.identity.admitting import purpose
from app.foundation.identity.envelope import Keyring
from app.foundation.identity.rules import DatumKind
from app.foundation.identity.sealing import seal
from app.gateways.database import Tx, fetch, fetch_one
from app.kernel.ids import uuid7
from app.kernel.text import Language


async def set_language(person_id: UUID, language: Language) -> None:
    """Remember the language a person chose; sessions read it from their next request on."""
    await fetch("UPDATE person SET language = $2 WHERE id = $1 AND state = 'active'", person_id, language)


async def set_name(person_id: UUID, name: str, *, keyring: Keyring, now: datetime, tx: Tx | None = None) -> None:
    """Keep, or replace, the name a person gave. Whether it may be shown to others is asked elsewhere.

    Raises:
        NotPrintable: a name that no certificate could show.
        PersonGone: the person's key is destroyed.
    """
    await fonts.demand({"/name": name})
    sealed = await seal(person_id, name, purpose=purpose(DatumKind.NAME), keyring=keyring, tx=tx)
    await fetch(
        "INSERT INTO person_pii (id, person_id, kind, scope, sealed, created_at) VALUES ($1, $2, 'name', '', $3, $4)"
        " ON CONFLICT (person_id, kind, scope) DO UPDATE SET sealed = excluded.sealed",
        uuid7(),
        person_id,
        sealed,
        now,
        tx=tx,
    )


async def set_under_14(person_id: UUID, *, is_under_14: bool) -> None:
    """Remember that somebody says they are under 14, or no longer. Saying it takes back their consents to be shown."""
    await fetch(
        "UPDATE person SET is_under_14 = $2 WHERE id = $1 AND state = 'active' AND is_under_14 <> $2",
        person_id, is_under_14,
    )  # fmt: skip


async def is_under_14(person_id: UUID) -> bool:
    """What they said; False where they said nothing."""
    row = await fetch_one("SELECT is_under_14 FROM person WHERE id = $1", person_id)
    return bool(row and row["is_under_14"])


async def name_of(person_id: UUID, *, keyring: Keyring) -> str | None:
    """The name a person gave; None when they gave none or their key is destroyed. Of an organisation's key, its own."""
    rows = await fetch(
        "SELECT d.sealed, k.wrapped FROM person_pii d JOIN keys.person_key k ON k.person_id = d.person_id"
        " WHERE d.person_id = $1 AND d.kind = 'name'",
        person_id,
    )
    if not rows:
        return await _name_of_key(person_id, keyring=keyring)
    data_key = envelope.unwrap(rows[0]["wrapped"], person_id, keyring=keyring)
    return envelope.open_(rows[0]["sealed"], data_key, person_id, purpose=purpose(DatumKind.NAME))


async def _name_of_key(key_id: UUID, *, keyring: Keyring) -> str | None:
    """Which key, and who made it, where this is one."""
    key = await fetch_one("SELECT name, maker_id FROM api_key WHERE person_id = $1", key_id)
    if key is None:
        return None
    maker = await name_of(key["maker_id"], keyring=keyring)
    return f"密钥 key {key['name']}" + (f" ({maker})" if maker else "")
