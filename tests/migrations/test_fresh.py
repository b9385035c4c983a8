"""What an empty database is given at once is what its migrations make, one after the other."""

from secrets import token_hex
from urllib.parse import urlsplit

from app.cli.migrating import FRESH
from tests import migrated
from tests.conftest import Stand
from tests.migrations import capturing, catalogue
from tests.rooms.conftest import connected

REWRITE = ".venv/bin/python -m tests.migrations.capturing"
HISTORY = "SELECT app, name FROM tortoise_migrations ORDER BY id"


def test_the_script_was_made_from_these_very_migrations():
    head = FRESH.read_text("utf-8").splitlines()[1]
    assert head == f"-- Sources: {capturing.digest()}", f"a migration has changed: {REWRITE}"


async def test_an_empty_database_becomes_what_the_migrations_make_one_by_one(stand: Stand):
    name, owner = f"slow_{token_hex(4)}", urlsplit(stand.owner_url).username
    async with connected(stand.super_url) as admin:
        await admin.execute(f'CREATE DATABASE {name} OWNER "{owner}" TEMPLATE template0')
        try:
            migrated.migrate(migrated.other(stand.owner_url, name), max(capturing.MIGRATIONS.glob("0*.py")).stem)
            async with connected(migrated.other(stand.super_url, name)) as slow:
                wanted = [await catalogue.lines(slow), await slow.fetch(HISTORY)]
        finally:
            await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        found = [await catalogue.lines(admin), await admin.fetch(HISTORY)]
    # Schemas and roles of the cluster are everybody's; the money accounts and the map of jobs are rows, no catalogue.
    assert sorted(set(found[0]) ^ set(wanted[0])) == []
    assert found == wanted
