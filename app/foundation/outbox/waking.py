"""Waking the relays after a commit, by NOTIFY in a statement of its own.

Inside the transaction of the cause, NOTIFY would serialise every commit of the cluster on one lock;
a second, unlogged statement afterwards costs the cause nothing and may be lost without harm.
"""

import asyncio
import contextlib
import contextvars

from app.gateways.database import TROUBLE, fetch

CHANNEL = "outbox"
_waking: set[asyncio.Task[None]] = set()


def nudge() -> None:
    """Wake the relays soon; never waits, never fails. Call after the transaction's block, not inside it."""
    if not _waking:  # one at a time is enough: it tells that something is due, not what
        task = asyncio.get_running_loop().create_task(_notify(), context=_fresh_context())
        _waking.add(task)
        task.add_done_callback(_waking.discard)


async def _notify() -> None:
    await asyncio.sleep(0)
    with contextlib.suppress(*TROUBLE):
        await fetch(f"NOTIFY {CHANNEL}")


def _fresh_context() -> contextvars.Context:
    # A task started inside a transaction would inherit its connection and outlive it (tortoise-orm #743).
    return contextvars.Context()
