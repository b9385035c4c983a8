"""F14: `diandian migrate` is killed between a COMMIT and what follows; run again, also twice at once, it completes."""

import asyncio
import os
import random
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

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
        cwd=PROJECT, capture_output=True, text=True, timeout=480, check=False,
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


async def test_migrations_killed_right_after_a_commit_are_completed_once_by_two_that_run_again_at_once(
    first_release: Stand, stand: Stand
) -> None:
    """Two hosts of a new release begin in the same moment where a third was killed; one goes on, the other waits."""
    point = f"COMMIT:{random.Random(SEED).randint(2, 9)}"
    print(f"seed {SEED}: {point}")  # noqa: T201 - so that it can be walked again
    done = migrate(first_release, point)
    assert done.returncode == -9, (point, done.stdout[-500:], done.stderr[-2000:])
    both = await asyncio.gather(*(asyncio.to_thread(migrate, first_release, "any:0") for _ in range(2)))
    assert [one.returncode for one in both] == [0, 0], [one.stderr[-3000:] for one in both]
    fresh = migrated.other(stand.super_url, migrated.fresh(urlsplit(stand.super_url).path[1:]))
    assert await told(first_release.super_url) == await told(fresh)
