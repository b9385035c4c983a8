"""The outbox: written with its cause, due until done, taken once, set aside when it fails too often."""

import asyncio
import contextlib
import contextvars
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID, uuid4

import pytest
from tortoise.exceptions import IntegrityError

from app.foundation import outbox
from app.foundation.outbox import Event
from app.foundation.outbox.taking import FAILURE_LIMIT
from app.gateways import tracing
from app.gateways.database import constraint, fetch, fetch_one, fetch_value, transaction
from app.registry.credits import LotOpened
from app.registry.retirements import RetirementRequested, RetirementSettled
from tests.conftest import Stand
from tests.rooms.conftest import connected, refusal
from workers.jobs import JOBS
from workers.relay import LOOK_EVERY_S, PATIENCE_S
from workers.subscriptions import RENDER, SETTLE, by_kind

JOB = "settle_retirements"


@pytest.fixture(autouse=True)
def _on_real_tables(database: Stand) -> None:
    """Every test of this file starts on empty tables."""


async def recorded(number: int = 1) -> tuple[list[int], list[UUID]]:
    """Rows of so many requested retirements, one job each: their ids, and the retirements'."""
    retirements = [uuid4() for _ in range(number)]
    async with transaction() as tx:
        await outbox.record(*(RetirementRequested(retirement_id=id_) for id_ in retirements), tx=tx)
    return [row["id"] for row in await fetch("SELECT id FROM outbox_message ORDER BY id")][-number:], retirements


async def take(ids: list[int], job: str = JOB) -> list[outbox.Message]:
    async with transaction() as tx:
        return await outbox.take(ids, job, tx=tx)


async def enqueued(*, patience_s: float = 60) -> list[int]:
    return [row.id for row in await outbox.due(SETTLE, JOBS[SETTLE], limit=100, patience_s=patience_s)]


async def test_the_databases_map_is_the_one_the_workers_read():
    assert await outbox.subscriptions() == {
        (kind, job, queue) for kind, jobs in by_kind().items() for job, queue in (jobs or ((None, None),))
    }


async def test_an_event_is_one_row_for_each_job_in_the_order_it_was_told():
    settled = [RetirementSettled(retirement_id=uuid4(), mass_g=5 + number) for number in range(3)]
    async with transaction() as tx:
        await outbox.record(*settled, tx=tx)
        await outbox.record(tx=tx)  # nothing happened: nothing is written
    jobs = {job for job, _ in by_kind()["retirement.settled"]}
    rows = await fetch("SELECT job, subject, payload->>'mass_g' AS mass_g FROM outbox_message ORDER BY id")
    assert len(rows) == 3 * len(jobs)
    for job in jobs:
        mine = [(row["subject"], row["mass_g"]) for row in rows if row["job"] == job]
        assert mine == [(event.subject, str(event.mass_g)) for event in settled]


async def test_a_message_that_is_taken_as_it_is_recorded_leaves_no_row_and_other_jobs_have_theirs():
    events = [RetirementSettled(retirement_id=uuid4(), mass_g=5 + number) for number in range(3)]
    jobs = sorted(job for job, _ in by_kind()["retirement.settled"])
    async with transaction() as tx:
        with outbox.taking(jobs[:1]) as taken:
            await outbox.record(*events, tx=tx)
            await outbox.record(LotOpened(lot_id=7, mass_g=5), tx=tx)  # nobody follows it
        await outbox.record(events[0], tx=tx)  # outside of the block
        assert await outbox.take([one.id for one in taken[jobs[0]]], jobs[0], tx=tx) == []
    told = [(one.subject, one.payload["mass_g"]) for one in taken[jobs[0]]]
    assert told == [(event.subject, event.mass_g) for event in events]
    rows = await fetch("SELECT id, job, subject, done_at FROM outbox_message WHERE job IS NOT NULL ORDER BY id")
    assert [(row["job"], row["subject"]) for row in rows if row["job"] == jobs[0]] == [(jobs[0], events[0].subject)]
    assert [row["subject"] for row in rows if row["job"] == jobs[1]] == [one.subject for one in (*events, events[0])]
    assert all(row["done_at"] is None for row in rows)
    assert await fetch_value("SELECT count(*) FROM outbox_open") == 5
    assert await fetch_value("SELECT count(*) FROM outbox_message WHERE kind = 'lot.opened'") == 1


