"""Writing an order down: its row, lines and prices."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from app.commerce.orders.reading import Line, OrderFacts
from app.commerce.orders.rules import NewLine, NewRetireLine, OrderState
from app.gateways.database import Tx, fetch_one
from app.kernel.money import Currency
from app.registry.credits import RATE_DAYS, Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJointOrder:
    """What an organisation, or a person, asks for in several lines, paid as one; prices are computed here."""

    payer_id: UUID
    """The party that pays."""
    lines: tuple[NewLine, ...]
    """What is retired, and what is held in accounts of the payer; their numbers are their places, from 1."""
    currency: Currency
    language: str
    rate_days: int = RATE_DAYS
    """How old an exchange rate may be, where a price list is in another currency."""
    least_minor: int = 1
    """The smallest amount that can be paid; only where one line is of one programme may it be more than a unit."""
    may_buy_more: bool = False
    """Where it costs less, buy as many grams as this amount is worth: its payer has been told how many."""

    @property
    def retire_lines(self) -> tuple[NewRetireLine, ...]:
        """Those that retire."""
        return tuple(line for line in self.lines if isinstance(line, NewRetireLine))


async def write(
    order_id: UUID,
    order: NewJointOrder,
    lines: Sequence[Line],
    *,
    by: UUID,
    key: str,
    state: OrderState,
    waits: timedelta,
    address_key: bytes | None,
    rate: Rate | None,
    needed_g: int | None,
    tx: Tx,
) -> OrderFacts:
    """Order, lines and prices in one statement, which the database adds up; the lines' claims are made already.

    `rate`: by which what is rated was priced. `needed_g`: what was asked for, where more is bought to reach `least_minor`.

    One instant for both times, so that the order waits exactly as long as it says.
    """
    prices = [(line.id, price) for line in lines for price in line.prices]
    mass_g, amount_minor = sum(line.mass_g for line in lines), sum(price.amount_minor for _, price in prices)
    row = await fetch_one(
        "WITH o AS (INSERT INTO purchase_order (id, person_id, payer_id, intent_key, mass_g, amount_minor, currency,"
        " language, state, placed_at, expires_at, address_key, rate_id, needed_g) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $10,"
        " statement_timestamp(), statement_timestamp() + $9::interval, $11, $27, $28) RETURNING placed_at, expires_at),"
        " l AS (INSERT INTO sale_line (id, order_id, no, cause, claim_id, account_id, funding, mandate_id, mass_g,"
        " mix, scheme)"
        " SELECT t.id, $1, t.no, t.cause, t.claim_id, t.account_id, t.funding, t.mandate_id, t.mass_g, t.mix, t.scheme"
        " FROM unnest($12::uuid[], $13::int[], $14::text[], $15::uuid[], $16::text[], $17::uuid[], $18::bigint[],"
        " $19::text[], $20::text[], $26::uuid[]) AS t (id, no, cause, claim_id, funding, mandate_id, mass_g, mix, scheme,"
        " account_id)),"
        " i AS (INSERT INTO sale_line_price (line_id, programme, mass_g, per_tonne_minor, amount_minor, is_rated)"
        " SELECT t.line_id, t.programme, t.mass_g, t.per_tonne_minor, t.amount_minor, t.is_rated FROM unnest($21::uuid[],"
        " $22::text[], $23::bigint[], $24::bigint[], $25::bigint[], $29::boolean[]) WITH ORDINALITY AS t (line_id,"
        " programme, mass_g, per_tonne_minor, amount_minor, is_rated, at) ORDER BY t.at)"
        " SELECT placed_at, expires_at FROM o",
        order_id, by, order.payer_id, key, mass_g, amount_minor, order.currency.value, order.language,
        waits, state.value, address_key,
        [line.id for line in lines],
        [line.no for line in lines],
        [line.cause for line in lines],
        [line.claim_id for line in lines],
        [line.funding.value for line in lines],
        [line.mandate_id for line in lines],
        [line.mass_g for line in lines],
        [line.mix for line in lines],
        [line.scheme for line in lines],
        [line_id for line_id, _ in prices],
        [price.programme.value for _, price in prices],
        [price.mass_g for _, price in prices],
        [price.per_tonne_minor for _, price in prices],
        [price.amount_minor for _, price in prices],
        [line.account_id for line in lines],
        rate.id if rate else None,
        needed_g,
        [price.is_rated for _, price in prices],
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
        rate=rate,
        needed_g=needed_g,
        lines=tuple(lines),
    )
