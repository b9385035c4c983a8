"""The relay enqueues what is soon worked off, the newest file first; the queue knows what no worker has finished yet."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import uuid4

import pytest
from arq.connections import create_pool
from redis.exceptions import RedisError

from app.certificates import FileWanted, PictureWanted
from app.foundation import outbox
from app.gateways.database import fetch, fetch_value, transaction
from tests.conftest import Stand
from workers.job_queue import JobQueue, queue_key
from workers.jobs import Tools
from workers.relay import AT_ONCE, BATCH, lanes, relay
from workers.subscriptions import RENDER

AT_MOST = AT_ONCE[RENDER]
LANES = lanes(RENDER)
PAPERS, PICTURES = range(2)
LONG = 20_000
"""A backlog of an event at which nobody began enough workers."""


class Slow:
    """A worker that keeps what was enqueued until the test lets it end."""

    def __init__(self) -> None:
        self.in_hand: list[tuple[str, list[int]]] = []
        self.enqueued: list[str] = []
        self.rows: list[int] = []

    async def enqueue(self, job: str, ids: list[int], _number: int) -> None:
        self.in_hand.append((job, ids))
        self.enqueued += [job] * len(ids)
        self.rows += ids

    async def waiting(self) -> int:
        return sum(len(ids) for _, ids in self.in_hand)

    async def end(self, jobs: int = 1000) -> None:
        """The first jobs are through."""
        for job, ids in self.in_hand[:jobs]:
            async with transaction() as tx:
                await outbox.take(ids, job, tx=tx)
        del self.in_hand[:jobs]


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(120):
        while not await is_so():  # noqa: ASYNC110 - what is waited for stands elsewhere
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def relaying(slow: Slow, which: int = PAPERS) -> AsyncIterator[asyncio.Event]:
    stop, wake = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(
        relay(LANES[which], enqueue=slow.enqueue, waiting=slow.waiting, run=slow.enqueue, wake=wake, stop=stop)
    )
    try:
        yield wake
    finally:
        stop.set()
        wake.set()
        await task


async def wanted(number: int, what: type[FileWanted | PictureWanted] = FileWanted) -> list[int]:
    """So many files are asked for, one after the other; the ids of their rows."""
    kind = "pdf" if what is FileWanted else "png"
    async with transaction() as tx:
        await outbox.record(
            *(what(certificate_id=uuid4(), language="zh", file_kind=kind) for _ in range(number)), tx=tx
        )
    rows = await fetch("SELECT id FROM outbox_message ORDER BY id DESC LIMIT $1", number)
    return [row["id"] for row in reversed(rows)]


@pytest.mark.usefixtures("database")
async def test_a_backlog_waits_in_the_database_and_is_enqueued_as_it_is_worked_off() -> None:
    await wanted(3 * AT_MOST)
    slow = Slow()

    async def is_enqueued(number: int) -> bool:
        return len(slow.enqueued) >= number

    async with relaying(slow) as wake:
        await until(lambda: is_enqueued(AT_MOST))
        for _ in range(3):
            wake.set()
            await asyncio.sleep(0)
        assert (
            await fetch_value("SELECT count(*) FROM outbox_message WHERE attempts > 0") == AT_MOST == len(slow.enqueued)
        )
        await slow.end(2)
        await until(lambda: is_enqueued(AT_MOST + 2 * BATCH[RENDER]))
        while len(slow.enqueued) < 3 * AT_MOST:
            assert await slow.waiting() <= AT_MOST
            await slow.end()
            await asyncio.sleep(0.01)
    assert await fetch_value("SELECT max(attempts) FROM outbox_message") == 1


@pytest.mark.usefixtures("database")
async def test_whoever_asks_for_a_file_now_is_served_before_a_backlog_which_goes_on_from_its_oldest() -> None:
    backlog = await wanted(5 * AT_MOST)
    slow = Slow()

    async def is_enqueued(number: int) -> bool:
        return len(slow.rows) >= number

    async with relaying(slow):
        await until(lambda: is_enqueued(AT_MOST))
        newest = 3 * AT_MOST // 4
        assert slow.rows[:AT_MOST] == [*reversed(backlog[-newest:]), *reversed(backlog[: AT_MOST - newest])]
        (asked,) = await wanted(1)
        await slow.end()
        await until(lambda: is_enqueued(AT_MOST + 1))
        assert slow.rows[AT_MOST] == asked


@pytest.mark.usefixtures("database")
async def test_behind_a_long_backlog_a_paper_asked_for_now_is_the_next_to_be_drawn() -> None:
    backlog = await wanted(LONG)
    slow = Slow()

    async def is_enqueued(number: int) -> bool:
        return len(slow.rows) >= number

    async with relaying(slow):
        await until(lambda: is_enqueued(AT_MOST))
        for round_ in range(1, 4):
            (asked,) = await wanted(1)
            await slow.end()
            await until(lambda round_=round_: is_enqueued(round_ * AT_MOST + 1))
            assert slow.rows[round_ * AT_MOST] == asked
            await until(lambda round_=round_: is_enqueued((round_ + 1) * AT_MOST))
    assert backlog[0] in slow.rows, "the backlog goes on from its oldest meanwhile"


@pytest.mark.usefixtures("database")
async def test_a_paper_waits_behind_no_picture_however_many_were_asked_for_before_and_since() -> None:
    before = await wanted(LONG // 2, PictureWanted)
    (paper,) = await wanted(1)
    since = await wanted(LONG // 2, PictureWanted)
    papers, pictures = Slow(), Slow()

    async def are_enqueued() -> bool:
        return len(papers.rows) >= 1 and len(pictures.rows) >= LANES[PICTURES].at_once

    async with relaying(pictures, PICTURES), relaying(papers):
        await until(are_enqueued)
        assert papers.rows == [paper], "while as many pictures are under way as may be"
        assert set(pictures.rows) <= {*before, *since}
        assert len(pictures.rows) == LANES[PICTURES].at_once < AT_MOST


async def test_a_queue_counts_what_it_holds_until_the_job_has_ended_or_redis_was_emptied(stand: Stand) -> None:
    job_queue = JobQueue(stand.redis_url, RENDER, {}, Tools(gateways=None, issuer=None, studio=None))  # type: ignore[arg-type]
    assert await job_queue.waiting() == 0
    with pytest.raises(RedisError):  # nobody consumes yet, so there is no queue
        await job_queue.enqueue("draw_wanted", [1], 1)
    assert await job_queue.waiting() == 0

    redis = job_queue._pool = await create_pool(job_queue._settings)
    for ids in ([1, 2, 3], [4], [5, 6]):
        await job_queue.enqueue("draw_wanted", ids, 1)
    assert await job_queue.waiting() == 6 == await job_queue.waiting(["draw_wanted"])
    assert await job_queue.waiting(["draw_pictures"]) == 0
    (first, *_) = await redis.zrange(queue_key(RENDER, ()), 0, -1)
    await redis.zrem(queue_key(RENDER, ()), first)  # as a worker does that has ended a job
    assert await job_queue.waiting() == 3
    await redis.delete(queue_key(RENDER, ()))
    assert await job_queue.waiting() == 0
    await redis.aclose(close_connection_pool=True)