async def test_messages_that_leave_no_row_have_ids_of_their_own_in_the_order_they_were_told():
    events = [RetirementSettled(retirement_id=uuid4(), mass_g=5 + number) for number in range(3)]
    jobs = sorted(job for job, _ in by_kind()["retirement.settled"])
    async with transaction() as tx:
        with outbox.taking(jobs[:1]) as taken:
            await outbox.record(*events, tx=tx)
    given = [one.id for one in taken[jobs[0]]]
    written = [row["id"] for row in await fetch("SELECT id FROM outbox_message")]
    assert given == sorted(set(given))
    assert len({*given, *written}) == 6


async def test_a_message_that_is_taken_as_it_is_recorded_keeps_the_request_that_it_follows_from():
    async with transaction() as tx:
        with tracing.bound("req_one"), outbox.taking([JOB]) as taken:
            await outbox.record(RetirementRequested(retirement_id=uuid4()), tx=tx)
    assert [one.request_id for one in taken[JOB]] == ["req_one"]


async def test_where_all_jobs_of_an_event_are_taken_there_is_no_row_at_all():
    async with transaction() as tx:
        with outbox.taking([JOB]) as taken:
            await outbox.record(RetirementRequested(retirement_id=uuid4()), tx=tx)
    assert len(taken[JOB]) == 1
    assert await fetch_value("SELECT count(*) FROM outbox_message") == 0
    assert await enqueued() == []


async def test_an_event_goes_with_its_cause():
    async def cause_that_fails() -> None:
        async with transaction() as tx:
            await outbox.record(RetirementRequested(retirement_id=uuid4()), tx=tx)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await cause_that_fails()
    assert await fetch_value("SELECT count(*) FROM outbox_message") == 0


async def test_an_event_that_is_not_in_the_map_is_an_error_of_ours_and_takes_the_others_with_it():
    @dataclass(frozen=True, slots=True, kw_only=True)
    class SomethingNew(Event):
        kind: ClassVar[str] = "something.new"

        @property
        def subject(self) -> str:
            return "something:1"

    async def tell() -> None:
        async with transaction() as tx:
            await outbox.record(RetirementRequested(retirement_id=uuid4()), SomethingNew(), tx=tx)

    with pytest.raises(IntegrityError) as refused:
        await tell()
    assert constraint(refused.value) == "outbox_message_kind_known"
    assert "something.new" in str(refused.value)
    assert await fetch_value("SELECT count(*) FROM outbox_message") == 0


async def test_an_event_nobody_follows_is_kept_and_done_from_the_start():
    assert by_kind()["lot.opened"] == ()
    async with transaction() as tx:
        await outbox.record(LotOpened(lot_id=7, mass_g=5), tx=tx)
    row = await fetch_one("SELECT job, queue, done_at = recorded_at AS is_done FROM outbox_message")
    assert row == {"job": None, "queue": None, "is_done": True}
    assert await enqueued() == await outbox.due(RENDER, JOBS[RENDER], limit=9, patience_s=1) == []
    assert await fetch("SELECT id FROM outbox_message WHERE done_at IS NULL") == []


async def test_a_row_is_taken_once_with_what_it_says_and_only_for_its_own_job():
    ids, retirements = await recorded(3)
    assert await take(ids, "count_scenes") == []
    messages = await take([*ids[::-1], 10**9])
    assert [message.id for message in messages] == ids
    assert [message.payload for message in messages] == [{"retirement_id": str(id_)} for id_ in retirements]
    assert messages[0].subject == f"retirement:{retirements[0]}"
    assert await take(ids) == await outbox.peek(ids, JOB) == await enqueued() == []


