"""Data of the first release through migration 0008: every gram, fen and name is where it belongs afterwards."""

import asyncpg
import pytest

from tests import migrated
from tests.conftest import Stand
from tests.rooms.conftest import connected

FIRST_RELEASE = """
SET session_replication_role = replica;  -- the rows as they stood, without the acts that led to them
INSERT INTO person (id, language, state, created_at)
    SELECT ('0000000000000000000000000000000' || n)::uuid, 'zh', 'active', now() FROM generate_series(1, 2) n;
INSERT INTO organisation (id, name_zh, name_en, kind, is_verified, created_at)
    VALUES ('00000000000000000000000000000003', '示例工会', 'Sample Union', 'association', true, now());
INSERT INTO scenario (id, code, kind, state, organiser_zh, organiser_en, title_zh, title_en, created_at)
    SELECT ('0000000000000000000000000000001' || n)::uuid, 'H7QP3' || n, kind, 'published', 'a', 'a', 'b', 'b', now()
    FROM (VALUES (1, 'event'), (2, 'person')) s (n, kind);
INSERT INTO footprint (id, person_id, calculator, calculator_version, factor_set_version, total_g, calculation, computed_at)
    VALUES ('00000000000000000000000000000021', '00000000000000000000000000000001', 'personal', '1', '1', 5, '{}', now());
INSERT INTO purchase_order (id, person_id, intent_key, footprint_id, scenario_id, programme, emission_g, mass_g, amount_minor,
                            currency, per_tonne_minor, beneficiary_name_sealed, language, state, placed_at, expires_at)
    SELECT ('0000000000000000000000000000003' || n)::uuid, '00000000000000000000000000000001', 'k' || n,
           '00000000000000000000000000000021', ('0000000000000000000000000000001' || n)::uuid, 'CDCER', 4221, 4221 + n, 22 + n,
           'CNY', 5000, CASE n WHEN 1 THEN 'sealed'::bytea END, 'zh', state, '2026-11-21T17:00:00Z', now()
    FROM (VALUES (1, 'paid'), (2, 'placed')) o (n, state);
INSERT INTO retirement (id, cause, number, purpose, payer, holder_id, beneficiary_id, scenario_id, footprint_id, period_from,
                        period_to, emission_g, mass_g, language, state, requested_at, settled_at)
    SELECT ('0000000000000000000000000000004' || n)::uuid, 'order:' || n, 'R-' || n, 'event', 'beneficiary',
           '00000000000000000000000000000002', '00000000000000000000000000000002', '00000000000000000000000000000011',
           '00000000000000000000000000000021', '2026-11-22', '2026-11-22', 5, 5, 'zh', state, now(), settled_at
    FROM (VALUES (1, 'settled', now()), (2, 'requested', NULL)) r (n, state, settled_at);
"""


async def test_orders_become_parts_and_people_become_parties_without_losing_a_gram_or_a_name(first_release: Stand):
    async with connected(first_release.super_url) as connection:
        await connection.execute(FIRST_RELEASE)
    migrated.migrate(first_release.owner_url, "0008_parties_parts_and_withdrawing")
    async with connected(first_release.super_url) as connection:
        parties = await connection.fetch("SELECT kind, count(*) FROM party GROUP BY kind ORDER BY kind")
        assert [tuple(row) for row in parties] == [("organisation", 1), ("person", 2)]
        parts = await connection.fetch(
            "SELECT p.no, p.cause = 'order:' || o.id AS is_same, p.purpose, p.beneficiary_id = o.person_id AS is_own,"
            " o.payer_id = o.person_id AS pays, p.beneficiary_name_sealed, p.period_from::text, p.emission_g, p.mass_g,"
            " l.programme, l.mass_g, l.per_tonne_minor, l.amount_minor, o.mass_g, o.amount_minor FROM purchase_order o"
            " JOIN purchase_order_part p ON p.order_id = o.id JOIN purchase_order_line l ON l.part_id = p.id ORDER BY o.id"
        )
        same = (1, True)  # the day is the one in Beijing
        assert [tuple(row) for row in parts] == [
            (*same, "event", True, True, b"sealed", "2026-11-22", 4221, 4222, "CDCER", 4222, 5000, 23, 4222, 23),
            (*same, "personal", True, True, None, "2026-11-22", 4221, 4223, "CDCER", 4223, 5000, 24, 4223, 24),
        ]
        kept = await connection.fetch("SELECT state, payer_id = beneficiary_id, ground FROM retirement ORDER BY number")
        assert [tuple(row) for row in kept] == [("settled", True, None), ("requested", True, None)]
        with pytest.raises(asyncpg.CheckViolationError, match="retired is final"):
            await connection.execute("UPDATE retirement SET mass_g = 6")
