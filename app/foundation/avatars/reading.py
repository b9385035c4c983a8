"""Pictures for whoever shows them: only what passed, and only while its person is there."""

import hmac
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID

from app.foundation import identity
from app.foundation.avatars.keeping import SEALED_FOR, Kept
from app.foundation.identity import Keyring
from app.foundation.moderation import CheckState, Reason
from app.gateways.database import fetch, fetch_one

LOOKED_AT_FOR: Final = timedelta(hours=1)
"""How long the address is good under which WeChat fetches a picture that nobody else may see yet."""
_STEP_S: Final = 3600


async def own(person_id: UUID) -> Kept | None:
    """A person's own picture and how far its check is; None where they have none."""
    row = await fetch_one(
        "SELECT a.digest, c.state, c.reason FROM avatar a JOIN content_check c ON c.id = a.check_id WHERE a.person_id = $1",
        person_id,
    )
    if row is None:
        return None
    return Kept(row["digest"], CheckState(row["state"]), Reason(row["reason"]) if row["reason"] else None)


async def shown_of(person_ids: Iterable[UUID]) -> dict[UUID, bytes]:
    """The digests of the pictures that others may see now, by person: for walls and boards. The others have a default."""
    rows = await fetch(
        "SELECT a.person_id, a.digest FROM avatar a JOIN content_check c ON c.id = a.check_id"
        " WHERE a.person_id = ANY($1::uuid[]) AND c.state = 'passed'",
        list(set(person_ids)),
    )
    return {row["person_id"]: row["digest"] for row in rows}


async def kept_of(person_ids: Iterable[UUID]) -> dict[UUID, Kept]:
    """The pictures of these persons and how far each check is: for a room in which somebody decides by scene as well."""
    rows = await fetch(
        "SELECT a.person_id, a.digest, c.state FROM avatar a JOIN content_check c ON c.id = a.check_id"
        " WHERE a.person_id = ANY($1::uuid[])",
        list(set(person_ids)),
    )
    return {row["person_id"]: Kept(row["digest"], CheckState(row["state"])) for row in rows}


async def owners_of(digest: bytes) -> list[UUID]:
    """Whose picture this is now: several people may have given the same one; eight at most."""
    rows = await fetch("SELECT person_id FROM avatar WHERE digest = $1 ORDER BY uploaded_at DESC LIMIT 8", digest)
    return [row["person_id"] for row in rows]


async def fetch_shown(digest: bytes, *, keyring: Keyring) -> bytes | None:
    """The bytes under an address, for anybody; None where there is no such picture, or it may not be seen."""
    return await _opened("a.digest = $1 AND c.state = 'passed'", digest, keyring)


async def fetch_own(person_id: UUID, *, keyring: Keyring) -> bytes | None:
    """The bytes of a person's own picture, whatever its check says, for themselves."""
    return await _opened("a.person_id = $1", person_id, keyring)


async def fetch_checked(check_id: UUID, *, keyring: Keyring) -> bytes | None:
    """The bytes that a check is about, for a moderator and for WeChat; None once nobody has that picture any more."""
    return await _opened("a.check_id = $1", check_id, keyring)


def check_seal(check_id: UUID, now: datetime, *, keyring: Keyring) -> str:
    """What opens the picture of a check for whoever looks at it for us, for about an hour."""
    step = int(now.timestamp()) // _STEP_S
    return f"{step:x}-{_seal(check_id, step, keyring)}"


def is_check_seal(check_id: UUID, given: str, now: datetime, *, keyring: Keyring) -> bool:
    """Whether it was made by `check_seal` for this check and is still good."""
    written, _, seal = given.partition("-")
    step = int(now.timestamp()) // _STEP_S
    return any(
        f"{one:x}" == written and hmac.compare_digest(seal.encode(), _seal(check_id, one, keyring).encode())
        for one in (step, step - 1)
    )


def _seal(check_id: UUID, step: int, keyring: Keyring) -> str:
    told = b"picture to be looked at" + check_id.bytes + step.to_bytes(8)
    return hmac.digest(keyring.index_key, told, sha256).hex()[:40]


async def _opened(where: str, key: object, keyring: Keyring) -> bytes | None:
    """One of the pictures that this describes: those with one digest or one check are equal."""
    rows = await fetch(
        "SELECT a.person_id, a.sealed FROM avatar a JOIN content_check c ON c.id = a.check_id"
        f" WHERE {where} ORDER BY a.uploaded_at DESC LIMIT 4",
        key,
    )
    for row in rows:
        data = await identity.unseal_file(row["person_id"], row["sealed"], purpose=SEALED_FOR, keyring=keyring)
        if data is not None:
            return data
    return None
