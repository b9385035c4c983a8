"""What tests of the ledger move: accounts, kinds and a unit of their own, which migrations know nothing of.

The owner lets these kinds move between these accounts for the time of a test, as a later migration would for ever.
"""

from collections.abc import AsyncIterator, Iterable

import pytest

from tests.conftest import Stand
from tests.lending import lent

ROLES = ("world", "ann", "bo", "cy", "di", "pool", "nobody")


@pytest.fixture(autouse=True)
async def _movements(database: Stand) -> AsyncIterator[None]:
    async with lent(database.super_url) as owner:
        await owner.execute(
            "INSERT INTO ledger_movement (kind, cause, family, source, target)"
            " SELECT kind, '%', family, source, target FROM unnest(ARRAY['move', 'gift', 'mix', 'x']) AS kind,"
            " unnest(ARRAY['t', 'CNY']) AS family, unnest($1::text[]) AS source, unnest($1::text[]) AS target",
            ROLES,
        )
    yield
    async with lent(database.super_url) as owner:
        await owner.execute("DELETE FROM ledger_movement WHERE kind IN ('move', 'gift', 'mix', 'x')")


async def open_world(stand: Stand, unit: str, paths: Iterable[str] = ("world",)) -> None:
    """An account without a floor, which the owner alone opens."""
    async with lent(stand.super_url) as owner:
        await owner.execute(
            "INSERT INTO ledger_account (path, unit, kind, floor, balance)"
            " SELECT path, $2, 'external', 0, 0 FROM unnest($1::text[]) AS path ON CONFLICT DO NOTHING",
            list(paths), unit,
        )  # fmt: skip
