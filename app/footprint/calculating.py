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


async def keep_many(calculations: Sequence[tuple[UUID, Calculation]], *, tx: Tx | None = None) -> list[UUID]:
    """The same for a set, each of its person, in one round trip; answers the ids in their order."""
    ids = [uuid7() for _ in calculations]
    await fetch(
        "INSERT INTO footprint (id, person_id, calculator, calculator_version, factor_set_version, total_g, calculation,"
        " computed_at) SELECT t.id, t.whose, t.calculator, t.version, t.factors, t.grams, t.calculation::jsonb,"
        " clock_timestamp() FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::bigint[],"
        " $7::text[]) AS t (id, whose, calculator, version, factors, grams, calculation)",
        ids,
        [person_id for person_id, _ in calculations],
        [one.calculator for _, one in calculations],
        [str(one.calculator_version) for _, one in calculations],
        [one.factor_set_version for _, one in calculations],
        [one.total_g for _, one in calculations],
        [msgspec.json.encode(as_json(one)).decode() for _, one in calculations],
        tx=tx,
    )
    return ids


async def find_many(footprint_ids: Sequence[UUID], *, tx: Tx | None = None) -> dict[UUID, KeptCalculation]:
    """The calculations kept under these ids, by id."""
    rows = await fetch(
        "SELECT id, person_id, calculation FROM footprint WHERE id = ANY($1::uuid[])", list(footprint_ids), tx=tx
    )
    return {
        row["id"]: KeptCalculation(row["id"], row["person_id"], from_json(msgspec.json.decode(row["calculation"])))
        for row in rows
    }
