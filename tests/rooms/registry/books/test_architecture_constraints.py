"""What the architecture says PostgreSQL refuses: every wall it names has a test that runs against it, or is said to be missing.

The list stands in docs/rooms/books.md, a line for each wall with its tests; here it is read, and each test looked for.
The walls that had none are attacked below.
"""

import re
from collections.abc import AsyncIterator
from functools import cache
from typing import Any

import pytest

from app.gateways.database import transaction
from app.registry import retirements
from tests.conftest import PROJECT, Stand
from tests.rooms.conftest import River, connected, refusal

FORBIDDEN = ("42501", None)
WALL = re.compile(r"^\| (?P<wall>[^|]+) \| (?P<tests>[^|]+) \|$", re.MULTILINE)


@cache
def walls() -> dict[str, list[str]]:
    page = (PROJECT / "docs" / "rooms" / "books.md").read_text("utf-8")
    table = page[page.index("## Walls") :]
    return {
        found["wall"]: re.findall(r"`(test_\w+)`", found["tests"])
        for found in WALL.finditer(table)
        if found["wall"] != "wall" and not set(found["wall"]) <= set("-: ")
    }


@cache
def named_tests() -> set[str]:
    sources = (path.read_text("utf-8") for path in (PROJECT / "tests").rglob("test_*.py"))
    return {name for source in sources for name in re.findall(r"^(?:async )?def (test_\w+)", source, re.MULTILINE)}


def test_every_wall_of_the_architecture_names_a_test_that_runs_against_it() -> None:
    assert len(walls()) >= 15
    for wall, named in walls().items():
        assert named, wall
        assert set(named) <= named_tests(), wall


@pytest.fixture
async def owner(database: Stand) -> AsyncIterator[Any]:
    async with connected(database.owner_url) as connection:
        yield connection


# Keys without a constraint by Tortoise's own naming: everything that leads to grams, money or a person who holds them.
BEARING = (
    "ledger_entry", "credit_lot", "retirement", "retirement_line", "retirement_slice", "retirement_allocation",
    "retirement_cursor", "certificate", "certificate_file", "purchase_order", "payment_refund", "footprint", "membership",
    "person_pii", "identity_session", "scenario", "scenario_tally",
)  # fmt: skip


async def test_every_foreign_key_refuses_to_lose_what_it_leads_to(owner: Any) -> None:
    keys = await owner.fetch(
        "SELECT conrelid::regclass::text AS table, conname, confdeltype::text AS deletes, confupdtype::text AS updates"
        " FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace"
    )
    assert {key["table"] for key in keys} >= set(BEARING)
    loose = [
        (key["table"], key["conname"]) for key in keys if key["deletes"] not in {"r", "a"} or key["updates"] != "a"
    ]
    assert not loose, "a row that bears value would go, or change, with another"


async def test_even_the_owner_cannot_remove_what_grams_and_people_rest_on(owner: Any, river: River) -> None:
    ids = await river.requested([5])
    async with transaction() as tx:
        await retirements.settle(ids, tx=tx)
    for attack in (
        "DELETE FROM credit_lot", "DELETE FROM credit_project", "DELETE FROM person", "DELETE FROM scenario",
        "DELETE FROM ledger_account WHERE path LIKE 'retired:%'", "UPDATE credit_lot SET id = id + 1000",
        "UPDATE retirement_cursor SET next_g = -1",
    ):  # fmt: skip
        state, _ = await refusal(owner, attack)
        assert state in {"23001", "23503", "23514"}, attack


async def test_without_its_cursor_a_lot_cannot_be_cut_from_its_beginning_again(owner: Any, river: River) -> None:
    settled, requested = await river.requested([5, 7])
    async with transaction() as tx:
        await retirements.settle([settled], tx=tx)
    again = f"SELECT retirements.settle(gen_random_uuid(), ARRAY['{requested}'::uuid])"
    assert await refusal(owner, "DELETE FROM retirement_cursor", again) == ("23P01", "retirement_allocation_no_overlap")


async def test_a_serial_of_tonnes_and_its_grams_cannot_disagree(river: River) -> None:
    async with connected(river.stand.super_url) as connection:  # past the triggers: a check holds for everybody
        for change, constraint in (
            ("mass_g = mass_g - 1", "credit_lot_mass_check"),
            ("block_stop = block_start", "credit_lot_block_check"),
            ("vintage_start = vintage_end + 1", "credit_lot_vintage_check"),
        ):
            attack = ("SET LOCAL session_replication_role = replica", f"UPDATE credit_lot SET {change}")
            assert await refusal(connection, *attack) == ("23514", constraint)


async def test_what_may_arrive_twice_has_a_key_that_refuses_the_second(owner: Any, river: River) -> None:
    await river.order()
    again = (
        "INSERT INTO {table} SELECT (jsonb_populate_record(r, '{new}'::jsonb)).* FROM {table} r"
        " CROSS JOIN (SELECT 1) AS one LIMIT 1"
    )
    fresh = '{{"id": "01890000-0000-7000-8000-00000000000{n}"}}'
    for table, new, constraint in (
        ("purchase_order", fresh.format(n=1), "purchase_order_person_intent_key"),
        ("ledger_transfer", '{"id": 999999}', "ledger_transfer_cause_key"),
        ("ledger_account", '{"id": 999999}', "ledger_account_path_unit_key"),
        ("credit_project", fresh.format(n=2), "credit_project_programme_number_key"),
    ):
        state, name = await refusal(owner, again.format(table=table, new=new))
        assert (state, name) == ("23505", constraint), table


async def test_the_books_functions_run_as_their_owner_with_a_path_of_their_own(owner: Any) -> None:
    loose = await owner.fetch(
        "SELECT p.oid::regprocedure::text AS name FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE p.prosecdef AND n.nspname NOT LIKE 'pg\\_%'"
        " AND NOT coalesce(p.proconfig, '{}') @> ARRAY['search_path=public, pg_temp']"
    )
    assert not loose, "a caller could put a table of his own before ours"
    public = await owner.fetch(
        "SELECT p.oid::regprocedure::text AS name FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE n.nspname IN ('ledger', 'outbox', 'retirements', 'certificates', 'payments', 'books')"
        " AND p.prorettype <> 'trigger'::regtype AND has_function_privilege('public', p.oid, 'EXECUTE')"
    )
    assert not public
