"""P15: what an order leaves behind in PostgreSQL, and whether rows that change do so on their own page.

Orders are paid through the rooms' own functions while one worker drains them, as the application does. Then two things
are read from PostgreSQL itself: of each table how many updates were HOT (`n_tup_hot_upd`: no index was touched), and by
how much it and its indexes have grown for each order. At last a day of messages that is over is dropped.
"""

import asyncio
import random
import time
from dataclasses import dataclass
from typing import Any, Final

from tests.benchmarks.ground import Ground
from tests.benchmarks.harness import CannotRun, Finding, Line, Wishes, say
from tests.benchmarks.paying import paid_orders

HOT_TABLES: Final = ("purchase_order", "payment", "credit_reservation", "outbox_message")
"""The tables whose rows change as an order goes on."""
HOT_AT_LEAST: Final = 0.8
BYTES_MOST: Final = 9_000
_BYTES_BEFORE: Final = 12_200
_AT_A_TIME: Final = 500
_PATIENCE_S: Final = 600.0
_LARGEST: Final = 14
_DROP_MOST_MS: Final = 100
_DAY_AGO: Final = 40
_MAKE_DAY: Final = f"""
DO $$
DECLARE v_of record; v_name text := 'outbox_message_d' || to_char(current_date - {_DAY_AGO}, 'YYYYMMDD');
BEGIN
    SELECT * INTO v_of FROM outbox.ids_of(current_date - {_DAY_AGO});
    EXECUTE format('CREATE TABLE %I (LIKE outbox_message INCLUDING ALL) WITH (fillfactor = 70)', v_name);
    EXECUTE format('ALTER TABLE %I OWNER TO ddt_owner', v_name);
    EXECUTE format('ALTER TABLE outbox_message ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)',
                   v_name, v_of.first_id, v_of.stop_id);
END $$
"""
_FILL_DAY: Final = f"""
INSERT INTO outbox_message (id, kind, subject, payload, job, queue, recorded_at, due_at, attempts, failures, done_at)
SELECT d.first_id + n, 'retirement.settled', 'retirement:' || gen_random_uuid(),
       jsonb_build_object('mass_g', n, 'retirement_id', gen_random_uuid()), 'issue_certificates', 'settle', t.at, t.at, 1, 0,
       CASE WHEN n % 10000 <> 0 THEN t.at + interval '1 s' END
FROM generate_series(1, $1) AS n, outbox.ids_of(current_date - {_DAY_AGO}) AS d,
     (SELECT clock_timestamp() - interval '{_DAY_AGO} days' AS at) AS t
"""
_STATS: Final = """
SELECT t.name, sum(s.n_tup_upd)::bigint AS updates, sum(s.n_tup_hot_upd)::bigint AS hot,
       sum(pg_relation_size(s.relid))::bigint AS heap, sum(pg_indexes_size(s.relid))::bigint AS indexes,
       sum(pg_total_relation_size(s.relid))::bigint AS total
FROM pg_stat_user_tables s
CROSS JOIN LATERAL (SELECT coalesce((SELECT i.inhparent::regclass FROM pg_inherits i WHERE i.inhrelid = s.relid),
                                    s.relid::regclass)::text AS name) AS t
GROUP BY t.name
"""
_OPEN: Final = """
SELECT count(*) FROM outbox_message WHERE done_at IS NULL AND dead_at IS NULL AND job IS NOT NULL AND queue <> 'render'
"""


@dataclass(frozen=True, slots=True)
class _Table:
    """One table with its partitions and indexes, as it stands."""

    updates: int
    hot: int
    heap: int
    indexes: int
    total: int

    def since(self, before: "_Table") -> "_Table":
        return _Table(*(getattr(self, name) - getattr(before, name) for name in self.__slots__))


