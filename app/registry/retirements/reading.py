"""Reading retirements."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.gateways.database import Tx, fetch, fetch_as
from app.registry import claims
from app.registry.claims import ClaimFacts, Mandate
from app.registry.retirements.rules import Funding, RetirementState


@dataclass(frozen=True, slots=True)
class Slice:
    """Grams [start_g, stop_g) of one lot."""

    lot_id: int
    start_g: int
    stop_g: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledRetirement:
    """A final retirement of a claim, with the grams it took."""

    id: UUID
    cause: str
    number: str
    claim: ClaimFacts
    funding: Funding
    payer_id: UUID
    holder_id: UUID
    mandate: Mandate | None
    mass_g: int
    besides_g: int
    """Settled before it for the same claim: by its root and by other supplements."""
    settled_at: datetime
    slices: tuple[Slice, ...]


@dataclass(frozen=True, slots=True)
class RetirementStatus:
    """Where a retirement stands."""

    id: UUID
    number: str
    state: RetirementState


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    id: UUID
    cause: str
    number: str
    claim_id: UUID
    funding: Funding
    payer_id: UUID
    holder_id: UUID
    mandate_id: UUID | None
    mass_g: int
    besides_g: int
    settled_at: datetime
    lots: tuple[int, ...]
    starts: tuple[int, ...]
    stops: tuple[int, ...]


async def find_settled(retirement_ids: Sequence[UUID], *, tx: Tx | None = None) -> list[SettledRetirement]:
    """The settled ones among these, each with its claim and its slices by lot; others are absent."""
    rows = await fetch_as(
        _Row,
        "SELECT r.id, r.cause, r.number, r.claim_id, r.funding, r.payer_id, r.holder_id, r.mandate_id, r.mass_g,"
        " retirements.settled_for(coalesce(c.supplements_id, c.id), r.id, r.settled_at) AS besides_g, r.settled_at,"
        " s.lots, s.starts, s.stops FROM retirement r JOIN claim c ON c.id = r.claim_id CROSS JOIN LATERAL ("
        "   SELECT array_agg(lot_id ORDER BY lot_id, start_g) AS lots, array_agg(start_g ORDER BY lot_id, start_g) AS starts,"
        "   array_agg(stop_g ORDER BY lot_id, start_g) AS stops FROM retirement_slice WHERE retirement_id = r.id) s"
        " WHERE r.id = ANY($1::uuid[]) AND r.state = 'settled' ORDER BY r.settled_at, r.id",
        list(retirement_ids), tx=tx,
    )  # fmt: skip
    known = await claims.find_many({row.claim_id for row in rows}, tx=tx)
    mandates = await claims.find_mandates({row.mandate_id for row in rows if row.mandate_id}, tx=tx)
    return [
        SettledRetirement(
            id=row.id,
            cause=row.cause,
            number=row.number,
            claim=known[row.claim_id],
            funding=row.funding,
            payer_id=row.payer_id,
            holder_id=row.holder_id,
            mandate=mandates[row.mandate_id] if row.mandate_id else None,
            mass_g=row.mass_g,
            besides_g=row.besides_g,
            settled_at=row.settled_at,
            slices=tuple(map(Slice, row.lots, row.starts, row.stops)),
        )
        for row in rows
    ]


async def scenes_of(retirement_ids: Sequence[UUID], *, tx: Tx | None = None) -> list[tuple[UUID, int]]:
    """The scene and the grams of each settled one among these."""
    rows = await fetch(
        "SELECT c.scenario_id, r.mass_g FROM retirement r JOIN claim c ON c.id = r.claim_id"
        " WHERE r.id = ANY($1::uuid[]) AND r.state = 'settled' ORDER BY r.id",
        list(retirement_ids), tx=tx,
    )  # fmt: skip
    return [(row["scenario_id"], row["mass_g"]) for row in rows]


async def find_by_cause(cause: str) -> RetirementStatus | None:
    """Where the retirement of this cause stands; None where none was requested."""
    return (await find_by_causes([cause])).get(cause)


async def find_by_causes(causes: Iterable[str], *, tx: Tx | None = None) -> dict[str, RetirementStatus]:
    """Where the retirements of these causes stand, by cause; absent where none was requested."""
    rows = await fetch(
        "SELECT cause, id, number, state FROM retirement WHERE cause = ANY($1::text[])", list(causes), tx=tx
    )
    return {row["cause"]: RetirementStatus(row["id"], row["number"], RetirementState(row["state"])) for row in rows}
