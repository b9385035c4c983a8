"""S15: every operation of the API, asked by schemathesis from its own description, with and without a sense."""

import asyncio
import json
import os
import sys
from collections import Counter
from pathlib import Path

from tests.campaign.rounds import Ground, NotRun
from tests.conftest import PROJECT
from tests.scratch import scratch

ROUND_S = 90
ANSWERED_WITHIN_S = 30
"""On a busy machine; a request that takes longer hangs."""
PROGRAM = Path(sys.executable).parent / "schemathesis"


async def fuzz_api(ground: Ground) -> None:
    """A minute and a half of cases from this round's seed; no answer of 500 or more, and the books agree afterwards."""
    if not PROGRAM.exists():
        raise NotRun("schemathesis is not installed: make lock, then make test once")
    stack, seed = ground.stack, ground.chance.getrandbits(32)
    with scratch("fuzz") as folder:
        told = folder / "told.jsonl"
        process = await asyncio.create_subprocess_exec(
            PROGRAM, "run", f"{stack.base}/docs/openapi.json", "--url", stack.base, "--seed", str(seed),
            "--phases", "examples,coverage,fuzzing,stateful", "--max-time", str(ROUND_S), "--max-examples", "1000000",
            "--checks", "not_a_server_error", "--request-timeout", str(ANSWERED_WITHIN_S), "--continue-on-failure",
            "--suppress-health-check", "all", "--generation-database", "none", "--warnings", "off", "--no-color",
            cwd=folder,
            env=os.environ | {
                "SCHEMATHESIS_HOOKS": "tests.campaign.fuzz_hooks", "PYTHONPATH": str(PROJECT), "FUZZ_BASE": stack.base,
                "FUZZ_SCENE": stack.code, "FUZZ_TOLD": str(told), "FUZZ_SEED": str(seed), "NO_PROXY": "*",
            },
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        try:
            said, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        text = said.decode(errors="replace")
        answers = [json.loads(line) for line in told.read_text("utf-8").splitlines()] if told.exists() else []
    assert answers, f"schemathesis asked nothing: {text[-3000:]}"
    broken = [answer for answer in answers if answer["status"] >= 500]
    assert not broken, f"{len(broken)} of {len(answers)} answers are 500 or more: {broken[:3]}"
    assert process.returncode == 0, text[-3000:]
    statuses = Counter(answer["status"] // 100 for answer in answers)
    assert statuses[2], f"nothing was ever answered with yes: {statuses}"
    slowest_s = max(answer["s"] for answer in answers)
    operations = len({answer["operation"] for answer in answers})
    ground.outcome.faults = len(answers)
    ground.outcome.what = f"{operations} operations"
    print(
        f"    {len(answers):,} cases, {operations} operations, {dict(sorted(statuses.items()))}, slowest {slowest_s:.1f} s"
    )
    await ground.end()
