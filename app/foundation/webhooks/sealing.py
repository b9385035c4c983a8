"""Address and secrets of an endpoint: sealed under a key of its own, which the master key wraps."""

from typing import Final
from uuid import UUID

from app.foundation import identity
from app.foundation.identity import Keyring
from app.gateways.database import fetch, transaction

URL: Final = "webhook.url"
SECRET: Final = "webhook.secret"  # noqa: S105 - what a seal is for, not a secret


def opened(wrapped: bytes, endpoint_id: UUID, sealed: bytes | None, purpose: str, *, keyring: Keyring) -> str | None:
    """What is sealed there; None where nothing is."""
    if sealed is None:
        return None
    return identity.unseal_with(wrapped, endpoint_id, sealed, purpose=purpose, keyring=keyring)


async def rewrap_keys(keyring: Keyring, *, limit: int = 500) -> int:
    """Wrap up to `limit` endpoints' keys under the current master key; how many it were, 0 when none is left."""
    old = [key_id for key_id in keyring.keys if key_id != keyring.current]
    async with transaction() as tx:
        rows = await fetch(
            "SELECT id, wrapped FROM webhook_endpoint WHERE master_key = ANY($1::text[]) LIMIT $2 FOR UPDATE SKIP LOCKED",
            old, limit, tx=tx,
        )  # fmt: skip
        await fetch(
            "UPDATE webhook_endpoint e SET wrapped = anew.wrapped, master_key = $3"
            " FROM unnest($1::uuid[], $2::bytea[]) AS anew (id, wrapped) WHERE e.id = anew.id",
            [row["id"] for row in rows],
            [identity.rewrap(row["wrapped"], row["id"], keyring=keyring) for row in rows],
            keyring.current, tx=tx,
        )  # fmt: skip
    return len(rows)
