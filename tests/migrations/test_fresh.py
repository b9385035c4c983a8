"""What an empty database is given at once is what its migrations make, one after the other."""

from dataclasses import replace
from secrets import token_hex
from urllib.parse import urlsplit

from app.cli.operations.migrating import FRESH
from config.database import owner_config, tortoise_config
from tests import migrated
from tests.conftest import Stand
from tests.migrations import capturing
from tests.rooms.conftest import connected

REWRITE = f".venv/bin/{capturing.COMMAND}"
HISTORY = "SELECT app, name FROM tortoise_migrations ORDER BY id"


def test_the_script_was_made_from_these_very_migrations():
    head = FRESH.read_text("utf-8").splitlines()[2]
    assert head == f"-- Sources: {capturing.digest()}", f"a migration has changed: {REWRITE}"


async def test_whoever_made_the_database_the_application_makes_no_temporary_tables_after_migrate(stand: Stand):
    name, owner = f"bare_{token_hex(4)}", urlsplit(stand.owner_url).username
    model = migrated.fresh(urlsplit(stand.super_url).path[1:])
    may = f"SELECT has_database_privilege('ddt_app', '{name}', 'TEMPORARY')"
    async with connected(stand.super_url) as admin:
        try:
            await admin.execute(f'CREATE DATABASE {name} OWNER "{owner}" TEMPLATE {model}')
            assert await admin.fetchval(may), "PostgreSQL gives it to everybody"
            there = {
                which: migrated.other(getattr(stand, which), name) for which in ("super_url", "owner_url", "app_url")
            }
            migrated.run_cli(replace(stand, **there), "migrate")
            assert not await admin.fetchval(may)
        finally:
            await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


async def test_a_migration_may_compute_for_minutes_between_two_statements_and_a_request_may_not(stand: Stand):
    asked = "SHOW idle_in_transaction_session_timeout"
    said = {}
    for config in (owner_config(stand.owner_url), tortoise_config(stand.app_url, pool_size=1)):
        credentials = config["connections"]["default"]["credentials"]
        ours = await credentials["address"].connect(server_settings=credentials["server_settings"])
        said[await ours.fetchval("SELECT current_user")] = await ours.fetchval(asked)
        await ours.close()
    assert list(said.values()) == ["5min", "10s"]


async def test_whoever_migrates_makes_places_for_the_messages_and_answers_of_now(stand: Stand):
    async with connected(migrated.untouched(stand)) as connection:
        days = [row[0] for row in await connection.fetch("SELECT outbox.days()")]
        weeks = [row[0] for row in await connection.fetch("SELECT intents.weeks()")]
    assert len(days) == 8
    assert len(weeks) == 5
