"""A release works beside a newer one: on its map, in its queue, and without touching what only the newer one understands."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import uuid4

import asyncpg
import pytest

from app.certificates import FileWanted
from app.foundation import outbox
from app.gateways.database import fetch, transaction
from app.kernel.errors import Unavailable
from tests.conftest import Stand
from tests.flow import Flow
from tests.rooms.conftest import connected
from workers import hops, main
from workers.job_queue import queue_key
from workers.jobs import JOBS
from workers.subscriptions import RENDER, SETTLE

NEWER = "INSERT INTO outbox_subscription (kind, job, queue) VALUES ('moon.landed', 'of_tomorrow', 'render')"


@pytest.fixture
async def newer(database: Stand) -> AsyncIterator[asyncpg.Connection]:
    """The map of a newer release: one event more, with a job."""
    async with connected(database.owner_url) as owner:
        await owner.execute(NEWER)
        yield owner
        await owner.execute("DELETE FROM outbox_subscription WHERE kind = 'moon.landed'")


@pytest.mark.usefixtures("newer")
async def test_a_worker_begins_on_a_map_to_which_a_newer_release_has_added() -> None:
    await main._check_map(asyncio.Event())


async def test_a_worker_does_not_begin_on_a_map_that_lacks_a_job_of_its_own(newer: asyncpg.Connection) -> None:
    """What it wrote down would find nobody."""
    (gone,) = await newer.fetch("DELETE FROM outbox_subscription WHERE job = 'draw_wanted' RETURNING kind, job, queue")
    try:
        with pytest.raises(main.MapOutdated):
            await main._check_map(asyncio.Event())
    finally:
        await newer.execute("INSERT INTO outbox_subscription (kind, job, queue) VALUES ($1, $2, $3)", *gone.values())


async def test_a_worker_does_not_begin_before_its_own_migrations(
    database: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(main, "migration_head", lambda: "9999_of_tomorrow")
    with pytest.raises(main.MapOutdated):
        await main._check_map(asyncio.Event())


async def test_a_worker_does_not_begin_where_its_release_does_not_work_any_more(
    database: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(main, "migration_head", lambda: "0001_the_river")
    with pytest.raises(main.ReleaseOutdated):
        await main._check_map(asyncio.Event())


async def test_a_row_of_a_newer_releases_job_waits_untouched_for_a_worker_of_that_release(
    newer: asyncpg.Connection,
) -> None:
    async with transaction() as tx:
        await outbox.record(FileWanted(certificate_id=uuid4(), language="zh", file_kind="pdf"), tx=tx)
    await newer.execute("SELECT outbox.record(ARRAY['moon.landed'], ARRAY['moon:1'], ARRAY['{}']::jsonb[])")

    mine = await outbox.due(RENDER, JOBS[RENDER], limit=10, patience_s=8)
    assert [row.job for row in mine] == ["draw_wanted"]
    assert await fetch("SELECT job, attempts FROM outbox_message ORDER BY id") == [
        {"job": "draw_wanted", "attempts": 1}, {"job": "of_tomorrow", "attempts": 0},
    ]  # fmt: skip
    theirs = await outbox.due(RENDER, [*JOBS[RENDER], "of_tomorrow"], limit=10, patience_s=8)
    assert [row.job for row in theirs] == ["of_tomorrow"]


def test_releases_that_know_other_jobs_do_not_share_a_queue_and_those_that_know_the_same_do() -> None:
    assert queue_key(SETTLE, JOBS[SETTLE]) == queue_key(SETTLE, reversed(list(JOBS[SETTLE])))
    assert queue_key(SETTLE, JOBS[SETTLE]) != queue_key(SETTLE, [*JOBS[SETTLE], "of_tomorrow"])


async def test_what_was_paid_for_a_kind_of_a_newer_release_waits_and_stops_nobody(flow: Flow) -> None:
    ours, theirs = await flow.paid("ours"), await flow.paid("theirs")
    rows = await flow.open_rows("fulfil_paid")
    async with connected(flow.river.stand.super_url) as owner:
        await owner.execute(
            'UPDATE outbox_message SET payload = payload || \'{"paid_for": "moon:1"}\' WHERE id = $1', max(rows)
        )
    with pytest.raises(Unavailable):
        await hops.go("fulfil_paid", rows, replace(flow.tools, is_going_on=False))

    assert await flow.open_rows("fulfil_paid") == [max(rows)]
    assert sorted([await flow.state(ours), await flow.state(theirs)]) == ["paid", "placed"]
