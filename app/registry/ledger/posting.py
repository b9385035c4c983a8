"""Opening accounts and posting transfers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

import asyncpg
from tortoise.exceptions import BaseORMException

from app.gateways.database import Tx, constraint, detail, fetch, fetch_one
from app.registry.ledger.errors import AccountUnknown, BalanceTooLow, MovementRefused, TransferConflict

AccountKind = Literal["external", "ordinary", "pool"]

_REFUSALS: Final = {
    "ledger_account_floor_check": BalanceTooLow,
    "ledger_transfer_conflict": TransferConflict,
    "ledger_account_unknown": AccountUnknown,
    "ledger_movement_allowed": MovementRefused,
    "ledger_movement_by_application": MovementRefused,
}


@dataclass(frozen=True, slots=True)
class Leg:
    """One side of a transfer: `amount` is added to the account, negative takes away."""

    path: str
    unit: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One transfer of a set."""

    cause: str
    kind: str
    legs: Sequence[Leg]
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class Posted:
    """When the transfer was posted, by the database's clock, and whether this call did it."""

    at: datetime
    is_new: bool


async def open_accounts(accounts: Mapping[str, AccountKind], *, unit: str, tx: Tx | None = None) -> None:
    """Open the accounts (path -> kind) in one unit, with floor and balance zero; those open stay as they are.

    A `pool` is one that many draw on at once and is therefore locked last. An `external` account stands for the world
    outside and may fall without limit: PostgreSQL opens only the source of a lot that is written down. An account that
    no movement knows is refused too.
    """
    await fetch("SELECT ledger.open($1::text[], $2, $3::text[])", list(accounts), unit, list(accounts.values()), tx=tx)


async def open_clearing(channel: str, *, unit: str) -> None:
    """Open what a payment channel holds for us in one currency; it may owe without limit. As the owner of the tables."""
    await fetch("SELECT ledger.open_clearing($1, $2)", channel, unit)


async def post(cause: str, legs: Sequence[Leg], *, kind: str, actor: str | None = None, tx: Tx | None = None) -> Posted:
    """Post one transfer; the legs of each unit add up to zero.

    Repeated with the same cause and content it changes nothing and answers `is_new=False`.

    Raises:
        BalanceTooLow: an account would fall below its floor.
        TransferConflict: the cause is known with other content.
        AccountUnknown: an account is not open, or is named twice.
        MovementRefused: this kind of transfer does not go between these accounts, or under this cause.
    """
    assert len(legs) > 1, legs
    try:
        row = await fetch_one(
            "SELECT posted_at, is_new FROM ledger.post_as_application($1, $2, $3::text[], $4::text[], $5::bigint[], $6)",
            cause,
            kind,
            [leg.path for leg in legs],
            [leg.unit for leg in legs],
            [leg.amount for leg in legs],
            actor,
            tx=tx,
        )
    except (asyncpg.PostgresError, BaseORMException) as refusal:
        if (fact := _REFUSALS.get(constraint(refusal) or "")) is not None:
            raise fact(cause=cause) from refusal
        raise
    assert row is not None
    return Posted(at=row["posted_at"], is_new=row["is_new"])


async def post_many(transfers: Sequence[Transfer], *, tx: Tx | None = None) -> list[Posted]:
    """Post a set of transfers, all or none, in one round trip; the answers stand in the order given.

    It leaves what posting one after the other would leave, running balances and floors included, and locks
    and changes each account once however often it is named. A cause that is known with the same content,
    also from earlier in the set, is passed over and answered with `is_new=False`.

    Raises:
        BalanceTooLow: an account would fall below its floor on the way.
        TransferConflict: a cause is known with other content.
        AccountUnknown: an account is not open, or is named twice by one transfer.
        MovementRefused: a kind of transfer does not go between its accounts, or under its cause.
    """
    if not transfers:
        return []
    assert all(len(transfer.legs) > 1 for transfer in transfers), transfers
    legs = [(number, leg) for number, transfer in enumerate(transfers, 1) for leg in transfer.legs]
    try:
        rows = await fetch(
            "SELECT posted_at, is_new FROM ledger.post_many_as_application("
            "$1::text[], $2::text[], $3::text[], $4::int[], $5::text[], $6::text[], $7::bigint[]) ORDER BY no",
            [transfer.cause for transfer in transfers],
            [transfer.kind for transfer in transfers],
            [transfer.actor for transfer in transfers],
            [number for number, _ in legs],
            [leg.path for _, leg in legs],
            [leg.unit for _, leg in legs],
            [leg.amount for _, leg in legs],
            tx=tx,
        )
    except (asyncpg.PostgresError, BaseORMException) as refusal:
        if (fact := _REFUSALS.get(constraint(refusal) or "")) is not None:
            raise fact(cause=detail(refusal)) from refusal
        raise
    return [Posted(at=row["posted_at"], is_new=row["is_new"]) for row in rows]
