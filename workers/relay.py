"""The relay: finds what is due in PostgreSQL and enqueues it; where there is no queue, it runs the job itself.

It wakes on NOTIFY and looks every second anyway. A row that was enqueued and is not done is enqueued again after a
patience that doubles, so a flushed Redis, a killed worker or a lost job delays and never loses. It enqueues no more
rows than are soon worked off: however many are due, they wait in PostgreSQL meanwhile.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg
import structlog

from app.foundation import outbox
from app.gateways.database import TROUBLE, log_failure
from workers.jobs import JOBS
from workers.subscriptions import RENDER, SETTLE

BATCH: Final = {SETTLE: 200, RENDER: 2}
"""Rows a single job takes, by queue: settling is set-based; of files as many as are drawn at once, so that each is
there when it is drawn."""
AT_ONCE: Final = {SETTLE: 8 * 200, RENDER: 4 * 2}
"""Rows that one process's relay keeps enqueued at a time: what keeps its worker busy and is done within the
patience. Who asks for a file waits behind those alone, whatever else is to be drawn."""
PICTURES: Final = ("draw_pictures",)
"""Jobs of which a long backlog delays no other of their queue: they have a relay of their own, and half of the room."""
_NEWEST: Final = {SETTLE: (1, 4), RENDER: (3, 4)}
"""How much of what is enqueued is what came last: money is moved in turn, while a file is drawn for somebody who is
looking. What is left is the oldest, so that nothing waits for ever."""
PATIENCE_S: Final = 8.0
"""How long an attempt may take before the next; a killed worker's rows resume after this."""
LOOK_EVERY_S: Final = 1.0
ALIVE_S: Final = 20.0
"""How often a connection that only listens is tried: one that died without saying so is silent, as a quiet one is."""
ANSWER_S: Final = 5.0
_FULL_S: Final = 0.1
"""While so many wait that none is enqueued, how soon to look whether they are done."""


@dataclass(frozen=True, slots=True)
class Lane:
    """Jobs of a queue that wait for one another; those of another lane do not."""

    queue: str
    jobs: tuple[str, ...]
    at_once: int
    """Rows that one process's relay keeps enqueued."""


def lanes(queue: str) -> list[Lane]:
    """What is enqueued side by side for a queue."""
    others = tuple(job for job in JOBS[queue] if job not in PICTURES)
    pictures = tuple(job for job in JOBS[queue] if job in PICTURES)
    found = [Lane(queue, others, AT_ONCE[queue])]
    return [*found, Lane(queue, pictures, AT_ONCE[queue] // 2)] if pictures else found


Enqueue = Callable[[str, list[int], int], Awaitable[None]]
"""Enqueues a job with its rows and the attempt's number; raises OSError-like failures while the queue is away."""

_log = structlog.get_logger()


async def relay(
    lane: Lane,
    *,
    enqueue: Enqueue,
    waiting: Callable[[], Awaitable[int]],
    run: Enqueue,
    wake: asyncio.Event,
    stop: asyncio.Event,
) -> None:
    """Keep one lane of a queue filled until `stop` is set.

    `enqueue` hands rows to a worker through Redis, and `waiting` counts those of the lane that no worker has finished;
    when it fails, `run` does the work here and now. `run` deals with the failures of jobs itself.
    """
    while not stop.is_set():
        wake.clear()
        room = lane.at_once - await waiting()
        is_full = room < lane.at_once // 2  # sets of a useful size, instead of one row for each that is done
        try:
            enqueued = 0 if is_full else await _enqueue_due(lane, room, enqueue=enqueue, run=run, stop=stop)
        except TROUBLE as trouble:
            log_failure(_log, "relay", trouble, queue=lane.queue)
            await _pause(stop, LOOK_EVERY_S)
            continue
        if not enqueued:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(wake.wait(), _FULL_S if is_full else LOOK_EVERY_S)


async def _enqueue_due(lane: Lane, room: int, *, enqueue: Enqueue, run: Enqueue, stop: asyncio.Event) -> int:
    """Enqueue at most `room` rows that are due; how many they were."""
    queue = lane.queue
    part, of = _NEWEST[queue]
    rows = await outbox.due(queue, lane.jobs, limit=room, newest=room * part // of, patience_s=PATIENCE_S)
    if queue == RENDER:
        rows.reverse()
    for job, ids, number in _batches(rows, size=BATCH[queue]):
        if stop.is_set():
            break  # they are due again after their patience
        try:
            await enqueue(job, ids, number)
        except Exception as silence:  # noqa: BLE001 - any trouble with the queue means there is none
            _log.warning("relay.no_queue", queue=queue, error=type(silence).__name__)
            await run(job, ids, number)
    return len(rows)


def _batches(rows: Sequence[outbox.Due], *, size: int) -> Iterable[tuple[str, list[int], int]]:
    """Rows of one job together, with their attempt's number; a row is never enqueued twice under the same number.

    Sets shrink to a quarter with every attempt, so that a row which hangs or kills its worker is soon alone, while
    a long queue still moves in sets. One that failed before, or whose worker died, is alone at once: it stops
    nobody but itself.
    """
    together: dict[tuple[str, int], list[int]] = {}
    for row in rows:
        if row.failures or row.tries:
            yield row.job, [row.id], row.attempts
        else:
            together.setdefault((row.job, row.attempts), []).append(row.id)
    for (job, attempts), ids in together.items():
        step = max(1, size >> 2 * (attempts - 1))
        for start in range(0, len(ids), step):
            yield job, ids[start : start + step], attempts


async def listen(
    database: Callable[[], Awaitable[asyncpg.Connection]], wakes: Sequence[asyncio.Event], stop: asyncio.Event
) -> None:
    """Set each of `wakes` whenever a commit somewhere nudged; a lost connection is opened again, the relay looks meanwhile."""
    while not stop.is_set():
        lost = asyncio.Event()
        try:
            connection = await database()
            try:
                connection.add_termination_listener(lambda _, lost=lost: lost.set())
                await connection.add_listener(outbox.CHANNEL, lambda *_: _wake(wakes))
                _wake(wakes)  # something may have happened while nobody listened
                while not (lost.is_set() or stop.is_set()):
                    await _either(lost, stop, within_s=ALIVE_S)
                    await connection.execute("SELECT 1", timeout=ANSWER_S)
            finally:
                with contextlib.suppress(*TROUBLE):
                    await connection.close(timeout=2)
        except TROUBLE:
            await _pause(stop, LOOK_EVERY_S)


def _wake(wakes: Sequence[asyncio.Event]) -> None:
    for wake in wakes:
        wake.set()


async def _either(*events: asyncio.Event, within_s: float) -> None:
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    await asyncio.wait(waiting, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
