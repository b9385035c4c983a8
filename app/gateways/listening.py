"""Listening for NOTIFY on a connection of its own. A lost one is opened again; whoever is woken looks by itself meanwhile."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, Final

from app.gateways.database import TROUBLE

ALIVE_S: Final = 20.0
"""How often a connection that only listens is tried: one that died without saying so is silent, as a quiet one is."""
ANSWER_S: Final = 5.0
_AGAIN_S: Final = 1.0

Connect = Callable[[], Awaitable[Any]]
"""Opens a connection of asyncpg outside of the pool."""


async def listen(connect: Connect, channel: str, wake: asyncio.Event) -> None:
    """Set `wake` whenever somebody notified `channel`, until this task is cancelled."""
    while True:
        with contextlib.suppress(*TROUBLE):
            await _listen_once(connect, channel, wake)
        await asyncio.sleep(_AGAIN_S)


async def _listen_once(connect: Connect, channel: str, wake: asyncio.Event) -> None:
    lost = asyncio.Event()
    connection = await connect()
    try:
        connection.add_termination_listener(lambda _: lost.set())
        await connection.add_listener(channel, lambda *_: wake.set())
        wake.set()  # something may have happened while nobody listened
        while not lost.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(lost.wait(), ALIVE_S)
            await connection.execute("SELECT 1", timeout=ANSWER_S)
    finally:
        with contextlib.suppress(*TROUBLE):
            await connection.close(timeout=2)
