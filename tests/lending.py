"""Connections that stay open from one test to the next: a new one learns every table anew before its first answer.

For what a test looks up or lays down beside its own story. Whoever asks what a connection may do opens one of their own.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, Final

import asyncpg

_FREE: Final[dict[tuple[asyncio.AbstractEventLoop, str], list[asyncpg.Connection]]] = {}


@contextlib.asynccontextmanager
async def lent(url: str) -> AsyncIterator[Any]:
    """A connection as whoever the address names; what was set on it is gone when it comes back."""
    free = _FREE.setdefault((asyncio.get_running_loop(), url), [])
    living = [each for each in free if not each.is_closed()]
    connection = living[-1] if living else await asyncpg.connect(url)
    free[:] = living[:-1]
    try:
        yield connection
        await connection.reset()
    except BaseException:
        connection.terminate()
        raise
    free.append(connection)


async def close() -> None:
    """At the end of the tests."""
    for free in _FREE.values():
        for connection in free:
            connection.terminate()
    _FREE.clear()
