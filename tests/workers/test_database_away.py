"""Workers while PostgreSQL is away: they keep going, nothing is counted against a row, and they go on when it is back."""

import asyncio
from uuid import uuid4

import pytest

from app.certificates import FileWanted
from app.foundation import outbox
from app.gateways.database import fetch, fetch_value, transaction
from tests.away import far_postgres, through
from tests.conftest import Stand
from workers import main
from workers.jobs import Tools
from workers.relay import lanes, relay
from workers.running import run
from workers.subscriptions import RENDER

AWAY = ("refuse", "reset", "57P01", "57P03", "53300", "28P01", "3D000")


@pytest.mark.parametrize("how", AWAY)
async def test_a_job_that_meets_no_database_is_tried_again_and_has_not_failed(database: Stand, how: str) -> None:
    async def job(ids: list[int], _: Tools) -> None:
        await fetch("SELECT $1::bigint[]", ids)

    async with transaction() as tx:
        await outbox.record(FileWanted(certificate_id=uuid4(), language="zh", file_kind="pdf"), tx=tx)
    ids = [row["id"] for row in await fetch("SELECT id FROM outbox_message")]
    async with far_postgres(database) as far:
        await far.be(how)
        async with through(far.url, wait_s=0.2):
            await run(job, ids, Tools(gateways=None, issuer=None, studio=None))  # type: ignore[arg-type]

    assert await fetch_value("SELECT max(failures) FROM outbox_message") == 0


async def test_a_relay_rings_again_when_the_database_is_back(database: Stand) -> None:
    enqueued: list[int] = []

    async def enqueue(_: str, ids: list[int], __: int) -> None:
        enqueued.extend(ids)

    async def nobody() -> int:
        return 0

    async with transaction() as tx:
        await outbox.record(FileWanted(certificate_id=uuid4(), language="zh", file_kind="pdf"), tx=tx)
    async with far_postgres(database) as far, through(far.url, wait_s=0.2):
        await far.be("28P01")
        stop, wake = asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(
            relay(lanes(RENDER)[0], enqueue=enqueue, waiting=nobody, run=enqueue, wake=wake, stop=stop)
        )
        for how in AWAY:
            await far.be(how)
            await asyncio.sleep(0.1)
            assert not task.done()
        assert enqueued == []
        await far.be("pass")
        async with asyncio.timeout(60):
            while not enqueued:  # noqa: ASYNC110 - what is waited for is done elsewhere
                await asyncio.sleep(0.05)
        stop.set()
        wake.set()
        await task


async def test_a_worker_that_begins_while_the_database_is_away_waits_for_it(database: Stand) -> None:
    async with far_postgres(database) as far, through(far.url, wait_s=0.2):
        await far.be("57P03")
        waiting = asyncio.create_task(main._check_map(asyncio.Event()))
        await asyncio.sleep(0.5)
        assert not waiting.done()
        await far.be("pass")
        async with asyncio.timeout(60):
            await waiting
