"""Writing down who retires how much."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app import holdings, outbox
from app.gateways.database import Tx, fetch
from app.kernel.ids import random_code, uuid7
from app.retirements.events import RetirementRequested
from app.retirements.rules import Mandate, Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One retirement to be written down; its grams are reserved under the same cause."""

    cause: str
    """What entitles to it: `order:<id>`. One cause, one retirement."""
    purpose: Purpose
    payer_id: UUID
    """Who paid: a person or an organisation, as the two below."""
    holder_id: UUID
    """Whose credits they were."""
    beneficiary_id: UUID
    """Who may claim it."""
    beneficiary_name_sealed: bytes | None = None
    """Of a person, sealed under that person's key; None: 访客, or an organisation, whose name is public."""
    mandate: Mandate | None = None
    """Needed where payer and beneficiary differ, except for gifts and donations."""
    scenario_id: UUID
    subject: str | None = None
    """What within the scene was made neutral: a product, a case number. Public."""
    footprint_id: UUID | None = None
    period_from: date
    period_to: date
    """Inclusive."""
    emission_g: int
    mass_g: int
    profile: str | None = None
    """The rule profile by which the claim of an organisation is to be judged; None: the platform's own."""
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
    await fetch(
        "INSERT INTO retirement (id, cause, number, purpose, payer_id, holder_id, beneficiary_id,"
        " beneficiary_name_sealed, ground, mandate_name, mandate_sha256, scenario_id, subject, footprint_id, period_from,"
        " period_to, emission_g, mass_g, language, profile, state, requested_at)"
        " SELECT id, cause, 'R-' || to_char(clock_timestamp() AT TIME ZONE 'Asia/Shanghai', 'YYYYMMDD-') || code, purpose,"
        " payer, holder, beneficiary, name, ground, document, sha256, scenario, subject, footprint, starts, ends, emission_g,"
        " mass_g, language, profile, 'requested', clock_timestamp()"
        " FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::uuid[], $7::uuid[], $8::bytea[],"
        " $9::text[], $10::text[], $11::bytea[], $12::uuid[], $13::text[], $14::uuid[], $15::date[], $16::date[],"
        " $17::bigint[], $18::bigint[], $19::text[], $20::text[]) AS t (id, cause, code, purpose, payer, holder,"
        " beneficiary, name, ground, document, sha256, scenario, subject, footprint, starts, ends, emission_g, mass_g,"
        " language, profile)",
        [id_ for id_, _ in fresh],
        [one.cause for _, one in fresh],
        [random_code(8) for _ in fresh],
        [one.purpose.value for _, one in fresh],
        [one.payer_id for _, one in fresh],
        [one.holder_id for _, one in fresh],
        [one.beneficiary_id for _, one in fresh],
        [one.beneficiary_name_sealed for _, one in fresh],
        [one.mandate.ground if one.mandate else None for _, one in fresh],
        [one.mandate.document if one.mandate else None for _, one in fresh],
        [one.mandate.sha256 if one.mandate else None for _, one in fresh],
        [one.scenario_id for _, one in fresh],
        [one.subject for _, one in fresh],
        [one.footprint_id for _, one in fresh],
        [one.period_from for _, one in fresh],
        [one.period_to for _, one in fresh],
        [one.emission_g for _, one in fresh],
        [one.mass_g for _, one in fresh],
        [one.language for _, one in fresh],
        [one.profile for _, one in fresh],
        tx=tx,
    )
    lines = [(id_, portion) for id_, one in fresh for portion in held[one.cause].portions]
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
