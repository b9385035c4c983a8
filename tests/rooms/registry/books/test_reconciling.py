"""What moved lately is added up again, a difference stays until everything was compared, and what was found stays written."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any

import asyncpg
import pytest

from app import scenarios
from app.gateways.database import fetch, fetch_value, transaction
from app.kernel.ids import uuid7
from app.registry import books, retirements
from app.registry.books.recording import begin, conclude
from tests.rooms.conftest import River, connected, refusal
from workers import keep_books as keeping

DAMAGES = (
    # the damage, the check that must notice, what must be named
    ("UPDATE ledger_account SET balance = balance + 1 WHERE path = 'retired:1'", "balances_are_entries", "account retired:1"),
    ("UPDATE ledger_account SET balance = balance + 1 WHERE path = 'retired:1'", "unit_is_zero", "g:1 add up to 1"),
    ("UPDATE ledger_entry SET balance = balance + 1 WHERE id = (SELECT max(id) FROM ledger_entry)", "entries_run_on", "left"),
    ("DELETE FROM ledger_entry WHERE id = (SELECT max(id) FROM ledger_entry)", "transfers_whole", "1 of 2 legs"),
    ("UPDATE retirement_cursor SET next_g = next_g - 1", "lots_agree", "lot 1"),
    ("UPDATE retirement SET mass_g = mass_g + 1 WHERE mass_g = 700", "retirements_cut", "of 701 g is settled"),
    ("DELETE FROM outbox_message", "certified", "nothing will certify it"),
    ("UPDATE scenario_tally SET mass_g = mass_g + 1", "tallies_count", "13101 g, there are 2 and 13100 g"),
)  # fmt: skip


@pytest.fixture
async def settled(river: River) -> River:
    """Two retirements in two settlings, counted for their scene."""
    ids = await river.requested([12_400, 700])
    for one in ids:
        async with transaction() as tx:
            await retirements.settle([one], tx=tx)
    async with transaction() as tx:
        await scenarios.count([(river.scene.id, 12_400), (river.scene.id, 700)], tx=tx)
        await tx.execute_query("SELECT 1")
    async with connected(river.stand.super_url) as connection:
        await connection.execute("UPDATE outbox_message SET done_at = now() WHERE job = 'count_scenes'")
    return river


def connector(river: River) -> Callable[[], Awaitable[asyncpg.Connection]]:
    return partial(asyncpg.connect, river.stand.app_url)


async def test_what_moved_lately_adds_up_and_each_damage_to_it_is_named(settled: River) -> None:
    async with connected(settled.stand.super_url) as connection:
        assert await compared(connection) == {}
        for damage, check, named in DAMAGES:
            tried = connection.transaction()
            await tried.start()
            await connection.execute("SET LOCAL session_replication_role = replica")
            await connection.execute(damage)
            failed = await compared(connection)
            await tried.rollback()
            assert any(named in sentence for sentence in failed[check]), (damage, failed)


async def test_a_round_looks_only_at_what_moved_within_its_window(settled: River) -> None:
    run = await books.reconcile(connect=connector(settled))
    assert run.is_balanced and run.scope.startswith("since:")
    assert (run.found("retirements_cut"), run.found("entries_run_on")) == (2, 10)
    await asyncio.sleep(0.01)
    later = await books.reconcile(timedelta(0), connect=connector(settled))
    assert (later.is_balanced, later.found("retirements_cut"), later.found("entries_run_on")) == (True, 0, 0)


async def test_a_difference_stays_until_everything_was_compared_anew(settled: River) -> None:
    connect = connector(settled)
    assert await books.status() is None, "nobody has looked"
    assert (await books.gauges()).differences is None
    async with connected(settled.stand.super_url) as connection:
        await connection.execute("UPDATE scenario_tally SET mass_g = mass_g + 1")
        assert not (await books.reconcile(connect=connect)).is_balanced
        assert (await books.reconcile(timedelta(0), connect=connect)).is_balanced, "its window has moved on"
        told = await books.status()
        assert told is not None and (told.differences, told.proof) == (1, None)
        assert not (await books.reconcile_all(connect=connect)).is_balanced
        assert (await books.gauges()).differences == 1

        await connection.execute("UPDATE scenario_tally SET mass_g = mass_g - 1")
        assert (await books.reconcile_all(connect=connect)).is_balanced
    told = await books.status()
    assert told is not None and told.differences == 0
    assert told.proof is not None and told.proof.found("slices_chained") == 2
    gauges = await books.gauges()
    assert gauges.differences == 0 and gauges.proof_age_s is not None and gauges.proof_age_s < 60
    assert set(gauges.units.values()) == {0}
    assert {row.job: row.number for row in gauges.waiting}["issue_certificates"] == 2


async def test_what_a_window_found_while_everything_was_compared_counts_too(settled: River) -> None:
    async with connected(settled.stand.super_url) as connection:
        token = uuid7()
        await begin(connection, token)
        await books.prove(connect=connector(settled))
        await connection.execute(
            "SELECT books.look($1, 'compare_tallies')", token
        )  # everything is compared as it is now
        await connection.execute("UPDATE scenario_tally SET mass_g = mass_g + 1")
        await books.reconcile(connect=connector(settled))
        await conclude(connection, token, books.RunKind.RECONCILIATION, "all")
    told = await books.status()
    assert told is not None and told.differences == 1


async def test_what_damage_a_proof_found_is_written_down_and_of_one_lot_alone_decides_nothing(settled: River) -> None:
    connect = connector(settled)
    async with connected(settled.stand.super_url) as connection:
        await connection.execute("UPDATE retirement_cursor SET next_g = next_g + 1")
        run = await books.prove(connect=connect, lot_id=settled.lot_id)
        assert [(line.check, line.expected, line.found) for line in run.differences] == [
            ("cursor_stands", 13_100, 13_101)
        ]
        assert await books.status() is None
        assert not (await books.prove(connect=connect)).is_balanced
        told = await books.status()
        assert told is not None and told.proof is not None and told.differences == 1
        assert told.proof.differences == run.differences
        await connection.execute("UPDATE retirement_cursor SET next_g = next_g - 1")


async def test_a_lot_is_found_by_id_or_code_and_an_unknown_one_is_told(settled: River) -> None:
    connect = connector(settled)
    assert await books.find_lot("CDCER-2022-0113", connect=connect) == settled.lot_id
    assert await books.find_lot(str(settled.lot_id), connect=connect) == settled.lot_id
    for typed in ("", "none", "999999", "9" * 30, "²", "1; DROP TABLE credit_lot"):
        with pytest.raises(books.LotUnknown):
            await books.find_lot(typed, connect=connect)


async def test_where_the_grams_are_adds_up_to_what_was_issued(settled: River) -> None:
    await settled.order()
    (lot,) = await books.balances()
    assert (lot.issued_g, lot.retired_g, lot.cancelled_g, lot.gap_g, lot.held_g) == (100_000_000, 13_100, 0, 13_100, 0)
    assert lot.reserved_g == await fetch_value("SELECT sum(mass_g)::bigint FROM purchase_order")
    assert lot.open_g == 100_000_000 - 13_100 - lot.reserved_g
    assert lot.gap_since == await fetch_value("SELECT min(allocated_at) FROM retirement_allocation")


async def test_what_was_found_stays_written_even_for_the_owner(settled: River) -> None:
    await books.reconcile(connect=connector(settled))
    async with connected(settled.stand.app_url) as app, connected(settled.stand.owner_url) as owner:
        for attack in ("UPDATE books_run SET differences = '[]'", "DELETE FROM books_run", "TRUNCATE books_run"):
            assert await refusal(app, attack) == ("42501", None), attack
            assert await refusal(owner, attack) == ("23514", None), attack
        wrong = "INSERT INTO books_run (kind, scope, started_at, finished_at, checked, differences) VALUES"
        for values, constraint in (
            ("('guess', 'all', now(), now(), '[]', '[]')", "books_run_kind_check"),
            ("('proof', '', now(), now(), '[]', '[]')", "books_run_scope_check"),
            ("('proof', 'all', now(), now() - interval '1 s', '[]', '[]')", "books_run_times_check"),
            ("('proof', 'all', now(), now(), '{}', '[]')", "books_run_checked_check"),
            ("('proof', 'all', now(), now(), '[]', 'null')", "books_run_differences_check"),
        ):
            assert await refusal(app, f"{wrong} {values}") == ("42501", None), "what was found is written by who looked"
            assert await refusal(owner, f"{wrong} {values}") == ("23514", constraint)


async def test_of_several_keepers_one_looks_and_only_when_something_is_due(
    settled: River, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "LOOK_S", 0.02)
    stop = asyncio.Event()
    tasks = [asyncio.create_task(keeping.keep_books(database=connector(settled), stop=stop)) for _ in range(3)]
    try:
        async with asyncio.timeout(120):
            while await fetch_value("SELECT count(*) FROM books_run") < 2:  # noqa: ASYNC110 - it stands in the database
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.2)  # ten looks each
    finally:
        stop.set()
        await asyncio.gather(*tasks)
    kinds = [(row["kind"], row["scope"]) for row in await fetch("SELECT kind, scope FROM books_run ORDER BY id")]
    assert kinds == [("proof", "all"), ("reconciliation", "all")]

    async with connected(settled.stand.app_url) as connection:
        database = connector(settled)
        assert await keeping.look_once(connection, database=database) is None
        await settled.order()
        assert await keeping.look_once(connection, database=database) is None, "something moved, but a moment ago"
        monkeypatch.setattr(keeping, "MOVED", timedelta(0))
        lately = await keeping.look_once(connection, database=database)
        assert lately is not None and lately.is_balanced
        assert await keeping.look_once(connection, database=database) is None, "nothing moved since"
        monkeypatch.setattr(keeping, "WHOLE", timedelta(0))
        whole = await keeping.look_once(connection, database=database)
        assert whole is not None and whole.scope == "all"


async def test_a_look_that_takes_long_is_broken_off_when_the_process_shall_end(
    settled: River, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, stop = asyncio.Event(), asyncio.Event()

    async def endless(_connection: Any, *, database: Any) -> None:
        blocked = await database()
        began.set()
        try:
            await blocked.fetch("SELECT pg_sleep(600)")
        finally:
            await blocked.close(timeout=60)

    monkeypatch.setattr(keeping, "look_once", endless)
    keeper = asyncio.create_task(keeping.keep_books(database=connector(settled), stop=stop))
    async with asyncio.timeout(120):
        await began.wait()
        stop.set()
        await keeper


async def test_where_an_account_stood_is_looked_up_once_and_not_for_each_of_its_entries(river: River) -> None:
    for one in await river.requested([700] * 20):
        async with transaction() as tx:
            await retirements.settle([one], tx=tx)
    async with connected(river.stand.super_url) as connection, connection.transaction():
        assert await connection.fetchval("SELECT count(*) FROM ledger_entry") > 80
        assert await compared(connection) == {}
        looks = await connection.fetchval(
            "SELECT coalesce(seq_scan, 0) + coalesce(idx_scan, 0) FROM pg_stat_xact_user_tables WHERE relname = 'ledger_entry'"
        )
    assert looks < 30


async def compared(connection: Any) -> dict[str, list[str]]:
    rows = await connection.fetch("SELECT * FROM books.compare_since(now() - interval '1 hour')")
    return {row["check"]: list(row["detail"]) for row in rows if not row["ok"]}
