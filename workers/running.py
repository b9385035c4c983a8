"""Running one job for a set of rows, and what becomes of its failure."""

import asyncio
import random

import structlog

from app import outbox
from app.gateways.database import TROUBLE, is_connection_lost
from app.kernel.errors import Unavailable
from workers.jobs import Job, Tools

_log = structlog.get_logger()


async def run(job: Job, ids: list[int], tools: Tools, *, deadline_s: float = 25.0) -> None:
    """Run a job; never raises.

    Silence of others, or a lost database, leaves the rows to be rung again. A failure of ours is kept
    with them; a set that failed is tried row by row, and a row that fails too often is set aside.
    """
    name = job.__name__
    try:
        async with asyncio.timeout(deadline_s):
            await job(ids, tools)
    except (Unavailable, TimeoutError) as silence:
        _log.info("job.silence", job=name, rows=len(ids), error=type(silence).__name__)
    except Exception as failure:  # noqa: BLE001 - a job's failure of any kind is kept with its rows
        if is_connection_lost(failure):
            _log.warning("job.database_lost", job=name, rows=len(ids))
            return
        _log.exception("job.failed", job=name, rows=len(ids))
        await _set_back(ids, failure)
    else:
        outbox.nudge()


async def _set_back(ids: list[int], failure: Exception) -> None:
    try:
        dead = await outbox.fail(
            ids,
            f"{type(failure).__name__}: {failure}",
            wait_s=random.uniform(0.2, 2) if len(ids) > 1 else 5.0,  # noqa: S311
        )
        if dead:
            _log.error("job.set_aside", rows=dead)
    except TROUBLE:
        _log.warning("job.failure_not_kept", rows=len(ids))
