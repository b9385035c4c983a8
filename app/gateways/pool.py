"""Connections to PostgreSQL, borrowed within bounds: Tortoise's client with a pool in which nobody waits for ever.

Tortoise 1.1.9 hands its callers to asyncpg's pool without a deadline. Here a caller waits for `pool_wait_s` at most, only
so many wait at once, those who change something leave some connections to those who read (`postgresql/shares.py`), and
whatever goes wrong on the way to a connection, by whatever errno or SQLSTATE, is one thing:
the database is away. A connection that failed in a way that another would not is not given to the next. Each is made in
the one way there is (`addresses.py`), so a pool finds whichever host takes writes now.
`config/database.py` names this module as Tortoise's engine.
"""

import asyncio
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, cast
from weakref import WeakSet

import asyncpg
import structlog
from asyncpg.pool import PoolConnectionProxy
from asyncpg.protocol import Record
from asyncpg.transaction import Transaction, TransactionState
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import PoolConnectionWrapper, TransactionContextPooled
from tortoise.backends.base_postgres.client import translate_exceptions

from app.gateways import metrics
from app.gateways.postgresql import shares
from app.gateways.postgresql.addresses import Address
from app.gateways.postgresql.shares import Use

WAIT_S: Final = 10.0
"""Patience of a caller that says nothing about it; requests have less."""
WAITING_MOST: Final = 512
"""Callers of one process who may wait at once; one more is refused at once."""
CHANGES_WAITING_MOST: Final = WAITING_MOST * 3 // 4
"""Of these, who may wait in order to change something."""
LOCKED: Final = "55P03"
"""SQLSTATE of a statement that was given up since somebody else held its lock for too long."""
REASONS: Final = ("late", "crowded", "away")
"""Why a caller got no connection: all were at work for too long, too many waited, none could be made."""
_SPENT: Final = ("08", "57P0", "25006", "25P03", "25P04")
"""Connection lost, server ending, a server that only reads since a failover, a session that was ended for idleness."""
_LOG_EVERY_S: Final = 1.0

_log = structlog.get_logger("database")


class DatabaseAway(ConnectionError):
    """No connection could be made; the cause says why. Nothing was sent."""


class NoFreeConnection(TimeoutError):
    """All connections were at work for too long, or too many wait for one already. Nothing was sent."""


@dataclass(slots=True)
class Waits:
    """Callers of this process who wait for a connection, and its pools."""

    waiting: int = 0
    changes: int = 0
    """Of them, those who want to change something."""
    pools: "WeakSet[PatientPool]" = field(default_factory=WeakSet)

    def connections(self) -> tuple[int, int]:
        """At work, idle."""
        there, idle = sum(pool.get_size() for pool in self.pools), sum(pool.get_idle_size() for pool in self.pools)
        return there - idle, idle


waits: Final = Waits()
"""Of this process."""


def sqlstate(failure: BaseException) -> str | None:
    """PostgreSQL's five characters behind a failure, whether it came raw or wrapped."""
    for layer in (failure, failure.__cause__):
        if isinstance(code := getattr(layer, "sqlstate", None), str):
            return code
    return None


def is_spent(failure: BaseException) -> bool:
    """Whether the connection that failed so is of no use to the next caller."""
    if (code := sqlstate(failure)) is not None:
        return code.startswith(_SPENT)
    if isinstance(failure, TimeoutError):
        return False  # a statement was given up; asyncpg sees to its connection
    return isinstance(failure, asyncpg.InterfaceError | asyncpg.InternalClientError | OSError)


