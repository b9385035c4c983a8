"""Writing claims down, and the name that stands on their papers."""

from collections.abc import Collection, Mapping
from dataclasses import asdict
from typing import Final
from uuid import UUID

import msgspec

from app.gateways.database import Tx, fetch, fetch_as
from app.kernel.ids import uuid7
from app.registry.claims.reading import COLUMNS, by_cause
from app.registry.claims.rules import ASKED, ClaimFacts, NewClaim, is_same

_ASKED: Final = ", ".join(ASKED)


async def make(asked: Mapping[str, NewClaim], *, tx: Tx) -> dict[str, ClaimFacts]:
    """Write a claim down for each cause, as a set, and answer them by cause.

    PostgreSQL puts each into its layer, by its scene and group, and a person without a group into the scene's default one.
    Repeated: a cause that has its claim keeps it. Another claim for the same cause is a fault of the caller's.
    """
    rows = [{"id": uuid7(), "cause": cause, **asdict(one)} for cause, one in asked.items()]
    for row in rows:
        if (name := row["name_sealed"]) is not None:
            row["name_sealed"] = rf"\x{name.hex()}"
    made = await fetch_as(
        ClaimFacts,
        f"INSERT INTO claim AS c (id, cause, beneficiary_kind, made_at, {_ASKED})"
        f" SELECT a.id, a.cause, p.kind, clock_timestamp(), {', '.join(f'a.{name}' for name in ASKED)}"
        " FROM jsonb_populate_recordset(NULL::claim, $1) AS a LEFT JOIN party p ON p.id = a.beneficiary_id"
        f" ON CONFLICT ON CONSTRAINT claim_cause_key DO NOTHING RETURNING {COLUMNS}",
        msgspec.json.encode(rows).decode(), tx=tx,
    )  # fmt: skip
    by = {one.cause: one for one in made}
    if len(by) < len(asked):
        stood = await by_cause([cause for cause in asked if cause not in by], tx=tx)
        assert all(is_same(asked[cause], one) for cause, one in stood.items()), "a cause that made another claim"
        by |= stood
    return by


async def rename(claim_ids: Collection[UUID], *, of: UUID, name_sealed: bytes | None, tx: Tx) -> None:
    """Put this person's sealed name on those of these claims that are theirs, or take it off.

    PostgreSQL refuses it once grams are settled for one of them: the paper has the name by then.
    """
    await fetch(
        "UPDATE claim SET name_sealed = $3 WHERE id = ANY($1::uuid[]) AND beneficiary_id = $2"
        " AND beneficiary_kind = 'person'",
        list(claim_ids), of, name_sealed, tx=tx,
    )  # fmt: skip
