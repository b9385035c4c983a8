"""What two people had decided before migration 0027 becomes approvals under the same ids; what one had is founded; counted."""

import asyncpg

from tests import migrated
from tests.conftest import Stand
from tests.rooms.conftest import connected

BEFORE = """
SET session_replication_role = replica;  -- the rows as they stood, without the acts that led to them
INSERT INTO person (id, language, state, created_at)
    SELECT ('0000000000000000000000000000000' || n)::uuid, 'zh', 'active', now() FROM generate_series(1, 2) n;
INSERT INTO organisation (id, name_zh, name_en, kind, is_verified, created_at, country, register_number)
    SELECT ('0000000000000000000000000000001' || n)::uuid, '甲' || n, 'A', kind, is_verified, now(), 'CN',
           '91350100M000100Y4' || n
    FROM (VALUES (1, 'exchange', true), (2, 'company', true), (3, 'company', false), (4, 'company', false))
         o (n, kind, is_verified);
INSERT INTO organisation_verification (id, organisation_id, papers, sha256, maker_id, proposed_at, state, checker_id,
                                       decided_at, reason)
    SELECT ('0000000000000000000000000000002' || n)::uuid, ('0000000000000000000000000000001' || n)::uuid, '执照', sha256('x'),
           '00000000000000000000000000000001', now(), state, CASE WHEN state <> 'proposed' THEN
           '00000000000000000000000000000002'::uuid END, CASE WHEN state <> 'proposed' THEN now() END, reason
    FROM (VALUES (2, 'verified', NULL), (3, 'returned', ''), (4, 'proposed', NULL)) v (n, state, reason);
INSERT INTO scenario (id, code, kind, state, organisation_id, organiser_zh, organiser_en, title_zh, title_en, reported_no,
                      setup, created_at)
    SELECT gen_random_uuid(), 'H7QP3' || n, 'event', state, '00000000000000000000000000000012', 'a', 'a', 'b', 'b', no,
           '{"modes":["metro"]}', now()
    FROM (VALUES (1, 'draft', NULL), (2, 'published', NULL), (3, 'closed', NULL), (4, 'closed', 1)) s (n, state, no);
INSERT INTO credit_methodology (id, programme, code, name_zh, name_en, suspended_from, note_zh, note_en, source)
    SELECT gen_random_uuid(), 'CDCER', 'M-' || n, 'm', 'm', day, 'x', 'x', 'x'
    FROM (VALUES (1, NULL::date), (2, '2026-01-01')) m (n, day);
INSERT INTO credit_project (id, programme, number, name_zh, name_en, methodology, unit_kind, place_zh, place_en)
    VALUES ('00000000000000000000000000000031', 'CDCER', 'P-1', '甲', 'A', 'M-1', 'removal', '地', 'Place');
INSERT INTO credit_price (programme, currency, per_tonne_minor, valid_from, valid_to)
    VALUES ('CDCER', 'CNY', 5000, '2026-01-01', '2026-05-31'), ('CDCER', 'CNY', 6000, '2026-06-01', NULL);
INSERT INTO credit_proposal (id, kind, about, payload, payload_sha256, state, maker_id, checker_id, seen_sha256, proposed_at,
                             decided_at)
    SELECT ('0000000000000000000000000000004' || n)::uuid, kind, 'about ' || n, p, sha256(convert_to(p, 'UTF8')), state,
           '00000000000000000000000000000001', checker::uuid,
           CASE state WHEN 'confirmed' THEN sha256(convert_to(p, 'UTF8')) END, now(),
           CASE WHEN state <> 'proposed' THEN now() END
    FROM (VALUES (1, 'raw_lot', 'confirmed', '00000000000000000000000000000002'),
                 (2, 'correction', 'confirmed', '00000000000000000000000000000002'),
                 (3, 'double', 'confirmed', '00000000000000000000000000000002'),
                 (4, 'raw_lot', 'declined', '00000000000000000000000000000002'),
                 (5, 'raw_lot', 'declined', '00000000000000000000000000000001'),
                 (6, 'raw_lot', 'proposed', NULL)) p (n, kind, state, checker), LATERAL (SELECT '{"n":' || n || '}' AS p) AS w;
INSERT INTO credit_lot (code, project_id, programme, vintage_start, vintage_end, issued_on, unit_kind, country, serial_raw,
                        serial_key, serial_fields, series, series_id, block_start, block_stop, mass_g, certificate_number,
                        certificate_key, labels, is_raw_only, proposal_id, opened_at)
    SELECT 'L-' || n, '00000000000000000000000000000031', 'CDCER', '2022-01-01', '2022-12-31', '2023-06-01', 'removal', 'CN',
           's' || n, 's' || n, '{}', 'CDCER:certificate:c' || n, credits.key63('CDCER:certificate:c' || n), 1, 5, 4000000,
           'c' || n, 'c' || n, '[]', n = 1, CASE WHEN n = 1 THEN '00000000000000000000000000000041'::uuid END, now()
    FROM generate_series(1, 2) n;
INSERT INTO credit_lot_correction (lot_id, changes, note, proposal_id, recorded_at)
    VALUES (1, '{"is_real": true}', 'why', '00000000000000000000000000000042', now());
INSERT INTO credit_double (lot_id, first_lot_id, found, decision, proposal_id)
    VALUES (2, 1, 'x', 'apart', '00000000000000000000000000000043');
INSERT INTO upstream_cancellation (id, reference, lot_id, programme, start_t, stop_t, mode, state, maker_id, checker_id,
                                   payload, payload_sha256, checked_sha256, reason, queries, next_query_at, proposed_at,
           checked_at,
                                   finished_at)
    SELECT gen_random_uuid(), 'UC-' || n, 2, 'CDCER', n, n + 1, 'registry', state, '00000000000000000000000000000001',
           CASE WHEN is_checked THEN '00000000000000000000000000000002'::uuid END, '{}', sha256('{}'),
           CASE WHEN is_checked THEN sha256('{}') END, reason, 0, CASE state WHEN 'approved' THEN now() END, now(),
           CASE WHEN is_checked THEN now() END, CASE WHEN reason IS NOT NULL THEN now() END
    FROM (VALUES (0, 'proposed', false, NULL), (1, 'approved', true, NULL), (2, 'returned', true, '不对'),
                 (3, 'returned', false, '算了')) u (n, state, is_checked, reason);
"""
KINDS = {
    "credit_price": {("approved", True): 2},
    "lot": {("approved", False): 1, ("returned", False): 1, ("withdrawn", False): 1, ("proposed", False): 1},
    "lot_correction": {("approved", False): 1},
    "lot_double": {("approved", False): 1},
    "methodology": {("approved", True): 1},
    "organisation_verification": {
        ("approved", True): 1, ("approved", False): 1, ("returned", False): 1, ("proposed", False): 1,
    },
    "scene": {("approved", True): 2},
    "upstream_cancellation": {
        ("proposed", False): 1, ("approved", False): 1, ("returned", False): 1, ("withdrawn", False): 1,
    },
}  # fmt: skip
"""By kind: how many of each state, and whether they are founding."""


