"""A dump leaves the rows of wrapped keys out: restored alone it opens nothing, and everything is proved; with them it reads."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from secrets import token_hex
from urllib.parse import urlsplit

import pytest

from app.foundation.identity import envelope
from app.foundation.identity.admitting import purpose
from app.foundation.identity.rules import DatumKind
from tests import migrated
from tests.books import books_add_up
from tests.conftest import Stand
from tests.flow import Flow
from tests.rooms.conftest import KEYRING, connected
from tests.rooms.foundation.privacy import leaks
from tests.rooms.foundation.privacy.planting import CALLED, Planted, plant


@dataclass(frozen=True, slots=True)
class Restored:
    """A database of its own, restored from an archive without the rows of keys; and the archive of these."""

    stand: Stand
    planted: Planted
    keys: bytes


@pytest.fixture
async def restored(drawing: Flow) -> AsyncIterator[Restored]:
    planted, stand = await plant(drawing), drawing.river.stand
    main = await leaks.pg_dump(stand.super_url, leaks.WITHOUT_KEYS, "--format=custom")
    keys = await leaks.pg_dump(stand.super_url, *leaks.KEYS_ALONE, "--format=custom")
    name, owner = f"restored_{token_hex(4)}", urlsplit(stand.owner_url).username
    async with connected(stand.super_url) as admin:
        await admin.execute(f'CREATE DATABASE {name} OWNER "{owner}" TEMPLATE template0')
        try:
            urls = {
                which: migrated.other(getattr(stand, which), name) for which in ("super_url", "owner_url", "app_url")
            }
            there = replace(stand, **urls)
            await leaks.restore(there.super_url, main)
            yield Restored(there, planted, keys)
        finally:
            await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


async def opened(stand: Stand, planted: Planted) -> str | None:
    """The name as the database opens it with the master key of the settings; None where its key is not there."""
    async with connected(stand.super_url) as connection:
        row = await connection.fetchrow(
            "SELECT d.person_id, d.sealed, k.wrapped FROM person_pii d LEFT JOIN keys.person_key k USING (person_id)"
            " WHERE d.kind = 'name' AND d.person_id = $1",
            planted.person_id,
        )
    if row["wrapped"] is None:
        return None
    key = envelope.unwrap(row["wrapped"], row["person_id"], keyring=KEYRING)
    return envelope.open_(row["sealed"], key, row["person_id"], purpose=purpose(DatumKind.NAME))


async def test_a_dump_without_keys_holds_nothing_planted_though_nobody_was_erased(drawing: Flow) -> None:
    planted = await plant(drawing)
    text = await leaks.dump(drawing.river.stand.super_url, leaks.WITHOUT_KEYS)
    assert "public.person_pii: COPY" in text and "keys.person_key: COPY" not in text
    assert leaks.found(planted.words, text) == []


async def test_restored_without_keys_it_opens_nothing_and_everything_is_proved(restored: Restored) -> None:
    there, planted = restored.stand, restored.planted
    async with connected(there.super_url) as connection:
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'keys'")
        counts = [await connection.fetchval(f"SELECT count(*) FROM keys.{row[0]}") for row in tables]
    assert len(counts) == 4 and not any(counts)
    assert await opened(there, planted) is None
    assert await books_add_up(there.super_url) == []
    migrated.run_cli(there, "prove", "--all")
    told = migrated.run_cli(there, "certificate", "verify", planted.paper.verify_code, "--json")
    assert planted.paper.number in told


async def test_with_the_dump_of_keys_on_top_it_reads_again(restored: Restored) -> None:
    await leaks.restore(restored.stand.super_url, restored.keys)
    assert await opened(restored.stand, restored.planted) == CALLED
