"""Books of an older release through migration 0014: each lot stands for its tonnes, the oldest first; the rest are doubles."""

import asyncpg

from app.registry.credits.serials.serial_rules import key63
from tests import migrated
from tests.conftest import Stand
from tests.rooms.conftest import connected

FILL = """
SET session_replication_role = replica;  -- the rows as they stood, without the acts that led to them
INSERT INTO credit_methodology (id, programme, code, name_zh, name_en, note_zh, note_en, source)
    SELECT gen_random_uuid(), p, 'M-1', 'M-1', 'M-1', '', '', 'named by a project' FROM unnest($programmes$) p;
INSERT INTO credit_project
    SELECT gen_random_uuid(), p, 'P-1', '甲', 'A', 'M-1', 'removal', '地', 'Place' FROM unnest($programmes$) p;
"""
PROGRAMMES = "ARRAY['CCER', 'CDCER', 'FORESTRY', 'VCU']"
LOT = (
    "INSERT INTO credit_lot (code, project_id, programme, vintage_start, vintage_end, issued_on, unit_kind, country,"
    " serial_raw, serial_key, serial_fields, series, series_id, block_start, block_stop, mass_g, certificate_number,"
    " certificate_key, labels, is_raw_only, proposal_id, opened_at)"
    " SELECT $1::text, id, programme, '2022-01-01', '2022-12-31', '2023-06-01', unit_kind, 'CN', $2::text, $2::text, '{}',"
    " $3::text, $4::bigint, $5::bigint, $6::bigint, ($6::bigint - $5::bigint) * 1000000, $7::text, $7::text, '[]',"
    " $8::boolean, CASE WHEN $8::boolean THEN gen_random_uuid() END,"
    " '2026-01-01'::timestamptz + make_interval(days => $9) FROM credit_project WHERE programme = $10::text"
)
VCU = "0001-000001-000100-VCS-VCU-003-VER-US-0003-01012020-31122020-1"
LOTS = (  # code, serial, series, first, stop, certificate, raw only, opened on the day, programme
    ("THIRD", "CDCER-2031-0113-1-3000", "FORESTRY:CDCER-2031-0113", 1, 3001, None, False, 5, "FORESTRY"),
    ("FIRST", "CDCER-2031-0113-1-3000", "CDCER:CDCER-2031-0113", 1, 3001, None, False, 1, "CDCER"),
    ("SECOND", "CDCER-2031-0113-2001-4000", "CCER:CDCER-2031-0113", 2001, 4001, None, False, 2, "CCER"),
    ("PADDED", "CDCER-2031-113-3500-3600", "CDCER:CDCER-2031-113", 3500, 3601, None, False, 6, "CDCER"),
    ("BATCH", "CDCER–2031–0113–1–3000", "CCER:certificate:证-7", 1, 121, "证-7", True, 7, "CCER"),
    ("OTHER-BATCH", "CDCER-2031-0114", "CDCER:certificate:证-8", 1, 121, "证-8", True, 3, "CDCER"),
    ("CERTIFIED", "批-9", "FORESTRY:certificate:证 8", 1, 121, "证 8", True, 8, "FORESTRY"),
    ("MISREAD", "ABC-2022-3113", "CDCER:ABC", 2022, 3114, None, False, 4, "CDCER"),
    ("MISREAD-TOO", "ABC-2022-2022", "CCER:ABC", 2022, 2023, None, False, 9, "CCER"),
    ("VCU", VCU, "VCU:1", 1, 101, None, False, 1, "VCU"),
    ("ALONE", "CCER-2023-0031-1-120000", "CCER:CCER-2023-0031", 1, 120001, None, False, 1, "CCER"),
)
DOUBLES = {
    "BATCH": "FIRST", "CERTIFIED": "OTHER-BATCH", "MISREAD-TOO": "MISREAD", "PADDED": "SECOND", "SECOND": "FIRST",
    "THIRD": "FIRST",
}  # fmt: skip


async def test_lots_that_hold_tonnes_of_an_older_one_are_doubles_not_sold_and_named_by_the_proof(first_release: Stand):
    migrated.migrate(first_release.owner_url, "0013_steps_and_proofs")
    async with connected(first_release.super_url) as connection:
        await _fill(connection)
    migrated.migrate(first_release.owner_url, "0014_a_tonne_stands_once")
    async with connected(first_release.super_url) as connection:
        assert await connection.fetchval("SELECT count(*) FROM credit_lot") == len(LOTS)
        doubles = await connection.fetch(
            "SELECT l.code, f.code AS first FROM credit_double d JOIN credit_lot l ON l.id = d.lot_id"
            " JOIN credit_lot f ON f.id = d.first_lot_id WHERE d.decision IS NULL"
        )
        assert {row["code"]: row["first"] for row in doubles} == DOUBLES
        sellable = await connection.fetch("SELECT l.code FROM credit_sellable_lot s JOIN credit_lot l ON l.id = s.id")
        assert {row["code"] for row in sellable} == {lot[0] for lot in LOTS} - DOUBLES.keys()
        blocks = await connection.fetch(
            "SELECT registry, series, range_agg(range)::text AS ranges FROM credit_block GROUP BY 1, 2 ORDER BY 1, 2"
        )
        assert [tuple(row) for row in blocks] == [
            ("CCER", "2023-31", "{[1,120001)}"),
            ("CDCER", "2031-113", "{[1,4001)}"),
            ("UNKNOWN", "ABC", "{[2022,3114)}"),
            ("VERRA", "1", "{[1,101)}"),
        ]
        said = await connection.fetchrow("SELECT * FROM books.prove_tonnes()")
        assert (said["ok"], said["expected"], said["found"]) == (False, len(LOTS), len(LOTS) - len(DOUBLES))
        for code, first in DOUBLES.items():
            assert any(f"({code})" in named and f"({first})" in named for named in said["detail"])
        lot = await connection.fetchval("SELECT id FROM credit_lot WHERE code = 'THIRD'")
        assert (await connection.fetchrow("SELECT * FROM books.prove_tonnes($1)", lot))["ok"] is False
        alone = await connection.fetchval("SELECT id FROM credit_lot WHERE code = 'ALONE'")
        assert (await connection.fetchrow("SELECT * FROM books.prove_tonnes($1)", alone))["ok"] is True


async def _fill(connection: asyncpg.Connection) -> None:
    for statement in FILL.replace("$programmes$", PROGRAMMES).split(";\n"):
        if statement.strip():
            await connection.execute(statement)
    for code, serial, series, first, stop, certificate, is_raw_only, day, programme in LOTS:
        await connection.execute(
            LOT, code, serial, series, key63(series), first, stop, certificate, is_raw_only, day, programme
        )  # fmt: skip
