"""Certificates of the release before through migration 0090: each says to the byte what it said, and is proved as before."""

import asyncpg

from tests import migrated
from tests.conftest import Stand
from tests.rooms.conftest import connected

BEFORE = "0089_taken_messages_leave_no_row"
FILL = """
SET session_replication_role = replica;  -- the rows as they stood, without the acts that led to them
INSERT INTO certificate (id, paper_id, cause, retirement_id, claim_id, holder_id, scenario_id, series, register_no, number,
                         verify_code, version, record, record_sha256, language, issued_at)
    SELECT gen_random_uuid(), 'neutrality', 'retirement:' || r.id, r.id, gen_random_uuid(), gen_random_uuid(),
           gen_random_uuid(), 'H', n, 'DD-' || n, 'CODE' || n, 1, said, sha256(convert_to(said, 'UTF8')), 'zh', now()
    FROM (SELECT n, gen_random_uuid() AS id, format('{"mass_g":%s,"number":"DD-%s","title":"100 %% 碳 😀"}', 7 * n, n) AS said
          FROM generate_series(1, 300) AS n) AS r;
UPDATE certificate_series SET next_no = 301 WHERE name = 'H';
"""
SAID = "SELECT md5(string_agg(c.record || c.record_sha256::text, ';' ORDER BY c.number)), count(*) FROM certificate c"
PROVED = "SELECT ok, expected, found FROM books.prove_certificates() WHERE \"check\" = 'records_unchanged'"


async def _filled(stand: Stand) -> tuple[asyncpg.Record, asyncpg.Record]:
    migrated.migrate(stand.owner_url, BEFORE)
    async with connected(stand.super_url) as connection:
        await connection.execute(FILL)
        return await connection.fetchrow(SAID), await connection.fetchrow(PROVED)


async def test_certificates_say_to_the_byte_what_they_said_and_are_proved(first_release: Stand):
    before = await _filled(first_release)
    migrated.migrate(first_release.owner_url, "__latest__")
    async with connected(first_release.super_url) as connection:
        assert (await connection.fetchrow(SAID), await connection.fetchrow(PROVED)) == before
        assert tuple(before[1]) == (True, 300, 300)
        await connection.execute(
            "SET session_replication_role = replica; UPDATE certificate SET figures = figures || ' ' WHERE register_no = 7"
        )
        assert tuple(await connection.fetchrow(PROVED)) == (False, 300, 299)


async def test_the_release_before_reads_them_while_they_migrate_by_what_it_prepared(first_release: Stand):
    await _filled(first_release)
    async with connected(first_release.app_url) as connection:
        asked = await connection.prepare(
            "SELECT c.record AS record_json FROM certificate c LEFT JOIN keys.person_key k ON k.person_id = c.holder_id"
            " WHERE c.verify_code = $1"
        )
        before = await asked.fetchval("CODE7")
        migrated.migrate(first_release.owner_url, "__latest__")
        assert await asked.fetchval("CODE7") == before == '{"mass_g":49,"number":"DD-7","title":"100 % 碳 😀"}'
