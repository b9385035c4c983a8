"""Giving held lines back: what is still free in its account goes into stock, and its money to the payer, down to the fen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg
from tortoise.exceptions import BaseORMException

from app.commerce import payments
from app.commerce.orders.checking import demand_power
from app.commerce.orders.errors import LineUnknown, NothingToReturn, OrderUnknown
from app.commerce.orders.reading import OrderFacts, lock_many
from app.commerce.orders.rules import OrderState
from app.foundation import outbox
from app.gateways.database import Tx, again, constraint, fetch, fetch_one, fetch_value, transaction
from app.kernel.ids import uuid7
from app.kernel.money import Currency, share_minor
from app.registry import holdings, ledger
from app.registry.credits import Programme

_TRIES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class _Free:
    """Grams of one lot that a line could give back, and the price that they are a part of."""

    line_id: UUID
    lot_id: int
    programme: Programme
    mass_g: int
    back_g: int
    """Of the line's grams of this programme, back already."""
    price_g: int
    price_minor: int


@dataclass(frozen=True, slots=True)
class Returned:
    """What one wish gave back."""

    mass_g: int
    amount_minor: int
    currency: Currency


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """A paid line that brought grams into an account, and what of it could be given back alone."""

    order_id: UUID
    line_id: UUID
    placed_at: datetime
    currency: Currency
    mass_g: int
    amount_minor: int
    free_g: int
    free_minor: int


async def purchases_into(account_id: UUID, *, payer_id: UUID, limit: int = 20) -> list[Purchase]:
    """What one payer bought into an account and paid, the latest first; the same free grams may stand at several."""
    rows = await fetch(
        "SELECT o.id AS order_id, s.id AS line_id, o.placed_at, o.currency, s.mass_g,"
        " (SELECT sum(p.amount_minor) FROM sale_line_price p WHERE p.line_id = s.id)::bigint AS amount_minor"
        " FROM purchase_order o JOIN sale_line s ON s.order_id = o.id"
        " WHERE o.payer_id = $2 AND s.account_id = $1 AND o.state = 'paid' ORDER BY o.placed_at DESC, s.no LIMIT $3",
        account_id, payer_id, limit,
    )  # fmt: skip
    found = []
    for row in rows:
        free = [one for one in await _free(row["order_id"], tx=None) if one.line_id == row["line_id"]]
        found.append(
            Purchase(
                **{**row, "currency": Currency(row["currency"])},
                free_g=sum(one.mass_g for one in free),
                free_minor=_worth(free).get(row["line_id"], 0),
            )
        )
    return found


async def refundable(order_id: UUID, *, tx: Tx | None = None) -> Mapping[UUID, int]:
    """What could be given back of an order now, in minor units by line: the lesser of the line and what is free of it.

    What was retired, moved on or collected stands; so do lines that retire, which are taken back as a whole (`take_back`).
    """
    return _worth(await _free(order_id, tx=tx))


def _worth(free: list[_Free]) -> dict[UUID, int]:
    """In minor units by line."""
    found: dict[UUID, int] = {}
    for one, back_g in _running(free):
        gone = share_minor(one.price_minor, part_g=back_g, whole_g=one.price_g)
        upto = share_minor(one.price_minor, part_g=back_g + one.mass_g, whole_g=one.price_g)
        found[one.line_id] = found.get(one.line_id, 0) + upto - gone
    return found


async def free_grams(order_id: UUID, *, tx: Tx | None = None) -> dict[UUID, int]:
    """The grams that each held line could give back now."""
    found: dict[UUID, int] = {}
    for one in await _free(order_id, tx=tx):
        found[one.line_id] = found.get(one.line_id, 0) + one.mass_g
    return found


