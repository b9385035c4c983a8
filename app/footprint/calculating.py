"""Keeping a calculation, frozen with everything it was computed from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

import msgspec

from app.footprint.form_rules import put_together, take_apart
from app.footprint.rules import Calculation, as_json, from_json
from app.gateways.database import Row, Tx, fetch
from app.kernel.ids import uuid7


@dataclass(frozen=True, slots=True)
class KeptCalculation:
    """A calculation and the id it is kept under."""

    id: UUID
    person_id: UUID
    calculation: Calculation


async def keep(calculation: Calculation, *, by: UUID, tx: Tx | None = None) -> UUID:
    """Write a calculation down for a person; nothing about it changes afterwards."""
    return (await keep_many([(by, calculation)], tx=tx))[0]


async def keep_many(calculations: Sequence[tuple[UUID, Calculation]], *, tx: Tx | None = None) -> list[UUID]:
    """The same for a set, each of its person, in one round trip; answers the ids in their order."""
    ids = [uuid7() for _ in calculations]
    apart = [take_apart(as_json(one)) for _, one in calculations]
    await fetch(
        "INSERT INTO footprint (id, person_id, calculator, calculator_version, factor_set_version, total_g, form_id,"
        " figures, computed_at) SELECT t.id, t.whose, t.calculator, t.version, t.factors, t.grams,"
        " footprint.form(t.content::jsonb, t.paths::jsonb), t.figures::jsonb, clock_timestamp()"
        " FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::text[],"
        " $9::text[]) AS t (id, whose, calculator, version, factors, grams, content, paths, figures)",
        ids,
        [person_id for person_id, _ in calculations],
        [one.calculator for _, one in calculations],
        [str(one.calculator_version) for _, one in calculations],
        [one.factor_set_version for _, one in calculations],
        [one.total_g for _, one in calculations],
        *([msgspec.json.encode(part).decode() for part in parts] for parts in zip(*apart, strict=True)),
        tx=tx,
    )
    return ids


async def find_many(footprint_ids: Sequence[UUID], *, tx: Tx | None = None) -> dict[UUID, KeptCalculation]:
    """The calculations kept under these ids, by id."""
    rows = await fetch(
        "SELECT f.id, f.person_id, f.calculation, o.content, o.paths, f.figures FROM footprint f"
        " LEFT JOIN footprint_form o ON o.id = f.form_id WHERE f.id = ANY($1::uuid[])",
        list(footprint_ids), tx=tx,
    )  # fmt: skip
    return {row["id"]: KeptCalculation(row["id"], row["person_id"], from_json(_stored(row))) for row in rows}


def _stored(row: Row) -> Mapping[str, Any]:
    """What `as_json` gave. Rows from before forms hold it whole."""
    decode = msgspec.json.decode
    if row["calculation"] is not None:
        return cast("Mapping[str, Any]", decode(row["calculation"]))
    return put_together(decode(row["content"]), decode(row["paths"]), decode(row["figures"]))
