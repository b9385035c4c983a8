"""The migration of credits on a database that already holds projects, lots and prices: filled, counted, closed."""

import asyncpg

from app.registry.credits.serials.serial_rules import key63
from tests import migrated
from tests.conftest import Stand
from tests.rooms.conftest import connected

VCU = "0001-000001-000100-VCS-VCU-003-VER-US-0003-01012020-31122020-1"
PROJECTS = "INSERT INTO credit_project VALUES (gen_random_uuid(), $1, $2, '甲', 'A', $3, $4, '地', 'Place')"
LOT = (
    "INSERT INTO credit_lot (code, project_id, programme, vintage_start, vintage_end, issued_on, serial_raw, serial_key,"
    " series, series_id, block_start, block_stop, mass_g, opened_at)"
    " SELECT $1, id, programme, '2020-01-01', '2020-12-31', '2021-06-01', $2, $2, $3, $4, 1, 101, 100000000, now()"
    " FROM credit_project WHERE number = $5"
)


async def test_what_older_rows_did_not_say_is_filled_in_and_prices_get_their_ends(first_release: Stand):
    async with connected(first_release.super_url) as connection:
        await _fill(connection)
    migrated.migrate(first_release.owner_url, "0004_credits_complete")
    async with connected(first_release.super_url) as connection:
        methods = await connection.fetch(
            "SELECT programme, code, name_zh, suspended_from FROM credit_methodology ORDER BY code"
        )
        assert [tuple(row) for row in methods] == [("VCU", "ACM0002", "ACM0002", None), ("CDCER", "C-1", "C-1", None)]
        lots = await connection.fetch(
            "SELECT code, country, unit_kind, labels::text, is_raw_only, serial_fields->>'registry' FROM credit_lot"
            " ORDER BY code"
        )
        assert [tuple(row) for row in lots] == [
            ("L-1", "US", "reduction", "[]", False, "VER"),
            ("L-2", "CN", "removal", "[]", False, None),
        ]
        prices = await connection.fetch(
            "SELECT currency, valid_from::text, valid_to::text FROM credit_price ORDER BY 1, 2"
        )
        assert [tuple(row) for row in prices] == [
            ("CNY", "2024-01-01", "2024-06-30"),
            ("CNY", "2024-07-01", None),
            ("USD", "2024-03-01", None),
        ]
        assert await connection.fetchval("SELECT count(*) FROM credit_sellable_lot") == 2


async def _fill(connection: asyncpg.Connection) -> None:
    for project in (
        ("VCU", "0003", "ACM0002", "reduction"),
        ("VCU", "0004", "ACM0002", "reduction"),
        ("CDCER", "P-1", "C-1", "removal"),
    ):
        await connection.execute(PROJECTS, *project)
    for code, serial, series, number in (("L-1", VCU, "VCU:1", "0003"), ("L-2", "C-1-100", "CDCER:C", "P-1")):
        await connection.execute(LOT, code, serial, series, key63(series), number)
    await connection.execute(
        "INSERT INTO credit_price (programme, currency, per_tonne_minor, valid_from) VALUES ('VCU', 'CNY', 1, '2024-07-01'),"
        " ('VCU', 'CNY', 2, '2024-01-01'), ('VCU', 'USD', 3, '2024-03-01')"
    )
