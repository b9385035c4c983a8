"""P7: one event of the big screen to five hundred open streams of one API process, and what that process needs for them.

An event is somebody taken off the screen: from before the call that hides them, commit included, to each stream's bytes.
"""

import asyncio
import json
import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from app.programmes import wall
from tests.benchmarks.ground import SCENE, Ground
from tests.benchmarks.harness import Finding, Line, Spread, Wishes, say
from tests.benchmarks.paying import paid_orders
from tests.walls import TOKEN, line_up, open_hall

STREAMS: Final = 500
MOST_MS: Final = 250.0
_EVENTS: Final = 10
_AT_ONCE: Final = 20
"""Screens that are switched on together."""
_PAUSE_S: Final = 0.6


@dataclass(slots=True)
class _Stream:
    """One open stream: when it was told that a turn is off."""

    cleared: dict[int, float] = field(default_factory=dict)
    opened: bool = False

    async def read(self, port: int) -> None:
        """Open it and read until it is cancelled."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET /api/v1/wall/{TOKEN}/stream HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".encode())
        kind = b""
        try:
            status = await reader.readline()
            assert b" 200 " in status, status
            while line := await reader.readline():
                if line.startswith(b"event: "):
                    kind = line[7:].strip()
                    self.opened = True
                elif line.startswith(b"data: ") and kind == b"cleared":
                    self.cleared[json.loads(line[6:])["turn"]] = time.perf_counter()
        finally:
            writer.close()


async def measure(here: Ground, wishes: Wishes) -> Finding:
    """Ten people taken off in each rotation; a rotation's figure is the worst of a hundred deliveries."""
    await paid_orders(here, 1, random.Random(wishes.seed))
    connection = await here.super()
    try:
        with here.processes("serve", "worker", log="p7") as tree:
            while not await connection.fetchval("SELECT count(*) FROM certificate"):  # noqa: ASYNC110 - a worker writes it
                await asyncio.sleep(0.1)
            await open_hall(connection, SCENE, turn_s=30, wait_s=120)
            await line_up(connection, SCENE, _EVENTS * wishes.rotations * 4)
            pid = tree._running["serve"].pid
            before_mb = _memory_mb(pid)
            streams = [_Stream() for _ in range(STREAMS)]
            tasks: list[asyncio.Task[None]] = []
            for start in range(0, STREAMS, _AT_ONCE):
                some = streams[start : start + _AT_ONCE]
                tasks += [asyncio.create_task(one.read(here.port)) for one in some]
                async with asyncio.timeout(60):
                    while not all(one.opened for one in some):  # noqa: ASYNC110 - each tells by itself
                        await asyncio.sleep(0.05)
            await asyncio.sleep(4)  # the first are placed, and their frames are out
            p99s, lost = [], 0
            for number in range(wishes.rotations):
                took = []
                for _ in range(_EVENTS):
                    row = await connection.fetchrow(
                        "SELECT id, cause FROM wall_turn WHERE moderation = 'shown' AND show_from IS NOT NULL"
                        " ORDER BY id LIMIT 1"
                    )
                    began = time.perf_counter()
                    await wall.hide(row["cause"])
                    await asyncio.sleep(_PAUSE_S)
                    told = [one.cleared[row["id"]] - began for one in streams if row["id"] in one.cleared]
                    lost += STREAMS - len(told)
                    took += told
                p99s.append(sorted(took)[int(len(took) * 0.99) - 1] * 1000)
                say(f"P7 rotation {number + 1}: p99 {p99s[-1]:.0f} ms, {lost} lost")
            memory_mb = _memory_mb(pid)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    finally:
        await connection.close()
    p99 = Spread.of(p99s)
    return Finding(
        [
            Line(
                id="P7",
                what=f"wall: an event to {STREAMS} streams, p99",
                measured=f"{p99.median:.0f} ms",
                spread=p99.text(".0f"),
                target=f"≤ {MOST_MS:.0f} ms",
                is_met=p99.median <= MOST_MS and lost == 0,
                figures={"p99_ms": p99s, "lost": lost},
            ),
            Line(
                id="P7",
                what="  memory of the API with them",
                measured=f"{memory_mb:.0f} MB",
                spread=f"+{memory_mb - before_mb:.0f}",
                figures={"before_mb": before_mb, "with_mb": memory_mb},
            ),
        ],
        [f"P7: {_EVENTS * wishes.rotations} events, {lost} deliveries lost; streams and their reader share the cores."],
    )


def _memory_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError(pid)