async def give_back(line_id: UUID, mass_g: int, *, key: str, by: UUID, tx: Tx) -> int:
    """Give grams of a held line back in the caller's transaction; answers the minor units that go back to the payer.

    The youngest lots go back first, so that the oldest stay to be retired. Repeated with the same key, nothing is given
    back again. When all of an order is back, it is refunded with the last of its money.

    Raises:
        LineUnknown: no such line, or one that retires.
        NothingToReturn: less of it is free; `/grams` says how much.
        BalanceTooLow: somebody retired or moved the grams in this moment; look again in a new transaction.
    """
    order_id = await fetch_value(
        "SELECT order_id FROM sale_line WHERE id = $1 AND account_id IS NOT NULL", line_id, tx=tx
    )
    if order_id is None:
        raise LineUnknown
    (order,) = await lock_many([order_id], tx=tx)
    known = await _known(line_id, key, tx=tx)
    if known is not None:
        return known[1]
    hold = next(one for one in order.hold_lines if one.id == line_id)
    free = [one for one in await _free(order_id, tx=tx) if one.line_id == line_id and one.mass_g > 0]
    free_g = sum(one.mass_g for one in free)
    if not 0 < mass_g <= free_g or order.payment_id is None:
        raise NothingToReturn(most=free_g)
    portions, left_g = [], mass_g
    for one in sorted(free, key=lambda one: -one.lot_id):
        if left_g > 0:
            portions.append(holdings.Portion(one.lot_id, min(left_g, one.mass_g)))
            left_g -= portions[-1].mass_g
    act = uuid7()
    amount_minor = await _write(act, line_id, key, by, portions, tx=tx)
    await holdings.transfer(
        f"return:{act}", hold.account.account, holdings.PLATFORM, portions, reason="return", actor=f"person:{by}", tx=tx
    )
    if amount_minor:
        cause = f"returned:{act}"
        await payments.refund(order.payment_id, cause=cause, amount_minor=amount_minor, reverses_sale=True, tx=tx)
    if order.back_minor + amount_minor == order.amount_minor:
        await fetch("UPDATE purchase_order SET state = 'refunding' WHERE id = $1", order_id, tx=tx)
    return amount_minor


async def _write(act: UUID, line_id: UUID, key: str, by: UUID, portions: Sequence[holdings.Portion], *, tx: Tx) -> int:
    try:
        return int(
            await fetch_value(
                "SELECT orders.give_back($1, $2, $3, $4, $5::bigint[], $6::bigint[])",
                act, line_id, key, by, [one.lot_id for one in portions], [one.mass_g for one in portions], tx=tx,
            )
        )  # fmt: skip
    except (asyncpg.PostgresError, BaseORMException) as refusal:
        if constraint(refusal) == "purchase_order_return_free_check":
            raise ledger.BalanceTooLow from refusal  # somebody used grams since they were looked at
        raise


async def return_line(order_id: UUID, line_id: UUID, mass_g: int, *, by: UUID, key: str) -> Returned:
    """Give grams of a held line back at its payer's wish; the money follows by `refund.requested`.

    `key` is the client's own for this intent: repeated, it answers what was given back.

    Raises:
        OrderUnknown: no such order, or somebody else's.
        RoleMissing: `by` only reads in the organisation whose order it is.
        LineUnknown, NothingToReturn: as `give_back`.
    """

    async def use_case() -> Returned:
        async with transaction() as tx:
            order = await _own(order_id, by=by, tx=tx)
            if line_id not in {one.id for one in order.hold_lines}:
                raise LineUnknown
            known = await _known(line_id, key, tx=tx)
            if known is not None:
                return Returned(*known, order.currency)
            if order.state is not OrderState.PAID:
                raise NothingToReturn(most=0)
            return Returned(mass_g, await give_back(line_id, mass_g, key=key, by=by, tx=tx), order.currency)

    for left in reversed(range(_TRIES)):
        try:
            returned = await again(use_case)
        except ledger.BalanceTooLow:
            if not left:
                raise  # else: somebody used grams in between; look at what is free now
        else:
            outbox.nudge()
            return returned
    raise AssertionError


async def _own(order_id: UUID, *, by: UUID, tx: Tx) -> OrderFacts:
    row = await fetch_one(
        "SELECT payer_id FROM purchase_order WHERE id = $1 AND identity.acts_for($2, payer_id)", order_id, by, tx=tx
    )
    if row is None:
        raise OrderUnknown
    await demand_power(row["payer_id"], by=by, tx=tx)
    (order,) = await lock_many([order_id], tx=tx)
    return order


async def _known(line_id: UUID, key: str, *, tx: Tx) -> tuple[int, int] | None:
    """Grams and minor units that this wish gave back before."""
    row = await fetch_one(
        "SELECT sum(mass_g)::bigint AS mass_g, sum(amount_minor)::bigint AS amount_minor FROM purchase_order_return"
        " WHERE line_id = $1 AND key = $2 HAVING count(*) > 0",
        line_id, key, tx=tx,
    )  # fmt: skip
    return (row["mass_g"], row["amount_minor"]) if row else None


async def _free(order_id: UUID, *, tx: Tx | None) -> list[_Free]:
    rows = await fetch("SELECT * FROM orders.refundable($1)", order_id, tx=tx)
    return [_Free(**{**row, "programme": Programme(row["programme"])}) for row in rows]


def _running(free: list[_Free]) -> list[tuple[_Free, int]]:
    """Each with the grams of its line and programme that would be back before it."""
    back: dict[tuple[UUID, Programme], int] = {}
    found = []
    for one in free:
        before = back.get((one.line_id, one.programme), one.back_g)
        found.append((one, before))
        back[one.line_id, one.programme] = before + one.mass_g
    return found
