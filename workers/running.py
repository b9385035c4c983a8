"""Running one job for a set of rows, and what becomes of its failure."""

import asyncio
import contextlib
import random
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import structlog

from app import certificates
from app.commerce import recovery
from app.foundation import outbox
from app.gateways import metrics, tracing
from app.gateways.database import TROUBLE, constraint, detail, is_connection_lost, retry_after_s
from app.kernel.errors import Unavailable
from workers import hops
from workers.jobs import Job, Tools

_COVERED_MOST: Final = 64
"""Lots and registers that one job may find uncovered; the rest is done when it is tried again."""
_FORESEEN_FROM: Final = 10
"""Rows of a set; fewer are nearly always covered, and quickly done again."""
_log = structlog.get_logger()
_REQUESTS_A_LINE: Final = 20
"""As many as a log line holds of a list."""


async def run(job: Job, ids: list[int], tools: Tools, *, attempt: int = 1, deadline_s: float = 25.0) -> None:
    """Run a job for rows at their `attempt`th attempt; never raises.

    Silence of others, or a lost database, leaves the rows to be enqueued again. A failure of ours is kept
    with them; a set that failed is tried row by row, and a row that fails too often is set aside. So is
    one that kills its worker too often: from the second attempt on, a try is counted before it is begun, and nothing that
    follows from the job is done with it. A line at its end names the requests that its messages came from.
    """
    with tracing.following():
        await _run(job, ids, tools, attempt=attempt, deadline_s=deadline_s)


async def _run(job: Job, ids: list[int], tools: Tools, *, attempt: int, deadline_s: float) -> None:
    name = job.__name__
    is_counted = attempt > 1
    if is_counted:
        ids = await _begin(name, ids)
        if not ids:
            return
    outcome, began = "failed", time.monotonic()
    try:
        async with asyncio.timeout(deadline_s):
            await _covered(job, ids, replace(tools, is_going_on=False) if is_counted else tools)
        outcome = "done"
    except (Unavailable, TimeoutError) as silence:
        outcome = "silent"
        _log.info("job.silence", job=name, rows=len(ids), error=type(silence).__name__)
        if is_counted:
            await _excuse(ids)
    except Exception as failure:  # noqa: BLE001 - a job's failure of any kind is kept with its rows
        # A lock that somebody holds, or a full disk, passes by itself too: no row is set aside for it.
        if is_connection_lost(failure) or retry_after_s(failure) is not None:
            outcome = "away"
            _log.warning("job.database_lost", job=name, rows=len(ids))
            if is_counted:
                await _excuse(ids)
            return
        _log.exception("job.failed", job=name, rows=len(ids), requests=tracing.followed()[:_REQUESTS_A_LINE])
        await _set_back(ids, failure)
    else:
        outbox.nudge()
    finally:
        seconds = time.monotonic() - began
        metrics.job_seconds(name, outcome).observe(seconds)
        for requests in _lines(tracing.followed()):
            _log.info(
                "job.ran", job=name, rows=len(ids), outcome=outcome, ms=round(seconds * 1000, 2), requests=requests
            )


async def _covered(job: Job, ids: list[int], tools: Tools) -> None:
    """Do it; what it gives beyond the marker outside (each lot, each register) is covered first, and it is done again.

    Of a large set that is looked at before it is begun: otherwise it is done, refused at its end, and thrown away.
    """
    is_foreseen = len(ids) >= _FORESEEN_FROM and job.__name__ in hops.SETTLING
    if tools.cover is not None and is_foreseen:
        wants = await recovery.uncovered(ids, register=certificates.HONORARY)
        if wants:
            await tools.cover(*wants)
    for _ in range(_COVERED_MOST):
        try:
            return await job(ids, tools)
        except Exception as refusal:
            want = recovery.want_of(detail(refusal)) if constraint(refusal) == "recovery_bound" else None
            if want is None or tools.cover is None:
                raise
            await tools.cover(want)
    raise Unavailable("recovery: more lots at once than are covered")


async def _begin(name: str, ids: list[int]) -> list[int]:
    """The rows that may be tried; none while the database is away, they are due again."""
    try:
        open_, dead = await outbox.begin(ids, name)
    except TROUBLE:
        _log.warning("job.database_lost", job=name, rows=len(ids))
        return []
    if dead:
        _log.error("job.set_aside", rows=dead)
    return open_


async def _excuse(ids: list[int]) -> None:
    # Where the database stays away the try remains counted: eight such accidents of one row are for people anyway.
    with contextlib.suppress(*TROUBLE):
        await outbox.excuse(ids)


async def _set_back(ids: list[int], failure: Exception) -> None:
    try:
        dead = await outbox.fail(
            ids,
            f"{type(failure).__name__}: {failure}",
            wait_s=random.uniform(0.2, 2) if len(ids) > 1 else 5.0,  # noqa: S311 - jitter, not a secret
        )
        if dead:
            _log.error("job.set_aside", rows=dead)
    except TROUBLE:
        _log.warning("job.failure_not_kept", rows=len(ids))


def _lines(requests: list[str]) -> Iterator[list[str]]:
    """As many at a time as a log line holds of a list."""
    for start in range(0, len(requests), _REQUESTS_A_LINE):
        yield requests[start : start + _REQUESTS_A_LINE]