async def measure(here: Ground, wishes: Wishes) -> Finding:
    """One run: orders, their worker, and the counters of PostgreSQL before and after."""
    chance = random.Random(wishes.seed)
    count = 1_000 if wishes.is_quick else 20_000
    connection = await here.super()
    try:
        with here.processes("worker", log="p14"):
            await paid_orders(here, 100, chance)  # what a first order opens once
            await _drained(connection)
            before = await _stand(connection)
            began = time.perf_counter()
            for done in range(0, count, _AT_A_TIME):
                await paid_orders(here, min(_AT_A_TIME, count - done), chance)
            await _drained(connection)
            say(f"P15: {count:,} orders in {time.perf_counter() - began:.0f} s")
            after = await _stand(connection)
        dropped = await _drop_a_day(connection, 100_000 if wishes.is_quick else 1_000_000, wishes)
    finally:
        await connection.close()
    grown = {name: table.since(before.get(name, _Table(0, 0, 0, 0, 0))) for name, table in after.items()}
    updates, hot = sum(table.updates for table in grown.values()), sum(table.hot for table in grown.values())
    note = (
        f"P15: {count:,} orders of as many guests; HOT of all {updates:,} updates: {_share(hot, updates):.0%}. Bytes are whole"
        " pages: heap, indexes and what stands outside of its row."
    )
    return Finding([*_hot_lines(grown, wishes), *_byte_lines(grown, count, wishes), dropped], [note])


async def _stand(connection: Any) -> dict[str, _Table]:
    await asyncio.sleep(2)  # sessions tell their counters when they have been idle for a second
    await connection.execute("SELECT pg_stat_clear_snapshot()")
    return {row["name"]: _Table(*list(row.values())[1:]) for row in await connection.fetch(_STATS)}


async def _drained(connection: Any) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while left := await connection.fetchval(_OPEN):
        if time.monotonic() > deadline:
            raise CannotRun(f"{left} messages were not done after {_PATIENCE_S:.0f} s")
        await asyncio.sleep(0.5)


async def _drop_a_day(connection: Any, number: int, wishes: Wishes) -> Line:
    """As retention does: what stays is looked for, then the table is locked. One in ten thousand messages is still open."""
    await connection.execute(_MAKE_DAY)
    await connection.execute(_FILL_DAY.replace("$1", str(number)))
    await connection.execute("CHECKPOINT")
    await connection.execute("SET ROLE ddt_owner")
    async with connection.transaction():
        began = time.perf_counter()
        stays = await connection.fetchval(
            f"SELECT stays FROM outbox.left_of_day(current_date - {_DAY_AGO}, clock_timestamp() - interval '30 days')"
        )
        looked = time.perf_counter()
        assert await connection.fetchval(f"SELECT outbox.drop_day(current_date - {_DAY_AGO}, $1)", stays)
        dropped_ms = (time.perf_counter() - looked) * 1000
    await connection.execute("RESET ROLE")
    assert len(stays) == number // 10_000
    return Line(
        id="P15",
        what=f"{number:,} messages of a day dropped, ms",
        measured=f"{dropped_ms:,.0f}",
        spread=f"look {(looked - began) * 1000:,.0f}",
        target=f"≤ {_DROP_MOST_MS}",
        is_met=None if wishes.is_quick else dropped_ms <= _DROP_MOST_MS,
        figures={"dropped_ms": dropped_ms, "looked_ms": (looked - began) * 1000, "stays": len(stays)},
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def _hot_lines(grown: dict[str, _Table], wishes: Wishes) -> list[Line]:
    lines = []
    for name in HOT_TABLES:
        table = grown[name]
        share = _share(table.hot, table.updates)
        lines.append(
            Line(
                id="P15",
                what=f"HOT updates, {name}",
                measured=f"{share:.0%}",
                spread=f"of {table.updates:,}",
                target=f"≥ {HOT_AT_LEAST:.0%}",
                is_met=None if wishes.is_quick else share >= HOT_AT_LEAST,
                figures={"updates": table.updates, "hot": table.hot},
            )
        )
    return lines


def _byte_lines(grown: dict[str, _Table], count: int, wishes: Wishes) -> list[Line]:
    whole = sum(table.total for table in grown.values()) / count
    lines = [
        Line(
            id="P15",
            what=f"bytes an order (was {_BYTES_BEFORE:,})",
            measured=f"{whole:,.0f}",
            target=f"≤ {BYTES_MOST:,}",
            is_met=None if wishes.is_quick else whole <= BYTES_MOST,
            figures={name: table.total / count for name, table in grown.items() if table.total},
        )
    ]
    largest = sorted(grown.items(), key=lambda item: -item[1].total)[:_LARGEST]
    for name, table in largest:
        lines.append(
            Line(
                id="P15",
                what=f"  {name}",
                measured=f"{table.total / count:,.0f}",
                spread=f"{table.heap / count:,.0f} + {table.indexes / count:,.0f}",
                figures={"heap": table.heap / count, "indexes": table.indexes / count},
            )
        )
    return lines
