"""P3: settling requested retirements against a plain insert of the same slices; P3b: what it costs among 10⁷ of them.

One retirement goes the whole way first, and every other row is a copy of its row, so that the figures follow whatever
columns a retirement has. Rows that only have to be there are filled in by a superuser with triggers off, as set-up;
what is measured runs as the application's role, every trigger and every key at work. Settling and the plain insert
take turns, in the same batches, one transaction a batch, one connection.
"""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg

from tests.benchmarks.ground import Ground
from tests.benchmarks.harness import CannotRun, Finding, Line, Spread, Wishes, ratio, say
from tests.benchmarks.paying import paid_orders
from tests.stack import eventually
from workers.relay import BATCH

AT_LEAST: Final = 0.4
AT_MOST: Final = 1.15
SMALL: Final = 100_000
LARGE: Final = 10_000_000
LARGE_QUICK: Final = 1_000_000
SET: Final = BATCH["settle"]

_STEP: Final = 250_000
_FILL_S: Final = 900.0
_YARD: Final = """
CREATE SCHEMA IF NOT EXISTS yard3;
DROP TABLE IF EXISTS yard3.slice, yard3.slice_like;
CREATE TABLE yard3.slice (id bigserial PRIMARY KEY, allocation_id bigint NOT NULL, retirement_id uuid NOT NULL,
    lot_id bigint NOT NULL, start_g bigint NOT NULL, stop_g bigint NOT NULL, mass_g bigint NOT NULL,
    UNIQUE (lot_id, start_g));
CREATE TABLE yard3.slice_like (LIKE public.retirement_slice INCLUDING ALL);
ALTER TABLE yard3.slice_like ALTER COLUMN id SET DEFAULT nextval('yard3.slice_id_seq');
DO $$ DECLARE v_key text; BEGIN
    FOR v_key IN SELECT pg_get_constraintdef(oid) FROM pg_constraint
                 WHERE conrelid = 'public.retirement_slice'::regclass AND contype = 'f' LOOP
        EXECUTE 'ALTER TABLE yard3.slice_like ADD ' || v_key;
    END LOOP;
END $$;
GRANT USAGE ON SCHEMA yard3 TO ddt_app;
GRANT INSERT ON yard3.slice, yard3.slice_like TO ddt_app;
GRANT USAGE ON SEQUENCE yard3.slice_id_seq TO ddt_app;
"""
_PLAIN: Final = (
    "INSERT INTO yard3.{table} (allocation_id, retirement_id, lot_id, start_g, stop_g, mass_g) SELECT * FROM"
    " unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])"
)


@dataclass(frozen=True, slots=True)
class _Cost:
    """Microseconds a retirement, in one rotation."""

    settle: float
    plain: float
    like: float


async def measure(here: Ground, wishes: Wishes) -> Finding:
    """Rotations among 10⁵ retirements, then the fill, then as many among 10⁷."""
    large = LARGE_QUICK if wishes.is_quick else LARGE
    count = SET * (5 if wishes.is_quick else 20)
    chance = random.Random(wishes.seed)
    connection = await here.super()
    try:
        pattern = await _one_whole_way(here, connection, chance)
        await connection.execute(_YARD)
        filler = await _Filler.prepare(connection, pattern)
        await filler.fill(SMALL)
        small = [await _rotate(here, connection, filler, count) for _ in range(wishes.rotations)]
        await filler.fill(large)
        reached = filler.filled
        big = [await _rotate(here, connection, filler, count) for _ in range(wishes.rotations)]
        await _is_whole(connection, filler.lot_id)
    finally:
        await connection.execute("DROP SCHEMA IF EXISTS yard3 CASCADE")
        await connection.close()
    return _finding(small, big, reached, large)


async def _one_whole_way(here: Ground, connection: Any, chance: random.Random) -> UUID:
    before = await connection.fetchval("SELECT count(*) FROM certificate")
    (order_id,) = await paid_orders(here, 1, chance)
    with here.processes("worker", log="p3"):

        async def is_issued() -> bool:
            return await connection.fetchval("SELECT count(*) FROM certificate") > before

        await eventually(is_issued, 30, "no certificate for the first order")
    found = await connection.fetchval("SELECT id FROM retirement WHERE cause = $1", f"order:{order_id}")
    assert isinstance(found, UUID)
    return found


