"""Our side of the wire to PostgreSQL: queries, transactions, trying again, and what a failure means.

Rooms write SQL where a set is moved and use Tortoise's query sets elsewhere; both run on the pool that
the entrance opened. A function of a room that takes `tx` works inside its caller's transaction.
"""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final, TypeVar, cast

import asyncpg
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.connection import get_connection, get_connections
from tortoise.exceptions import BaseORMException
from tortoise.transactions import in_transaction

Tx = BaseDBAsyncClient
"""A connection inside a transaction."""
Row = dict[str, Any]
T = TypeVar("T")

RETRYABLE: Final = frozenset({"40001", "40P01", "55P03"})
"""Serialization failure, deadlock, lock time-out: nothing happened, do it again."""
_CONNECTION_LOST: Final = ("08", "57P0")
# A backend ended while its connection lay in the pool shows as asyncpg's internal error, which is of no family (measured).
_LOST: Final = (asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
TROUBLE: Final = (*_LOST, asyncpg.PostgresError, BaseORMException)
"""Whatever the database, or the way to it, may raise."""


def sqlstate(failure: BaseException) -> str | None:
    """PostgreSQL's five characters behind a failure, whether it came raw or wrapped by the ORM."""
    for layer in (failure, failure.__cause__):
        if isinstance(code := getattr(layer, "sqlstate", None), str):
            return code
    return None


def constraint(failure: BaseException) -> str | None:
    """The name of the constraint that refused, or None."""
    for layer in (failure, failure.__cause__):
        if isinstance(name := getattr(layer, "constraint_name", None), str):
            return name
    return None


def detail(failure: BaseException) -> str | None:
    """What PostgreSQL adds to a refusal: of ours, the name of what it is about; None where it adds nothing."""
    for layer in (failure, failure.__cause__):
        if isinstance(text := getattr(layer, "detail", None), str):
            return text
    return None


def is_connection_lost(failure: BaseException) -> bool:
    """Whether the server went away. At COMMIT this means unknown: read again by the key of the intent."""
    code = sqlstate(failure)
    if code is not None:
        return code.startswith(_CONNECTION_LOST)
    return isinstance(failure, _LOST)


@contextlib.asynccontextmanager
async def transaction() -> AsyncIterator[Tx]:
    """A transaction of the caller's own; it commits at the end of the block. Nothing on a network inside."""
    context = in_transaction()
    try:
        async with context as tx:
            yield cast("Tx", tx)
    finally:
        # Where BEGIN fails or is given up, or the pool refuses what it gets back, Tortoise 1.1.9 leaves the connection to
        # this task for ever and the pool one short: tests/rooms/payments/test_losing_the_database.py.
        token, client = getattr(context, "token", None), cast("Any", context.client)  # a savepoint has no token
        if token is not None and not token._used:  # noqa: SLF001 - there is no public way to ask
            get_connections().reset(token)
            with contextlib.suppress(*TROUBLE):
                await client._parent._pool.release(client._connection)  # noqa: SLF001 - nor to give it back


async def fetch(sql: str, *values: object, tx: Tx | None = None) -> list[Row]:
    """Every row the statement gives, `RETURNING` included."""
    connection = tx or get_connection("default")
    return await connection.execute_query_dict(sql, list(values))


async def fetch_one(sql: str, *values: object, tx: Tx | None = None) -> Row | None:
    """The first row, or None."""
    rows = await fetch(sql, *values, tx=tx)
    return rows[0] if rows else None


async def fetch_value(sql: str, *values: object, tx: Tx | None = None) -> Any:  # noqa: ANN401 - a column's own type
    """The first column of the first row, or None."""
    row = await fetch_one(sql, *values, tx=tx)
    return next(iter(row.values())) if row else None


async def again(use_case: Callable[[], Awaitable[T]], *, tries: int = 5) -> T:
    """Run a use case that opens its own transaction, again on deadlock, lock time-out or serialization failure.

    The pauses grow with jitter (at most 0.02 s × 2^attempt). The last failure is raised as it came.
    """
    for attempt in range(1, tries + 1):
        try:
            return await use_case()
        except (asyncpg.PostgresError, BaseORMException) as refusal:
            if sqlstate(refusal) not in RETRYABLE or attempt == tries:
                raise
        await asyncio.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - jitter, not a secret
    raise AssertionError("unreachable")
