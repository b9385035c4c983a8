"""A day's proof, from a sealed checkpoint on, finds what is damaged since; older days, in turn, what was damaged before."""

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from app.gateways.database import fetch, fetch_value, transaction
from app.registry import books, retirements
from tests.rooms.conftest import River, connected, refusal
from workers import keep_books as keeping

AFTER = (
    # what was done to what came after the checkpoint, the check that must fail, what must be named
    ("UPDATE ledger_account SET balance = balance + 1 WHERE path = 'retired:1'", "balances_are_entries", "account retired:1"),
    ("UPDATE ledger_entry SET balance = balance + 1 WHERE id = (SELECT max(id) FROM ledger_entry)", "entries_run_on", "left"),
    ("DELETE FROM ledger_entry WHERE id = (SELECT max(id) FROM ledger_entry)", "transfers_whole", "1 of 2 legs"),
    ("UPDATE retirement_cursor SET next_g = next_g - 1", "cursor_stands", "the cursor stands at"),
    ("DELETE FROM retirement_slice WHERE mass_g = 700", "slices_are_retired", "from gram 12400 on"),
    ("UPDATE retirement_slice SET mass_g = mass_g + 1 WHERE mass_g = 700", "slices_measured", "1 slices do not weigh"),
    ("UPDATE retirement_allocation SET stop_g = stop_g + 1 WHERE start_g = 12400", "ranges_tiled", "not their slices"),
    ("UPDATE retirement SET mass_g = mass_g + 1 WHERE mass_g = 700", "retirements_cut", "of 701 g is settled"),
    ("DELETE FROM outbox_message", "certified", "nothing will certify it"),
    ("UPDATE certificate_series SET next_no = next_no + 1 WHERE name = 'H'", "register_counts", "gives 2 next"),
    ("UPDATE ledger_account SET balance = balance - 1 WHERE path = 'inventory:1'", "unit_is_zero", "g:1 add up to -1"),
)  # fmt: skip
BEFORE = (
    # what was done to what came before it, the check that must fail once that day is added up again
    ("UPDATE ledger_entry SET balance = balance + 1 WHERE id = (SELECT min(id) FROM ledger_entry)", "entries_run_on"),
    ("UPDATE retirement_slice SET mass_g = mass_g + 1 WHERE mass_g = 12400", "slices_measured"),
    ("UPDATE retirement SET mass_g = mass_g + 1 WHERE mass_g = 12400", "retirements_cut"),
)  # fmt: skip


@pytest.fixture
async def two_days(river: River) -> River:
    """A retirement settled and sealed, and another one settled since."""
    first, second = await river.requested([12_400, 700])
    await settle(first)
    sealed = await books.prove_day(connect=partial(asyncpg.connect, river.stand.app_url))
    assert (sealed.scope, sealed.differences) == ("day:1", ())
    await settle(second)
    return river


async def settle(retirement_id: Any) -> None:
    async with transaction() as tx:
        await retirements.settle([retirement_id], tx=tx)


async def failed(connection: Any, function: str) -> dict[str, str]:
    rows = await connection.fetch(f"SELECT * FROM books.{function} WHERE NOT ok")
    return {row["check"]: " ".join(row["detail"] or []) for row in rows}


async def damaged(connection: Any, damage: str, function: str) -> dict[str, str]:
    tried = connection.transaction()
    await tried.start()
    await connection.execute("SET LOCAL session_replication_role = replica")
    await connection.execute(
        "ALTER TABLE retirement_slice DROP CONSTRAINT retirement_slice_mass_check" if "slice" in damage else "SELECT 1"
    )
    await connection.execute(damage)
    found = await failed(connection, function)
    await tried.rollback()
    return found


async def test_what_is_damaged_after_the_checkpoint_is_found_by_the_days_proof(two_days: River) -> None:
    async with connected(two_days.stand.super_url) as connection:
        assert await failed(connection, "prove_since()") == {}
        for damage, check, named in AFTER:
            found = await damaged(connection, damage, "prove_since()")
            assert named in found.get(check, ""), (damage, found)


async def test_what_is_damaged_before_it_is_found_when_that_day_is_added_up_again(two_days: River) -> None:
    async with connected(two_days.stand.super_url) as connection:
        assert await failed(connection, "prove_day(1)") == {}
        for damage, check in BEFORE:
            assert check in await damaged(connection, damage, "prove_day(1)"), damage
            assert check in await damaged(connection, damage, "prove()"), damage


