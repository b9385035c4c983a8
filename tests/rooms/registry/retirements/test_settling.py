"""Settling: every retirement gets its grams, no gram is given twice, none is left out, and a repeat changes nothing."""

import asyncio
from collections import Counter
from uuid import uuid4

import asyncpg
import pytest
from tortoise.exceptions import BaseORMException

from app.gateways.database import constraint, fetch, fetch_one, fetch_value, transaction
from app.kernel.clock import utc_now
from app.registry import credits, holdings, ledger, retirements
from tests.rooms.conftest import River, connected, open_lot, request_for
from tests.rooms.registry.retirements.helpers import held, settle

TONNE = 1_000_000
MASSES = [1 + 7_919 * n % 19_997 for n in range(200)]  # 1 g to 20 kg, two tonnes together, in no order


async def proof() -> None:
    """One query: no gap, no overlap, slices = retired, inside their allocation and their lot."""
    assert (
        await fetch(
            "SELECT s.* FROM (SELECT *, coalesce(lag(stop_g) OVER (PARTITION BY lot_id ORDER BY start_g), 0) AS upto"
            " FROM retirement_slice) s JOIN retirement_allocation a ON a.id = s.allocation_id"
            " JOIN credit_lot l ON l.id = s.lot_id WHERE s.start_g <> s.upto OR s.lot_id <> a.lot_id"
            " OR s.start_g < a.start_g OR s.stop_g > a.stop_g OR s.stop_g > l.mass_g"
        )
        == []
    )
    assert (
        await fetch(
            "SELECT r.id FROM retirement r LEFT JOIN retirement_slice s ON s.retirement_id = r.id GROUP BY r.id"
            " HAVING coalesce(sum(s.mass_g), 0) <> CASE r.state WHEN 'settled' THEN r.mass_g ELSE 0 END"
        )
        == []
    )
    for row in await fetch(
        "SELECT l.id, coalesce(sum(s.mass_g), 0)::bigint AS sliced, (SELECT coalesce(sum(a.stop_g - a.start_g), 0)::bigint"
        " FROM retirement_allocation a WHERE a.lot_id = l.id) AS allocated FROM credit_lot l"
        " LEFT JOIN retirement_slice s ON s.lot_id = l.id GROUP BY l.id"
    ):
        assert (row["sliced"], row["allocated"]) == ((await held(row["id"]))[2],) * 2
    assert set((await ledger.totals()).values()) == {0}


async def test_two_hundred_in_one_batch_over_two_lots_take_contiguous_grams(river: River):
    old = await open_lot("OLD", "CDCER-2020-OLD-1-1", year=2020)
    ids = await river.requested(MASSES)
    total = sum(MASSES)
    assert TONNE < total < 3 * TONNE
    assert sorted(await settle(ids)) == sorted(ids)

    await proof()
    assert await held(old) == (0, 0, TONNE)
    assert await held(river.lot_id) == (100 * TONNE - (total - TONNE), 0, total - TONNE)
    assert await fetch("SELECT lot_id, start_g, stop_g FROM retirement_allocation ORDER BY lot_id DESC") == [
        {"lot_id": old, "start_g": 0, "stop_g": TONNE},
        {"lot_id": river.lot_id, "start_g": 0, "stop_g": total - TONNE},
    ]
    found = await retirements.find_settled(ids)
    assert {one.id: one.mass_g for one in found} == dict(zip(ids, MASSES, strict=True))
    assert all(sum(cut.stop_g - cut.start_g for cut in one.slices) == one.mass_g for one in found)
    assert Counter(len(one.slices) for one in found) == {1: 199, 2: 1}, "one lies across the edge of the lots"
    assert len({one.settled_at for one in found}) == 1
    assert await fetch("SELECT posted_at FROM ledger_transfer WHERE kind = 'retire'") == [
        {"posted_at": found[0].settled_at}
    ]
    heard = await fetch(
        "SELECT job, count(*)::int AS rows, sum((payload->>'mass_g')::bigint)::bigint AS grams FROM outbox_message"
        " WHERE kind = 'retirement.settled' GROUP BY job ORDER BY job"
    )
    assert heard
    assert {(row["rows"], row["grams"]) for row in heard} == {(200, total)}


async def test_the_next_batch_goes_on_at_the_very_next_gram(river: River):
    for number, masses in enumerate(([5, 7], [1], [TONNE, 3])):
        await settle(await river.requested(masses, name=f"batch{number}"))
    await proof()
    assert await fetch_value("SELECT next_g FROM retirement_cursor WHERE lot_id = $1", river.lot_id) == TONNE + 16
    assert await fetch_value("SELECT max(stop_g) FROM retirement_slice") == TONNE + 16


