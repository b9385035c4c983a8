"""The command line of the campaign: which rows, for how long, from which seeds; stops cleanly and always reports."""

import asyncio
import contextlib
import os
import random
import secrets
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from typing import Final

from tests.campaign.emptying import trouble_redis
from tests.campaign.fuzzing import fuzz_api
from tests.campaign.killing import kill_api, kill_postgresql, kill_worker, stop_worker
from tests.campaign.modelling import walk_model
from tests.campaign.poisoning import poison_row
from tests.campaign.report import Result, show, write
from tests.campaign.rounds import DRAWING, Ground, NotRun, Row
from tests.campaign.severing import (
    end_connections_at_random,
    kill_a_migration,
    lock_a_table,
    restart_postgresql,
    silence_a_line,
)
from tests.campaign.showing import show_people
from tests.faults.test_killed_api import API_POINTS
from tests.faults.test_killed_workers import DRAW_POINTS, SETTLE_POINTS
from tests.stack import Stack

ROWS: Final = (
    Row(id="F1", what="API killed at its points", wanted=20 * len(API_POINTS), share=3, round=kill_api),
    Row(
        id="F2", what="worker killed at its points", wanted=20 * len([*SETTLE_POINTS, *DRAW_POINTS]), share=3,
        round=kill_worker, names=DRAWING,
    ),
    Row(id="F3", what="PostgreSQL killed under load", wanted=500, share=8, round=kill_postgresql),
    Row(id="F4", what="connections ended at random", wanted=5_000, share=3, round=end_connections_at_random),
    Row(id="F5", what="PostgreSQL restarted", wanted=20, share=2, round=restart_postgresql),
    Row(id="F7", what="Redis emptied, killed, filled", wanted=500, share=4, round=trouble_redis),
    Row(id="F8", what="a worker frozen past its lease", wanted=20, share=2, round=stop_worker),
    Row(id="F9", what="poisoned rows", wanted=60, share=4, round=poison_row),
    Row(id="F11", what="lines dead without a word", wanted=50, share=4, round=silence_a_line),
    Row(id="F12", what="a table locked", wanted=10, share=1, round=lock_a_table),
    Row(id="F14", what="migrations killed", wanted=100, share=2, round=kill_a_migration),
    Row(id="L3", what="holdings against plain dicts", wanted=10_000, share=2, round=walk_model, needs_stack=False),
    Row(id="S15", what="the API fuzzed", wanted=50_000, share=4, round=fuzz_api),
    Row(id="S20", what="the big screen at 30 s a turn", wanted=20, share=3, round=show_people),
)  # fmt: skip

_ROUND_S: Final = 240.0
"""A round that takes longer has failed; whatever it began is ended."""
_STACK_ORDERS: Final = 1_500
"""After so many orders the product begins with an empty database again: reading all of the books takes time."""


def main() -> int:
    """Exit 0 when every round held; 1 when one did not; 2 for a wrong wish."""
    try:
        minutes, rows, seed = _wishes()
    except ValueError as refusal:
        print(f"✘ {refusal}", file=sys.stderr)
        return 2
    results = {row.id: Result(row=row) for row in rows}
    began = time.monotonic()
    with contextlib.suppress(asyncio.CancelledError, KeyboardInterrupt):
        asyncio.run(_run(rows, results, minutes, seed))
    text = show(list(results.values()), minutes=minutes, took_s=time.monotonic() - began)
    write(text, list(results.values()))
    print(text)
    return int(any(result.failures for result in results.values()))


def _wishes() -> tuple[float, tuple[Row, ...], int | None]:
    known = {row.id: row for row in ROWS}
    names = os.environ.get("ROW", "").upper().split()
    if unknown := [name for name in names if name not in known]:
        raise ValueError(f"no row {', '.join(unknown)}; there are {', '.join(known)}")
    seed = os.environ.get("SEED", "")
    if seed and not (seed.isdecimal() and len(names) == 1):
        raise ValueError("SEED is a number that a report has told, and needs its ROW")
    given = os.environ.get("CAMPAIGN_MINUTES", "0" if seed else "240")
    try:
        minutes = float(given)
    except ValueError:
        raise ValueError(f"CAMPAIGN_MINUTES={given} is no number") from None
    return minutes, tuple(known[name] for name in names) or ROWS, int(seed) if seed else None


async def _run(rows: tuple[Row, ...], results: dict[str, Result], minutes: float, seed: int | None) -> None:
    us = asyncio.current_task()
    assert us is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, us.cancel)
    shares = sum(row.share for row in rows)
    for row in rows:
        await _run_row(row, results[row.id], until=time.monotonic() + 60 * minutes * row.share / shares, seed=seed)


async def _run_row(row: Row, result: Result, *, until: float, seed: int | None) -> None:
    """Rounds of one row until its time is over, at least one; each failure begins with a new product."""
    result.seed = secrets.randbelow(10**9) if seed is None else seed
    began = time.monotonic()
    number = 0
    try:
        while number == 0 or time.monotonic() < until:
            with _stack(row, result) as stack:
                orders = 0
                while (number == 0 or time.monotonic() < until) and orders < _STACK_ORDERS:
                    ground = Ground(stack, random.Random(result.seed + number))
                    is_well = await _round(row, ground, result, result.seed + number)
                    number += 1
                    orders += len(ground.orders)
                    if not is_well:
                        break
            if result.not_run:
                return
    finally:
        result.took_s = time.monotonic() - began


async def _round(row: Row, ground: Ground, result: Result, seed: int) -> bool:
    began = time.monotonic()
    try:
        async with asyncio.timeout(_ROUND_S):
            if row.needs_stack:
                await ground.stack.heal(row.names)
            await row.round(ground)
    except NotRun as missing:
        result.not_run = str(missing)
        return False
    except Exception as failure:  # noqa: BLE001 - any kind of failure is a finding; the others go on
        traceback.print_exc()
        result.failures[seed] = f"{ground.outcome.what}: {type(failure).__name__}: {failure}"[:2_000]
        result.keep_logs(seed, ground.stack.logs if row.needs_stack else None)
        _say(f"✘ {row.id} seed {seed} ({ground.outcome.what}) failed after {time.monotonic() - began:.0f} s")
        return False
    result.add(ground.outcome)
    _say(
        f"{row.id} {result.reached}/{row.wanted} · seed {seed} · {ground.outcome.what} · {ground.outcome.acknowledged} orders ·"
        f" settled {ground.outcome.settled_s:.1f} s · {time.monotonic() - began:.0f} s"
    )
    return True


@contextlib.contextmanager
def _stack(row: Row, result: Result) -> Iterator[Stack]:
    if not row.needs_stack:
        yield None  # type: ignore[misc]
        return
    with Stack() as stack:
        result.stacks += 1
        yield stack


def _say(text: str) -> None:
    print(f"  · {text}", file=sys.stderr, flush=True)
