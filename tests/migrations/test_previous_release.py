"""Expand, then contract: what the previous release reads, writes and calls is still there while it may still run."""

import pytest

from tests import migrated
from tests.conftest import Stand
from tests.migrations import catalogue, previous_release
from tests.rooms.conftest import connected


@pytest.fixture
async def now(stand: Stand) -> list[str]:
    """The schema as migrations make it."""
    async with connected(migrated.untouched(stand)) as connection:
        return await catalogue.lines(connection)


async def test_what_the_previous_release_needs_is_there_or_the_database_says_that_it_does_not_work_any_more(
    stand: Stand, now: list[str]
) -> None:
    head, needed = previous_release.read()
    async with connected(migrated.untouched(stand)) as connection:
        oldest = await connection.fetchval("SELECT releases.oldest_that_works()")
    assert broken(needed, now) == [] or head < oldest, (
        "raise releases.oldest_that_works() in the migration that takes it away"
    )


@pytest.mark.parametrize(
    "planted",
    [
        "ALTER TABLE payment DROP COLUMN expires_at CASCADE",
        "ALTER TABLE payment RENAME COLUMN expires_at TO ends_at",
        "ALTER TABLE payment ADD COLUMN colour text NOT NULL",
        "ALTER TABLE outbox_message ALTER COLUMN attempts TYPE bigint",
        "ALTER TABLE outbox_message ALTER COLUMN attempts DROP NOT NULL",
        "DROP FUNCTION outbox.due(text, int, interval, int)",
        "REVOKE INSERT ON payment FROM ddt_app",
        "ALTER TABLE outbox_message ALTER COLUMN last_error SET NOT NULL",
    ],
)
async def test_whatever_would_break_the_previous_release_is_noticed(stand: Stand, planted: str) -> None:
    _, needed = previous_release.read()
    async with connected(stand.super_url) as connection:
        await connection.execute("BEGIN")  # and never the end
        await connection.execute(planted)
        assert broken(needed, await catalogue.lines(connection)) != [], planted


@pytest.mark.parametrize(
    "planted",
    [
        "ALTER TABLE payment ADD COLUMN colour text",
        "ALTER TABLE payment ADD COLUMN colour text NOT NULL DEFAULT 'green'",
        "CREATE TABLE moon (id int PRIMARY KEY)",
        "CREATE INDEX later_idx ON payment (state)",
    ],
)
async def test_what_only_adds_is_let_through(stand: Stand, planted: str) -> None:
    _, needed = previous_release.read()
    async with connected(stand.super_url) as connection:
        before = broken(needed, await catalogue.lines(connection))
        await connection.execute("BEGIN")
        await connection.execute(planted)
        assert broken(needed, await catalogue.lines(connection)) == before


def broken(needed: set[str], schema: list[str]) -> list[str]:
    """What is gone, or would refuse a row that the previous release writes: a column it does not know, or may leave empty."""
    there = previous_release.needs(schema) | previous_release.follows()
    tables = {line.split()[1].rpartition(".")[0] for line in needed if line.startswith("column ")}
    filled = {line.split()[1] for line in needed if line.startswith("filled ")}
    demanding = [
        f"{column['name']} must be filled"
        for column in map(previous_release.COLUMN.fullmatch, schema)
        if column and column["filled"] and not column["default"]
        and column["name"].rpartition(".")[0] in tables and column["name"] not in filled
    ]  # fmt: skip
    return sorted(needed - there) + demanding
