"""What the migrations make of an empty database one after the other is what it is given at once, and what they always made.

By Tortoise alone, and by the swift way that other tests take, which must say the same to the letter.
"""

import json
import subprocess
import sys
from pathlib import Path
from secrets import token_hex
from urllib.parse import urlsplit

from app.cli.operations.migrating import FRESH
from tests import migrated
from tests.conftest import PROJECT, Stand
from tests.migrations import capturing, catalogue
from tests.migrations.test_fresh import REWRITE
from tests.rooms.conftest import connected

HISTORY = "SELECT app, name FROM tortoise_migrations ORDER BY id"


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


async def test_tortoise_alone_makes_the_same_database_by_the_same_statements(stand: Stand, tmp_path: Path):
    said = await compared(stand, "slow", tmp_path)
    assert said["emitted"] == capturing.EMITTED.read_text("utf-8"), REWRITE
    assert said["script"] == FRESH.read_text("utf-8"), REWRITE


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
