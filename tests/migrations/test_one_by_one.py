"""What Tortoise alone tells PostgreSQL is what the swift way of the other tests tells it, to the letter."""

from pathlib import Path

from app.cli.operations.migrating import FRESH
from tests.conftest import Stand
from tests.migrations import capturing
from tests.migrations.test_fresh import REWRITE, compared


async def test_tortoise_alone_makes_the_same_database_by_the_same_statements(stand: Stand, tmp_path: Path):
    said = await compared(stand, "slow", tmp_path)
    assert said["emitted"] == capturing.EMITTED.read_text("utf-8"), REWRITE
    assert said["script"] == FRESH.read_text("utf-8"), REWRITE