async def test_a_second_taker_waits_for_the_first_and_finds_nothing():
    ids, _ = await recorded(2)
    async with asyncio.timeout(60), transaction() as tx:
        assert len(await outbox.take(ids[:1], JOB, tx=tx)) == 1
        # An empty context: else the task would join this transaction instead of waiting for it.
        second = asyncio.create_task(take(ids), context=contextvars.Context())
        await asyncio.sleep(0.2)
        assert not second.done()
    assert [message.id for message in await second] == ids[1:]


async def test_of_many_takers_at_once_each_row_goes_to_one():
    ids, _ = await recorded(40)
    async with asyncio.timeout(120):
        taken = await asyncio.gather(*(take(part) for part in (ids, ids[::-1], ids[:25], ids[15:]) for _ in range(3)))
    assert sorted(message.id for part in taken for message in part) == ids


async def test_what_was_taken_in_a_transaction_that_failed_is_open_again():
    ids, _ = await recorded()

    async def effect_that_fails() -> None:
        async with transaction() as tx:
            assert await outbox.take(ids, JOB, tx=tx)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await effect_that_fails()
    assert len(await outbox.peek(ids, JOB)) == 1
    assert len(await take(ids)) == 1


async def test_a_row_is_due_again_after_its_patience_until_it_is_done(database: Stand):
    ids, _ = await recorded()
    assert await enqueued(patience_s=600) == ids
    assert await enqueued(patience_s=600) == []
    await pass_time(database, 600)
    (due,) = await outbox.due(SETTLE, JOBS[SETTLE], limit=1, patience_s=0)
    assert (due.id, due.job, due.attempts, due.failures) == (ids[0], JOB, 2, 0)
    await take(ids)
    assert await enqueued() == []


async def pass_time(database: Stand, by_s: int) -> None:
    """As if so much time had passed since everything that is written."""
    async with connected(database.owner_url) as owner:
        await owner.execute("UPDATE outbox_message SET due_at = due_at - $1 * interval '1 s'", by_s)


async def test_patience_grows_by_half_and_then_doubles_up_to_thirty_times(database: Stand):
    await recorded()
    waits = []
    async with connected(database.owner_url) as owner:
        for _ in range(8):
            await outbox.due(SETTLE, JOBS[SETTLE], limit=1, patience_s=10_000)
            waits.append(
                await owner.fetchval("SELECT extract(epoch FROM due_at - clock_timestamp()) FROM outbox_message")
            )
            await owner.execute("UPDATE outbox_message SET due_at = clock_timestamp()")
    assert [round(float(wait) / 10_000, 1) for wait in waits] == [1, 1.5, 3, 6, 12, 24, 30, 30]


async def test_a_relay_takes_only_as_many_as_it_asks_for_and_two_share_the_rest():
    ids, _ = await recorded(30)
    first, second = await asyncio.gather(*(outbox.due(SETTLE, JOBS[SETTLE], limit=10, patience_s=60) for _ in range(2)))
    assert len(first) == len(second) == 10
    rest = [row.id for row in await outbox.due(SETTLE, JOBS[SETTLE], limit=100, patience_s=60)]
    assert sorted([*(row.id for row in (*first, *second)), *rest]) == ids
    assert await outbox.due(RENDER, JOBS[RENDER], limit=10, patience_s=60) == []


async def test_whoever_comes_now_does_not_wait_behind_a_backlog_and_the_backlog_goes_on_from_its_oldest():
    ids, _ = await recorded(40)
    enqueued = [row.id for row in await outbox.due(SETTLE, JOBS[SETTLE], limit=8, patience_s=60)]
    assert enqueued == [*ids[:6], *ids[-2:]]
    (new,), _ = await recorded()
    enqueued = [row.id for row in await outbox.due(SETTLE, JOBS[SETTLE], limit=8, patience_s=60)]
    assert enqueued == [*ids[6:12], ids[-3], new]


async def test_the_work_of_a_worker_killed_twice_running_goes_on_within_fifteen_seconds():
    await recorded()
    waits = []
    for _ in range(2):
        (row,) = await outbox.due(SETTLE, JOBS[SETTLE], limit=1, patience_s=PATIENCE_S)
        due_in = "SELECT extract(epoch FROM due_at - clock_timestamp())::float8 FROM outbox_message"
        waits.append(await fetch_value(due_in))
        await outbox.excuse([row.id])
        await outbox.fail([row.id], "OSError: gone", wait_s=0)
    assert max(waits) + 2 * LOOK_EVERY_S <= 15


