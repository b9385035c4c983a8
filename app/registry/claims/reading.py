"""Reading claims."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from app.gateways.database import Tx, fetch_as
from app.registry.claims.rules import ASKED, ClaimFacts

COLUMNS: Final = ", ".join(f"c.{name}" for name in ("id", "cause", "beneficiary_kind", "made_at", "layer", *ASKED))
"""Of a claim `c`, as `ClaimFacts` has them."""


async def find_many(claim_ids: Collection[UUID], *, tx: Tx | None = None) -> dict[UUID, ClaimFacts]:
    """These claims, by id; others are absent."""
    found = await fetch_as(
        ClaimFacts, f"SELECT {COLUMNS} FROM claim c WHERE c.id = ANY($1::uuid[])", list(claim_ids), tx=tx
    )
    return {one.id: one for one in found}


async def by_cause(causes: Collection[str], *, tx: Tx | None = None) -> dict[str, ClaimFacts]:
    """The claims that were made for these causes, by cause; absent where none was."""
    found = await fetch_as(
        ClaimFacts, f"SELECT {COLUMNS} FROM claim c WHERE c.cause = ANY($1::text[])", list(causes), tx=tx
    )
    return {one.cause: one for one in found}


async def root_of_figure(footprint_id: UUID, *, of: UUID, tx: Tx | None = None) -> ClaimFacts | None:
    """The first claim that this person made of a kept figure, to which later ones add; None where there is none."""
    found = await fetch_as(
        ClaimFacts,
        f"SELECT {COLUMNS} FROM claim c WHERE c.footprint_id = $1 AND"
        " c.beneficiary_id = ANY(ARRAY(SELECT identity.persons_of($2))) AND c.supplements_id IS NULL"
        " ORDER BY c.made_at, c.id LIMIT 1",
        footprint_id, of, tx=tx,
    )  # fmt: skip
    return found[0] if found else None
