"""What the release before left migrates without losing a row, a gram or a byte of what was frozen."""

import os
from collections.abc import AsyncIterator
from dataclasses import replace
from secrets import token_hex
from typing import Any, Final
from urllib.parse import urlsplit

import asyncpg
import pytest

from tests import migrated
from tests.conftest import Stand
from tests.flow import Flow
from tests.migrations import dumping
from tests.migrations.walking import walk
from tests.rooms.conftest import connected

BEFORE: Final = "0024_power_is_written_by_its_own_ways"
STATES: Final = ["cancelled", "expired", "paid", "placed", "quoted", "refunded", "refunding"]
LINES: Final = "purchase_order_part"
NOW: Final = "sale_line"
"""The table of lines, as it was called before and as it is called now."""
KEPT: Final = (
    (
        "orders",
        "SELECT state, count(*), sum(mass_g), sum(amount_minor) FROM purchase_order GROUP BY state ORDER BY state",
    ),
    ("lines", f"SELECT id, order_id, no, cause, mass_g, mix, scheme FROM {LINES} ORDER BY id"),
    (
        "retirements",
        (
            "SELECT id, cause, number, beneficiary_id, payer_id, holder_id, mass_g, state, requested_at, settled_at,"
            " withdrawn_at, withdrawn_by_id, withdrawn_reason FROM retirement ORDER BY id"
        ),
    ),
    ("slices", "SELECT retirement_id, lot_id, start_g, stop_g FROM retirement_slice ORDER BY lot_id, start_g"),
    (
        "papers",
        (
            "SELECT c.id, c.retirement_id, c.version, c.number, c.verify_code, c.record, c.record_sha256, c.name_sealed,"
            " c.register_no FROM certificate c ORDER BY c.id"
        ),
    ),
    ("verdicts", "SELECT retirement_id, profile, stage, judged_on, document FROM retirement_verdict ORDER BY id"),
    ("balances", "SELECT path, unit, balance FROM ledger_account WHERE balance <> 0 ORDER BY path, unit"),
)
"""Read the same way before and after."""


async def test_the_walk_that_the_rows_come_from_leads_to_every_state_and_the_books_add_up(flow: Flow) -> None:
    await walk(flow)
    async with connected(flow.river.stand.super_url) as connection:
        states = await connection.fetch("SELECT DISTINCT state FROM purchase_order ORDER BY 1")
        assert [row["state"] for row in states] == STATES
        if os.environ.get("REWRITE_RELEASE"):
            dumping.write(await dumping.dump(connection))


@pytest.fixture
async def left(stand: Stand) -> AsyncIterator[Stand]:
    """A database as the release before left it, with its rows."""
    name, owner = f"left_{token_hex(4)}", urlsplit(stand.owner_url).username
    one = replace(
        stand,
        super_url=migrated.other(stand.super_url, name),
        owner_url=migrated.other(stand.owner_url, name),
        app_url=migrated.other(stand.app_url, name),
    )
    async with connected(stand.super_url) as admin:
        first = migrated.first_release(stand)
        await admin.execute(f'CREATE DATABASE {name} OWNER "{owner}" TEMPLATE {first}')
        try:
            # Step by step: the script of an empty database gives a function its newest body where it first stands.
            migrated.migrate(one.owner_url, BEFORE)
            async with connected(one.owner_url) as connection:
                assert await connection.fetchval("SELECT max(name) FROM tortoise_migrations") == BEFORE
            async with connected(one.super_url) as connection:
                await dumping.load(connection, dumping.read())
            yield one
        finally:
            await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


