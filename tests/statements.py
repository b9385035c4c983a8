"""How many statements reach PostgreSQL from this process while something is done."""

import contextlib
from collections.abc import Iterator
from typing import Any

import asyncpg


@contextlib.contextmanager
def counted() -> Iterator[list[str]]:
    """Every statement that is fetched within the block; what commits and opens transactions is not among them."""
    seen: list[str] = []
    plain = asyncpg.Connection.fetch

    async def fetch(self: Any, query: str, *values: Any, **more: Any) -> Any:
        seen.append(query)
        return await plain(self, query, *values, **more)

    asyncpg.Connection.fetch = fetch  # type: ignore[method-assign]
    try:
        yield seen
    finally:
        asyncpg.Connection.fetch = plain  # type: ignore[method-assign]