async def test_a_days_proof_adds_up_that_day_alone(two_days: River) -> None:
    run = await books.prove_day(connect=partial(asyncpg.connect, two_days.stand.app_url))
    counted = {one.check: one.expected for one in run.checked}
    assert run.scope == "day:2"
    assert counted["retirements_cut"] == 2, "the new one, and the older day again"
    async with connected(two_days.stand.super_url) as connection:
        nothing = {
            row["check"]: row["expected"]
            for row in await connection.fetch("SELECT * FROM books.prove_between(2, NULL)")
        }
    assert (nothing["entries_run_on"], nothing["retirements_cut"], nothing["ranges_tiled"]) == (0, 0, 0)


async def test_nothing_is_sealed_where_something_differs(two_days: River) -> None:
    async with connected(two_days.stand.super_url) as connection:
        await connection.execute("UPDATE ledger_account SET balance = balance + 1 WHERE path = 'retired:1'")
    run = await books.prove_day(connect=partial(asyncpg.connect, two_days.stand.app_url))
    assert not run.is_balanced
    assert await fetch_value("SELECT max(id) FROM books_checkpoint") == 1


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE books_checkpoint_account SET balance = balance + 1",
        "UPDATE books_checkpoint_lot SET stop_g = stop_g + 1",
        "DELETE FROM books_checkpoint_account WHERE account_id = (SELECT min(account_id) FROM books_checkpoint_account)",
        "UPDATE books_checkpoint SET sealed_at = sealed_at - interval '1 s'",
    ],
)
async def test_a_checkpoint_that_was_changed_is_not_as_it_was_sealed(two_days: River, damage: str) -> None:
    async with connected(two_days.stand.super_url) as connection:
        assert (
            "checkpoint 1 is not as it was sealed"
            in (await damaged(connection, damage, "prove_since()"))["checkpoints_chained"]
        )
        assert "checkpoints_chained" in await damaged(connection, damage, "prove()")


async def test_checkpoints_are_written_by_sealing_and_never_changed(two_days: River) -> None:
    async with connected(two_days.stand.app_url) as app, connected(two_days.stand.owner_url) as owner:
        for table in ("books_checkpoint", "books_checkpoint_account", "books_checkpoint_lot"):
            assert await refusal(app, f"DELETE FROM {table}") == ("42501", None)
            assert await refusal(owner, f"DELETE FROM {table}") == ("23514", None)
            assert await refusal(owner, f"TRUNCATE {table} CASCADE") == ("23514", None)
        assert await refusal(app, "SELECT books.seal(gen_random_uuid())") == ("23514", "books_checkpoint_snapshot")


async def test_what_was_looked_at_in_another_snapshot_is_not_sealed(two_days: River) -> None:
    parts = [row["name"] for row in await fetch("SELECT name FROM books_part WHERE of_day = 'whole'")]
    token = uuid4()
    async with connected(two_days.stand.app_url) as connection:
        async with connection.transaction(isolation="repeatable_read"):
            for part in ("prove_since", *parts):
                await connection.execute("SELECT books.look($1, $2)", token, part)
        async with connection.transaction(isolation="repeatable_read"):
            assert await connection.fetchval("SELECT books.seal($1)", token) is None
    assert await fetch_value("SELECT max(id) FROM books_checkpoint") == 1


async def test_each_statement_is_of_the_day_or_says_why_it_is_not(two_days: River) -> None:
    async with connected(two_days.stand.super_url) as connection:
        parts = {row["name"]: row for row in await connection.fetch("SELECT * FROM books_part")}
        of_day = {row["check"] for row in await connection.fetch("SELECT * FROM books.prove_since()")}
        for name, part in parts.items():
            checks = {row["check"] for row in await connection.fetch(f"SELECT * FROM {part['function']}()")}
            missing = checks - of_day - {"upstream"}  # a registry's cancellations: looked at whole, with the tonnes
            assert part["of_day"] != "since" or not missing, (name, missing)
            assert part["of_day"] != "never" or part["because"], name


async def test_the_keeper_proves_the_day_where_proving_everything_takes_long(
    two_days: River, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = partial(asyncpg.connect, two_days.stand.app_url)
    async with connected(two_days.stand.app_url) as connection:
        whole = await keeping.look_once(connection, database=database)
        assert whole is not None and whole.scope == "all"
        monkeypatch.setattr(keeping, "QUICK", timedelta(0))
        monkeypatch.setattr(keeping, "WHOLE", timedelta(0))
        of_day = await keeping.look_once(connection, database=database)
        assert of_day is not None and of_day.scope == "day:2"
    assert [row["scope"] for row in await fetch("SELECT scope FROM books_run WHERE kind = 'proof' ORDER BY id")] == [
        "day:1", "all", "day:2"
    ]  # fmt: skip
