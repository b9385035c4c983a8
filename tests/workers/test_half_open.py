"""F11: a worker's own connections to PostgreSQL die without saying so; it gives them up, and goes on over new ones."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from app.foundation import outbox
from app.foundation.retention import Keep
from app.gateways.database import TROUBLE, fetch, transaction
from tests.away import far_postgres, through
from tests.conftest import Stand
from tests.faults.wires import Wire, wire
from tests.flow import Flow
from tests.rooms.conftest import KEYRING
from tests.scratch import scratch
from workers import keep_books as keeping
from workers import relay
from workers import sweep as sweeping
from workers.running import run

KEEP = Keep(messages_days=30, answers_days=90, sessions_days=30, attempts_days=1)


async def _eventually(is_so: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(120):
        while not await is_so():  # noqa: ASYNC110 - what is waited for stands in the database
            await asyncio.sleep(0.05)


async def test_a_sweeper_whose_line_died_gives_it_up_and_sweeps_over_another(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "EVERY_S", 0.05)
    monkeypatch.setattr(sweeping, "_ANSWER_S", 0.5)
    async with far_postgres(flow.river.stand) as far:
        stop = asyncio.Event()

        async def connect() -> asyncpg.Connection:
            return await asyncpg.connect(far.url, timeout=5)

        task = asyncio.create_task(
            sweeping.sweep(flow.tools.gateways, keyring=KEYRING, keep=KEEP, database=connect, stop=stop)
        )

        async def has_begun() -> bool:
            return far.greeted > 0

        await _eventually(has_begun)
        greeted = far.greeted
        await far.be("silent")
        order = await flow.river.order()
        await flow.time_is_up(order)

        async def has_asked_anew() -> bool:
            return far.greeted > greeted

        await _eventually(has_asked_anew)  # without any word from the other side
        await far.be("pass")

        async def is_swept() -> bool:
            return await flow.state(order) == "expired"

        await _eventually(is_swept)
        stop.set()
        await asyncio.wait_for(task, 60)


async def test_who_listens_on_a_line_that_died_finds_out_and_hears_again(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "ALIVE_S", 0.3)
    monkeypatch.setattr(relay, "ANSWER_S", 0.5)
    monkeypatch.setattr(relay, "LOOK_EVERY_S", 0.1)
    wake, stop = asyncio.Event(), asyncio.Event()
    async with far_postgres(flow.river.stand) as far:

        async def connect() -> asyncpg.Connection:
            return await asyncpg.connect(far.url, timeout=1)

        task = asyncio.create_task(relay.listen(connect, [wake], stop))
        await asyncio.wait_for(wake.wait(), 60)
        greeted = far.greeted
        await far.be("silent")

        async def has_asked_anew() -> bool:
            return far.greeted > greeted

        await _eventually(has_asked_anew)  # without any word from the other side
        await far.be("pass")
        wake.clear()
        await asyncio.wait_for(wake.wait(), 60)  # it listens again
        wake.clear()
        await fetch("SELECT pg_notify($1, '')", outbox.CHANNEL)
        await asyncio.wait_for(wake.wait(), 60)
        stop.set()
        await asyncio.wait_for(task, 60)


async def test_who_keeps_the_books_on_a_line_that_died_gives_it_up(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "LOOK_S", 0.05)
    monkeypatch.setattr(keeping, "ANSWER_S", 0.4)
    monkeypatch.setattr(keeping, "DUE_S", 0.4)
    stop = asyncio.Event()
    async with far_postgres(flow.river.stand) as far:

        async def connect() -> asyncpg.Connection:
            return await asyncpg.connect(far.url, timeout=1, command_timeout=2)

        task = asyncio.create_task(keeping.keep_books(database=connect, stop=stop))

        async def has_looked() -> bool:
            return bool(await fetch("SELECT 1 FROM books_run"))

        await _eventually(has_looked)
        greeted = far.greeted
        await far.be("silent")

        async def has_asked_anew() -> bool:
            return far.greeted > greeted

        await _eventually(has_asked_anew)
        await far.be("pass")
        stop.set()
        await asyncio.wait_for(task, 60)


async def test_a_job_that_waits_for_somebodys_lock_has_not_failed(flow: Flow) -> None:
    """F12: whoever holds a table at a terminal for minutes sets no row aside."""
    order = await flow.paid()
    (row,) = await flow.open_rows("fulfil_paid")
    holder = await asyncpg.connect(flow.river.stand.super_url)
    try:
        async with holder.transaction():
            await holder.execute("LOCK TABLE purchase_order IN ACCESS EXCLUSIVE MODE")
            await run(_within_a_moment, [row], flow.tools, attempt=2)
    finally:
        await holder.close()
    (told,) = await fetch("SELECT failures, tries, dead_at FROM outbox_message WHERE id = $1", row)
    assert told == {"failures": 0, "tries": 0, "dead_at": None}
    await flow.work()
    assert await flow.state(order) == "paid"


async def _within_a_moment(ids: list[int], _tools: object) -> None:
    """As `fulfil_paid` would, with a lock time-out of a moment instead of five seconds."""
    async with transaction() as tx:
        await fetch("SET LOCAL lock_timeout = '200ms'", tx=tx)
        await fetch("SELECT 1 FROM purchase_order LIMIT 1 FOR UPDATE", tx=tx)
        raise AssertionError(ids)


_within_a_moment.__name__ = "fulfil_paid"


async def test_of_a_pool_whose_lines_all_died_one_is_waited_for_and_the_others_are_replaced(flow: Flow) -> None:
    """Six idle connections, each dead without a word: one statement is given up, not six in turn."""
    given_up = 0
    async with _line_to(flow.river.stand) as line:
        url = f"postgresql://ddt_app@/{urlsplit(flow.river.stand.app_url).path[1:]}?host={Path(line.place).parent}"
        async with through(url, size=6, wait_s=30, command_s=2) as client:
            await asyncio.gather(*(fetch("SELECT pg_sleep(0.1)") for _ in range(6)))
            assert client._pool.get_size() == 6
            line.fall_silent()
            line.come_back()
            async with asyncio.timeout(120):
                for _ in range(12):
                    try:
                        await fetch("SELECT 1")
                    except TROUBLE:
                        given_up += 1
    assert given_up == 1


@contextlib.asynccontextmanager
async def _line_to(stand: Stand) -> AsyncIterator[Wire]:
    if stand.servers is None:
        pytest.skip("needs the socket of our own server, to cut its lines")
    with scratch("line") as folder:
        async with wire(Path(stand.servers.socket_dir) / ".s.PGSQL.5432", folder / ".s.PGSQL.5432") as line:
            yield line
