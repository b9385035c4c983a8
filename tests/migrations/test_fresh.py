"""What an empty database is given at once is what its migrations make, one after the other."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from secrets import token_hex
from urllib.parse import urlsplit

import asyncpg

from app.cli.operations.migrating import FRESH
from config.database import migrating_config, tortoise_config
from tests import migrated
from tests.conftest import PROJECT, Stand
from tests.migrations import capturing, catalogue
from tests.rooms.conftest import connected

REWRITE = f".venv/bin/{capturing.COMMAND}"
HISTORY = "SELECT app, name FROM tortoise_migrations ORDER BY id"


def test_the_script_was_made_from_these_very_migrations():
    head = FRESH.read_text("utf-8").splitlines()[2]
    assert head == f"-- Sources: {capturing.digest()}", f"a migration has changed: {REWRITE}"


async def test_an_empty_database_becomes_what_the_migrations_make_one_by_one_and_each_tells_it_what_it_always_did(
    stand: Stand, tmp_path: Path
):
    said = await compared(stand, "swift", tmp_path)
    # A migration that has landed is never edited; where its imports move, it must tell PostgreSQL the same.
    now = dict(line.split() for line in said["emitted"].splitlines())
    before = dict(line.split() for line in capturing.EMITTED.read_text("utf-8").splitlines())
    assert {migration for migration, digest in before.items() if now.get(migration) != digest} == set()
    assert now.keys() == before.keys(), f"a migration is new: {REWRITE}"
    assert said["script"] == FRESH.read_text("utf-8"), REWRITE


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
    for config in (migrating_config(stand.owner_url), tortoise_config(stand.app_url, pool_size=1)):
        credentials = config["connections"]["default"]["credentials"]
        ours = await asyncpg.connect(
            host=credentials["host"], port=credentials["port"], user=credentials["user"],
            password=credentials["password"], database=credentials["database"],
            server_settings=credentials["server_settings"],
        )  # fmt: skip
        said[credentials["user"]] = await ours.fetchval(asked)
        await ours.close()
    assert list(said.values()) == ["5min", "10s"]


async def compared(stand: Stand, how: str, folder: Path) -> dict[str, str]:
    """Migrate an empty database one by one: it is what ours is. Tells what PostgreSQL was told."""
    name, owner = f"slow_{token_hex(4)}", urlsplit(stand.owner_url).username
    async with connected(stand.super_url) as admin:
        await admin.execute(f'CREATE DATABASE {name} OWNER "{owner}" TEMPLATE template0')
        try:
            said = _one_by_one(how, migrated.other(stand.owner_url, name), folder / "said.json")
            async with connected(migrated.other(stand.super_url, name)) as slow:
                wanted = [await catalogue.lines(slow), await slow.fetch(HISTORY)]
        finally:
            await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    async with connected(migrated.untouched(stand)) as ours:
        found = [await catalogue.lines(ours), await ours.fetch(HISTORY)]
    # Schemas and roles of the cluster are everybody's; the money accounts and the map of jobs are rows, no catalogue.
    assert sorted(set(found[0]) ^ set(wanted[0])) == []
    assert found == wanted
    return said


def _one_by_one(how: str, owner_url: str, answer: Path) -> dict[str, str]:
    """In a process of its own, since Tortoise is open in this one."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.migrations.capturing", how, owner_url, str(answer)],
        cwd=PROJECT, capture_output=True, text=True, timeout=migrated.PATIENCE_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(answer.read_text("utf-8"))
