"""Reading retirements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from app.gateways.database import Tx, fetch, fetch_one
from app.retirements.rules import Payer, Purpose, RetirementState


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
    payer: Payer
    holder_id: UUID
    beneficiary_id: UUID
    beneficiary_name_sealed: bytes | None
    scenario_id: UUID
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
        "SELECT r.id, r.cause, r.number, r.purpose, r.payer, r.holder_id, r.beneficiary_id, r.beneficiary_name_sealed,"
        " r.scenario_id, r.footprint_id, r.period_from, r.period_to, r.emission_g, r.mass_g, r.language, r.settled_at,"
        " s.lots, s.starts, s.stops FROM retirement r CROSS JOIN LATERAL ("
        "   SELECT array_agg(lot_id ORDER BY lot_id, start_g) AS lots, array_agg(start_g ORDER BY lot_id, start_g) AS starts,"
        "   array_agg(stop_g ORDER BY lot_id, start_g) AS stops FROM retirement_slice WHERE retirement_id = r.id) s"
        " WHERE r.id = ANY($1::uuid[]) AND r.state = 'settled' ORDER BY r.settled_at, r.id",
        list(retirement_ids),
        tx=tx,
    )
    return [
        SettledRetirement(
            **{
                name: value
                for name, value in row.items()
                if name not in {"lots", "starts", "stops", "purpose", "payer"}
            },
            purpose=Purpose(row["purpose"]),
            payer=Payer(row["payer"]),
            slices=tuple(Slice(*cut) for cut in zip(row["lots"], row["starts"], row["stops"], strict=True)),
        )
        for row in rows
    ]


async def find_by_cause(cause: str) -> Standing | None:
    """Where the retirement of this cause stands; None where none was requested."""
    row = await fetch_one("SELECT id, number, state FROM retirement WHERE cause = $1", cause)
    return Standing(row["id"], row["number"], RetirementState(row["state"])) if row else None
