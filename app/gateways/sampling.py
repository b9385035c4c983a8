"""What a process is doing at this moment, put each second where any process of the machine can tell it: connections, callers
who wait for one, how late its loop is, its memory. A scrape thus meets every process, whichever answers.
"""

import asyncio
import contextlib
import resource
from pathlib import Path
from typing import Final

from app.gateways import metrics
from app.gateways.pool import waits

EVERY_S: Final = 1.0
_PAGE_BYTES: Final = resource.getpagesize()
_STATM: Final = Path("/proc/self/statm")


def look(kind: str, *, lag_s: float | None = None) -> None:
    """Put down how it is now; `kind` is what this process does: `api`, `settle`, `render`."""
    for state, count in zip(("busy", "idle"), waits.connections(), strict=True):
        metrics.connections(kind, state).set(count)
    metrics.connections_waiting(kind).set(waits.waiting)
    if lag_s is not None:
        metrics.loop_lag_seconds(kind).set(lag_s)
    with contextlib.suppress(OSError):  # elsewhere than on Linux nobody tells
        metrics.memory_bytes(kind).set(int(_STATM.read_text("ascii").split()[1]) * _PAGE_BYTES)


async def sample(kind: str, stop: asyncio.Event | None = None) -> None:
    """Look each second, until `stop` is set or this task is cancelled."""
    loop = asyncio.get_running_loop()
    lag_s = 0.0
    while stop is None or not stop.is_set():
        look(kind, lag_s=lag_s)
        asked = loop.time()
        if stop is None:
            await asyncio.sleep(EVERY_S)
        else:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), EVERY_S)
                return
        lag_s = max(0.0, loop.time() - asked - EVERY_S)
