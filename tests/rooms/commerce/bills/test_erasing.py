"""A bill's file goes when its legal time is over, and not a day before; what it said stays."""

import gzip
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import asyncpg

from app.commerce import bills
from app.gateways.database import fetch, fetch_value
from app.kernel.clock import BEIJING, beijing_day, utc_now
from tests.rooms.commerce.bills.conftest import Shop, backdate
from tests.rooms.conftest import KEYRING, connected, refusal


async def _came(shop: Shop, at: datetime) -> None:
    """As if every file had come then: nobody can wait ten years."""
    connection = await asyncpg.connect(shop.stand.super_url)
    async with connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute("UPDATE channel_bill_file SET fetched_at = $1", at)
    await connection.close()


async def test_the_bytes_go_after_ten_whole_years_once_and_lines_and_digest_stay(shop: Shop) -> None:
    await shop.paid(100)
    await backdate(shop)
    await shop.fetch()
    file_id = UUID(str(await fetch_value("SELECT id FROM channel_bill_file")))
    kept = await shop.all_rows()
    year = beijing_day(utc_now()).year - 10
    await _came(shop, datetime(year, 1, 1, tzinfo=BEIJING))
    assert await bills.erase_due(files=shop.files) == 0
    assert await bills.read_file(file_id, shop.files, keyring=KEYRING) is not None
    async with connected(shop.stand.app_url) as connection:
        told = await refusal(connection, f"SELECT bills.erase('{file_id}')")
        assert "channel_bill_file_is_kept" in told

    await _came(shop, datetime(year - 1, 12, 31, 23, 59, tzinfo=BEIJING))
    assert await bills.erase_due(files=shop.files) == 1
    assert await bills.read_file(file_id, shop.files, keyring=KEYRING) is None
    assert await fetch_value("SELECT count(*) FROM keys.channel_bill_key") == 0
    assert await bills.erase_due(files=shop.files) == 0
    assert await fetch("SELECT file_id FROM channel_bill_erasure") == [{"file_id": file_id}]
    after = await shop.all_rows()
    assert after["channel_bill_line"] == kept["channel_bill_line"]
    assert (await shop.bill()).digest


async def test_a_file_whose_bytes_are_gone_already_is_written_down_as_erased(shop: Shop) -> None:
    await shop.paid(100)
    await backdate(shop)
    await shop.fetch()
    file_id = await fetch_value("SELECT id FROM channel_bill_file")
    await shop.files.drop(f"{file_id}.bill")
    await _came(shop, datetime(2000, 1, 1, tzinfo=BEIJING))
    assert await bills.erase_due(files=shop.files) == 1
    assert await fetch_value("SELECT count(*) FROM channel_bill_erasure") == 1


async def test_a_file_that_was_kept_before_there_were_keys_is_sealed_once_and_reads_as_before(shop: Shop) -> None:
    await shop.paid(100)
    await backdate(shop)
    await shop.fetch()
    file_id = UUID(str(await fetch_value("SELECT id FROM channel_bill_file")))
    content = await bills.read_file(file_id, shop.files, keyring=KEYRING)
    assert content
    async with connected(shop.stand.super_url) as connection:
        await connection.execute("DELETE FROM keys.channel_bill_key")
    await shop.files.drop(f"{file_id}.bill")
    await shop.files.keep(f"{file_id}.gz", gzip.compress(content))
    assert await bills.seal_due(files=shop.files, keyring=KEYRING) == 1
    assert await bills.seal_due(files=shop.files, keyring=KEYRING) == 0
    assert await bills.read_file(file_id, shop.files, keyring=KEYRING) == content
    assert await shop.files.fetch(f"{file_id}.gz") is None


async def test_keys_of_bills_move_to_another_master_key_and_open_as_before(shop: Shop) -> None:
    await shop.paid(100)
    await backdate(shop)
    await shop.fetch()
    file_id = UUID(str(await fetch_value("SELECT id FROM channel_bill_file")))
    content = await bills.read_file(file_id, shop.files, keyring=KEYRING)
    both = replace(KEYRING, current="t2", keys={**KEYRING.keys, "t2": b"n" * 32})
    assert await bills.rewrap_bill_keys(both) == 1
    assert await bills.rewrap_bill_keys(both) == 0
    only = replace(KEYRING, current="t2", keys={"t2": b"n" * 32})
    assert await bills.read_file(file_id, shop.files, keyring=only) == content
