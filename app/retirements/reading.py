"""Reading retirements."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from app.gateways.database import Row, Tx, fetch
from app.retirements.rules import Mandate, Purpose, RetirementState


@dataclass(frozen=True, slots=True)
class Slice:
    """Grams [start_g, stop_g) of one lot."""

    lot_id: int
    start_g: int
    stop_g: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledRetirement:
    """A final retirement with the grams it took."""

    id: UUID
    cause: str
    number: str
    purpose: Purpose
    payer_id: UUID
    holder_id: UUID
    beneficiary_id: UUID
    beneficiary_name_sealed: bytes | None
    mandate: Mandate | None
    scenario_id: UUID
    subject: str | None
    footprint_id: UUID | None
    period_from: date
    period_to: date
    emission_g: int
    mass_g: int
    language: str
    settled_at: datetime
    slices: tuple[Slice, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a retirement stands."""

    id: UUID
    number: str
    state: RetirementState


async def find_settled(retirement_ids: Sequence[UUID], *, tx: Tx | None = None) -> list[SettledRetirement]:
    """The settled ones among these, each with its slices by lot; others are absent."""
    rows = await fetch(
        "SELECT r.id, r.cause, r.number, r.purpose, r.payer_id, r.holder_id, r.beneficiary_id, r.beneficiary_name_sealed,"
        " r.ground, r.mandate_name, r.mandate_sha256, r.scenario_id, r.subject, r.footprint_id, r.period_from,"
        " r.period_to, r.emission_g, r.mass_g, r.language, r.settled_at,"
        " s.lots, s.starts, s.stops FROM retirement r CROSS JOIN LATERAL ("
        "   SELECT array_agg(lot_id ORDER BY lot_id, start_g) AS lots, array_agg(start_g ORDER BY lot_id, start_g) AS starts,"
        "   array_agg(stop_g ORDER BY lot_id, start_g) AS stops FROM retirement_slice WHERE retirement_id = r.id) s"
        " WHERE r.id = ANY($1::uuid[]) AND r.state = 'settled' ORDER BY r.settled_at, r.id",
        list(retirement_ids),
        tx=tx,
    )
    return [_settled(row) for row in rows]


async def find_by_cause(cause: str) -> Standing | None:
    """Where the retirement of this cause stands; None where none was requested."""
    return (await find_by_causes([cause])).get(cause)


async def find_by_causes(causes: Iterable[str], *, tx: Tx | None = None) -> dict[str, Standing]:
    """Where the retirements of these causes stand, by cause; absent where none was requested."""
    rows = await fetch(
        "SELECT cause, id, number, state FROM retirement WHERE cause = ANY($1::text[])", list(causes), tx=tx
    )
    return {row["cause"]: Standing(row["id"], row["number"], RetirementState(row["state"])) for row in rows}


def _settled(row: Row) -> SettledRetirement:
    facts = {name: value for name, value in row.items() if name not in _SHAPED}
    return SettledRetirement(
        **facts,
        purpose=Purpose(row["purpose"]),
        mandate=Mandate(row["ground"], row["mandate_name"], row["mandate_sha256"]) if row["ground"] else None,
        slices=tuple(Slice(*cut) for cut in zip(row["lots"], row["starts"], row["stops"], strict=True)),
    )


_SHAPED = frozenset({"purpose", "ground", "mandate_name", "mandate_sha256", "lots", "starts", "stops"})
