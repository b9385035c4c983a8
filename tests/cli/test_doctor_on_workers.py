"""The doctor on what works and what waits: workers by their connections, queues by their oldest rows."""

import asyncpg

from app import wiring
from app.cli.operations.doctor import look
from app.foundation import outbox
from config.settings import Settings
from tests.conftest import Stand
from tests.rooms.conftest import River, connected, river

__all__ = ["river"]


async def told(stand: Stand) -> dict[str, tuple[str, str, str]]:
    return {
        check.name: (check.state, check.detail.en, check.fix.en)
        for check in await look({"DATABASE_URL": stand.app_url})
    }


async def test_workers_are_counted_by_their_connections_whatever_many_each_has(database: Stand) -> None:
    assert (await told(database))["settling worker"][:2] == ("note", "none is connected")
    settings = Settings(database_url=database.app_url)
    first, second = [await wiring.connect(settings, kind="settle") for _ in range(2)]
    other = await asyncpg.connect(
        database.app_url, server_settings={"application_name": "diandian settle another.example:77"}
    )
    try:
        found = await told(database)
        assert found["settling worker"] == ("good", "2 connected", "")
        assert found["drawing worker"][0] == "note"
        assert "diandian worker --render" in found["drawing worker"][2]
    finally:
        for connection in (first, second, other):
            await connection.close()


async def test_places_for_the_messages_of_days_to_come_are_told_and_what_has_none_too(river: River) -> None:
    await river.requested([700])
    async with connected(river.stand.super_url) as superuser:
        for (day,) in await superuser.fetch("SELECT to_char(d.day, 'YYYYMMDD') FROM outbox.days() AS d (day)"):
            await superuser.execute(f"DELETE FROM outbox_message_d{day}; DROP TABLE outbox_message_d{day}")
    assert (await told(river.stand))["messages"][0] == "note"
    await outbox.make_days(2)
    state, said, fix = (await told(river.stand))["messages"]
    assert (state, fix) == ("good", "")
    assert said.startswith("lie by day, with places up to 2")


async def test_rows_that_wait_for_a_worker_who_is_not_there_are_a_fault_and_what_was_set_aside_too(
    river: River,
) -> None:
    await river.requested([700])
    assert (await told(river.stand))["queue settle"][:2] == ("good", "1 open, the oldest 0 s, 0 set aside")
    async with connected(river.stand.super_url) as superuser:
        await superuser.execute("UPDATE outbox_message SET recorded_at = recorded_at - interval '5 minutes'")
    found = await told(river.stand)
    assert found["settling worker"][0] == "fault"
    assert found["queue settle"][0] == "note"
    assert found["queue settle"][1].startswith("1 open, the oldest 30")
    async with connected(river.stand.super_url) as superuser:
        await superuser.execute("UPDATE outbox_message SET dead_at = clock_timestamp() WHERE done_at IS NULL")
    state, said, fix = (await told(river.stand))["queue settle"]
    assert (state, said) == ("fault", "0 open, 1 set aside")
    assert "diandian outbox dead" in fix and "replay" in fix


async def test_every_finding_that_is_not_well_has_a_remedy_of_its_own() -> None:
    checks = await look({"DIANDIAN_PROFILE": "production", "FAULT_POINT": "x:1", "DIANDIAN_SEAL_FILE": "/nowhere"})
    wrong = [check for check in checks if check.state != "good"]
    assert len(wrong) > 12
    assert all(check.fix.en and check.fix.zh for check in wrong)
    remedies = [check.fix.en for check in wrong if check.name == "settings"]
    assert len(set(remedies)) == len(remedies)
