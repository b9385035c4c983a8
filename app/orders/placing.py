"""Placing an order."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from tortoise.exceptions import IntegrityError

from app import credits, holdings, ledger
from app.credits import Programme
from app.gateways import faults
from app.gateways.database import again, constraint, fetch_one, transaction
from app.kernel.clock import Clock, beijing_day
from app.kernel.ids import uuid7
from app.kernel.mass import to_retire_g
from app.kernel.money import Currency
from app.orders.errors import KeyUsedOtherwise
from app.orders.reading import COLUMNS, OrderFacts, facts
from app.orders.rules import RESERVED_FOR_S, cause_of

_TRIES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """What is asked for; mass and price are computed here, never accepted."""

    footprint_id: UUID
    scenario_id: UUID
    emission_g: int
    step_g: int
    programme: Programme
    currency: Currency
    language: str
    name_sealed: bytes | None = None


async def place(order: NewOrder, *, by: UUID, key: str, clock: Clock) -> OrderFacts:
    """Quote, set the credits aside for half an hour and write the order down, in one transaction.

    `key` is the client's own for this intent: repeated, it answers the order that stands, in whatever
    state it is now, and nothing is reserved twice.

    Raises:
        CreditsExhausted: not enough credits of the programme are open; nothing is kept.
        PriceUnknown: the programme has no price today.
        KeyUsedOtherwise: the key stands for an order of another scene or mass.
    """
    mass_g = to_retire_g(order.emission_g, step_g=order.step_g)
    for attempt in range(_TRIES):
        known = await _known(order, mass_g, by=by, key=key)
        if known is not None:
            return known
        try:
            placed = await again(lambda: _place(order, mass_g, by=by, key=key, clock=clock))
        except ledger.BalanceTooLow:
            if attempt == _TRIES - 1:
                raise
            continue  # others took the last grams of a lot in between; look at what is open now
        except IntegrityError as refusal:
            if constraint(refusal) != "purchase_order_person_intent_key":
                raise
            continue  # the same intent, from a second tap, was faster; it is read above
        faults.reach("order.placed")
        return placed
    raise AssertionError("unreachable")


async def _place(order: NewOrder, mass_g: int, *, by: UUID, key: str, clock: Clock) -> OrderFacts:
    order_id, now = uuid7(), clock()
    async with transaction() as tx:
        quote = await credits.quote(order.programme, mass_g, currency=order.currency, on=beijing_day(now), tx=tx)
        row = await fetch_one(
            "INSERT INTO purchase_order (id, person_id, intent_key, footprint_id, scenario_id, programme, emission_g,"
            " mass_g, amount_minor, currency, per_tonne_minor, beneficiary_name_sealed, language, state, placed_at,"
            " expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'placed', clock_timestamp(),"
            f" clock_timestamp() + $14::interval) RETURNING {COLUMNS}",
            order_id, by, key, order.footprint_id, order.scenario_id, order.programme.value, order.emission_g, mass_g,
            quote.amount_minor, order.currency.value, quote.per_tonne_minor, order.name_sealed, order.language,
            timedelta(seconds=RESERVED_FOR_S), tx=tx,
        )  # fmt: skip
        assert row is not None
        placed = facts(row)
        await holdings.reserve(cause_of(order_id), order.programme, mass_g, expires_at=placed.expires_at, tx=tx)
        faults.reach("order.before_commit")
    return placed


async def _known(order: NewOrder, mass_g: int, *, by: UUID, key: str) -> OrderFacts | None:
    row = await fetch_one(f"SELECT {COLUMNS} FROM purchase_order WHERE person_id = $1 AND intent_key = $2", by, key)
    if row is None:
        return None
    if row["scenario_id"] != order.scenario_id or row["mass_g"] != mass_g:
        raise KeyUsedOtherwise
    return facts(row)