class _Filler:
    """Copies of one settled retirement, and requests for more of its kind, all in its lot."""

    def __init__(self, connection: Any, lot_id: int, columns: str, said: str, pattern: UUID) -> None:
        self._connection = connection
        self._columns = columns
        self._said = said
        self._pattern = pattern
        self._sets = 0
        self.lot_id = lot_id
        self.filled = 0

    @classmethod
    async def prepare(cls, connection: Any, pattern: UUID) -> "_Filler":
        lot_id = await connection.fetchval(
            "SELECT lot_id FROM retirement_slice WHERE retirement_id = $1 LIMIT 1", pattern
        )
        own = ("id", "cause", "claim_id", "number", "mass_g", "state", "settled_at", "requested_at")
        columns, said = [
            await connection.fetchval(
                "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute"
                " WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"
                " AND attname <> ALL ($2::text[])",
                table, list(changed),
            )
            for table, changed in (("retirement", own), ("claim", ("id", "cause")))
        ]  # fmt: skip
        filler = cls(connection, lot_id, columns, said, pattern)
        await filler.may_fill()
        return filler

    async def may_fill(self) -> None:
        """Let this benchmark's own kind of transfer fill the books by hand."""
        await self._connection.execute(
            "INSERT INTO ledger_movement (kind, cause, family, source, target)"
            " SELECT 'fill', 'p3:%', 'g', 'inventory', target FROM unnest(ARRAY['reserved', 'retired']) AS target"
            " ON CONFLICT DO NOTHING"
        )

    async def fill(self, total: int) -> None:
        """Settled retirements of one gram, until there are `total`, or the time for it is over."""
        deadline = time.monotonic() + _FILL_S
        while self.filled < total and time.monotonic() < deadline:
            step = min(_STEP, total - self.filled)
            async with self._connection.transaction():
                next_g = await self._connection.fetchval(
                    "SELECT next_g FROM retirement_cursor WHERE lot_id = $1", self.lot_id
                )
                await self._move("inventory", "retired", step)
                await self._connection.execute("SET LOCAL session_replication_role = replica")
                await self._retirements(step, "settled")
                await self._connection.execute(
                    "WITH run AS (INSERT INTO retirement_allocation (batch, lot_id, start_g, stop_g, allocated_at)"
                    f" SELECT gen_random_uuid(), $1, s, least(s + {SET}, $2::bigint + $3), clock_timestamp()"
                    f" FROM generate_series($2::bigint, $2::bigint + $3 - 1, {SET}) AS s RETURNING id, start_g)"
                    " INSERT INTO retirement_slice (allocation_id, retirement_id, lot_id, start_g, stop_g, mass_g)"
                    " SELECT run.id, r.id, $1, r.at, r.at + 1, 1 FROM"
                    " (SELECT id, $2::bigint + row_number() OVER (ORDER BY id) - 1 AS at FROM fresh) AS r"
                    f" JOIN run ON run.start_g = $2 + (r.at - $2) / {SET} * {SET}",
                    self.lot_id, next_g, step,
                )  # fmt: skip
                await self._connection.execute(
                    "UPDATE retirement_cursor SET next_g = next_g + $2 WHERE lot_id = $1", self.lot_id, step
                )
            self.filled += step
            say(f"P3: {self.filled:,} retirements are there")
        await self._connection.execute(
            "VACUUM (ANALYZE) claim, retirement, retirement_line, retirement_slice, retirement_allocation"
        )
        await self._connection.execute("CHECKPOINT")

    async def request(self, count: int) -> list[UUID]:
        """Requested retirements of one gram, their credits set aside; their ids in order."""
        async with self._connection.transaction():
            await self._move("inventory", "reserved", count)
            await self._connection.execute("SET LOCAL session_replication_role = replica")
            await self._retirements(count, "requested")
            rows = await self._connection.fetch("SELECT id FROM fresh ORDER BY id")
        await self._connection.execute("ANALYZE claim, retirement, retirement_line")
        return [row["id"] for row in rows]

    async def _retirements(self, count: int, state: str) -> None:
        self._sets += 1
        settled_at = "clock_timestamp()" if state == "settled" else "NULL"
        await self._connection.execute(
            "CREATE TEMP TABLE fresh ON COMMIT DROP AS SELECT uuidv7() AS id, n FROM generate_series(1, $1::int) AS n",
            count,
        )
        await self._connection.execute(
            f"INSERT INTO claim (id, cause, {self._said}) SELECT f.id, 'order:' || f.id, {self._said} FROM fresh f,"
            f" (SELECT {self._said} FROM claim WHERE id = (SELECT claim_id FROM retirement WHERE id = $1)) AS pattern"
            " ORDER BY f.id",
            self._pattern,
        )
        await self._connection.execute(
            f"INSERT INTO retirement (id, cause, claim_id, number, mass_g, state, settled_at, requested_at, {self._columns})"
            f" SELECT f.id, 'order:' || f.id, f.id, 'R-' || substr(md5(f.id::text), 1, 20), 1, '{state}', {settled_at},"
            f" clock_timestamp(), {self._columns} FROM fresh f,"
            f" (SELECT {self._columns} FROM retirement WHERE id = $1) AS pattern ORDER BY f.id",
            self._pattern,
        )
        await self._connection.execute(
            "INSERT INTO retirement_line (retirement_id, lot_id, mass_g) SELECT id, $1, 1 FROM fresh ORDER BY id",
            self.lot_id,
        )

    async def _move(self, source: str, target: str, grams: int) -> None:
        paths = [f"{source}:{self.lot_id}", f"{target}:{self.lot_id}"]
        await self._connection.execute(
            "SELECT ledger.post($1, 'fill', $2, $3, $4)",
            f"p3:{uuid4()}", paths, [f"g:{self.lot_id}"] * 2, [-grams, grams],
        )  # fmt: skip


