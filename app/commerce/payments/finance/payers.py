"""Who paid us by transfer, as our bank says it: names, ends of accounts and what they wrote, sealed under keys of their own.

Whoever transfers may be a person, and the bank's list has everybody who sent us money. The numbers by which books are kept
stand beside it in clear, and stay. A key goes with the years that accounts are kept; a payer whom we do not know as a
person has no other.
"""

import gzip
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.foundation import identity
from app.foundation.identity import Keyring
from app.gateways.database import Tx, fetch, fetch_value, transaction
from app.kernel.graphemes import letters
from app.kernel.ids import uuid7

FORGOTTEN_MOST: Final = 1000
"""Keys in one round."""
_PURPOSE: Final = "bank.payer"
_NAME: Final = "payer_name"


@dataclass(frozen=True, slots=True)
class SealedPayers:
    """What is kept, and the row of its key."""

    key_id: UUID
    data: bytes = field(repr=False)
    wrapped: bytes = field(repr=False)
    master_key: str


def seal_payers(key_id: UUID, told: bytes, *, keyring: Keyring) -> SealedPayers:
    """Close what the bank says under a new key, `key_id`; packed first."""
    wrapped = identity.new_key(key_id, keyring=keyring)
    packed = gzip.compress(told, mtime=0)
    data = identity.seal_bytes_with(wrapped, key_id, packed, purpose=_PURPOSE, keyring=keyring)
    return SealedPayers(key_id, data, wrapped, keyring.current)


async def keep_payer_keys(sealed: Sequence[SealedPayers], *, came_at: datetime | None = None, tx: Tx) -> None:
    """Write down what opens them, in the transaction that keeps them; their years begin at `came_at`, or now."""
    await fetch(
        "INSERT INTO keys.bank_payer_key (id, wrapped, master_key, came_at)"
        " SELECT k.id, k.wrapped, k.master_key, coalesce($4, clock_timestamp())"
        " FROM unnest($1::uuid[], $2::bytea[], $3::text[]) AS k (id, wrapped, master_key)",
        [one.key_id for one in sealed], [one.wrapped for one in sealed], [one.master_key for one in sealed], came_at,
        tx=tx,
    )  # fmt: skip


async def open_payers(
    sealed: Mapping[UUID, bytes], *, keyring: Keyring, tx: Tx | None = None
) -> dict[UUID, bytes | None]:
    """What was told, by key; None where the key is gone.

    Raises:
        SealBroken: the bytes are damaged.
    """
    rows = await fetch("SELECT id, wrapped FROM keys.bank_payer_key WHERE id = ANY($1::uuid[])", list(sealed), tx=tx)
    keys = {row["id"]: bytes(row["wrapped"]) for row in rows}

    return {
        id_: gzip.decompress(identity.unseal_bytes_with(keys[id_], id_, data, purpose=_PURPOSE, keyring=keyring))
        if id_ in keys
        else None
        for id_, data in sealed.items()
    }


def payer_said(name: str, *, keyring: Keyring) -> tuple[dict[str, Any], SealedPayers]:
    """What a receipt's approval says of its payer: the first letter for everybody, the name for whoever has the key."""
    sealed = seal_payers(uuid7(), name.encode(), keyring=keyring)
    said = {
        _NAME: f"{(letters(name) or [''])[0]}***",
        "payer_key": sealed.key_id,
        "payer_sealed": b64encode(sealed.data).decode(),
    }
    return said, sealed


async def payer_of(said: Mapping[str, Any], *, keyring: Keyring) -> str:
    """The payer's name of a receipt as it was recorded; its first letter once the key is gone."""
    if "payer_sealed" not in said:  # recorded by the release before
        return str(said[_NAME])
    key_id = UUID(said["payer_key"])
    told = (await open_payers({key_id: b64decode(said["payer_sealed"])}, keyring=keyring))[key_id]
    return str(said[_NAME]) if told is None else told.decode()


async def rewrap_payer_keys(keyring: Keyring, *, limit: int = 500) -> int:
    """Wrap keys of an earlier master key under the current one; how many. Called again until there are none."""
    async with transaction() as tx:
        rows = await fetch(
            "SELECT id, wrapped FROM keys.bank_payer_key WHERE master_key <> $1 ORDER BY id LIMIT $2"
            " FOR UPDATE SKIP LOCKED",
            keyring.current, limit, tx=tx,
        )  # fmt: skip
        await fetch(
            "UPDATE keys.bank_payer_key k SET wrapped = w.wrapped, master_key = $3"
            " FROM unnest($1::uuid[], $2::bytea[]) AS w (id, wrapped) WHERE k.id = w.id",
            [row["id"] for row in rows],
            [identity.rewrap(bytes(row["wrapped"]), row["id"], keyring=keyring) for row in rows],
            keyring.current, tx=tx,
        )  # fmt: skip
    return len(rows)


async def forget_payers_due() -> int:
    """Delete keys whose legal time is over; answers how many. Days, amounts and numbers stay."""
    return int(await fetch_value("SELECT payments.forget_payers($1)", FORGOTTEN_MOST))
