"""Our side of the wire to PostgreSQL: queries, transactions, trying again, and what a failure means.

Rooms write SQL where a set is moved and use Tortoise's query sets elsewhere; both run on the pool that
the entrance opened. A function of a room that takes `tx` works inside its caller's transaction.
"""

import asyncio
import contextlib
import errno
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, TypeVar, cast
from uuid import UUID

import asyncpg
import msgspec
from tortoise.backends.base.client import BaseDBAsyncClient, TransactionalDBClient
from tortoise.connection import get_connection, get_connections
from tortoise.exceptions import BaseORMException, DBConnectionError
from tortoise.transactions import in_transaction

from app.gateways.pool import DatabaseAway, NoFreeConnection, sqlstate
from app.gateways.postgresql import shares

Tx = BaseDBAsyncClient
"""A connection inside a transaction."""
Row = dict[str, Any]
T = TypeVar("T")
__all__ = [
    "RETRYABLE", "TROUBLE", "DatabaseAway", "NoFreeConnection", "Row", "Tx", "again", "constraint", "detail", "fetch",
    "fetch_as", "fetch_one", "fetch_value", "is_connection_lost", "log_failure", "retry_after_s", "sqlstate", "transaction",
]  # fmt: skip

RETRYABLE: Final = frozenset({"40001", "40P01", "55P03"})
"""Serialization failure, deadlock, lock time-out: nothing happened, do it again."""
_CANCELLED: Final = "57014"
"""A statement's deadline."""
AGAIN_S: Final = 4.0
"""Less than one lock time-out, more than three deadlocks."""
_CONNECTION_LOST: Final = ("08", "57P0", "25006", "25P03", "25P04", "53300")
"""Lost, ended, of a server that only reads since a failover, ended for idleness, none left."""
# A backend ended while its connection lay in the pool shows as asyncpg's internal error, which is of no family (measured).
_LOST: Final = (asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
TROUBLE: Final = (*_LOST, asyncpg.PostgresError, BaseORMException)
"""Whatever the database, or the way to it, may raise."""
_PASSING: Final = (
    # SQLSTATEs that pass by themselves, by their beginnings, and the seconds after which the same may work
    (("40001", "40P01", "55P03", "57014"), 1),  # in another's way, or a statement's deadline
    (
        ("08", "57P", "25006", "25P03", "25P04"),
        2,
    ),  # the connection is lost, ended, or leads to a server that only reads
    (("53", "58", "28", "3D000"), 5),  # no memory, connections or disk; trouble of its machine; it does not let us in
)
_FULL_ERRNO: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ENOMEM})
_CLOSED: Final = "clos"
"""asyncpg says `connection is closed`, `connection has been closed`, `pool is closing` without a SQLSTATE."""


def retry_after_s(failure: BaseException) -> int | None:
    """Seconds after which the same may work; None: it passes by nothing, so it is a fault of ours."""
    if isinstance(failure, DatabaseAway | NoFreeConnection):
        return 2
    if isinstance(failure, asyncpg.InvalidCachedStatementError):
        return 1  # planned before a migration
    if (code := sqlstate(failure)) is not None:
        return next((wait_s for starts, wait_s in _PASSING if code.startswith(starts)), None)
    if isinstance(failure, asyncpg.InterfaceError):
        return 2 if _CLOSED in str(failure) else None
    if isinstance(failure, asyncpg.InternalClientError | DBConnectionError | ConnectionError | TimeoutError):
        return 2
    return 10 if isinstance(failure, OSError) and failure.errno in _FULL_ERRNO else None


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
    if isinstance(failure, DatabaseAway | NoFreeConnection):
        return True
    code = sqlstate(failure)
    if code is not None:
        return code.startswith(_CONNECTION_LOST)
    return isinstance(failure, _LOST)


