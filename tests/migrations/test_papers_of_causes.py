"""Certificates of an older release through migration 0029: each finds its cause and kind, and nothing else of it changes."""

from tests import migrated
from tests.conftest import Stand
from tests.rooms.conftest import connected

FILL = """
SET session_replication_role = replica;  -- the rows as they stood, without the acts that led to them
INSERT INTO certificate (id, retirement_id, claim_id, holder_id, scenario_id, series, register_no, number, verify_code, version,
                         record, record_sha256, language, issued_at)
    SELECT gen_random_uuid(), ('0000000000000000000000000000004' || r)::uuid,
           gen_random_uuid(), gen_random_uuid(), gen_random_uuid(),
           s, no,
           'DD-' || s || no, 'CODE' || s || no, v, '{}', sha256('{}'), 'zh', now()
    FROM (VALUES (1, 'H', 1, 1), (1, 'H', 2, 2), (2, 'S', 1, 1)) c (r, s, no, v);
UPDATE certificate_series SET next_no = CASE name WHEN 'H' THEN 3 ELSE 2 END;
INSERT INTO outbox_message (kind, subject, payload, job, queue, recorded_at, due_at, rings, failures)
    SELECT 'certificate.issued', 'certificate:1', '{}', job, queue, now(), now(), 0, 0
    FROM (VALUES ('draw_pdf', 'render'), ('draw_png', 'picture'), ('issue_certificates', 'settle')) j (job, queue);
"""
KEPT = "SELECT md5(string_agg(c::text, ';' ORDER BY c.number)) FROM (SELECT {columns} FROM certificate) c"
COLUMNS = (
    "id, retirement_id, claim_id, holder_id, scenario_id, series, register_no, number, verify_code, version, record,"
    " record_sha256, name_sealed, language, issued_at"
)


async def test_certificates_find_their_cause_and_kind_and_are_what_they_were(first_release: Stand):
    migrated.migrate(first_release.owner_url, "0028_channels_by_capability")
    async with connected(first_release.super_url) as connection:
        await connection.execute(FILL)
        before = await connection.fetchval(KEPT.format(columns=COLUMNS))
    migrated.migrate(first_release.owner_url, "0029_papers_on_first_ask")
    async with connected(first_release.super_url) as connection:
        assert await connection.fetchval(KEPT.format(columns=COLUMNS)) == before
        rows = await connection.fetch(
            "SELECT paper_id, cause = 'retirement:' || retirement_id AS is_its_own, count(*) FROM certificate GROUP BY 1, 2"
        )
        assert [tuple(row) for row in rows] == [("neutrality", True, 3)]
        series = await connection.fetch("SELECT name, paper_id, next_no FROM certificate_series ORDER BY name")
        assert [tuple(row) for row in series] == [("H", "neutrality", 3), ("S", "neutrality", 2)]
        # What was to be drawn unasked is left to whoever asks.
        waiting = await connection.fetch("SELECT job FROM outbox_message WHERE done_at IS NULL")
        assert [row["job"] for row in waiting] == ["issue_certificates"]
