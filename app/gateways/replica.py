"""Reading what anybody may see from a standby that is not far behind; decisions, and people's own pages, never do.

How far behind is told without comparing clocks: each second at most the primary says how far its log is, and the standby is
as fresh as the newest of those answers that it has replayed. A standby that stopped, was cut off, or leads by now has
replayed none of the last ones, however idle it is. Whatever goes wrong there, a miss included, the primary is asked, and
then for the rest of that request: nobody is told that something is not there because it has not arrived.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

import structlog
from tortoise.connection import get_connection, get_connections

from app.gateways import metrics
from app.gateways.database import TROUBLE, is_in_transaction

T = TypeVar("T")
NAME: Final = "replica"
"""Tortoise's name for its connection, as in config/database.py."""
LOOK_EVERY_S: Final = 1.0
_LOOK_S: Final = 0.5
_PRIMARY: Final = "SELECT (pg_current_wal_lsn() - '0/0'::pg_lsn)::int8 AS at"
_STANDBY: Final = """
SELECT pg_is_in_recovery() AS follows, (pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::int8 AS at
"""
_log = structlog.get_logger("database")


@dataclass(slots=True)
class Progress:
    """What the primary said lately of its log: when it was asked, and how far it was."""

    said: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=600))

    def lag_s(self, replayed: int, now: float) -> float | None:
        """How old what a standby tells may be that has replayed so far; None: older than all that is known."""
        return next((now - at for at, place in reversed(self.said) if place <= replayed), None)


@dataclass(slots=True)
class Reads:
    """The standby of this process, or none."""

    is_there: bool = False
    lag_s: float = 2.0
    """How far behind it may be."""
    _progress: Progress = field(default_factory=Progress)
    _until: float = 0.0
    _is_fresh: bool = False
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock)

    def reader(self, *, at_primary: bool = False) -> "Reader":
        """For one request. `at_primary`: of somebody who may have changed something themselves."""
        return Reader(self, at_primary=at_primary or not self.is_there)

    async def is_fresh(self) -> bool:
        """Whether it may be read now; looked at once a second at most, by one for all."""
        if time.monotonic() < self._until:
            return self._is_fresh
        async with self._looking:
            if time.monotonic() >= self._until:
                was, self._is_fresh = self._is_fresh, await self._look()
                self._until = time.monotonic() + LOOK_EVERY_S
                if self._is_fresh and not was:
                    _log.info("replica.fresh")
                elif was and not self._is_fresh:
                    _log.info("replica.behind")
        return self._is_fresh

    async def _look(self) -> bool:
        try:
            async with asyncio.timeout(_LOOK_S):
                asked = time.monotonic()
                (primary,) = await get_connection("default").execute_query_dict(_PRIMARY)
                self._progress.said.append((asked, primary["at"]))
                (standby,) = await get_connection(NAME).execute_query_dict(_STANDBY)
        except (TimeoutError, *TROUBLE):
            return False
        if not standby["follows"] or standby["at"] is None:
            return False
        lag_s = self._progress.lag_s(standby["at"], time.monotonic())
        return lag_s is not None and lag_s <= self.lag_s

    async def there(self, ask: Callable[[], Awaitable[T]]) -> T:
        """What `ask` says with the standby as its database."""
        assert not is_in_transaction(), "what is in a transaction is a decision"
        connections = get_connections()
        standby = connections.get(NAME)  # before the block: it stays with the process
        token = connections.set("default", standby)
        try:
            return await ask()
        finally:
            connections.reset(token)

    def doubt(self) -> None:
        """Something went wrong there: the next second belongs to the primary."""
        self._is_fresh, self._until = False, time.monotonic() + LOOK_EVERY_S


@dataclass(slots=True)
class Reader:
    """One request's questions, from wherever they are answered: once at the primary, it stays there."""

    _reads: Reads
    at_primary: bool = False

    async def ask(self, ask: Callable[[], Awaitable[T]]) -> T:
        """What `ask`, which only reads, says; where the standby cannot tell or does not know, asked again at the primary."""
        if not self.at_primary and await self._reads.is_fresh():
            try:
                told = await self._reads.there(ask)
            except Exception as trouble:  # noqa: BLE001 - a miss, a conflict, silence or a write: the primary knows
                metrics.replica_reads("again").inc()
                if isinstance(trouble, TROUBLE):
                    self._reads.doubt()
            else:
                metrics.replica_reads("told").inc()
                return told
        elif not self.at_primary:
            metrics.replica_reads("behind").inc()
        self.at_primary = True
        return await ask()
