"""Writing an order down: its row, parts and lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from app.gateways.database import Tx, fetch_one
from app.kernel.money import Currency
from app.orders.reading import OrderFacts, PartFacts
from app.orders.rules import NewPart, OrderState


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJointOrder:
    """What an organisation, or a person, asks for in several parts, paid as one; prices are computed here."""

    payer_id: UUID
    """The party that pays."""
    parts: tuple[NewPart, ...]
    currency: Currency
    language: str


async def write(
    order_id: UUID,
    order: NewJointOrder,
    parts: Sequence[PartFacts],
    *,
    by: UUID,
    key: str,
    state: OrderState,
    waits: timedelta,
    address_key: bytes | None,
    tx: Tx,
) -> OrderFacts:
    """Order, parts and lines in one statement, which the database adds up."""
    lines = [(part.id, line) for part in parts for line in part.lines]
    mass_g, amount_minor = sum(part.mass_g for part in parts), sum(line.amount_minor for _, line in lines)
    row = await fetch_one(
        "WITH o AS (INSERT INTO purchase_order (id, person_id, payer_id, intent_key, mass_g, amount_minor, currency,"
        " language, state, placed_at, expires_at, address_key) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $34,"
        " clock_timestamp(), clock_timestamp() + $9::interval, $35) RETURNING placed_at, expires_at),"
        " p AS (INSERT INTO purchase_order_part (id, order_id, no, cause, purpose, scenario_id, subject, footprint_id,"
        " beneficiary_id, beneficiary_name_sealed, ground, mandate_name, mandate_sha256, period_from, period_to,"
        " emission_g, mass_g, mix, scheme, profile) SELECT t.id, $1, t.no, t.cause, t.purpose, t.scenario_id, t.subject,"
        " t.footprint_id, t.beneficiary_id, t.name, t.ground, t.document, t.sha256, t.period_from, t.period_to,"
        " t.emission_g, t.mass_g, t.mix, t.scheme, t.profile"
        " FROM unnest($10::uuid[], $11::int[], $12::text[], $13::text[], $14::uuid[], $15::text[], $16::uuid[],"
        " $17::uuid[], $18::bytea[], $19::text[], $20::text[], $21::bytea[], $22::date[], $23::date[], $24::bigint[],"
        " $25::bigint[], $31::text[], $32::text[], $33::text[]) AS t (id, no, cause, purpose, scenario_id, subject,"
        " footprint_id, beneficiary_id, name, ground, document, sha256, period_from, period_to, emission_g, mass_g, mix,"
        " scheme, profile)),"
        " l AS (INSERT INTO purchase_order_line (part_id, programme, mass_g, per_tonne_minor, amount_minor)"
        " SELECT t.part_id, t.programme, t.mass_g, t.per_tonne_minor, t.amount_minor FROM unnest($26::uuid[],"
        " $27::text[], $28::bigint[], $29::bigint[], $30::bigint[]) WITH ORDINALITY AS t (part_id, programme, mass_g,"
        " per_tonne_minor, amount_minor, at) ORDER BY t.at)"
        " SELECT placed_at, expires_at FROM o",
        order_id, by, order.payer_id, key, mass_g, amount_minor, order.currency.value, order.language,
        waits,
        [part.id for part in parts],
        [part.no for part in parts],
        [part.cause for part in parts],
        [part.purpose.value for part in parts],
        [part.scenario_id for part in parts],
        [part.subject for part in parts],
        [part.footprint_id for part in parts],
        [part.beneficiary_id for part in parts],
        [part.name_sealed for part in order.parts],
        [part.mandate.ground if part.mandate else None for part in parts],
        [part.mandate.document if part.mandate else None for part in parts],
        [part.mandate.sha256 if part.mandate else None for part in parts],
        [part.period_from for part in parts],
        [part.period_to for part in parts],
        [part.emission_g for part in parts],
        [part.mass_g for part in parts],
        [part_id for part_id, _ in lines],
        [line.programme.value for _, line in lines],
        [line.mass_g for _, line in lines],
        [line.per_tonne_minor for _, line in lines],
        [line.amount_minor for _, line in lines],
        [part.mix for part in parts],
        [part.scheme for part in parts],
        [part.profile for part in parts],
        state.value, address_key,
        tx=tx,
    )  # fmt: skip
    assert row is not None
    return OrderFacts(
        id=order_id,
        person_id=by,
        payer_id=order.payer_id,
        mass_g=mass_g,
        amount_minor=amount_minor,
        currency=order.currency,
        language=order.language,
        state=state,
        placed_at=row["placed_at"],
        expires_at=row["expires_at"],
        parts=tuple(parts),
    )
