"""A new person and their sealed data, for the files of this room that let somebody in."""

from datetime import datetime
from uuid import UUID

from app.foundation.identity import envelope
from app.foundation.identity.envelope import Keyring
from app.foundation.identity.rules import DatumKind
from app.foundation.identity.sealing import seal
from app.gateways.database import Tx, fetch
from app.kernel.ids import uuid7
from app.kernel.text import Language


async def admit(*, language: Language, keyring: Keyring, now: datetime, tx: Tx) -> UUID:
    """Write down a person nobody knows anything about yet, with a data key of their own."""
    person_id = uuid7()
    await fetch(
        "WITH key AS (INSERT INTO keys.person_key (person_id, wrapped, master_key) VALUES ($1, $2, $3))"
        " INSERT INTO person (id, language, state, created_at) VALUES ($1, $4, 'active', $5)",
        person_id,
        envelope.wrap(envelope.new_data_key(), person_id, keyring=keyring),
        keyring.current,
        language,
        now,
        tx=tx,
    )
    return person_id


async def keep_datum(
    person_id: UUID,
    kind: DatumKind,
    value: str,
    *,
    scope: str = "",
    keyring: Keyring,
    now: datetime,
    tx: Tx,
) -> bool:
    """Seal a datum people are found by; False when it is somebody's already, theirs or another's.

    Waits for a transaction that is about to keep the same one.

    Raises:
        PersonGone: the person's key was destroyed meanwhile.
    """
    sealed = await seal(person_id, value, purpose=purpose(kind, scope), keyring=keyring, tx=tx)
    kept = await fetch(
        "INSERT INTO person_pii (id, person_id, kind, scope, sealed, blind_index, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING id",
        uuid7(),
        person_id,
        kind,
        scope,
        sealed,
        index_of(kind, value, scope=scope, keyring=keyring),
        now,
        tx=tx,
    )
    return bool(kept)


def purpose(kind: DatumKind, scope: str = "") -> str:
    """What a datum of this room is sealed for: moved to another row it does not open."""
    return f"identity.{kind}:{scope}"


def index_of(kind: DatumKind, value: str, *, scope: str = "", keyring: Keyring) -> bytes:
    """The blind index a datum is found by: over `openid:<appid>:<openid>`, `unionid:<unionid>`, `email:<email>`."""
    return envelope.blind_index(kind, *([scope] if scope else []), value, keyring=keyring)