async def test_a_row_that_fails_eight_times_is_set_aside_and_holds_up_nobody():
    ids, _ = await recorded(2)
    poisoned, sound = ids
    for failure in range(1, FAILURE_LIMIT + 1):
        assert set(await enqueued(patience_s=0)) == set(ids)
        dead = await outbox.fail([poisoned], f"ValueError: {failure} " + "x" * 600, wait_s=0)
        assert dead == (failure == FAILURE_LIMIT)
    row = await fetch_one("SELECT failures, last_error, done_at FROM outbox_message WHERE id = $1", poisoned)
    assert row is not None and (row["failures"], row["done_at"]) == (FAILURE_LIMIT, None)
    assert row["last_error"].startswith(f"ValueError: {FAILURE_LIMIT}") and len(row["last_error"]) == 500
    assert await take([poisoned]) == await outbox.peek([poisoned], JOB) == []
    assert await enqueued(patience_s=0) == [sound]
    assert await outbox.fail([poisoned], "again", wait_s=0) == 0
    assert [row.id for row in await outbox.dead(limit=9)] == [poisoned]
    assert await fetch("SELECT id FROM outbox_message WHERE done_at IS NULL AND dead_at IS NULL") == [{"id": sound}]


async def test_a_row_that_failed_rings_after_its_wait_and_its_error_goes_when_it_is_done(database: Stand):
    ids, _ = await recorded()
    await enqueued(patience_s=60)
    await outbox.fail(ids, "OSError: no", wait_s=600)
    assert await enqueued() == []
    await pass_time(database, 600)
    (due,) = await outbox.due(SETTLE, JOBS[SETTLE], limit=1, patience_s=60)
    assert due.failures == 1
    await take(ids)
    assert await fetch_value("SELECT last_error FROM outbox_message") is None
    assert await outbox.fail(ids, "too late", wait_s=0) == 0
    assert await fetch_value("SELECT failures FROM outbox_message") == 1


async def test_ids_that_become_visible_out_of_order_are_not_lost():
    async with asyncio.timeout(120), transaction() as slow:
        await outbox.record(RetirementRequested(retirement_id=uuid4()), tx=slow)  # takes the lower number
        quick = asyncio.create_task(recorded(), context=contextvars.Context())
        (later,), _ = await quick
        assert await asyncio.create_task(enqueued(), context=contextvars.Context()) == [later]
        assert len(await asyncio.create_task(take([later]), context=contextvars.Context())) == 1
    (earlier,) = await enqueued()
    assert earlier < later


async def test_the_application_cannot_write_the_outbox_by_hand(database: Stand):
    await recorded()
    async with connected(database.app_url) as app:
        for attack in (
            "INSERT INTO outbox_message (kind, subject) VALUES ('payment.succeeded', 'x')",
            "UPDATE outbox_message SET done_at = now()",
            "DELETE FROM outbox_message",
            "TRUNCATE outbox_message",
            "DELETE FROM outbox_subscription",
            "INSERT INTO outbox_subscription (kind) VALUES ('x')",
        ):
            assert await refusal(app, attack) == ("42501", None)


async def test_a_row_whose_worker_dies_eight_times_is_set_aside_before_the_ninth():
    (row,), _ = await recorded()
    await enqueued(patience_s=0)  # the first attempt is not counted: a healthy row costs no more than before
    for _ in range(FAILURE_LIMIT - 1):
        assert await outbox.begin([row], JOB) == ([row], 0)
    assert await outbox.begin([row], JOB) == ([], 1)
    (dead,) = await outbox.dead(limit=9)
    assert (dead.id, dead.job, dead.failures, dead.tries) == (row, JOB, 0, FAILURE_LIMIT - 1)
    assert "8 times" in str(dead.last_error)
    assert await enqueued() == await take([row]) == []
    assert await outbox.begin([row], JOB) == ([], 0)


