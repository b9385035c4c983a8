"""What PostgreSQL itself refuses, to the application and to the owner of the books (the matrix' row L5)."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from app.registry import ledger
from app.registry.ledger import Leg
from tests.conftest import Stand
from tests.rooms.conftest import connected, refusal
from tests.rooms.registry.ledger.conftest import open_world

FORBIDDEN = "42501"
BOOKS = ("ledger_account", "ledger_transfer", "ledger_entry")
INSERTS = {
    "ledger_account": "INSERT INTO ledger_account (path, unit, kind, floor, balance) VALUES ('x', 't:7', 'pool', 0, 9)",
    "ledger_transfer": "INSERT INTO ledger_transfer (cause, content, kind, legs, posted_at) VALUES ('x', '', 'x', 2, now())",
    "ledger_entry": (
        "INSERT INTO ledger_entry (transfer_id, account_id, leg, legs, amount, balance) VALUES (1, 1, 1, 2, 5, 5)"
    ),
}
UPDATES = {
    "ledger_account": "UPDATE ledger_account SET balance = balance + 1",
    "ledger_transfer": "UPDATE ledger_transfer SET kind = 'other'",
    "ledger_entry": "UPDATE ledger_entry SET amount = amount + 1",
}


@pytest.fixture(autouse=True)
async def _one_transfer(database: Stand, _movements: None) -> AsyncIterator[None]:
    """Ann has 60 grams; after every attack she still has, and the books still add up."""
    await open_world(database, "t:7")
    await ledger.open_accounts({"ann": "ordinary", "bo": "ordinary"}, unit="t:7")
    await ledger.post("c1", [Leg("world", "t:7", -60), Leg("ann", "t:7", 60)], kind="move")
    yield
    assert await ledger.balances(["world", "ann", "bo"], unit="t:7") == {"world": -60, "ann": 60, "bo": 0}


@pytest.fixture
async def app(database: Stand) -> AsyncIterator[Any]:
    async with connected(database.app_url) as connection:
        yield connection


@pytest.fixture
async def owner(database: Stand) -> AsyncIterator[Any]:
    async with connected(database.owner_url) as connection:
        yield connection


@pytest.mark.parametrize("table", BOOKS)
async def test_the_application_cannot_write_the_books(app: Any, table: str):
    lock = f"SELECT 1 FROM {table} FOR UPDATE"  # nor stop others by one
    for attack in (UPDATES[table], f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE", INSERTS[table], lock):
        assert await refusal(app, attack) == (FORBIDDEN, None), attack


SWITCHES = (
    "SET LOCAL session_replication_role = replica",
    *(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in BOOKS),  # of ALL even an owner is refused
    "ALTER TABLE ledger_account DROP CONSTRAINT ledger_account_floor_check",
    "DROP TRIGGER ledger_transfer_balances ON ledger_transfer",
    "CREATE OR REPLACE FUNCTION ledger.refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'",
    "ALTER FUNCTION ledger.post SECURITY INVOKER",
    "CREATE FUNCTION public.sha256(text) RETURNS text LANGUAGE sql AS 'SELECT $1'",
    "CREATE FUNCTION ledger.post(int) RETURNS int LANGUAGE sql AS 'SELECT $1'",
    "SET ROLE ddt_owner",
    "SET SESSION AUTHORIZATION postgres",
)


async def test_the_application_cannot_switch_the_refusals_off(app: Any):
    for attack in SWITCHES:
        state, _ = await refusal(app, attack)
        assert state in {FORBIDDEN, "22023"}, attack  # 22023: on somebody's own server no role has that name


async def test_tables_of_the_same_name_in_a_session_do_not_deceive_the_function(database: Stand):
    async with connected(database.super_url) as session:  # who may make temporary tables on any server
        mine = session.transaction()
        await mine.start()
        for table in BOOKS:
            await session.execute(f"CREATE TEMP TABLE {table} (LIKE public.{table} INCLUDING ALL)")
        await session.execute("SET LOCAL search_path = pg_temp, public")
        with pytest.raises(asyncpg.CheckViolationError) as refused:
            await session.execute(
                "SELECT ledger.post('c2', 'move', ARRAY['ann', 'bo'], ARRAY['t:7', 't:7'], ARRAY[-61, 61]::bigint[])"
            )
        assert refused.value.constraint_name == "ledger_account_floor_check"
        await mine.rollback()


def transfer(legs: int, *amounts: int, declared: int | None = None) -> list[str]:
    """A transfer by hand with its legs in one statement, the amounts in turn to ann, bo and the world."""
    head = (
        f"INSERT INTO ledger_transfer (cause, content, kind, legs, posted_at) VALUES ('hand', '', 'x', {legs}, now())"
    )
    if not amounts:
        return [head]
    entries = ", ".join(
        f"('{path}', {no}, {amount})"
        for no, (path, amount) in enumerate(zip(("ann", "bo", "world"), amounts, strict=False), 1)
    )
    return [
        (
            f"WITH hand AS ({head} RETURNING id) INSERT INTO ledger_entry (transfer_id, account_id, leg, legs, amount, balance)"
            f" SELECT hand.id, a.id, leg.no, {declared or legs}, leg.amount, 0 FROM hand, (VALUES {entries}) AS leg (path, no,"
            " amount) JOIN ledger_account a ON a.path = leg.path AND a.unit = 't:7'"
        )
    ]


async def test_even_the_owner_cannot_write_a_transfer_that_does_not_balance(owner: Any):
    for statements, refused in (
        (transfer(2, -5, 4), "ledger_transfer_balances"),
        (transfer(3, -5, 5), "ledger_transfer_balances"),
        (transfer(2, -5), "ledger_transfer_balances"),
        (transfer(2), "ledger_transfer_balances"),
        (transfer(2, -5, 4, 1), "ledger_entry_leg_check"),
        (transfer(2, -5, 4, 1, declared=3), "ledger_entry_transfer_legs_fkey"),
        (transfer(1, -5), "ledger_transfer_legs_check"),
    ):
        state, name = await refusal(owner, *statements)
        assert (state in {"23514", "23503"}, name) == (True, refused), statements


async def test_even_the_owner_cannot_write_a_transfer_now_and_its_legs_later(owner: Any):
    later = (
        "INSERT INTO ledger_entry (transfer_id, account_id, leg, legs, amount, balance) SELECT t.id, a.id, 1, 2, 5, 5"
        " FROM ledger_transfer t, ledger_account a WHERE t.cause = 'hand' AND a.path = 'ann'"
    )
    assert await refusal(owner, *transfer(2), later) == ("23514", "ledger_transfer_balances")


async def test_even_the_owner_cannot_add_a_balanced_pair_to_a_finished_transfer(owner: Any):
    def pair(first_leg: int, declared: int) -> str:
        values = ", ".join(
            f"((SELECT id FROM ledger_transfer WHERE cause = 'c1'), (SELECT id FROM ledger_account WHERE path = '{path}'"
            f" AND unit = 't:7'), {first_leg + no}, {declared}, {amount}, 0)"
            for no, (path, amount) in enumerate([("ann", -5), ("bo", 5)])
        )
        return f"INSERT INTO ledger_entry (transfer_id, account_id, leg, legs, amount, balance) VALUES {values}"

    assert await refusal(owner, pair(3, 2)) == ("23514", "ledger_entry_leg_check")
    assert await refusal(owner, pair(3, 4)) == ("23503", "ledger_entry_transfer_legs_fkey")
    assert await refusal(owner, pair(1, 2)) == ("23505", "ledger_entry_transfer_leg_key")
    wider = "UPDATE ledger_transfer SET legs = 4 WHERE cause = 'c1'"
    assert await refusal(owner, wider, pair(3, 4)) == ("23514", None)


@pytest.mark.parametrize("table", ["ledger_transfer", "ledger_entry"])
async def test_even_the_owner_cannot_change_or_remove_what_is_written(owner: Any, table: str):
    for attack in (UPDATES[table], f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
        assert await refusal(owner, attack) == ("23514", None), attack


async def test_even_the_owner_cannot_take_a_balance_below_its_floor_or_remove_a_used_account(owner: Any):
    below = "UPDATE ledger_account SET balance = -1 WHERE path = 'ann' AND unit = 't:7'"
    assert await refusal(owner, below) == ("23514", "ledger_account_floor_check")
    state, _ = await refusal(owner, "DELETE FROM ledger_account WHERE path = 'ann'")
    assert state in {"23001", "23503"}  # RESTRICT has a code of its own since PostgreSQL 18


async def test_even_the_owner_cannot_let_one_person_make_and_check(owner: Any):
    who = "'01890000-0000-7000-8000-000000000001'"
    columns = "cause, content, kind, legs, posted_at, maker, checker"
    for maker in (who, "NULL"):
        made = f"INSERT INTO ledger_transfer ({columns}) VALUES ('two', '', 'x', 2, now(), {maker}, {who})"
        assert await refusal(owner, made) == ("23514", "ledger_transfer_two_people_check")
