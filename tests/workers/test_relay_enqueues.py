"""The relay: what it enqueues, together and alone; what it does where there is no queue; what a poisoned row stops."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg

from app.commerce.payments import PaymentSucceeded
from app.foundation import outbox
from app.gateways.database import fetch_one, transaction
from app.kernel.ids import uuid7
from tests.flow import Flow
from workers import relay as relaying
from workers.jobs import JOBS
from workers.relay import PATIENCE_S, lanes, listen, relay
from workers.running import run
from workers.subscriptions import SETTLE


class NoBell(ConnectionError):
    """Redis is away."""


async def _no_queue(_job: str, _ids: list[int], _number: int) -> None:
    raise NoBell


async def _none() -> int:
    return 0


def _here(flow: Flow) -> Callable[[str, list[int], int], Awaitable[None]]:
    async def here(job: str, ids: list[int], _number: int) -> None:
        await run(JOBS[SETTLE][job], ids, flow.tools)

    return here


async def _relay_until(
    flow: Flow, is_done: Callable[[], Awaitable[bool]], *, meanwhile: Callable[[], Awaitable[object]] | None = None
) -> None:
    """Run a relay whose queue is away until something is so."""
    stop, wake = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(
        relay(lanes(SETTLE)[0], enqueue=_no_queue, waiting=_none, run=_here(flow), wake=wake, stop=stop)
    )
    async with asyncio.timeout(120):
        while not await is_done():
            assert not task.done(), f"the relay has ended: {task.exception()!r}"
            if meanwhile is not None:
                await meanwhile()
            wake.set()
            await asyncio.sleep(0.02)
    stop.set()
    wake.set()
    await task


async def test_without_a_queue_the_relay_does_everything_here(flow: Flow) -> None:
    order = await flow.paid()

    async def is_certified() -> bool:
        return await flow.count("certificate") == 1 and await flow.count("scenario_tally") == 1

    await _relay_until(flow, is_certified)
    assert await flow.state(order) == "paid"


async def test_a_commit_wakes_whoever_listens(flow: Flow) -> None:
    wake, stop = asyncio.Event(), asyncio.Event()

    async def connect() -> asyncpg.Connection:
        return await asyncpg.connect(flow.river.stand.app_url)

    listening = asyncio.create_task(listen(connect, [wake], stop))
    async with asyncio.timeout(120):
        await wake.wait()  # once at the beginning: something may have happened before
        wake.clear()
        await flow.paid_by_word("k1")
        await wake.wait()
        # A lost connection is opened again, and looks at what was missed.
        wake.clear()
        admin = await asyncpg.connect(flow.river.stand.super_url)
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ILIKE 'LISTEN%'"
            " AND datname = current_database()"
        )
        await admin.close()
        await wake.wait()
        stop.set()
        await listening
    await flow.work()


async def test_what_was_enqueued_is_not_enqueued_again_until_its_patience_is_over_and_what_is_done_never(
    flow: Flow,
) -> None:
    await flow.paid_by_word("k1")
    await flow.paid_by_word("k2")
    first = await outbox.due(SETTLE, JOBS[SETTLE], limit=10, patience_s=8)
    assert [(row.job, row.attempts) for row in first] == [("fulfil_paid", 1)] * 2
    assert await outbox.due(SETTLE, JOBS[SETTLE], limit=10, patience_s=8) == []

    worker = await asyncpg.connect(flow.river.stand.app_url)
    begun = worker.transaction()
    await begun.start()
    assert await worker.fetch("SELECT id FROM outbox.take($1, 'fulfil_paid')", [first[0].id])
    await _forward(flow, 9)
    again = await outbox.due(SETTLE, JOBS[SETTLE], limit=10, patience_s=8)
    assert [(row.id, row.attempts) for row in again] == [(first[1].id, 2)]  # nobody waits for the one that is worked on
    worker.terminate()  # and its worker dies before it commits
    await _forward(flow, 9)
    assert [(row.id, row.attempts) for row in await outbox.due(SETTLE, JOBS[SETTLE], limit=10, patience_s=8)] == [
        (first[0].id, 2)
    ]
    await flow.work()
    await _forward(flow, 3600)
    assert await outbox.due(SETTLE, JOBS[SETTLE], limit=10, patience_s=8) == []


def test_rows_of_one_job_are_enqueued_together_smaller_with_every_attempt_and_what_failed_alone() -> None:
    rows = [outbox.Due(number, "settle_retirements", 1, 0, 0) for number in range(450)]
    rows += [outbox.Due(1000 + number, "settle_retirements", 2, 0, 0) for number in range(60)]
    rows += [outbox.Due(2000 + number, "settle_retirements", 9, 0, 0) for number in range(2)]
    rows += [outbox.Due(3000, "settle_retirements", 1, 1, 0), outbox.Due(3001, "count_scenes", 1, 0, 0)]
    rows += [outbox.Due(4000, "settle_retirements", 3, 0, 1)]
    batches = list(relaying._batches(rows, size=200))
    assert sorted((job, number, len(ids)) for job, ids, number in batches) == [
        ("count_scenes", 1, 1),
        ("settle_retirements", 1, 1),  # it failed before: it stops nobody but itself
        ("settle_retirements", 1, 50),
        ("settle_retirements", 1, 200),
        ("settle_retirements", 1, 200),
        ("settle_retirements", 2, 10),
        ("settle_retirements", 2, 50),
        ("settle_retirements", 3, 1),  # its worker died
        ("settle_retirements", 9, 1),  # nobody has finished these in eight attempts
        ("settle_retirements", 9, 1),
    ]
    assert sorted(id_ for _, ids, _ in batches for id_ in ids) == sorted(row.id for row in rows)


async def test_a_poisoned_row_among_fifty_is_set_aside_after_eight_failures_and_the_others_finish(flow: Flow) -> None:
    placed = [await flow.paid_by_word(f"k{number}") for number in range(50)]
    async with transaction() as tx:
        await outbox.record(
            PaymentSucceeded(payment_id=uuid7(), paid_for="order:nobody", amount_minor=1, currency="CNY"), tx=tx
        )
    poison = (await flow.open_rows("fulfil_paid"))[-1]

    async def is_quiet() -> bool:
        return await flow.count("outbox_message", "done_at IS NULL AND dead_at IS NULL AND queue = 'settle'") == 0

    async def hasten() -> None:
        await _forward(flow, 9, where="failures > 0")

    await _relay_until(flow, is_quiet, meanwhile=hasten)

    row = await fetch_one("SELECT failures, last_error, dead_at, recorded_at FROM outbox_message WHERE id = $1", poison)
    assert row is not None
    assert (row["failures"], row["dead_at"] is not None) == (8, True)
    assert row["last_error"].startswith("SubjectUnknown")
    assert await flow.count("outbox_message", "dead_at IS NOT NULL") == 1
    assert await flow.count("purchase_order", "state = 'paid'") == len(placed) == await flow.count("certificate")
    assert [row.id for row in await outbox.dead(limit=9)] == [poison]
    admin = await asyncpg.connect(flow.river.stand.super_url)  # a person has dealt with it: the books shall add up
    await admin.execute("UPDATE outbox_message SET dead_at = NULL, done_at = clock_timestamp() WHERE id = $1", poison)
    await admin.close()


async def test_the_relay_outlives_a_database_that_is_away(flow: Flow) -> None:
    order = await flow.paid_by_word("k1")
    admin = await asyncpg.connect(flow.river.stand.super_url)
    cut = 0

    async def storm() -> None:
        nonlocal cut
        if cut < 20:
            cut += await admin.fetchval(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'ddt_app'"
                " AND datname = current_database()"
            )
            await asyncio.sleep(0.05)

    async def is_certified() -> bool:
        try:
            return cut >= 20 and await flow.count("certificate") == 1 and await flow.count("scenario_tally") == 1
        except Exception:  # noqa: BLE001 - the test's own look may be cut too
            return False

    async def hasten() -> None:
        await storm()
        await admin.execute("UPDATE outbox_message SET due_at = clock_timestamp() WHERE done_at IS NULL")

    await _relay_until(flow, is_certified, meanwhile=hasten)
    await admin.close()
    assert await flow.state(order) == "paid"
    assert await flow.count("retirement") == 1


async def _forward(flow: Flow, seconds: int, *, where: str = "true") -> None:
    """Let time pass for the rows that wait: a superuser's act, the application may not touch due times."""
    assert seconds > PATIENCE_S
    admin = await asyncpg.connect(flow.river.stand.super_url)
    await admin.execute(
        "UPDATE outbox_message SET due_at = due_at - $1 * interval '1 s' WHERE id IN"
        f" (SELECT id FROM outbox_message WHERE done_at IS NULL AND {where} FOR UPDATE SKIP LOCKED)",
        seconds,
    )
    await admin.close()
