"""The next release's migration beside processes that go on: it is in nobody's way, and waits until nobody is in its own."""

import asyncio
import os
import sys
from pathlib import Path

from app.cli.operations.migrating import migrate
from config.places import migration_head
from tests.cluster.rolling import next_release
from tests.conftest import Stand
from tests.effort import moment_s
from tests.migrations.conftest import this_release
from tests.rooms.conftest import connected

__all__ = ["this_release"]

SAYING = Path(__file__).with_name("migrate_and_die.py")
_WAITS = "SELECT 1 FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock' AND database = $1::oid"
_HERE = "SELECT oid FROM pg_database WHERE datname = current_database()"
_APPLIED = "SELECT name FROM tortoise_migrations ORDER BY name DESC LIMIT 1"


async def begun(stand: Stand, checkout: Path) -> asyncio.subprocess.Process:
    """`diandian migrate` of the next release; it tells each statement's first word."""
    return await asyncio.create_subprocess_exec(
        sys.executable, str(SAYING), "any:0", cwd=checkout, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "DATABASE_URL": stand.app_url, "DATABASE_OWNER_URL": stand.owner_url, "PYTHONPATH": str(checkout)},
    )  # fmt: skip


async def test_a_table_in_use_is_tried_again_and_nobody_waits_behind_the_migration(
    this_release: Stand, tmp_path: Path
) -> None:
    """Somebody writes orders for long; others read and write them meanwhile, while the migration wants the table."""
    async with connected(this_release.super_url) as longest, connected(this_release.super_url) as others:
        here = await others.fetchval(_HERE)
        hold = longest.transaction()
        await hold.start()
        await longest.execute("LOCK TABLE purchase_order IN ROW EXCLUSIVE MODE")
        migration = await begun(this_release, next_release(tmp_path / "next"))
        await others.execute(f"SET lock_timeout = '{moment_s(3)}s'")
        for _ in range(3):  # each time the migration is seen to wait, others are served behind it
            async with asyncio.timeout(moment_s(120)):
                while not await others.fetchval(_WAITS, here):
                    assert migration.returncode is None, (await migration.communicate())[0].decode()[-3000:]
                    await asyncio.sleep(0.01)
            await others.execute("BEGIN; LOCK TABLE purchase_order IN ROW EXCLUSIVE MODE; COMMIT")
        assert await others.fetchval(_APPLIED) == migration_head()
        await hold.rollback()
        said = (await migration.communicate())[0].decode()
        assert migration.returncode == 0, said[-3000:]
        assert said.count("a table is in use; again in") >= 3
        assert "_a_column_more\n" in said
        assert (await others.fetchval(_APPLIED)).endswith("_a_column_more")


async def test_the_statements_of_a_migration_are_said_in_one_breath(this_release: Stand, tmp_path: Path) -> None:
    """Between two of them Tortoise describes all models anew, for seconds: no lock is held meanwhile."""
    await migrate(this_release.owner_url, alone_g=1)
    migration = await begun(this_release, next_release(tmp_path / "next"))
    words = (await migration.communicate())[0].decode().split()
    assert migration.returncode == 0
    at = words.index("SAVEPOINT")
    name, *said = words[at - 2 : at + 3]
    assert name.endswith("_a_column_more")
    assert said == ["BEGIN", "SAVEPOINT", "ALTER", "COMMIT"], words
