"""The history of migrations: it leads to the tables the models describe, and a second run changes nothing."""

import shutil
import subprocess
import sys
from pathlib import Path

import asyncpg

from tests.conftest import PROJECT, Stand
from tests.migrations import catalogue
from tests.rooms.conftest import connected


def run(stand: Stand, folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env={**stand.environment(), "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_models_describe_nothing_that_no_migration_makes(stand: Stand, tmp_path: Path):
    # In a copy, since the command writes the file it finds missing.
    shutil.copytree(PROJECT / "migrations", tmp_path / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    for package in ("app", "config"):
        (tmp_path / package).symlink_to(PROJECT / package)
    before = set((tmp_path / "migrations").iterdir())
    done = run(stand, tmp_path, "tortoise", "-c", "config.database.TORTOISE_ORM", "makemigrations")
    assert done.returncode == 0, done.stderr
    new = sorted(set((tmp_path / "migrations").iterdir()) - before)
    assert new == [], "\n".join(file.read_text("utf-8") for file in new)
    assert "No changes detected" in done.stdout


async def test_a_second_run_of_the_migrations_changes_nothing(stand: Stand):
    async with connected(stand.super_url) as connection:
        before = await state(connection)
        done = run(stand, PROJECT, "app.cli", "migrate")
        assert done.returncode == 0, done.stderr
        assert await state(connection) == before


async def state(connection: asyncpg.Connection) -> list[object]:
    kept = "SELECT kind, job, queue FROM outbox_subscription ORDER BY 1, 2"
    applied = "SELECT * FROM tortoise_migrations ORDER BY id"
    return [await catalogue.lines(connection), await connection.fetch(kept), await connection.fetch(applied)]
