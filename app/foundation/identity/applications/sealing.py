"""What applicants want here, sealed under their keys: a stranger's own words, in which somebody may be named."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from app.foundation.identity.envelope import Keyring
from app.foundation.identity.sealing import seal_many, unseal_many
from app.gateways.database import Row, Tx, fetch, fetch_value

DASH: Final = "—"
"""What stands in place of a purpose that is sealed."""
SEALED_MOST: Final = 500
"""Purposes in one round."""
_SEALED_FOR: Final = "application.purpose"


async def seal_purpose(organisation_id: UUID, *, keyring: Keyring, tx: Tx) -> None:
    """Seal what was just sent, in the transaction that sent it."""
    await _seal("organisation_id = $1", organisation_id, keyring=keyring, tx=tx)


async def seal_purposes_due(*, keyring: Keyring) -> int:
    """Seal what the release before kept in clear; answers how many. Of whoever has no key any more it stays, and nobody
    else's waits for it."""
    has_key = "EXISTS (SELECT FROM keys.person_key k WHERE k.person_id = applicant_id)"
    where = f"purpose <> '{DASH}' AND {has_key} ORDER BY organisation_id LIMIT $1"
    return await _seal(where, SEALED_MOST, keyring=keyring)


async def read_purposes(rows: Sequence[Row], *, keyring: Keyring) -> list[str]:
    """The purposes of applications, in their order; a dash where the applicant is forgotten."""
    sealed = [row for row in rows if row["purpose"] == DASH and row["purpose_sealed"] is not None]
    opened = await unseal_many(
        [(row["applicant_id"], bytes(row["purpose_sealed"])) for row in sealed], purpose=_SEALED_FOR, keyring=keyring
    )
    told = {row["id"]: text for row, text in zip(sealed, opened, strict=True)}
    return [told.get(row["id"]) or row["purpose"] for row in rows]


async def _seal(where: str, value: UUID | int, *, keyring: Keyring, tx: Tx | None = None) -> int:
    rows = await fetch(
        f"SELECT organisation_id, applicant_id, purpose FROM organisation_application WHERE {where}", value, tx=tx
    )
    sealed = await seal_many(
        [(row["applicant_id"], row["purpose"]) for row in rows], purpose=_SEALED_FOR, keyring=keyring, tx=tx
    )
    done = 0
    for row, data in zip(rows, sealed, strict=True):
        asked = row["organisation_id"], row["purpose"], data
        done += bool(await fetch_value("SELECT identity.seal_purpose($1, $2, $3)", *asked, tx=tx))
    return done
