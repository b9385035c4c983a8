"""Roles of the platform that stood before migration 0034, and links to it, are founded; counted, and nothing else is."""

from tests import migrated
from tests.conftest import Stand
from tests.rooms.conftest import connected

STEPS = (
    "0012_fair_rings_and_retention", "0020_grams_move_by_kinds", "0024_power_is_written_by_its_own_ways",
    "0027_approvals_once", "0030_consents", "0033_sale_lines",
)  # fmt: skip
"""Few enough at once for a busy machine."""
BEFORE = """
SET session_replication_role = replica;  -- the rows as they stood, without the acts that led to them
INSERT INTO person (id, language, state, created_at)
    SELECT ('0000000000000000000000000000000' || n)::uuid, 'zh', 'active', now() FROM generate_series(1, 3) n;
INSERT INTO organisation (id, name_zh, name_en, kind, is_verified, created_at)
    VALUES ('00000000000000000000000000000011', '甲', 'A', 'exchange', false, now()),
           ('00000000000000000000000000000012', '乙', 'B', 'company', false, now());
INSERT INTO membership (id, person_id, organisation_id, role, created_at)
    SELECT gen_random_uuid(), ('0000000000000000000000000000000' || person)::uuid,
           ('0000000000000000000000000000001' || organisation)::uuid, role, now()
    FROM (VALUES (1, 1, 'administrator'), (2, 1, 'operator'), (2, 1, 'finance'), (3, 2, 'sponsor'))
         m (person, organisation, role);
INSERT INTO invitation (id, token_hash, organisation_id, roles, inviter_id, made_at, expires_at, accepted_at, acceptor_id,
                        revoked_at)
    SELECT ('0000000000000000000000000000002' || n)::uuid, sha256(n::text::bytea),
           ('0000000000000000000000000000001' || organisation)::uuid, roles::varchar[], '00000000000000000000000000000001',
           now(), now() + interval '7 days', CASE WHEN acceptor IS NOT NULL THEN now() END, acceptor::uuid,
           CASE WHEN is_revoked THEN now() END
    FROM (VALUES (1, 1, '{finance,operator}', '00000000000000000000000000000002', false), (2, 1, '{auditor}', NULL, false),
                 (3, 1, '{reviewer}', NULL, true), (4, 2, '{sponsor}', '00000000000000000000000000000003', false))
         i (n, organisation, roles, acceptor, is_revoked);
"""


async def test_each_role_and_each_link_to_the_platform_has_a_founding_approval_and_no_other(first_release: Stand):
    for target in STEPS:
        migrated.migrate(first_release.owner_url, target)
    async with connected(first_release.super_url) as connection:
        await connection.execute(BEFORE)
    migrated.migrate(first_release.owner_url, "0034_roles_by_two")
    async with connected(first_release.super_url) as connection:
        links = await connection.fetch(
            "SELECT right(i.id::text, 1) AS n, a.is_founding, a.payload::jsonb->>'roles' AS roles"
            " FROM invitation i LEFT JOIN approval a ON a.id = i.approval_id ORDER BY 1"
        )
        assert [tuple(row) for row in links] == [
            ("1", True, '["finance", "operator"]'),
            ("2", True, '["auditor"]'),
            ("3", None, None),
            ("4", None, None),
        ]
        roles = await connection.fetch(
            "SELECT m.role, right(a.payload::jsonb->>'invitation', 1) AS link, right(a.payload::jsonb->>'person', 1) AS person"
            " FROM membership m LEFT JOIN approval a ON a.id = m.approval_id AND a.is_founding ORDER BY 1"
        )
        assert [tuple(row) for row in roles] == [
            ("administrator", None, "1"),
            ("finance", "1", None),
            ("operator", "1", None),
            ("sponsor", None, None),
        ]
        assert await connection.fetchval("SELECT count(*) FROM approval WHERE kind = 'role'") == 3
        said = await connection.fetchrow("SELECT * FROM books.prove_approvals()")
        assert (said["ok"], said["expected"]) == (True, 2 + 3)  # two links, three roles
        tried = connection.transaction()
        await tried.start()
        await connection.execute("SET LOCAL session_replication_role = DEFAULT")
        await connection.execute(
            "UPDATE invitation SET accepted_at = now(), acceptor_id = '00000000000000000000000000000003',"
            " inviter_id = NULL WHERE id::text LIKE '%22'"
        )
        assert await connection.fetchval("SELECT count(*) FROM membership WHERE role = 'auditor'") == 1
        await tried.rollback()