class PatientPool(asyncpg.Pool):  # type: ignore[misc] # asyncpg is typed in part only
    """A pool whose callers have a deadline, and of whom only so many wait. Changes leave `reads` connections to others."""

    def __init__(self, address: Address, *, wait_s: float, reads: int = 0, **connecting: Any) -> None:  # noqa: ANN401 - asyncpg's own keywords
        async def connect(_url: None, *, loop: object, **options: Any) -> asyncpg.Connection:  # noqa: ANN401, ARG001
            return await address.connect(**options)

        super().__init__(
            None,
            connect=connect,
            max_queries=50_000,
            max_inactive_connection_lifetime=300.0,
            record_class=Record,
            **connecting,
        )
        self.wait_s = wait_s
        self._changes_most = max(1, self.get_max_size() - reads)
        self._changes = asyncio.Semaphore(self._changes_most)
        self._of_changes: set[int] = set()
        """Which connections are out for a change, by `id`."""
        self._told_at = -_LOG_EVERY_S
        waits.pools.add(self)
        for use in Use:
            # There from the beginning: Prometheus sees no rise in a series that begins with what it rose to.
            metrics.locks_refused(use).inc(0)
            for reason in REASONS:
                metrics.connections_refused(reason, use).inc(0)

    async def _acquire(self, timeout: float | None) -> Any:  # noqa: ANN401, ASYNC109 - asyncpg's own signature
        borrower = shares.current()
        left_s, is_change = borrower.left_s(), borrower.use is Use.CHANGE
        if waits.waiting >= WAITING_MOST or (is_change and waits.changes >= CHANGES_WAITING_MOST):
            raise self._refused("crowded", NoFreeConnection(f"{waits.waiting} wait for a connection"))
        patience_s = self.wait_s if timeout is None else timeout
        if left_s is not None:
            patience_s = min(patience_s, max(shares.CONNECTION_S_LEAST, left_s))
        began = time.monotonic()
        waits.waiting += 1
        waits.changes += is_change
        outcome = "refused"
        try:
            async with asyncio.timeout(patience_s):
                proxy = await (self._acquire_for_change() if is_change else super()._acquire(None))
            outcome = "given"
        except TimeoutError:
            # Whoever has a free connection and cannot open it has no database; else others hold them all.
            how = "away" if self._has_room() else "late"
            fault = DatabaseAway("no answer") if how == "away" else NoFreeConnection(f"none within {patience_s} s")
            raise self._refused(how, fault) from None
        except (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError, asyncpg.PostgresError) as trouble:
            raise self._refused("away", DatabaseAway(f"{type(trouble).__name__}: {trouble}"), trouble) from trouble
        finally:
            waits.waiting -= 1
            waits.changes -= is_change
            waited_s = time.monotonic() - began
            borrower.waited_s += waited_s
            metrics.connection_wait_seconds(outcome, borrower.use).observe(waited_s)
        proxy._holder._timeout = self.wait_s  # noqa: SLF001 - for giving it back, as asyncpg does with its own timeout
        return proxy

    async def _acquire_for_change(self) -> Any:  # noqa: ANN401 - asyncpg's own proxy
        await self._changes.acquire()
        try:
            proxy = await super()._acquire(None)
        except BaseException:
            self._changes.release()
            raise
        self._of_changes.add(id(proxy))
        return proxy

    async def release(self, connection: Any, *, timeout: float | None = None) -> None:  # noqa: ANN401, ASYNC109 - asyncpg's own signature
        """Give it back, whatever has become of it."""
        try:
            await super().release(connection, timeout=timeout)
        finally:
            if id(connection) in self._of_changes:
                self._of_changes.discard(id(connection))
                self._changes.release()

    def _has_room(self) -> bool:
        """Whether another connection could be opened for this caller: it is not the others who keep them all."""
        if shares.current().use is Use.CHANGE and len(self._of_changes) >= self._changes_most:
            return False
        return bool(self.get_size() < self.get_max_size())

    def _refused(self, how: str, fault: OSError, cause: BaseException | None = None) -> OSError:
        metrics.connections_refused(how, shares.current().use).inc()
        if (now := time.monotonic()) - self._told_at >= _LOG_EVERY_S:
            self._told_at = now
            error, state = type(cause or fault).__name__, sqlstate(cause) if cause else None
            # No warning: at a terminal it would stand before the one line that says the same.
            use = shares.current().use.value
            _log.info("database.no_connection", reason=how, kind=use, error=error, sqlstate=state, count=waits.waiting)
        return fault


class _Borrowed(PoolConnectionWrapper[Any]):
    """A connection for one statement."""

    _began_at: float

    async def __aenter__(self) -> Any:  # noqa: ANN401 - asyncpg's proxy
        connection = await super().__aenter__()
        self._began_at = time.monotonic()
        return connection

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        if exc_val is not None and is_spent(exc_val):
            _end(self.connection)
        _note_lock(exc_val, self._began_at)
        await _doubt(self.client, exc_val)
        await super().__aexit__(exc_type, exc_val, exc_tb)


