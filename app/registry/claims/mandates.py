"""Why one party pays for another."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.gateways.database import Tx, fetch, fetch_as
from app.kernel.ids import uuid7
from app.registry.claims.rules import Mandate

Given = tuple[UUID, UUID, Mandate]
"""Payer, beneficiary, and what is said."""


async def give(mandates: Sequence[Given], *, tx: Tx) -> list[UUID]:
    """Keep why these payers pay for these beneficiaries; answers the ids, in the same order.

    Said again between the same two, it is the row that stands.
    """
    if not mandates:
        return []
    columns = (
        [uuid7() for _ in mandates],
        [payer for payer, _, _ in mandates],
        [beneficiary for _, beneficiary, _ in mandates],
        [mandate.ground for _, _, mandate in mandates],
        [mandate.document for _, _, mandate in mandates],
        [mandate.sha256 for _, _, mandate in mandates],
    )
    asked = (
        "unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::bytea[]) WITH ORDINALITY"
        " AS t (id, payer_id, beneficiary_id, ground, document, sha256, at)"
    )
    await fetch(
        "INSERT INTO mandate (id, payer_id, beneficiary_id, ground, document, document_sha256, given_at)"
        " SELECT t.id, t.payer_id, t.beneficiary_id, t.ground, t.document, t.sha256, clock_timestamp()"
        f" FROM {asked} ORDER BY t.payer_id, t.beneficiary_id, t.ground, t.document, t.sha256"
        " ON CONFLICT ON CONSTRAINT mandate_once_key DO NOTHING",
        *columns, tx=tx,
    )  # fmt: skip
    rows = await fetch(
        f"SELECT m.id FROM {asked} JOIN mandate m ON (m.payer_id, m.beneficiary_id, m.ground)"
        " = (t.payer_id, t.beneficiary_id, t.ground) AND m.document IS NOT DISTINCT FROM t.document"
        " AND m.document_sha256 IS NOT DISTINCT FROM t.sha256 ORDER BY t.at",
        *columns, tx=tx,
    )  # fmt: skip
    return [row["id"] for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    id: UUID
    ground: str
    document: str | None
    sha256: bytes | None


async def find_mandates(mandate_ids: Collection[UUID], *, tx: Tx | None = None) -> dict[UUID, Mandate]:
    """These mandates, by id."""
    if not mandate_ids:
        return {}
    rows = await fetch_as(
        _Row,
        "SELECT id, ground, document, document_sha256 AS sha256 FROM mandate WHERE id = ANY($1::uuid[])",
        list(mandate_ids), tx=tx,
    )  # fmt: skip
    return {row.id: Mandate(row.ground, row.document, row.sha256) for row in rows}
