"""The command line of the benchmarks: parse, run what was asked for, show, keep."""

import argparse
import asyncio
import importlib
import random
import signal
import sys
import traceback
from typing import Final

from app.embedded import EmbeddedRefusal
from tests.benchmarks import harness
from tests.benchmarks.ground import ground
from tests.benchmarks.harness import CannotRun, Finding, Wishes, say

BENCHMARKS: Final = {
    "P2b": "p2b_one_citizen",
    "P1": "p1_gifts",
    "P1c": "p1c_crowd",
    "P4": "p4_reading",
    "P6": "p6_papers",
    "P9": "p9_first_paint",
    "P7": "p7_wall",
    "P12": "p12_paid_orders",
    "P13": "p13_notices",
    "P14": "p14_account",
    "P2": "p2_settling",
    "P5": "p5_ledger",
    "P3": "p3_settling",
    "P16": "p16_days",
    "P8": "p8_proof",
    "P11": "p11_expiring",
    "P15": "p15_growth",
    "P17": "p17_locked",
    "P10": "p10_whole_stack",
}
"""In the order they run: the idle stack first, the heavy writing last, and then a stack of its own."""


def main() -> int:
    """Exit 0 when every benchmark ran, whatever it found; 1 when one could not run."""
    parser = argparse.ArgumentParser(prog="make bench ARGS=…", description="Measure the figures we promise.")
    parser.add_argument("names", nargs="*", metavar="ID", help=f"which of {', '.join(sorted(BENCHMARKS))}; none: all")
    parser.add_argument("--quick", action="store_true", help="two short rotations: to see that it runs")
    parser.add_argument("--first", action="store_true", help="P10: also a first start from nothing (a minute)")
    parser.add_argument("--rotations", type=int, default=5, choices=range(1, 31), metavar="N", help="default 5")
    parser.add_argument("--seed", type=int, default=20261122, help="of everything drawn by lot")
    asked = parser.parse_args()
    known = {name.lower(): name for name in BENCHMARKS}
    if unknown := [name for name in asked.names if name.lower() not in known]:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(sorted(BENCHMARKS))}")
    names = {known[name.lower()] for name in asked.names} or set(BENCHMARKS)
    wishes = Wishes(
        rotations=2 if asked.quick else asked.rotations, is_quick=asked.quick, is_first=asked.first, seed=asked.seed
    )
    random.seed(wishes.seed)
    try:
        return asyncio.run(_run([name for name in BENCHMARKS if name in names], wishes))
    except (asyncio.CancelledError, KeyboardInterrupt):
        print("✘ stopped; nothing was kept", file=sys.stderr)
        return 1


async def _run(names: list[str], wishes: Wishes) -> int:
    us = asyncio.current_task()
    assert us is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, us.cancel)  # what was started ends with us
    findings: dict[str, Finding] = {}
    failures: list[str] = []
    try:
        async with ground() as here:
            machine = harness.look_at_machine(postgresql=here.postgresql, seed=wishes.seed)
            for name in names:
                say(f"{name}: {BENCHMARKS[name]}")
                module = importlib.import_module(f"tests.benchmarks.{BENCHMARKS[name]}")
                try:
                    findings[name] = await module.measure(here, wishes)
                except CannotRun as missing:
                    failures.append(f"{name} could not run: {missing}")
                except Exception as trouble:  # noqa: BLE001 - the others still have something to say
                    traceback.print_exc()
                    failures.append(f"{name} could not run: {type(trouble).__name__}: {trouble}")
    except (EmbeddedRefusal, CannotRun) as refusal:
        print(f"✘ {refusal}", file=sys.stderr)
        return 1
    ordered = [findings[name] for name in sorted(findings, key=lambda name: (int(name[1:].rstrip("abc")), name))]
    text = harness.show(machine, ordered, failures, wishes)
    harness.write(text, machine, ordered, failures, wishes)
    print(text)
    print("Kept in artifacts/benchmarks.md and artifacts/benchmarks.json")
    return 1 if failures else 0
