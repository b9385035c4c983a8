"""Writing down who retires how much."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.foundation import outbox
from app.gateways import tracing
from app.gateways.database import Tx, fetch
from app.kernel.ids import random_code, uuid7
from app.registry import holdings
from app.registry.claims import ClaimFacts
from app.registry.retirements.events import RetirementRequested
from app.registry.retirements.rules import Funding


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One retirement to be written down; its grams are reserved under the same cause."""

    cause: str
    """What entitles to it: `order:<id>`. One cause, one retirement."""
    claim: ClaimFacts
    """What is retired for; a claim is retired for once, unless what was requested is withdrawn."""
    funding: Funding
    payer_id: UUID
    """Who paid: a person or an organisation, as the holder."""
    holder_id: UUID
    """Whose credits they were: of an account its owner."""
    account_id: UUID | None = None
    """The account that its grams come from; None: bought and retired in one breath."""
    mandate_id: UUID | None = None
    """Needed where payer and beneficiary differ, except for gifts and donations."""
    mass_g: int


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
        "INSERT INTO retirement (id, cause, number, claim_id, purpose, beneficiary_id, funding, payer_id, holder_id,"
        " mandate_id, mass_g, account_id, state, requested_at)"
        " SELECT id, cause, 'R-' || to_char(clock_timestamp() AT TIME ZONE 'Asia/Shanghai', 'YYYYMMDD-') || code, claim,"
        " purpose, beneficiary, funding, payer, holder, mandate, mass_g, account, 'requested', clock_timestamp()"
        " FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::uuid[], $7::text[], $8::uuid[],"
        " $9::uuid[], $10::uuid[], $11::bigint[], $12::uuid[]) AS t (id, cause, code, claim, purpose, beneficiary, funding,"
        " payer, holder, mandate, mass_g, account)",
        [id_ for id_, _ in fresh],
        [one.cause for _, one in fresh],
        [random_code(8) for _ in fresh],
        [one.claim.id for _, one in fresh],
        [one.claim.purpose.value for _, one in fresh],
        [one.claim.beneficiary_id for _, one in fresh],
        [one.funding.value for _, one in fresh],
        [one.payer_id for _, one in fresh],
        [one.holder_id for _, one in fresh],
        [one.mandate_id for _, one in fresh],
        [one.mass_g for _, one in fresh],
        [one.account_id for _, one in fresh],
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
    for id_, one in fresh:
        tracing.follow(f"retirement:{id_}", one.cause)
    await outbox.record(*(RetirementRequested(retirement_id=id_) for id_, _ in fresh), tx=tx)
    return [id_ for id_, _ in fresh]
