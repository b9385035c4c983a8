"""Connections that stay open from one test to the next: a new one learns every table anew before its first answer.

For what a test looks up or lays down beside its own story. Whoever asks what a connection may do opens one of their own.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, Final

import asyncpg

_FREE: Final[dict[tuple[asyncio.AbstractEventLoop, str], list[asyncpg.Connection]]] = {}
_UNGUARDED: Final[dict[tuple[asyncio.AbstractEventLoop, str], asyncpg.Connection]] = {}


@contextlib.asynccontextmanager
async def lent(url: str) -> AsyncIterator[Any]:
    """A connection as whoever the address names; what was set on it is gone when it comes back."""
    free = _FREE.setdefault((asyncio.get_running_loop(), url), [])
    free[:] = [each for each in free if not each.is_closed()]
    # Taken before anything is waited for: meanwhile others give theirs back.
    connection = free.pop() if free else await asyncpg.connect(url)
    try:
        yield connection
        await connection.reset()
    except BaseException:
        connection.terminate()
        raise
    free.append(connection)


async def unguarded(url: str) -> Any:
    """A superuser's connection for which no trigger and no foreign key counts; for one after the other.

    That is set once: each time it changes, PostgreSQL forgets how it planned what the connection asks, which takes 10 ms for
    all tables.
    """
    key = asyncio.get_running_loop(), url
    if key not in _UNGUARDED or _UNGUARDED[key].is_closed():
        _UNGUARDED[key] = await asyncpg.connect(
            url, server_settings={"session_replication_role": "replica", "lock_timeout": "10s"}
        )
    return _UNGUARDED[key]


async def close() -> None:
    """At the end of the tests."""
    for connection in (*(one for free in _FREE.values() for one in free), *_UNGUARDED.values()):
        connection.terminate()
    _FREE.clear()
    _UNGUARDED.clear()
