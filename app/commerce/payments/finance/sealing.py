"""What a channel said word for word, under a key of its own: openids, payers' names and addresses stand in it.

The facts by which books are kept (reference, amount, currency, transaction) stand beside it in clear, and stay. The key
goes when whoever paid is erased, or after the years that such messages are kept. A message that comes later still is kept
sealed and without a key: only its facts can be read.
"""

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import msgspec

from app.foundation import identity
from app.foundation.identity import Keyring
from app.gateways.channels.base import Notice, RawRequest
from app.gateways.database import fetch, transaction
from app.kernel.ids import uuid7

_PURPOSE: Final = "payment.notice"


@dataclass(frozen=True, slots=True)
class Sealed:
    """The bytes to keep, and the key's row."""

    key_id: UUID
    body: bytes
    wrapped: bytes = field(repr=False)
    master_key: str


class Said(msgspec.Struct, frozen=True):
    """A message as it came, and as the channel's adapter opened it."""

    body: bytes
    headers: dict[str, str]
    content: str


def seal(notice: Notice, raw: RawRequest, *, keyring: Keyring) -> Sealed:
    """Close a message under a new key."""
    key_id = uuid7()
    wrapped = identity.new_key(key_id, keyring=keyring)
    said = msgspec.json.encode(Said(raw.body, dict(raw.headers), notice.content)).decode()
    body = identity.seal_with(wrapped, key_id, said, purpose=_PURPOSE, keyring=keyring)
    return Sealed(key_id, body, wrapped, keyring.current)


def unseal(key_id: UUID, wrapped: bytes | None, body: bytes, *, keyring: Keyring) -> Said | None:
    """The message behind `seal`; None once its key is destroyed.

    Raises:
        SealBroken: the bytes are damaged.
    """
    if wrapped is None:
        return None
    told = identity.unseal_with(bytes(wrapped), key_id, body, purpose=_PURPOSE, keyring=keyring)
    return msgspec.json.decode(told, type=Said)


async def rewrap_notice_keys(keyring: Keyring, *, limit: int = 500) -> int:
    """Wrap keys of an earlier master key under the current one; how many. Called again until there are none."""
    async with transaction() as tx:
        rows = await fetch(
            "SELECT id, wrapped FROM keys.payment_notice_key WHERE master_key <> $1 ORDER BY id LIMIT $2"
            " FOR UPDATE SKIP LOCKED",
            keyring.current, limit, tx=tx,
        )  # fmt: skip
        await fetch(
            "UPDATE keys.payment_notice_key k SET wrapped = w.wrapped, master_key = $3"
            " FROM unnest($1::uuid[], $2::bytea[]) AS w (id, wrapped) WHERE k.id = w.id",
            [row["id"] for row in rows],
            [identity.rewrap(bytes(row["wrapped"]), row["id"], keyring=keyring) for row in rows], keyring.current, tx=tx,
        )  # fmt: skip
    return len(rows)