async def test_what_was_decided_stays_decided_by_the_same_two_and_every_effect_has_its_approval(first_release: Stand):
    migrated.migrate(first_release.owner_url, "0024_power_is_written_by_its_own_ways")
    async with connected(first_release.super_url) as connection:
        await connection.execute(BEFORE)
    migrated.migrate(first_release.owner_url, "0027_approvals_once")
    async with connected(first_release.super_url) as connection:
        found: dict[str, dict[tuple[str, bool], int]] = {}
        for row in await connection.fetch(
            "SELECT kind, state, is_founding, count(*) AS n FROM approval GROUP BY 1, 2, 3"
        ):
            found.setdefault(row["kind"], {})[row["state"], row["is_founding"]] = row["n"]
        assert found == KINDS
        said = await connection.fetchrow("SELECT * FROM books.prove_approvals()")
        assert (said["ok"], said["detail"]) == (True, None)
        assert said["expected"] == sum(
            n for states in KINDS.values() for (state, _), n in states.items() if state == "approved"
        )
        assert await _people(connection, "approved") == {("1", "2"), (None, None)}
        assert await _people(connection, "returned") == {("1", "2")}
        assert await _people(connection, "withdrawn") == {("1", None)}
        kept = await connection.fetchrow("SELECT payload, subject FROM approval WHERE id = $1", f"{'0' * 30}41")
        assert tuple(kept) == ('{"n":1}', "about 1")
        events = await connection.fetchval("SELECT count(*) FROM approval_event")
        decided = await connection.fetchval(
            "SELECT count(*) FROM approval WHERE state <> 'proposed' AND NOT is_founding"
        )
        assert events == await connection.fetchval("SELECT count(*) FROM approval") + decided
        assert await connection.fetchval("SELECT count(*) FROM organisation WHERE is_verified") == 2
        assert await connection.fetchval("SELECT count(*) FROM credit_price WHERE replaced_at IS NULL") == 2


async def _people(connection: asyncpg.Connection, state: str) -> set[tuple[str | None, str | None]]:
    """Who proposed and who decided, by the last letter of their ids."""
    rows = await connection.fetch(
        "SELECT right(maker_id::text, 1) AS maker, right(decider_id::text, 1) AS decider FROM approval WHERE state = $1",
        state,
    )
    return {(row["maker"], row["decider"]) for row in rows}