class _Hurried(Transaction):  # type: ignore[misc] # asyncpg is typed in part only
    """A transaction with a lock time-out of its own, told in the same round trip as its beginning."""

    def __init__(self, connection: Any, lock_ms: int) -> None:  # noqa: ANN401 - asyncpg's own connection
        super().__init__(connection, None, readonly=False, deferrable=False)
        self._lock_ms = lock_ms

    async def start(self) -> None:
        """As asyncpg's own for what is no savepoint."""
        connection: Any = self._connection
        assert connection._top_xact is None, "a savepoint has the time-out of its transaction"  # noqa: SLF001 - there is no public way to ask
        connection._top_xact = self  # noqa: SLF001 - as asyncpg's own `start` does
        try:
            await connection.execute(f"BEGIN; SET LOCAL lock_timeout = {self._lock_ms};")
        except BaseException:
            self._state = TransactionState.FAILED
            raise
        self._state = TransactionState.STARTED


class _Wrapper(TransactionWrapper):
    """Tortoise's client inside a transaction; that of a request waits for locks no longer than the request may."""

    @translate_exceptions
    async def begin(self) -> None:
        """Begin; its own time-out holds until its end."""
        proxy: Any = self._connection
        connection = proxy._con if isinstance(proxy, PoolConnectionProxy) else None  # noqa: SLF001 - asyncpg keeps it nowhere else
        if connection is None or (lock_ms := shares.lock_ms()) is None:
            await super().begin()
            return
        self.transaction = _Hurried(connection, lock_ms)
        await self.transaction.start()


class _Transaction(TransactionContextPooled):
    """A connection for one transaction."""

    __slots__ = ("_began_at",)

    async def __aenter__(self) -> Any:  # noqa: ANN401 - Tortoise's own client
        self._began_at = time.monotonic()
        return await super().__aenter__()

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        _note_lock(exc_val, self._began_at)
        await _doubt(self.client._parent, exc_val)  # noqa: SLF001 - Tortoise keeps it nowhere else
        if exc_val is not None:
            is_over = is_spent(exc_val)
            if is_over:
                _end(self.client._connection)  # noqa: SLF001 - Tortoise keeps it nowhere else
            if is_over or isinstance(exc_val, TimeoutError):
                # Nothing is left to roll back on it, or it would be waited for as long again; the pool does it in its time.
                self.client._finalized = True  # noqa: SLF001
        await super().__aexit__(exc_type, exc_val, exc_tb)


class PatientClient(AsyncpgDBClient):
    """Tortoise's client for asyncpg on that pool."""

    async def create_pool(self, **kwargs: Any) -> asyncpg.Pool:  # noqa: ANN401 - asyncpg's own keywords
        """The pool, which connects when it is first asked."""
        address, wait_s, reads = kwargs.pop("address"), kwargs.pop("pool_wait_s", WAIT_S), kwargs.pop("pool_reads", 0)
        for known in ("host", "port", "user", "password", "database"):
            kwargs.pop(known, None)  # they stand in the address
        return await PatientPool(address, wait_s=wait_s, reads=reads, **kwargs)

    def acquire_connection(self) -> Any:  # noqa: ANN401 - one of Tortoise's wrappers
        """A connection for one statement."""
        return _Borrowed(self, self._pool_init_lock)

    def _in_transaction(self) -> TransactionContextPooled:
        return _Transaction(_Wrapper(self), self._pool_init_lock)


client_class = PatientClient


def _note_lock(failure: BaseException | None, began_at: float) -> None:
    """A statement that was given up before a lock: counted, and its time is time that the request has waited."""
    if failure is not None and sqlstate(failure) == LOCKED:
        borrower = shares.current()
        metrics.locks_refused(borrower.use).inc()
        borrower.waited_s += time.monotonic() - began_at


async def _doubt(client: Any, failure: BaseException | None) -> None:  # noqa: ANN401 - Tortoise's client or wrapper
    """A statement that was given up may have been on a line that died, and then others of that time are dead as well: each
    is replaced before it is used again, instead of being waited for one after the other.
    """
    if isinstance(failure, TimeoutError) and not isinstance(failure, NoFreeConnection) and client._pool is not None:  # noqa: SLF001
        await client._pool.expire_connections()  # noqa: SLF001


def _end(connection: Any) -> None:  # noqa: ANN401 - asyncpg's proxy, or nothing where none was borrowed
    if isinstance(connection, PoolConnectionProxy) and cast("Any", connection)._con is not None:  # noqa: SLF001
        connection.terminate()