async def _rotate(here: Ground, connection: Any, filler: _Filler, count: int) -> _Cost:
    ids = await filler.request(count)
    batches = [ids[start : start + SET] for start in range(0, count, SET)]
    app = await asyncpg.connect(here.servers.database_url("ddt_app"))
    try:
        settle = await app.prepare("SELECT id, mass_g, settled_at FROM retirements.settle($1, $2)")
        began = time.perf_counter()
        for batch in batches:
            assert len(await settle.fetch(uuid4(), batch)) == len(batch)
        settled_s = time.perf_counter() - began
        rows = await connection.fetch(
            "SELECT allocation_id, retirement_id, lot_id, start_g, stop_g, mass_g FROM retirement_slice"
            " WHERE retirement_id = ANY ($1::uuid[]) ORDER BY id",
            ids,
        )
        assert len(rows) == count
        sets = [rows[start : start + SET] for start in range(0, count, SET)]
        plain_s = await _insert(app, "slice", sets)
        like_s = await _insert(app, "slice_like", sets)
    finally:
        await app.close()
    cost = _Cost(*(seconds / count * 1e6 for seconds in (settled_s, plain_s, like_s)))
    say(f"P3: {cost.settle:,.0f} µs a retirement, plain {cost.plain:,.0f} µs, with our keys {cost.like:,.0f} µs")
    return cost


async def _insert(app: Any, table: str, sets: Sequence[Sequence[Any]]) -> float:
    statement = await app.prepare(_PLAIN.format(table=table))
    columns = [[[row[number] for row in one] for number in range(6)] for one in sets]
    began = time.perf_counter()
    for values in columns:
        await statement.fetch(*values)
    return time.perf_counter() - began


async def _is_whole(connection: Any, lot_id: int) -> None:
    """One look at everything that was settled and filled: no gap, no overlap, the same sum as the ledger's."""
    gaps, sliced = await connection.fetchrow(
        "SELECT count(*) FILTER (WHERE start_g <> upto), sum(mass_g) FROM (SELECT start_g, mass_g, coalesce("
        " lag(stop_g) OVER (ORDER BY start_g), 0) AS upto FROM retirement_slice WHERE lot_id = $1) AS s",
        lot_id,
    )
    retired = await connection.fetchval(
        "SELECT balance FROM ledger_account WHERE path = $1 AND unit = $2", f"retired:{lot_id}", f"g:{lot_id}"
    )
    if gaps or sliced != retired:
        raise CannotRun(f"the lot is not whole: {gaps} gaps, slices of {sliced} g, {retired} g retired")


def _finding(small: list[_Cost], big: list[_Cost], reached: int, wanted: int) -> Finding:
    first = ratio([one.plain for one in small], [one.settle for one in small])
    like = ratio([one.like for one in small], [one.settle for one in small])
    # The plain insert into a table of one size is the clock of both halves: the machine's own pace falls out.
    relative = [[one.settle / one.plain for one in costs] for costs in (big, small)]
    base = Spread.of(relative[1]).median
    growth = Spread.of([value / base for value in relative[0]])
    lines = [
        Line(
            id="P3",
            what=f"settling in sets of {SET} ÷ insert, same keys",
            measured=f"{like.median:.2f} ×",
            spread=like.text(),
            target=f"≥ {AT_LEAST} ×",
            is_met=like.median >= AT_LEAST,
            figures={"settle_us": [one.settle for one in small], "like_us": [one.like for one in small]},
        ),
        Line(
            id="P3",
            what="  ÷ insert with two keys",
            measured=f"{first.median:.2f} ×",
            spread=first.text(),
            figures={"plain_us": [one.plain for one in small]},
        ),
        Line(
            id="P3b",
            what=f"cost among {reached:.0e} ÷ among {SMALL:.0e}".replace("e+0", "e"),
            measured=f"{growth.median:.2f} ×",
            spread=growth.text(),
            target=f"≤ {AT_MOST} ×",
            is_met=growth.median <= AT_MOST if reached == LARGE else None,
            figures={"small": relative[1], "large": relative[0], "rows": reached},
        ),
    ]
    for what, costs in ((f"among {SMALL:,}", small), (f"among {reached:,}", big)):
        for name, values in (
            ("settling", [one.settle for one in costs]),
            ("plain insert", [one.plain for one in costs]),
        ):
            spread = Spread.of(values)
            lines.append(
                Line(id="P3", what=f"  {name} {what}", measured=f"{spread.median:,.0f} µs", spread=spread.text(",.0f"))
            )
    notes = ["P3: afterwards every slice was looked at: no gap, no overlap, the sum of the ledger."]
    if reached < LARGE:
        why = "quick" if reached == wanted else f"the fill was stopped after {_FILL_S / 60:.0f} minutes"
        notes.append(f"P3b: {reached:,} rows instead of {LARGE:,} ({why}): not judged.")
    return Finding(lines, notes)
