"""Writing an order down: its row, parts and lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from app.commerce.orders.reading import HoldFacts, OrderFacts, PartFacts
from app.commerce.orders.rules import NewHold, NewLine, NewPart, OrderState
from app.gateways.database import Tx, fetch_one
from app.kernel.money import Currency


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJointOrder:
    """What an organisation, or a person, asks for in several parts, paid as one; prices are computed here."""

    payer_id: UUID
    """The party that pays."""
    parts: tuple[NewPart, ...] = ()
    """What is retired."""
    holds: tuple[NewHold, ...] = ()
    """What is held in accounts of the payer; at least one of both."""
    currency: Currency
    language: str

    @property
    def lines(self) -> tuple[NewLine, ...]:
        """All of it, in the order of its numbers."""
        return (*self.parts, *self.holds)


async def write(
    order_id: UUID,
    order: NewJointOrder,
    parts: Sequence[PartFacts | HoldFacts],
    *,
    by: UUID,
    key: str,
    state: OrderState,
    waits: timedelta,
    address_key: bytes | None,
    tx: Tx,
) -> OrderFacts:
    """Order, parts and lines in one statement, which the database adds up; the parts' claims are made already.

    One instant for both times, so that the order waits exactly as long as it says.
    """
    lines = [(part.id, line) for part in parts for line in part.lines]
    mass_g, amount_minor = sum(part.mass_g for part in parts), sum(line.amount_minor for _, line in lines)
    row = await fetch_one(
        "WITH o AS (INSERT INTO purchase_order (id, person_id, payer_id, intent_key, mass_g, amount_minor, currency,"
        " language, state, placed_at, expires_at, address_key) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $10,"
        " statement_timestamp(), statement_timestamp() + $9::interval, $11) RETURNING placed_at, expires_at),"
        " p AS (INSERT INTO purchase_order_part (id, order_id, no, cause, claim_id, account_id, funding, mandate_id, mass_g,"
        " mix, scheme)"
        " SELECT t.id, $1, t.no, t.cause, t.claim_id, t.account_id, t.funding, t.mandate_id, t.mass_g, t.mix, t.scheme"
        " FROM unnest($12::uuid[], $13::int[], $14::text[], $15::uuid[], $16::text[], $17::uuid[], $18::bigint[],"
        " $19::text[], $20::text[], $26::uuid[]) AS t (id, no, cause, claim_id, funding, mandate_id, mass_g, mix, scheme,"
        " account_id)),"
        " l AS (INSERT INTO purchase_order_line (part_id, programme, mass_g, per_tonne_minor, amount_minor)"
        " SELECT t.part_id, t.programme, t.mass_g, t.per_tonne_minor, t.amount_minor FROM unnest($21::uuid[],"
        " $22::text[], $23::bigint[], $24::bigint[], $25::bigint[]) WITH ORDINALITY AS t (part_id, programme, mass_g,"
        " per_tonne_minor, amount_minor, at) ORDER BY t.at)"
        " SELECT placed_at, expires_at FROM o",
        order_id, by, order.payer_id, key, mass_g, amount_minor, order.currency.value, order.language,
        waits, state.value, address_key,
        [part.id for part in parts],
        [part.no for part in parts],
        [part.cause for part in parts],
        [part.claim_id for part in parts],
        [part.funding.value for part in parts],
        [part.mandate_id for part in parts],
        [part.mass_g for part in parts],
        [part.mix for part in parts],
        [part.scheme for part in parts],
        [part_id for part_id, _ in lines],
        [line.programme.value for _, line in lines],
        [line.mass_g for _, line in lines],
        [line.per_tonne_minor for _, line in lines],
        [line.amount_minor for _, line in lines],
        [part.account_id for part in parts],
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
        parts=tuple(part for part in parts if isinstance(part, PartFacts)),
        holds=tuple(part for part in parts if isinstance(part, HoldFacts)),
    )
