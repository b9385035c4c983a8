"""Reading orders."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.credits import Programme
from app.gateways.database import Row, fetch, fetch_one
from app.kernel.money import Currency
from app.orders.errors import OrderUnknown
from app.orders.rules import OrderState


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFacts:
    """An order as its owner and the doors see it."""

    id: UUID
    person_id: UUID
    footprint_id: UUID
    scenario_id: UUID
    programme: Programme
    emission_g: int
    mass_g: int
    amount_minor: int
    currency: Currency
    per_tonne_minor: int
    has_name: bool
    language: str
    state: OrderState
    placed_at: datetime
    expires_at: datetime


COLUMNS = (
    "id, person_id, footprint_id, scenario_id, programme, emission_g, mass_g, amount_minor, currency, per_tonne_minor,"
    " beneficiary_name_sealed IS NOT NULL AS has_name, language, state, placed_at, expires_at"
)


async def find(order_id: UUID, *, by: UUID) -> OrderFacts:
    """The order, if it is this person's.

    Raises:
        OrderUnknown: no such order, or another person's.
    """
    row = await fetch_one(f"SELECT {COLUMNS} FROM purchase_order WHERE id = $1 AND person_id = $2", order_id, by)
    if row is None:
        raise OrderUnknown
    return facts(row)


async def under_way(person_id: UUID, *, limit: int) -> list[OrderFacts]:
    """A person's orders that may still lead somewhere, the latest first; one paid today may be done already."""
    rows = await fetch(
        f"SELECT {COLUMNS} FROM purchase_order WHERE person_id = $1 AND (state = 'refunding'"
        " OR (state = 'placed' AND expires_at > clock_timestamp())"
        " OR (state = 'paid' AND placed_at > clock_timestamp() - interval '1 day')) ORDER BY id DESC LIMIT $2",
        person_id, limit,
    )  # fmt: skip
    return [facts(row) for row in rows]


def facts(row: Row) -> OrderFacts:
    """A row of `COLUMNS` as a record."""
    return OrderFacts(
        **{
            **row,
            "programme": Programme(row["programme"]),
            "currency": Currency(row["currency"]),
            "state": OrderState(row["state"]),
        }
    )
