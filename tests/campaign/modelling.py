"""L3: the state machine of the holdings against plain dicts, further than an ordinary run walks it."""

import asyncio
import os
import re
import sys

from tests.campaign.rounds import Ground, NotRun
from tests.conftest import PROJECT

STEPS = 2_000
_MODEL = PROJECT / "tests" / "rooms" / "holdings" / "test_holdings_model.py"


async def walk_model(ground: Ground) -> None:
    """So many steps from this round's seed, on servers of its own."""
    if not _MODEL.exists():
        raise NotRun(f"{_MODEL.relative_to(PROJECT)} is not there")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", str(_MODEL),
        cwd=PROJECT,
        env=os.environ | {"CAMPAIGN_STEPS": str(STEPS), "CAMPAIGN_SEED": str(ground.chance.getrandbits(32))},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    text = said.decode(errors="replace")
    assert process.returncode == 0 and not re.search(r"no tests ran|skipped", text), text[-3000:]
    ground.outcome.faults = STEPS
    ground.outcome.what = f"{STEPS:,} steps"
