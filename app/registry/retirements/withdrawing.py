"""Giving requested retirements up before they are settled."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from app.foundation import identity, outbox
from app.foundation.identity import Keyring
from app.gateways.database import Tx, fetch, fetch_value
from app.kernel.ids import uuid7
from app.registry.retirements.errors import ReasonMissing, RetirementFinal
from app.registry.retirements.events import RetirementWithdrawn
from app.registry.retirements.rules import REASON_LENGTH_MAX

SEALED_MOST: Final = 500
"""Reasons in one statement."""
_PURPOSE: Final = "retirement.reason"


async def withdraw(retirement_ids: Sequence[UUID], *, by: UUID, reason: str, keyring: Keyring, tx: Tx) -> list[UUID]:
    """Give up all of these requested retirements, or none, and their grams back to their holder.

    `by` is the person who decided; their words are kept sealed under their key. The key of an organisation has none, and
    what its program says is kept as it is. Repeated: a withdrawn retirement stays as it is and no second event is written.
    Whoever comes second, this or `settle`, waits for the first and finds its work done. Answers those withdrawn now.

    Raises:
        RetirementFinal: one of them is settled; the caller's transaction must not commit.
        ReasonMissing: no reason is given, or one longer than 200 characters.
    """
    reason = " ".join(reason.split())
    if not reason or len(reason) > REASON_LENGTH_MAX:
        raise ReasonMissing(longest=REASON_LENGTH_MAX)
    (sealed,) = await identity.seal_many([(by, reason)], purpose=_PURPOSE, keyring=keyring, tx=tx)
    rows = await fetch(
        "SELECT id, mass_g, outcome FROM retirements.withdraw_sealed($1, $2::uuid[], $3, $4, $5)",
        uuid7(), list(retirement_ids), by, "" if sealed else reason, sealed, tx=tx,
    )  # fmt: skip
    if any(row["outcome"] == "settled" for row in rows):
        raise RetirementFinal
    fresh = [row for row in rows if row["outcome"] == "withdrawn"]
    await outbox.record(*(RetirementWithdrawn(retirement_id=row["id"], mass_g=row["mass_g"]) for row in fresh), tx=tx)
    return [row["id"] for row in fresh]


async def seal_reasons_due(*, keyring: Keyring) -> int:
    """Seal reasons that the release before kept in clear; answers how many. Of an organisation's key they stay.

    Of whoever was erased meanwhile nothing is left, as if it had been sealed before.
    """
    done, after = 0, UUID(int=0)
    while rows := await fetch(
        "SELECT r.id, r.withdrawn_by_id AS by_id, r.withdrawn_reason AS reason, p.state = 'erased' AS is_erased"
        " FROM retirement r JOIN person p ON p.id = r.withdrawn_by_id WHERE r.withdrawn_reason <> '' AND r.id > $1"
        " AND (p.state = 'erased' OR EXISTS (SELECT FROM keys.person_key k WHERE k.person_id = p.id))"
        " ORDER BY r.id LIMIT $2",
        after, SEALED_MOST,
    ):  # fmt: skip
        sealed = await identity.seal_many(
            [(row["by_id"], row["reason"]) for row in rows], purpose=_PURPOSE, keyring=keyring
        )
        ids = [row["id"] for row in rows]
        kept = [b"" if row["is_erased"] else data for row, data in zip(rows, sealed, strict=True)]
        done += int(await fetch_value("SELECT retirements.seal_reasons($1::uuid[], $2::bytea[])", ids, kept))
        after = ids[-1]
    return done
