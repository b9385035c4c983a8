"""The living schema is the committed list: what PostgreSQL refuses and grants changes on purpose or not at all."""

import difflib
import os
from pathlib import Path

import pytest

from tests import migrated
from tests.conftest import Stand
from tests.migrations import catalogue
from tests.rooms.conftest import connected

WANTED = Path(__file__).with_name("schema.txt")
REWRITE = "REWRITE_SCHEMA=1 .venv/bin/python -m pytest tests/migrations/test_schema.py"


async def test_the_schema_that_migrations_make_is_the_list_in_schema_txt(stand: Stand):
    async with connected(migrated.untouched(stand)) as connection:
        living = await catalogue.lines(connection)
    if os.environ.get("REWRITE_SCHEMA"):
        WANTED.write_text("\n".join(living) + "\n", "utf-8")
    wanted = WANTED.read_text("utf-8").splitlines()
    if wanted != living:
        difference = difflib.unified_diff(wanted, living, "schema.txt", "the living schema", n=0, lineterm="")
        pytest.fail(
            "\n".join(
                [
                    "Migrations no longer make the schema that tests/migrations/schema.txt lists:",
                    *difference,
                    "",
                    "A line with - is gone from the database, one with + is new there. If that is what you want:",
                    f"    {REWRITE}",
                ]
            ),
            pytrace=False,
        )


@pytest.mark.parametrize(
    "planted",
    [
        "ALTER TABLE ledger_account DROP CONSTRAINT ledger_account_floor_check",
        "ALTER TABLE retirement_allocation DROP CONSTRAINT retirement_allocation_no_overlap",
        "ALTER TABLE ledger_entry DISABLE TRIGGER ledger_entry_append_only",
        "GRANT UPDATE (balance) ON ledger_account TO ddt_app",
        "GRANT EXECUTE ON FUNCTION ledger.check_transfers() TO PUBLIC",
        "GRANT CREATE ON SCHEMA public TO PUBLIC",
        "ALTER FUNCTION ledger.move(text, text, text[], text[], bigint[], text) SECURITY INVOKER",
        "CREATE OR REPLACE FUNCTION ledger.refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'",
        "ALTER TABLE credit_lot ALTER COLUMN mass_g DROP NOT NULL",
        "DROP INDEX outbox_open_due_idx",
    ],
)
async def test_the_list_notices_each_wall_that_is_taken_down(stand: Stand, planted: str):
    async with connected(stand.super_url) as connection:
        before = await catalogue.lines(connection)
        tried = connection.transaction()
        await tried.start()
        await connection.execute("SET LOCAL lock_timeout = '10s'")
        await connection.execute(planted)
        after = await catalogue.lines(connection)
        await tried.rollback()
    assert before != after


async def test_everything_the_application_may_write_by_itself_is_named_and_the_books_are_not_among_it(stand: Stand):
    async with connected(stand.super_url) as connection:
        rows = await connection.fetch(
            "SELECT DISTINCT table_name FROM information_schema.column_privileges WHERE grantee = 'ddt_app'"
            " AND privilege_type IN ('INSERT', 'UPDATE') UNION SELECT table_name FROM information_schema.role_table_grants"
            " WHERE grantee = 'ddt_app' AND privilege_type IN ('DELETE', 'TRUNCATE', 'TRIGGER')"
        )
        owned = await connection.fetchval(
            "SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE r.rolname = 'ddt_app'"
        )
        powers = await connection.fetchrow(
            "SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls FROM pg_roles"
            " WHERE rolname = 'ddt_app'"
        )
    closed = {
        "ledger_account", "ledger_transfer", "ledger_entry", "outbox_message", "outbox_subscription",
        "retirement_allocation", "retirement_slice", "retirement_cursor", "certificate", "certificate_series",
        "credit_price", "holding_transfer", "retention_tally", "tortoise_migrations",
    }  # fmt: skip
    assert closed.isdisjoint(row["table_name"] for row in rows)
    assert owned == 0
    assert not any(powers)
