"""The bytes of a bill at rest: packed, then sealed under a key of the file's own, since channels write into it who paid.

What books are kept by stands in lines and sums. The key goes with the bytes, when their legal time is over.
"""

import asyncio
import gzip
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from app.foundation import identity
from app.foundation.identity import Keyring
from app.gateways.database import Tx, fetch, fetch_value, transaction
from app.gateways.files import FileStore

SEALED_MOST: Final = 50
"""Files from before in one round."""
_PURPOSE: Final = "bill.file"


@dataclass(frozen=True, slots=True)
class Sealed:
    """The bytes for the store, and the key's row."""

    data: bytes = field(repr=False)
    wrapped: bytes = field(repr=False)
    master_key: str


def name_of(file_id: UUID) -> str:
    """Where the sealed bytes of a file lie."""
    return f"{file_id}.bill"


def plain_name_of(file_id: UUID) -> str:
    """Where the bytes of a file lay before they were sealed."""
    return f"{file_id}.gz"


def seal(file_id: UUID, content: bytes, *, keyring: Keyring) -> Sealed:
    """Close a file under a new key."""
    wrapped = identity.new_key(file_id, keyring=keyring)
    packed = gzip.compress(content, mtime=0)
    data = identity.seal_bytes_with(wrapped, file_id, packed, purpose=_PURPOSE, keyring=keyring)
    return Sealed(data, wrapped, keyring.current)


async def keep_key(file_id: UUID, sealed: Sealed, *, tx: Tx) -> None:
    """Write down what opens it, beside the file's row."""
    await fetch(
        "INSERT INTO keys.channel_bill_key (file_id, wrapped, master_key) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        file_id, sealed.wrapped, sealed.master_key, tx=tx,
    )  # fmt: skip


async def read_file(file_id: UUID, files: FileStore, *, keyring: Keyring) -> bytes | None:
    """The bytes of a file as they came, unpacked; None once they are erased, or where the store has lost them.

    Raises:
        Unavailable: the disk does not give them.
        SealBroken: they are damaged.
    """
    wrapped = await fetch_value("SELECT wrapped FROM keys.channel_bill_key WHERE file_id = $1", file_id)
    data = await files.fetch(name_of(file_id) if wrapped else plain_name_of(file_id))
    if data is None:
        return None

    def opened() -> bytes:
        if wrapped is None:
            return gzip.decompress(data)
        return gzip.decompress(
            identity.unseal_bytes_with(bytes(wrapped), file_id, data, purpose=_PURPOSE, keyring=keyring)
        )

    return await asyncio.to_thread(opened)


async def seal_due(*, files: FileStore, keyring: Keyring) -> int:
    """Seal files that were kept before there were keys; answers how many.

    The sealed bytes first, then the key, then the plain ones go: whoever dies in between does it again.

    Raises:
        Unavailable: the disk refuses.
    """
    due = await fetch(
        "SELECT f.id FROM channel_bill_file f WHERE NOT EXISTS (SELECT FROM keys.channel_bill_key k WHERE k.file_id = f.id)"
        " AND NOT EXISTS (SELECT FROM channel_bill_erasure e WHERE e.file_id = f.id) ORDER BY f.id LIMIT $1",
        SEALED_MOST,
    )
    for row in due:
        content = await read_file(row["id"], files, keyring=keyring)
        sealed = await asyncio.to_thread(seal, row["id"], content or b"", keyring=keyring)
        if content is not None:
            await files.keep(name_of(row["id"]), sealed.data)
        async with transaction() as tx:
            await keep_key(row["id"], sealed, tx=tx)
        await files.drop(plain_name_of(row["id"]))
    return len(due)


async def rewrap_bill_keys(keyring: Keyring, *, limit: int = 500) -> int:
    """Wrap keys of an earlier master key under the current one; how many. Called again until there are none."""
    async with transaction() as tx:
        rows = await fetch(
            "SELECT file_id, wrapped FROM keys.channel_bill_key WHERE master_key <> $1 ORDER BY file_id LIMIT $2"
            " FOR UPDATE SKIP LOCKED",
            keyring.current, limit, tx=tx,
        )  # fmt: skip
        await fetch(
            "UPDATE keys.channel_bill_key k SET wrapped = w.wrapped, master_key = $3"
            " FROM unnest($1::uuid[], $2::bytea[]) AS w (file_id, wrapped) WHERE k.file_id = w.file_id",
            [row["file_id"] for row in rows],
            [identity.rewrap(bytes(row["wrapped"]), row["file_id"], keyring=keyring) for row in rows],
            keyring.current, tx=tx,
        )  # fmt: skip
    return len(rows)
