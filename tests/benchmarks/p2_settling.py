"""P2: paid orders to issued certificates, drained by one worker, against pgbench writing the same rows in sets of 50.

Each rotation pays orders through the books while no worker runs, holds their events back, starts the worker, and
releases them: the clock runs from the release until the last row is committed and seen. Then pgbench writes the very
rows that this drain wrote. Beside it, in the same rotation, a worker drains as many that takes each hop in a
transaction of its own.
"""

import asyncio
import contextlib
import os
import random
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.benchmarks.ground import Ground
from tests.benchmarks.harness import CannotRun, Finding, Line, Spread, Wishes, ratio, say
from tests.benchmarks.paying import paid_orders
from tests.benchmarks.pgbench import pgbench
from tests.benchmarks.yardstick import SET, Marks, Yardstick

AT_LEAST: Final = 0.45
_PATIENCE_S: Final = 240.0
_LOOK_EVERY_S: Final = 0.01
_RECORDS: Final = "SELECT next_no - 1 FROM certificate_series WHERE name = 'H'"
"""The register has no gaps, so its counter says how many records are committed, at the cost of one row."""


@dataclass(frozen=True, slots=True)
class _Drain:
    """One drain: orders a second, what it wrote, and the processor time of the worker and PostgreSQL for each order."""

    per_second: float
    rows: Counter[str]
    cpu_ms: float


async def measure(here: Ground, wishes: Wishes) -> Finding:
    """Rotations of: the settle worker, pgbench, a worker that goes hop by hop; the two workers take turns to be first."""
    chance = random.Random(wishes.seed)
    records = 200 if wishes.is_quick else 1000
    connection = await here.super()
    yardstick = await Yardstick.prepare(connection) if pgbench() else None
    found: dict[str, list[_Drain]] = {"worker": [], "hop_by_hop": []}
    written: list[float] = []
    try:
        for rotation in range(wishes.rotations):
            for name in sorted(found, reverse=rotation % 2 == 0):
                marks = await _prepare(here, connection, records, chance)
                found[name].append(await _drain(here, connection, records, name))
                if yardstick is not None and name == "worker":
                    written.append(await yardstick.write_again(connection, marks, url=here.super_url, orders=records))
            say(
                f"P2 rotation {rotation + 1}: "
                + ", ".join(f"{name} {drains[-1].per_second:,.0f}/s" for name, drains in found.items())
                + f", pgbench {written[-1] if written else 0:,.0f}/s"
            )
    finally:
        await connection.close()
    return _finding(found, written, records)


async def _prepare(here: Ground, connection: Any, count: int, chance: random.Random) -> Marks:
    await _set_aside(connection)
    await paid_orders(here, count, chance)
    await connection.execute("UPDATE outbox_message SET due_at = 'infinity' WHERE done_at IS NULL")
    open_ = await connection.fetchval("SELECT count(*) FROM outbox_message WHERE done_at IS NULL AND dead_at IS NULL")
    assert open_ == count, f"{open_} events wait for {count} orders"
    return await Marks.now(connection)


async def _drain(here: Ground, connection: Any, count: int, worker: str) -> _Drain:
    before = await _counts(connection)
    with here.processes(worker, log="p2") as tree:
        await asyncio.sleep(1.2)  # an idle worker, past its first looks
        goal = await connection.fetchval(_RECORDS) + count
        cpu_s = await _cpu_seconds(connection, tree._running[worker].pid)
        began = time.perf_counter()
        await connection.execute(
            "UPDATE outbox_message SET due_at = clock_timestamp() WHERE done_at IS NULL AND dead_at IS NULL"
        )
        await connection.execute("NOTIFY outbox")
        while (there := await connection.fetchval(_RECORDS)) < goal:
            if time.perf_counter() - began > _PATIENCE_S:
                raise CannotRun(f"{goal - there} of {count} orders were not through after {_PATIENCE_S:.0f} s")
            tree.check()
            await asyncio.sleep(_LOOK_EVERY_S)
        took = time.perf_counter() - began
        cpu_s = await _cpu_seconds(connection, tree._running[worker].pid) - cpu_s
    after = await _counts(connection)
    return _Drain(count / took, after - before, 1000 * cpu_s / count)


