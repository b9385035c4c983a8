"""F14: `diandian migrate` is killed between its statements and between a COMMIT and what follows; run again it completes."""

import os
import random
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from tests import migrated
from tests.conftest import PROJECT, Stand
from tests.migrations import catalogue
from tests.migrations.conftest import first_release
from tests.rooms.conftest import connected

__all__ = ["first_release"]

SEED = 20_261_129
KILLED = Path(__file__).with_name("migrate_and_die.py")
_APPLIED = "SELECT name FROM tortoise_migrations ORDER BY name"
_AFTER = "SELECT (SELECT count(*) FROM outbox_subscription), (SELECT count(*) FROM ledger_account WHERE unit = 'CNY')"


def migrate(stand: Stand, until: str) -> subprocess.CompletedProcess[str]:
    """One run, as an operator would begin it, that dies at this point."""
    return subprocess.run(
        [sys.executable, str(KILLED), until],
        cwd=PROJECT, capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, "DATABASE_URL": stand.app_url, "DATABASE_OWNER_URL": stand.owner_url,
             "PYTHONPATH": str(PROJECT)},
    )  # fmt: skip


async def told(url: str) -> list[object]:
    """The schema, the migrations that were applied, and what `migrate` writes after them."""
    async with connected(url) as connection:
        return [
            await catalogue.lines(connection),
            [row["name"] for row in await connection.fetch(_APPLIED)],
            tuple(await connection.fetchrow(_AFTER)),
        ]


async def test_migrations_killed_after_a_commit_and_among_statements_complete_when_run_again(
    first_release: Stand, stand: Stand
) -> None:
    chance = random.Random(SEED)
    points = [f"COMMIT:{chance.randint(2, 9)}", f"any:{chance.randint(20, 60)}"]
    print(f"seed {SEED}: {points}")  # noqa: T201 - so that it can be walked again
    for point in points:
        done = migrate(first_release, point)
        assert done.returncode == -9, (point, done.stdout[-500:], done.stderr[-2000:])
    last = migrate(first_release, "any:0")
    assert last.returncode == 0, last.stderr[-3000:]
    fresh = migrated.other(stand.super_url, migrated.fresh(urlsplit(stand.super_url).path[1:]))
    assert await told(first_release.super_url) == await told(fresh)


async def test_two_that_migrate_at_once_migrate_once(first_release: Stand) -> None:
    """Two hosts of a new release begin in the same moment; the second waits, and finds it done."""
    environment = {**os.environ, "DATABASE_URL": first_release.app_url, "DATABASE_OWNER_URL": first_release.owner_url}
    both = [
        subprocess.Popen(  # noqa: ASYNC220 - the test has nothing else to do meanwhile
            [sys.executable, "-m", "app.cli", "migrate"],
            cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    said = [process.communicate(timeout=120)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    connection = await asyncpg.connect(first_release.super_url)
    try:
        names = [row["name"] for row in await connection.fetch(_APPLIED)]
    finally:
        await connection.close()
    assert len(names) == len(set(names)) == len(list((PROJECT / "migrations").glob("0*.py")))