async def test_the_rows_of_the_release_before_migrate_with_equal_counts_and_sums(left: Stand) -> None:
    async with connected(left.super_url) as connection:
        before = {name: await rows(connection, sql) for name, sql in KEPT}
        own = (
            "name, language FROM (SELECT p.*, p.beneficiary_name_sealed AS name, o.language FROM purchase_order_part p"
        )
        claimed = await rows(
            connection,
            f"SELECT id, period_from, period_to, emission_g, subject, footprint_id, profile, scenario_id, beneficiary_id, {own}"
            " JOIN purchase_order o ON o.id = p.order_id) p ORDER BY id",
        )
        retired = await rows(
            connection,
            "SELECT id, ground, mandate_name, mandate_sha256, period_from, emission_g, beneficiary_name_sealed, purpose"
            " FROM retirement ORDER BY id",
        )
        figures = await rows(connection, "SELECT actual_g, retired_g, state FROM retirement_true_up ORDER BY id")

    migrated.run_cli(left, "migrate")

    async with connected(left.super_url) as connection:
        assert {name: await rows(connection, sql.replace(LINES, NOW)) for name, sql in KEPT} == before
        assert claimed == await rows(
            connection,
            "SELECT c.id, period_from, period_to, emission_g, subject, footprint_id, profile, scenario_id, beneficiary_id,"
            " name_sealed AS name, language FROM claim c JOIN sale_line p ON p.claim_id = c.id"
            " AND p.cause = c.cause ORDER BY c.id",
        )
        assert retired == await rows(
            connection,
            "SELECT r.id, m.ground, m.document, m.document_sha256, c.period_from, c.emission_g, c.name_sealed,"
            " CASE WHEN r.funding IN ('gift', 'donation') THEN r.funding ELSE r.purpose END FROM retirement r"
            " JOIN claim c ON c.id = r.claim_id AND c.purpose = r.purpose LEFT JOIN mandate m ON m.id = r.mandate_id"
            " ORDER BY r.id",
        )
        assert figures == await rows(connection, "SELECT actual_g, retired_g, state FROM claim_figure ORDER BY id")
        assert await rows(connection, "SELECT funding, count(*) FROM retirement GROUP BY 1 ORDER BY 1") == [
            ("donation", 1), ("gift", 1), ("order", 12), ("own", 2),
        ]  # fmt: skip


async def test_what_was_retired_twice_for_one_claim_becomes_a_root_and_its_supplement(left: Stand) -> None:
    migrated.migrate(left.owner_url, "__latest__")
    async with connected(left.super_url) as connection:
        found = await rows(
            connection,
            "SELECT r.number = first.number AS is_first, s.subject, s.mass_g FROM (SELECT c.subject, c.supplements_id,"
            " r.mass_g, r.settled_at FROM claim c JOIN retirement r ON r.claim_id = c.id) s"
            " JOIN retirement r ON r.claim_id = s.supplements_id CROSS JOIN LATERAL (SELECT o.number FROM retirement o"
            " JOIN claim c ON c.id = o.claim_id WHERE c.identity = (SELECT identity FROM claim WHERE id = s.supplements_id)"
            " ORDER BY o.settled_at LIMIT 1) AS first ORDER BY s.settled_at",
        )
        assert found == [(True, "2025 年度生产经营活动", 2_000_000), (True, "春熙路网点", 30_000)]
        unpaid = "SELECT count(*) FROM purchase_order o JOIN sale_line p ON p.order_id = o.id JOIN claim c"
        sql = f"{unpaid} ON c.id = p.claim_id AND c.beneficiary_kind = 'organisation' WHERE o.state IN ('placed', 'quoted')"
        assert (await connection.fetchval(sql), await connection.fetchval(f"{sql} AND c.is_root")) == (3, 3)


async def test_the_books_of_what_was_migrated_add_up(left: Stand) -> None:
    migrated.migrate(left.owner_url, "__latest__")
    migrated.run_cli(left, "migrate")  # nothing to migrate any more: the map of jobs and the accounts of money
    assert "✘" not in migrated.run_cli(left, "prove", "--all")  # and it answers 0


async def test_what_differs_between_a_part_and_its_retirement_stops_the_migration(left: Stand) -> None:
    async with connected(left.super_url) as connection:
        await connection.execute("SET session_replication_role = replica")
        await connection.execute(
            "UPDATE retirement SET beneficiary_name_sealed = 'another' WHERE beneficiary_name_sealed IS NOT NULL"
        )
    with pytest.raises(AssertionError, match="retirements say something else than the parts"):
        migrated.run_cli(left, "migrate")


async def rows(connection: asyncpg.Connection, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in await connection.fetch(sql)]
