"""Writing down who retires how much."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app import holdings, outbox
from app.gateways.database import Tx, fetch
from app.kernel.clock import beijing_day, utc_now
from app.kernel.ids import random_code, uuid7
from app.retirements.events import RetirementRequested
from app.retirements.rules import Payer, Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One retirement to be written down; its grams are reserved under the same cause."""

    cause: str
    """What entitles to it: `order:<id>`. One cause, one retirement."""
    purpose: Purpose
    payer: Payer
    holder_id: UUID
    beneficiary_id: UUID
    beneficiary_name_sealed: bytes | None
    scenario_id: UUID
    footprint_id: UUID | None
    period_from: date
    period_to: date
    """Inclusive."""
    emission_g: int
    mass_g: int
    language: str


async def request(requests: Sequence[Request], *, tx: Tx) -> list[UUID]:
    """Write the retirements down and use up their reservations, set-based; answers the ids newly written.

    A cause that has its retirement already is passed over. A cause without a held reservation is an error
    of the caller's.
    """
    held = await holdings.use_many([request.cause for request in requests], tx=tx)
    fresh = [(uuid7(), request) for request in requests if request.cause in held]
    if not fresh:
        return []
    today = beijing_day(utc_now())
    await fetch(
        "INSERT INTO retirement (id, cause, number, purpose, payer, holder_id, beneficiary_id, beneficiary_name_sealed,"
        " scenario_id, footprint_id, period_from, period_to, emission_g, mass_g, language, state, requested_at)"
        " SELECT *, 'requested', clock_timestamp() FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[],"
        " $6::uuid[], $7::uuid[], $8::bytea[], $9::uuid[], $10::uuid[], $11::date[], $12::date[], $13::bigint[],"
        " $14::bigint[], $15::text[])",
        [id_ for id_, _ in fresh],
        [request.cause for _, request in fresh],
        [f"R-{today:%Y%m%d}-{random_code(8)}" for _ in fresh],
        [request.purpose.value for _, request in fresh],
        [request.payer.value for _, request in fresh],
        [request.holder_id for _, request in fresh],
        [request.beneficiary_id for _, request in fresh],
        [request.beneficiary_name_sealed for _, request in fresh],
        [request.scenario_id for _, request in fresh],
        [request.footprint_id for _, request in fresh],
        [request.period_from for _, request in fresh],
        [request.period_to for _, request in fresh],
        [request.emission_g for _, request in fresh],
        [request.mass_g for _, request in fresh],
        [request.language for _, request in fresh],
        tx=tx,
    )
    lines = [(id_, portion) for id_, request in fresh for portion in held[request.cause].portions]
    await fetch(
        "INSERT INTO retirement_line (retirement_id, lot_id, mass_g)"
        " SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[])",
        [id_ for id_, _ in lines],
        [portion.lot_id for _, portion in lines],
        [portion.mass_g for _, portion in lines],
        tx=tx,
    )
    await outbox.record(*(RetirementRequested(retirement_id=id_) for id_, _ in fresh), tx=tx)
    return [id_ for id_, _ in fresh]
