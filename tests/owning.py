"""The tables' owner, for what tests have to find there and the application may not write: verified organisations, roles."""

import asyncio
from typing import Any, Final

import asyncpg

_URL: Final[list[str]] = []
_OPEN: Final[list[asyncpg.Connection]] = []
_TURN: Final = asyncio.Lock()


def own(url: str) -> None:
    """Whose tables `as_owner` writes, from now on."""
    _URL[:] = [url]


async def as_owner(sql: str, *values: object) -> Any:
    """The first column of the first row of a statement by the owner, committed; None without rows. One connection stays."""
    async with _TURN:
        if not _OPEN or _OPEN[0].is_closed():
            _OPEN[:] = [await asyncpg.connect(_URL[0])]
        return await _OPEN[0].fetchval(sql, *values)


async def close() -> None:
    """At the end of the tests."""
    for connection in _OPEN:
        await connection.close()
    _OPEN.clear()
