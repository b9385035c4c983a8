"""The command line of the cluster: which steps, one after the other, and the table."""

import argparse
import asyncio
import os
import signal
import sys
import time
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from tests.cluster.failing import fail_over_behind, fail_over_confirmed
from tests.cluster.ground import Prepared, prepare
from tests.cluster.programs import Missing, find
from tests.cluster.report import Shown, table
from tests.cluster.restoring import restore_to_a_moment
from tests.cluster.rolling import release_rolling, restart_rolling
from tests.cluster.serving import find_lost_notices, serve_visitors
from tests.effort import slowness
from tests.scratch import scratch
from tests.storage import running

Step = Callable[[Prepared, Shown], Awaitable[None]]
STEPS: Final[dict[int, tuple[str, Step]]] = {
    1: ("orders paid through the proxy, papers from the bucket", serve_visitors),
    2: ("lost notices found in less than 20 s", find_lost_notices),
    3: ("APIs and workers restarted one by one under load", restart_rolling),
    4: ("a newer release rolled out under load", release_rolling),
    5: ("failover to a standby that confirms (remote_apply)", fail_over_confirmed),
    6: ("failover to a standby 5 s behind, and recovery", fail_over_behind),
    7: ("restore to a moment in mid-traffic, and recovery", restore_to_a_moment),
}
_STEP_S: Final = 180.0
"""A step that takes longer on an idle machine has failed."""


def main(words: list[str]) -> int:
    """Exit 0 when every step that was wanted is met, 1 when one is not, 2 for a wrong wish, 3 where it cannot run here."""
    try:
        wanted, keep = _wishes(words)
    except ValueError as refusal:
        print(f"✘ {refusal}", file=sys.stderr)
        return 2
    try:
        found = find()
    except Missing as missing:
        print(f"make cluster: skipped, nothing was shown; {missing}")
        return 3
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell ignores it in the background
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))  # so that everything is put away
    began = time.monotonic()
    with scratch("cluster-data") as folder:
        folder.chmod(0o711)
        with running(folder / "storage.log") as storage:
            ready = prepare(folder / "ready", found, storage)
            prepared_s = time.monotonic() - began
            print(f"  0 · {prepared_s:5.1f} s · the data are prepared", flush=True)
            steps = asyncio.run(_run(wanted, ready, keep))
    print(table(steps, prepared_s=prepared_s, took_s=time.monotonic() - began))
    return int(any(step.failure for step in steps))


def _wishes(words: list[str]) -> tuple[list[int], Path | None]:
    parser = argparse.ArgumentParser(prog="make cluster", description="The platform on several machines, shown.")
    parser.add_argument("--only", metavar="1,3", help="these steps")
    parser.add_argument("--keep", metavar="FOLDER", type=Path, help="keep what the processes of each step said")
    wishes = parser.parse_args(words)
    if wishes.only is None:
        return list(STEPS), wishes.keep
    names = wishes.only.replace(" ", "").split(",")
    if unknown := [name for name in names if not name.isdecimal() or int(name) not in STEPS]:
        raise ValueError(f"no step {', '.join(unknown)}; there are {', '.join(map(str, STEPS))}")
    return sorted(map(int, names)), wishes.keep


async def _run(wanted: list[int], ready: Prepared, keep: Path | None) -> list[Shown]:
    steps = []
    for number in wanted:
        name, run = STEPS[number]
        shown = Shown(number, name)
        steps.append(shown)
        shown.say(f"{name} …")
        try:
            if keep is not None:
                os.environ["STACK_LOGS"] = str(keep / f"step-{number}")
            async with asyncio.timeout(_STEP_S * max(2.0, slowness())):
                await run(ready, shown)
        except Exception as failure:  # noqa: BLE001 - any kind of failure is a finding; the others go on
            traceback.print_exc()
            shown.failure = f"{type(failure).__name__}: {failure}"[:2_000]
        shown.took_s = time.monotonic() - shown.began
        shown.say("met" if not shown.failure else f"NOT MET: {shown.failure.splitlines()[0][:200]}")
    return steps