async def _cpu_seconds(connection: Any, worker: int) -> float:
    """Of the worker and of every process of PostgreSQL, the ended ones included; 0 where the system does not tell."""
    backend = await connection.fetchval("SELECT pg_backend_pid()")
    try:
        postmaster = int(_stat(backend)[1])
        own = sum(map(int, _stat(worker)[11:13])) + sum(map(int, _stat(postmaster)[11:15]))
        for one in Path("/proc").glob("[0-9]*/stat"):  # noqa: ASYNC240 - a page of the kernel, between two drains
            with contextlib.suppress(OSError):
                told = one.read_text().rpartition(")")[2].split()
                own += sum(map(int, told[11:13])) if int(told[1]) == postmaster else 0
    except OSError:
        return 0.0  # told on Linux only; it is context
    return float(own) / os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


async def _set_aside(connection: Any) -> None:
    """What was left undone (files nobody waited for) shall not disturb what comes."""
    await connection.execute("UPDATE outbox_message SET done_at = clock_timestamp() WHERE done_at IS NULL")


async def _counts(connection: Any) -> Counter[str]:
    tables = await connection.fetch(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND NOT EXISTS (SELECT FROM pg_inherits"
        " WHERE inhrelid = tablename::regclass) ORDER BY tablename"
    )
    union = " UNION ALL ".join(f"SELECT '{row[0]}', count(*) FROM {row[0]}" for row in tables)
    return Counter(dict(await connection.fetch(union)))


def _finding(found: dict[str, list[_Drain]], written: list[float], orders: int) -> Finding:
    lines = []
    rates = {name: [drain.per_second for drain in drains] for name, drains in found.items()}
    for name, what, target in (
        ("worker", "paid → certificate record ÷ pgbench", AT_LEAST),
        ("hop_by_hop", "  the same, each hop a transaction of its own", None),
    ):
        if not written:
            lines.append(Line(id="P2", what=what, measured="no pgbench", target=f"≥ {target:.0%}" if target else ""))
            continue
        spread = ratio(rates[name], written)
        lines.append(
            Line(
                id="P2",
                what=what,
                measured=f"{spread.median:.1%}",
                spread=spread.text(".1%"),
                target=f"≥ {target:.0%}" if target else "",
                is_met=spread.median >= target if target else None,
                figures={"per_second": rates[name], "yardstick_per_second": written},
            )
        )
    gain = ratio(rates["worker"], rates["hop_by_hop"])
    lines.append(
        Line(id="P2", what="  hops together ÷ hop by hop", measured=f"{gain.median:.2f} ×", spread=gain.text())
    )
    for name, what in (("worker", "hops together"), ("hop_by_hop", "hop by hop")):
        cpu = Spread.of([drain.cpu_ms for drain in found[name]])
        lines.append(
            Line(
                id="P2",
                what=f"  processor an order, {what}",
                measured=f"{cpu.median:.2f} ms",
                spread=cpu.text(),
                figures={"cpu_ms": [drain.cpu_ms for drain in found[name]]},
            )
        )
    for what, every in (
        ("the settle worker", rates["worker"]),
        ("hop by hop", rates["hop_by_hop"]),
        (f"pgbench, the same rows in sets of {SET}", written),
    ):
        if every:
            spread = Spread.of(every)
            lines.append(
                Line(id="P2", what=f"  {what}", measured=f"{spread.median:,.0f}/s", spread=spread.text(",.0f"))
            )
    rows = found["worker"][-1].rows
    told = ", ".join(f"{table} {count:,}" for table, count in sorted(rows.items(), key=lambda one: -one[1]))
    note = f"P2: {orders:,} orders wrote {sum(rows.values()):,} new rows: {told}."
    if not written:
        note += " pgbench is not installed (Debian: postgresql-contrib or postgresql): no ratio."
    return Finding(lines, [note])
