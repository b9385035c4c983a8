"""Messages lie by day: a day that is over is dropped whole, and what was not over stays, with its id."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from app.foundation import outbox, retention
from app.foundation.retention import Keep
from app.gateways.database import fetch, fetch_value, transaction
from app.registry import books
from app.registry.credits import LotOpened
from app.registry.retirements import RetirementRequested
from tests.conftest import Stand
from tests.rooms.conftest import connected

JOB = "settle_retirements"
KEEP = Keep(messages_days=30, answers_days=90, sessions_days=30, attempts_days=1, figures_days=3650, guests_days=3650)
PLACE = "SELECT tableoid::regclass::text FROM outbox_message WHERE id = $1"


@pytest.fixture
async def owner(database: Stand) -> AsyncIterator[Any]:
    """Whoever makes days of the past; the days of a test go with it."""
    async with connected(database.super_url) as connection:
        before = await days(connection)
        for day in before:
            await connection.execute(f"DROP TABLE {place(day)}")
        yield connection
        for day in await days(connection):
            await connection.execute(f"DROP TABLE {place(day)}")


async def days(connection: Any) -> list[date]:
    return [row[0] for row in await connection.fetch("SELECT outbox.days()")]


def place(day: date) -> str:
    return f"outbox_message_d{day:%Y%m%d}"


def today() -> date:
    return datetime.now(UTC).date()


async def make(owner: Any, day: date) -> int:
    """A place for a day of the past; the first id of it."""
    first, stop = await owner.fetchrow("SELECT first_id, stop_id FROM outbox.ids_of($1)", day)
    await owner.execute(
        f"CREATE TABLE {place(day)} (LIKE outbox_message INCLUDING ALL) WITH (fillfactor = 70);"
        f" ALTER TABLE {place(day)} OWNER TO ddt_owner;"
        f" ALTER TABLE outbox_message ATTACH PARTITION {place(day)} FOR VALUES FROM ({first}) TO ({stop})"
    )
    return int(first)


async def recorded(number: int) -> list[int]:
    """Rows of the outbox with a job."""
    async with transaction() as tx:
        await outbox.record(*(RetirementRequested(retirement_id=uuid4()) for _ in range(number)), tx=tx)
    return [row["id"] for row in await fetch("SELECT id FROM outbox_message ORDER BY id")][-number:]


async def of_day(owner: Any, first: int, ids: list[int], ago: timedelta) -> list[int]:
    """As if these had been written on that day; done ones were done then."""
    await owner.execute(
        "UPDATE outbox_message SET id = $1 + id % (1::bigint << 38), recorded_at = recorded_at - $3::interval,"
        " done_at = done_at - $3::interval, dead_at = dead_at - $3::interval WHERE id = ANY($2::bigint[])",
        first, ids, ago,
    )  # fmt: skip
    moved = [first + id_ % (1 << 38) for id_ in ids]
    await owner.execute("DELETE FROM outbox_open WHERE message_id = ANY($1::bigint[])", ids)
    await owner.execute(
        "INSERT INTO outbox_open SELECT id, queue, due_at FROM outbox_message WHERE id = ANY($1::bigint[])"
        " AND done_at IS NULL AND dead_at IS NULL ON CONFLICT DO NOTHING",
        moved,
    )
    return moved


async def done(ids: list[int]) -> None:
    async with transaction() as tx:
        assert len(await outbox.take(ids, JOB, tx=tx)) == len(ids)


async def left() -> list[int]:
    return [row["id"] for row in await fetch("SELECT id FROM outbox_message ORDER BY id")]


async def test_days_are_made_ahead_once_and_a_message_lies_in_its_own(owner: Any) -> None:
    assert await outbox.make_days(3) == 4
    assert await days(owner) == [today() + timedelta(days=ahead) for ahead in range(4)]
    assert await outbox.make_days(3) == 0
    (id_,) = await recorded(1)
    assert await fetch_value(PLACE, id_) in {place(today()), place(today() - timedelta(days=1))}


async def test_a_watcher_is_told_how_many_days_after_today_have_a_place(owner: Any) -> None:
    assert (await books.gauges()).days_ahead == 0
    await outbox.make_days(3)
    assert (await books.gauges()).days_ahead == 3


async def test_a_message_without_a_place_lies_among_the_rest_and_its_day_stays_there(owner: Any) -> None:
    (id_,) = await recorded(1)
    assert await fetch_value(PLACE, id_) == "outbox_message_rest"
    await outbox.make_days(2)
    assert today() not in await days(owner)
    assert await fetch_value(PLACE, id_) == "outbox_message_rest"
    assert [row.id for row in await outbox.due("settle", [JOB], limit=10, patience_s=60)] == [id_]
    await done([id_])


async def test_an_event_that_nobody_follows_is_of_no_day(owner: Any) -> None:
    await outbox.make_days(1)
    async with transaction() as tx:
        await outbox.record(LotOpened(lot_id=7, mass_g=5), tx=tx)
    (id_,) = await left()
    assert await fetch_value(PLACE, id_) == "outbox_message_kept"


async def test_a_day_that_is_over_goes_whole_and_what_was_not_over_stays_with_its_id(owner: Any) -> None:
    ids = await recorded(5)
    await done(ids[:3])
    for _ in range(8):
        await outbox.fail([ids[3]], "ValueError: no", wait_s=0)
    day = today() - timedelta(days=40)
    old, older, late, dead, open_ = await of_day(owner, await make(owner, day), ids, timedelta(days=40))
    await owner.execute(
        "UPDATE outbox_message SET done_at = clock_timestamp() - interval '29 days' WHERE id = $1", late
    )
    assert await fetch_value(PLACE, open_) == place(day)

    assert (await retention.purge(KEEP))["messages"] == 2
    assert await days(owner) == []
    assert await left() == [late, dead, open_]
    assert await fetch_value(PLACE, open_) == "outbox_message_rest"
    assert [row.id for row in await outbox.due("settle", [JOB], limit=10, patience_s=60)] == [open_]
    assert await outbox.replay([dead]) == [dead]
    await done([open_, dead])
    assert (await retention.purged())["messages"] == 2
    assert {old, older}.isdisjoint(await left())


async def test_a_day_that_is_not_over_stays(owner: Any) -> None:
    ids = await recorded(2)
    await done(ids)
    day = today() - timedelta(days=30)
    await of_day(owner, await make(owner, day), ids, timedelta(days=29))
    assert (await retention.purge(KEEP))["messages"] == 0
    assert await days(owner) == [day]
    assert len(await left()) == 2
    await outbox.make_days(0)
    with pytest.raises(asyncpg.CheckViolationError, match="is not over"):
        await owner.fetchval("SELECT outbox.drop_day($1, NULL)", today())


async def test_what_is_open_or_set_aside_is_never_dropped(owner: Any) -> None:
    dead, open_ = await recorded(2)
    for _ in range(8):
        await outbox.fail([dead], "ValueError: no", wait_s=0)
    day = today() - timedelta(days=40)
    moved = await of_day(owner, await make(owner, day), [dead, open_], timedelta(days=40))
    assert await owner.fetchval("SELECT outbox.drop_day($1, NULL)", day)
    assert await left() == moved
    await owner.execute("UPDATE outbox_message SET done_at = clock_timestamp() WHERE done_at IS NULL")


async def test_a_day_that_somebody_works_on_is_not_waited_for_and_goes_later(owner: Any, database: Stand) -> None:
    ids = await recorded(3)
    await done(ids[:2])
    day = today() - timedelta(days=40)
    *_, open_ = await of_day(owner, await make(owner, day), ids, timedelta(days=40))
    async with connected(database.super_url) as worker:
        theirs = worker.transaction()
        await theirs.start()
        assert await worker.fetch("SELECT id FROM outbox.take($1, $2)", [open_], JOB)
        async with asyncio.timeout(20):
            assert not await owner.fetchval("SELECT outbox.drop_day($1, NULL)", day)
        assert await days(owner) == [day]
        await theirs.rollback()
    assert (await retention.purge(KEEP))["messages"] == 2
    assert await left() == [open_]
    await done([open_])


async def test_of_purges_at_once_a_day_is_dropped_and_counted_once(owner: Any) -> None:
    ids = await recorded(20)
    await done(ids)
    await of_day(owner, await make(owner, today() - timedelta(days=40)), ids, timedelta(days=40))
    each = await asyncio.gather(*(retention.purge(KEEP) for _ in range(4)))
    while (more := await retention.purge(KEEP))["messages"]:
        each.append(more)
    assert sum(one["messages"] for one in each) == (await retention.purged())["messages"] == 20
    assert await left() == await days(owner) == []


async def test_the_rest_is_purged_behind_any_number_of_records(owner: Any) -> None:
    async with transaction() as tx:
        await outbox.record(*(LotOpened(lot_id=7, mass_g=5) for _ in range(5)), tx=tx)
    ids = await recorded(2)
    await done(ids)
    await owner.execute(
        "UPDATE outbox_message SET recorded_at = recorded_at - interval '31 days', done_at = done_at - interval '31 days'"
        " WHERE id = ANY($1::bigint[])",
        ids,
    )
    purged = [(await retention.purge(KEEP, limit=2))["messages"] for _ in range(3)]
    assert sum(purged) == 2
    assert len(await left()) == 5