def log_failure(log: Any, what: str, failure: BaseException, **facts: object) -> None:  # noqa: ANN401 - a bound logger
    """Log what stopped work that is tried again, so that nobody takes a fault of ours for a database that was away.

    What passes by itself is a warning: `<what>.held_up` is a lock, a deadlock or a deadline, `<what>.database_away` a server
    that is gone, full, or does not let us in. All else is the error `<what>.failed`, with where it happened.
    """
    code = sqlstate(failure)
    if retry_after_s(failure) is None:
        event = f"{what}.failed"
        log.error(event, exc_info=failure, **facts)
    else:
        event = f"{what}.held_up" if code in RETRYABLE or code == _CANCELLED else f"{what}.database_away"
        log.warning(event, error=type(failure).__name__, **facts)


@contextlib.asynccontextmanager
async def transaction() -> AsyncIterator[Tx]:
    """A transaction of the caller's own; it commits at the end of the block. Nothing on a network inside."""
    context = in_transaction("default")  # a standby may be there besides
    try:
        async with context as tx:
            yield cast("Tx", tx)
    finally:
        # Where BEGIN fails or is given up, or the pool refuses what it gets back, Tortoise 1.1.9 leaves the connection to
        # this task for ever and the pool one short: tests/rooms/commerce/payments/test_losing_the_database.py.
        token, client = getattr(context, "token", None), cast("Any", context.client)  # a savepoint has no token
        if token is not None and not token._used:  # noqa: SLF001 - there is no public way to ask
            get_connections().reset(token)
            with contextlib.suppress(*TROUBLE):
                await client._parent._pool.release(client._connection)  # noqa: SLF001 - nor to give it back


def is_in_transaction() -> bool:
    """Whether this task's statements would go into a transaction that somebody opened around it."""
    return isinstance(get_connection("default"), TransactionalDBClient)


async def fetch(sql: str, *values: object, tx: Tx | None = None) -> list[Row]:
    """Every row the statement gives, `RETURNING` included."""
    connection = tx or get_connection("default")
    return await connection.execute_query_dict(sql, list(values))


async def fetch_as(shape: type[T], sql: str, *values: object, tx: Tx | None = None) -> list[T]:
    """Every row as a record of this shape, a frozen dataclass or a msgspec Struct: its columns are the fields, by name.

    Texts become the enums that a field names, arrays tuples. A column that is missing, or that the shape does not know,
    is a fault of ours and is told by the first row; so is a value of another type.
    """
    rows = await fetch(sql, *values, tx=tx)
    if rows and (shape, columns := tuple(rows[0])) not in _fitting:
        known = {field.name for field in fields(shape)} if is_dataclass(shape) else set(_struct_fields(shape))
        assert known == set(columns), f"{shape.__name__} and its columns differ in {sorted(known ^ set(columns))}"
        _fitting.add((shape, columns))
    return msgspec.convert(rows, list[shape], builtin_types=_AS_THEY_COME)  # type: ignore[valid-type]


def _struct_fields(shape: type) -> tuple[str, ...]:
    return cast("type[msgspec.Struct]", shape).__struct_fields__


_fitting: Final[set[tuple[type, tuple[str, ...]]]] = set()
"""Shapes with columns that were seen to fit."""
_AS_THEY_COME: Final = (bytes, UUID, date, datetime, timedelta)
"""What asyncpg gives as Python's own, and stays."""


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

    The pauses grow with jitter (at most 0.02 s × 2^attempt). The last failure is raised as it came, and so is any after
    `AGAIN_S` or when the request has waited as long as it may (`postgresql/shares.py`): whoever waits for an answer is told
    to come again, instead of waiting for somebody's lock five times.
    """
    until = time.monotonic() + AGAIN_S
    for attempt in range(1, tries + 1):
        try:
            return await use_case()
        except (asyncpg.PostgresError, BaseORMException) as refusal:
            is_over = attempt == tries or time.monotonic() > until or shares.is_spent()
            if sqlstate(refusal) not in RETRYABLE or is_over:
                raise
        await asyncio.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - jitter, not a secret
    raise AssertionError("unreachable")
