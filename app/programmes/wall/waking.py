"""Waking whoever tells screens, by NOTIFY in a statement of its own after a commit. They look twice a second anyway."""

import asyncio
import contextlib
import contextvars
from typing import Final

from app.gateways.database import TROUBLE, fetch

CHANNEL: Final = "wall"
_waking: set[asyncio.Task[None]] = set()


def nudge() -> None:
    """Wake them soon; never waits, never fails. Call after the transaction's block, not inside it."""
    if not _waking:
        # A task started inside a transaction would inherit its connection and outlive it (tortoise-orm #743).
        task = asyncio.get_running_loop().create_task(_notify(), context=contextvars.Context())
        _waking.add(task)
        task.add_done_callback(_waking.discard)


async def _notify() -> None:
    await asyncio.sleep(0)
    with contextlib.suppress(*TROUBLE):
        await fetch(f"NOTIFY {CHANNEL}")
