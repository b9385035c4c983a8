"""Changing the master key: data keys are wrapped anew, nothing sealed under them is touched."""

from app.foundation.identity import envelope
from app.foundation.identity.envelope import Keyring
from app.gateways.database import fetch, transaction


async def rewrap_keys(keyring: Keyring, *, limit: int = 500) -> int:
    """Wrap up to `limit` data keys under the current master key; how many it were, 0 when none is left.

    Two runs at once share the work. A key destroyed meanwhile stays destroyed.
    """
    old = [key_id for key_id in keyring.keys if key_id != keyring.current]
    async with transaction() as tx:
        rows = await fetch(
            "SELECT person_id, wrapped FROM keys.person_key WHERE master_key = ANY($1::text[])"
            " LIMIT $2 FOR UPDATE SKIP LOCKED",
            old,
            limit,
            tx=tx,
        )
        ids = [row["person_id"] for row in rows]
        wrapped = [
            envelope.wrap(
                envelope.unwrap(row["wrapped"], row["person_id"], keyring=keyring), row["person_id"], keyring=keyring
            )
            for row in rows
        ]
        await fetch(
            "UPDATE keys.person_key SET wrapped = anew.wrapped, master_key = $3"
            " FROM unnest($1::uuid[], $2::bytea[]) AS anew (person_id, wrapped)"
            " WHERE keys.person_key.person_id = anew.person_id",
            ids,
            wrapped,
            keyring.current,
            tx=tx,
        )
    return len(ids)
