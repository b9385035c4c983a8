"""Retention: what is over goes in small batches; what is young, open, set aside or evidence stays."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from tortoise.exceptions import IntegrityError

from app.foundation import identity, intents, outbox, retention
from app.foundation.retention import Keep
from app.gateways.database import constraint, fetch, fetch_value, transaction
from app.kernel.clock import utc_now
from app.kernel.text import Language
from app.registry import books
from app.registry.credits import LotOpened
from app.registry.retirements import RetirementRequested
from tests.answers import aged
from tests.conftest import Stand
from tests.rooms.conftest import KEYRING, connected, refusal

JOB = "settle_retirements"
KEEP = Keep(messages_days=30, answers_days=90, sessions_days=30, attempts_days=1, figures_days=3650, guests_days=3650)
NOTHING = {
    "messages": 0,
    "answers": 0,
    "sessions": 0,
    "attempts": 0,
    "figures": 0,
    "guests": 0,
    "keys": 0,
    "notices": 0,
    "own_figures": 0,
    "phone_messages": 0,
}


@pytest.fixture
async def owner(database: Stand) -> AsyncIterator[Any]:
    """Whoever lets time pass: the application may not touch when something happened."""
    async with connected(database.super_url) as connection:
        yield connection


async def recorded(number: int) -> list[int]:
    """Rows of the outbox with a job."""
    async with transaction() as tx:
        await outbox.record(*(RetirementRequested(retirement_id=uuid4()) for _ in range(number)), tx=tx)
    return [row["id"] for row in await fetch("SELECT id FROM outbox_message ORDER BY id")][-number:]


async def done(ids: list[int]) -> None:
    async with transaction() as tx:
        assert len(await outbox.take(ids, JOB, tx=tx)) == len(ids)


async def days_pass(owner: Any, ids: list[int], days: int = 31) -> None:
    """Days go by over rows of the outbox."""
    await owner.execute(
        "UPDATE outbox_message SET recorded_at = recorded_at - $2::interval, done_at = done_at - $2::interval,"
        " dead_at = dead_at - $2::interval WHERE id = ANY($1::bigint[])",
        ids, timedelta(days=days),
    )  # fmt: skip


async def left() -> list[int]:
    return [row["id"] for row in await fetch("SELECT id FROM outbox_message ORDER BY id")]


async def test_messages_done_long_ago_go_and_what_is_young_open_set_aside_or_a_record_stays(owner: Any) -> None:
    async with transaction() as tx:
        await outbox.record(LotOpened(lot_id=7, mass_g=5), tx=tx)
    (record,) = await left()
    old, open_, dead, young = await recorded(4)
    await done([old, young])
    for _ in range(8):
        await outbox.fail([dead], "ValueError: no", wait_s=0)
    await days_pass(owner, [record, old, open_, dead])
    await days_pass(owner, [young], days=29)

    assert await retention.purge(KEEP) == NOTHING | {"messages": 1}
    assert await left() == [record, open_, dead, young]
    assert await outbox.replay([dead]) == [dead]
    await done([open_, dead])


async def test_a_walk_goes_on_where_it_was_and_begins_anew_at_the_young(owner: Any) -> None:
    ids = await recorded(12)
    await done(ids[5:])
    await days_pass(owner, ids[:11])
    assert [(await retention.purge(KEEP, limit=2))["messages"] for _ in range(5)] == [1, 2, 2, 1, 0]
    assert await left() == [*ids[:5], ids[11]]
    await done(ids[:5])  # passed over before; their time comes
    await days_pass(owner, ids[:5])
    assert [(await retention.purge(KEEP, limit=2))["messages"] for _ in range(4)] == [2, 2, 1, 0]


async def test_a_row_that_is_being_taken_is_passed_over_and_open_again_when_that_fails(owner: Any) -> None:
    (row,) = await recorded(1)
    await days_pass(owner, [row])
    worker = owner.transaction()
    await worker.start()
    assert await owner.fetch("SELECT id FROM outbox.take($1, $2)", [row], JOB)
    async with asyncio.timeout(120):  # and waits for nobody
        assert await retention.purge(KEEP) == NOTHING
    await worker.rollback()
    assert await retention.purge(KEEP) == NOTHING
    await done([row])


async def test_of_purges_at_once_each_row_is_deleted_and_counted_once(owner: Any) -> None:
    ids = await recorded(60)
    await done(ids)
    await days_pass(owner, ids)
    each = await asyncio.gather(*(retention.purge(KEEP, limit=60) for _ in range(4)))
    while (more := await retention.purge(KEEP, limit=60)) != NOTHING:
        each.append(more)
    assert await left() == []
    assert sum(one["messages"] for one in each) == 60
    assert (await books.gauges()).purged == await retention.purged() == NOTHING | {"messages": 60}


async def test_answers_are_told_until_their_time_is_over(owner: Any) -> None:
    ann = uuid4()
    for key in ("old", "young"):
        await intents.keep(ann, key, b"h" * 32, 201, b"{}")
    await owner.execute(f"{aged(91)} WHERE key = 'old'")
    await owner.execute(f"{aged(89)} WHERE key = 'young'")
    assert await retention.purge(KEEP) == NOTHING | {"answers": 1}
    assert await intents.find(ann, "old") is None
    assert await intents.find(ann, "young") is not None


async def test_sessions_go_a_month_after_their_end_and_the_person_stays(owner: Any) -> None:
    now = utc_now()
    for began in (timedelta(days=61), timedelta(days=59), timedelta(days=1)):
        await identity.open_guest_session(Language.ZH, keyring=KEYRING, now=now - began)
    assert await retention.purge(KEEP) == NOTHING | {"sessions": 1}
    assert await fetch_value("SELECT count(*) FROM identity_session") == 2
    assert await fetch_value("SELECT count(*) FROM person") == 3


async def test_password_tries_go_the_day_after_and_the_lock_of_this_hour_holds(owner: Any) -> None:
    now = utc_now()
    for tried_at in (now - timedelta(hours=25), now - timedelta(hours=23), now):
        await owner.execute(
            "INSERT INTO sign_in_attempt (id, account, attempted_at) VALUES (gen_random_uuid(), $1, $2)",
            b"a" * 32, tried_at,
        )  # fmt: skip
    assert await retention.purge(KEEP) == NOTHING | {"attempts": 1}
    assert await fetch_value("SELECT count(*) FROM sign_in_attempt") == 2


@pytest.mark.parametrize(
    "keep",
    [
        Keep(messages_days=0, answers_days=90, sessions_days=30, attempts_days=1),
        Keep(messages_days=30, answers_days=29, sessions_days=30, attempts_days=1),
        Keep(messages_days=30, answers_days=90, sessions_days=-1, attempts_days=1),
        Keep(messages_days=30, answers_days=90, sessions_days=30, attempts_days=0),
        Keep(messages_days=30, answers_days=90, sessions_days=30, attempts_days=1, notices_days=1094),
    ],
)
async def test_nothing_goes_sooner_than_promised_whoever_asks(owner: Any, keep: Keep) -> None:
    with pytest.raises(IntegrityError) as refused:
        await retention.purge(keep)
    assert constraint(refused.value) == "retention_keep_check"


async def test_the_application_deletes_by_these_functions_only(database: Stand) -> None:
    async with connected(database.app_url) as app:
        for attack in (
            "DELETE FROM outbox_message",
            "DELETE FROM intent",
            "DELETE FROM intent_answer",
            "SELECT intents.drop_week(now() - interval '90 days')",
            "DELETE FROM identity_session",
            "UPDATE retention_tally SET purged = 0",
            "SELECT retention.tell('answers', 1, 0)",
        ):
            assert await refusal(app, attack) == ("42501", None)


async def test_a_purge_reads_no_whole_table(owner: Any) -> None:
    ids = await recorded(3000)
    await done(ids[:2000])
    await days_pass(owner, ids[:2000])
    looked_at = (
        "SELECT relname::text AS name, seq_scan, coalesce(idx_tup_fetch, 0) AS rows FROM pg_stat_xact_user_tables"
        " WHERE relname ~ '^(outbox_message_.*|intent|intent_answer_.*|identity_session|sign_in_attempt)$' ORDER BY 1"
    )
    async with transaction() as tx:
        before = await fetch(looked_at, tx=tx)
        for kind in NOTHING:
            days = 3650 if kind == "notices" else 30
            await fetch(f"SELECT retention.purge_{kind}('{days} days', 100)", tx=tx)
        after = await fetch(looked_at, tx=tx)
    whole = [then["seq_scan"] - now["seq_scan"] for then, now in zip(after, before, strict=True)]
    rows = [then["rows"] - now["rows"] for then, now in zip(after, before, strict=True)]
    assert len(whole) >= 5
    assert set(whole) == {0}
    assert max(rows) <= 400, rows  # a hundred looked at, locked and deleted
