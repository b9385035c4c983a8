"""Keeping the recovery marker: written outside of the database as lots and registers move, and before more is given than it
covers. Compared first, each time: a history that became shorter is noticed within seconds, and nothing is settled.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, Final

import structlog

from app.commerce import recovery
from app.gateways.database import TROUBLE
from app.gateways.files import FileStore
from app.kernel.errors import DomainError, Unavailable

EVERY_S: Final = 2.0
_LATER_S: Final = 5.0
"""Between two looks while the marker cannot be had."""

_log = structlog.get_logger()


class MarkerKeeper:
    """Marks over one connection of its own, one thing at a time."""

    def __init__(self, database: Callable[[], Awaitable[Any]], files: FileStore) -> None:
        self._database = database
        self._files = files
        self._connection: Any = None
        self._alone = asyncio.Lock()

    async def begin(self, stop: asyncio.Event) -> bool:
        """Compare before anything is done; False where the process shall end before that was possible.

        Where people must decide, the process works all the same: PostgreSQL refuses what may not be done. Where the marker
        cannot be had, it waits: nobody knows whether the history is whole.
        """
        while not stop.is_set():
            if await self._mark():
                return True
            await _pause(stop, _LATER_S)
        return False

    async def keep(self, stop: asyncio.Event) -> None:
        """Mark every few seconds."""
        try:
            while not stop.is_set():
                await _pause(stop, EVERY_S if await self._mark() else _LATER_S)
        finally:
            await self._close()

    async def cover(self, *wants: recovery.Want) -> None:
        """Have the marker outside cover this.

        Raises:
            Unavailable: the marker cannot be written, or people must decide first; the job is tried again.
        """
        if not await self._mark(*wants):
            raise Unavailable("recovery: the marker cannot be written")

    async def _mark(self, *wants: recovery.Want) -> bool:
        """Whether the marker could be compared, and where the history is whole, written."""
        async with self._alone:
            try:
                if self._connection is None or self._connection.is_closed():
                    self._connection = await self._database()
                return await recovery.mark(self._connection, self._files, wants) or not wants
            except (Unavailable, DomainError, *TROUBLE) as trouble:
                level = _log.warning if isinstance(trouble, TROUBLE) else _log.error
                level("recovery.not_marked", error=type(trouble).__name__)
                await self._close()
                return False

    async def _close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(*TROUBLE):
                await self._connection.close(timeout=2)
            self._connection = None


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
