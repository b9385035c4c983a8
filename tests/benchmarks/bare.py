"""The yardstick of P4: a bare Litestar handler with one asyncpg primary-key select, under our granian settings.

Run as a process of its own: `python tests/benchmarks/bare.py PORT`, with DATABASE_URL in the environment.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server
from litestar import Litestar, get
from litestar.datastructures import State

from app.cli.operations.serving import BACKPRESSURE, HEADERS_TIMEOUT_MS
from config.settings import Settings

SELECT = "SELECT id, code, title_zh, title_en, starts_on, ends_on FROM scenario WHERE id = $1"


@asynccontextmanager
async def _pool(app: Litestar) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=1, max_size=Settings().pool_size) as pool:
        app.state.pool = pool
        yield


@get("/bare/{id:uuid}")
async def bare(id: UUID, state: State) -> dict[str, Any]:  # noqa: A002 - the name of the key
    """One row by its primary key, as JSON."""
    return dict(await state.pool.fetchrow(SELECT, id))


async def _serve(port: int) -> None:
    server = Server(
        Litestar([bare], lifespan=[_pool], openapi_config=None, logging_config=None),
        address="127.0.0.1",
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADERS_TIMEOUT_MS),
        websockets=False,
        log_enabled=False,
        backpressure=BACKPRESSURE,
    )
    for how in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(how, server.stop)
    await server.serve()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
