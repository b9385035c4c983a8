"""Calling the room's SQL functions: what PostgreSQL refuses becomes a fact."""

from typing import Final

import asyncpg
from tortoise.exceptions import BaseORMException

from app.gateways.database import Row, Tx, constraint, fetch
from app.kernel.errors import DomainError
from app.registry import ledger
from app.registry.holdings.errors import AccountUnknown, CauseTaken

_REFUSALS: Final[dict[str, type[DomainError]]] = {
    "ledger_account_floor_check": ledger.BalanceTooLow,
    "holding_transfer_conflict": CauseTaken,
    "ledger_account_of_an_account": AccountUnknown,
    "credit_reservation_account_fkey": AccountUnknown,
    "holding_transfer_source_fkey": AccountUnknown,
    "holding_transfer_target_fkey": AccountUnknown,
}


async def call(sql: str, *values: object, cause: str, tx: Tx) -> list[Row]:
    """Every row the function gives.

    Raises:
        BalanceTooLow: an account would fall below its floor.
        CauseTaken: the cause is known with other content.
        AccountUnknown: an account has no row.
    """
    try:
        return await fetch(sql, *values, tx=tx)
    except (asyncpg.PostgresError, BaseORMException) as refusal:
        if (fact := _REFUSALS.get(constraint(refusal) or "")) is not None:
            raise fact(cause=cause) from refusal
        raise