async def test_a_try_that_was_excused_or_failed_is_no_death():
    (row,), _ = await recorded()
    for _ in range(3 * FAILURE_LIMIT):
        assert await outbox.begin([row], JOB) == ([row], 0)
        await outbox.excuse([row])
    await outbox.excuse([row])
    for number in range(1, FAILURE_LIMIT + 1):
        assert await outbox.begin([row], JOB) == ([row], 0)
        assert await outbox.fail([row], "ValueError: no", wait_s=0) == (number == FAILURE_LIMIT)
    assert await fetch("SELECT tries, failures FROM outbox_message") == [{"tries": 0, "failures": FAILURE_LIMIT}]


async def test_failures_and_deaths_add_up():
    (row,), _ = await recorded()
    for _ in range(4):
        await outbox.begin([row], JOB)
    for _ in range(3):
        assert await outbox.begin([row], JOB) == ([row], 0)
        assert await outbox.fail([row], "ValueError: no", wait_s=0) == 0
    assert await outbox.begin([row], JOB) == ([], 1)


async def test_a_try_is_not_begun_for_what_another_has_in_hand_or_has_done():
    (first, second, third), _ = await recorded(3)
    await take([first])
    async with asyncio.timeout(60), transaction() as tx:
        assert len(await outbox.take([second], JOB, tx=tx)) == 1
        beginning = asyncio.create_task(outbox.begin([first, second, third], JOB), context=contextvars.Context())
        assert await beginning == ([third], 0)
    assert await outbox.begin([third], "count_scenes") == ([], 0)


async def test_a_row_that_killed_comes_at_a_time_of_its_own(database: Stand):
    ids, _ = await recorded(20)
    await enqueued(patience_s=0)
    await outbox.begin(ids[:10], JOB)
    await enqueued(patience_s=100)
    rows = await fetch(
        "SELECT extract(epoch FROM due_at - clock_timestamp())::float AS wait FROM outbox_message ORDER BY id"
    )
    waits = [round(row["wait"]) for row in rows]
    assert set(waits[10:]) == {150}
    assert all(74 <= wait <= 225 for wait in waits[:10]) and len(set(waits[:10])) > 5


async def test_a_row_set_aside_is_replayed_from_the_beginning_and_no_other_is():
    (row, sound), _ = await recorded(2)
    for _ in range(FAILURE_LIMIT):
        await outbox.fail([row], "ValueError: no", wait_s=60)
    assert await outbox.replay([row, sound, 10**9]) == [row]
    assert await outbox.replay([row]) == await outbox.dead(limit=9) == []
    assert [
        (one.id, one.attempts, one.failures, one.tries)
        for one in await outbox.due(SETTLE, JOBS[SETTLE], limit=9, patience_s=60)
    ] == [
        (row, 1, 0, 0),
        (sound, 1, 0, 0),
    ]
    assert len(await take([row])) == 1
    assert await outbox.replay([row]) == []


async def looked_for() -> list[int]:
    return [row["message_id"] for row in await fetch("SELECT message_id FROM outbox_open ORDER BY 1")]


async def test_what_is_open_is_looked_for_until_it_is_done_set_aside_or_gone(database: Stand):
    ids, _ = await recorded(4)
    assert await looked_for() == ids
    await take(ids[:1])
    async with connected(database.super_url) as connection:
        await connection.execute("UPDATE outbox_message SET dead_at = now() WHERE id = $1", ids[1])
        await connection.execute("DELETE FROM outbox_message WHERE id = $1", ids[2])
    assert await looked_for() == ids[3:]


async def test_what_is_replayed_is_looked_for_again(database: Stand):
    ids, _ = await recorded()
    async with connected(database.super_url) as connection:
        await connection.execute("UPDATE outbox_message SET dead_at = now()")
    assert await looked_for() == []
    assert await outbox.replay(ids) == ids
    assert await looked_for() == ids


async def test_a_taking_that_is_rolled_back_leaves_its_row_looked_for():
    ids, _ = await recorded()
    with contextlib.suppress(ZeroDivisionError):
        async with transaction() as tx:
            await outbox.take(ids, JOB, tx=tx)
            raise ZeroDivisionError
    assert await looked_for() == ids