async def test_settling_again_changes_nothing_and_tells_nobody(river: River):
    ids = await river.requested([5, 7])
    first = await settle(ids)
    before = (
        await fetch("SELECT * FROM retirement_slice ORDER BY id"),
        await fetch("SELECT * FROM retirement ORDER BY id"),
    )
    messages = await fetch_value("SELECT count(*) FROM outbox_message")
    assert sorted(first) == sorted(ids)
    assert await settle(ids) == []
    assert await settle([uuid4()]) == []
    assert await settle([]) == []
    assert before == (
        await fetch("SELECT * FROM retirement_slice ORDER BY id"),
        await fetch("SELECT * FROM retirement ORDER BY id"),
    )
    assert await fetch_value("SELECT count(*) FROM outbox_message") == messages
    assert await held(river.lot_id) == (100 * TONNE - 12, 0, 12)


async def test_workers_that_settle_the_same_ones_at_once_settle_each_once(river: River):
    await open_lot("OLD", "CDCER-2020-OLD-1-1", year=2020)
    ids = await river.requested([60_000] * 40)  # over both lots
    halves = [ids, ids[::-1], ids[:30], ids[10:][::-1]] * 2
    async with asyncio.timeout(120):
        settled = await asyncio.gather(*(settle(part) for part in halves))
    assert Counter(id_ for part in settled for id_ in part) == dict.fromkeys(ids, 1)
    assert await fetch_value("SELECT count(*) FROM retirement_slice") in {40, 41}
    await proof()


async def test_a_settling_that_is_rolled_back_leaves_its_grams_to_the_next(river: River):
    ids = await river.requested([5, 7])

    async def interrupted() -> None:
        async with transaction() as tx:
            assert await retirements.settle(ids, tx=tx)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await interrupted()
    assert await held(river.lot_id) == (100 * TONNE - 12, 12, 0)
    assert await settle(ids[:1]) == ids[:1]
    await proof()
    assert await fetch_value("SELECT min(start_g) FROM retirement_slice") == 0


NAMED = """
SELECT i.indexrelid::regclass::text AS name FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid
WHERE i.indrelid = CAST('retirement' AS regclass) AND a.attname IN ('state', 'settled_at') AND (a.attnum = ANY (i.indkey)
    OR EXISTS (SELECT FROM pg_depend d WHERE d.objid = i.indexrelid AND d.refobjid = i.indrelid AND d.refobjsubid = a.attnum))
"""


async def test_settling_writes_into_no_index_of_retirements_again(river: River):
    """Rows change in place only while no index names a column that settling writes, in its WHERE either."""
    async with connected(river.stand.owner_url) as owner, owner.transaction():
        assert [row["name"] for row in await owner.fetch(NAMED)] == []
        await owner.execute("CREATE INDEX named_in_where ON retirement (claim_id) WHERE state <> 'withdrawn'")
        assert [row["name"] for row in await owner.fetch(NAMED)] == ["named_in_where"]
        await owner.execute("DROP INDEX named_in_where")


async def test_one_cause_is_one_retirement_and_without_credits_set_aside_there_is_none(river: River):
    (first,) = await river.requested([5])
    async with transaction() as tx:
        assert await request_for([river.asked("test:0", 5), river.asked("nothing:0", 5)], tx=tx) == []
    standing = await retirements.find_by_cause("test:0")
    assert standing is not None and (standing.id, standing.state) == (first, retirements.RetirementState.REQUESTED)
    assert await retirements.find_by_cause("nothing:0") is None
    assert await retirements.find_settled([first]) == []
    await settle([first])
    (settled,) = await retirements.find_settled([first])
    assert settled.number == standing.number and settled.number.startswith("R-")


async def test_a_request_for_another_mass_than_was_set_aside_does_not_commit(river: River):
    """Reserved five grams, asked for six."""

    async def ask() -> None:
        async with transaction() as tx:
            await holdings.reserve("test:0", credits.Programme.CDCER, 5, expires_at=utc_now(), tx=tx)
            await request_for([river.asked("test:0", 6)], tx=tx)

    with pytest.raises((asyncpg.PostgresError, BaseORMException)) as refused:
        await ask()
    assert constraint(refused.value) == "retirement_lines_add_up"
    assert await fetch_one("SELECT count(*)::int AS rows FROM retirement") == {"rows": 0}
    assert await held(river.lot_id) == (100 * TONNE, 0, 0)


async def test_what_else_was_settled_for_a_claim_is_found_by_its_key_and_not_among_all_retirements(river: River):
    (id_,) = await river.requested([700])
    await settle([id_])
    async with connected(river.stand.super_url) as connection, connection.transaction():
        await connection.execute(
            "SET LOCAL enable_seqscan = off"
        )  # as for a table of millions: all of it is the last resort
        await connection.fetch(
            "SELECT retirements.settled_for(r.claim_id, r.id) FROM retirement r WHERE r.id = $1", id_
        )
        read = await connection.fetchval("SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = 'retirement'")
    assert read == 0
