"""Keeping a calculation, frozen with everything it was computed from."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec

from app.footprint.rules import Calculation, as_json, from_json
from app.gateways.database import Tx, fetch
from app.kernel.ids import uuid7


@dataclass(frozen=True, slots=True)
class KeptCalculation:
    """A calculation and the id it is kept under."""

    id: UUID
    person_id: UUID
    calculation: Calculation


async def keep(calculation: Calculation, *, by: UUID, tx: Tx | None = None) -> UUID:
    """Write a calculation down for a person; nothing about it changes afterwards."""
    footprint_id = uuid7()
    await fetch(
        "INSERT INTO footprint (id, person_id, calculator, calculator_version, factor_set_version, total_g, calculation,"
        " computed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, clock_timestamp())",
        footprint_id, by, calculation.calculator, str(calculation.calculator_version), calculation.factor_set_version,
        calculation.total_g, msgspec.json.encode(as_json(calculation)).decode(), tx=tx,
    )  # fmt: skip
    return footprint_id


async def find_many(footprint_ids: Sequence[UUID], *, tx: Tx | None = None) -> dict[UUID, KeptCalculation]:
    """The calculations kept under these ids, by id."""
    rows = await fetch(
        "SELECT id, person_id, calculation FROM footprint WHERE id = ANY($1::uuid[])", list(footprint_ids), tx=tx
    )
    return {
        row["id"]: KeptCalculation(row["id"], row["person_id"], from_json(msgspec.json.decode(row["calculation"])))
        for row in rows
    }
