"""Every run of a job is timed by what came of it, and every message by its age when it is taken."""

import asyncio
from uuid import uuid4

import pytest

from app.foundation import outbox
from app.gateways import metrics
from app.gateways.database import fetch, transaction
from app.kernel.errors import Unavailable
from app.registry.retirements import RetirementRequested
from tests.conftest import Stand
from workers.jobs import Tools
from workers.running import run

TOOLS = Tools(gateways=None, issuer=None, studio=None)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _on_real_tables(database: Stand) -> None:
    """Every test of this file starts on empty tables."""


async def is_done(ids: list[int], tools: Tools) -> None:
    """A job."""


async def is_silent(ids: list[int], tools: Tools) -> None:
    raise Unavailable("no answer")


async def takes_long(ids: list[int], tools: Tools) -> None:
    await asyncio.sleep(600)


async def breaks(ids: list[int], tools: Tools) -> None:
    raise ZeroDivisionError


def counted(name: str, **labels: str) -> float:
    return metrics.REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.mark.parametrize(
    ("job", "outcome"), [(is_done, "done"), (is_silent, "silent"), (takes_long, "silent"), (breaks, "failed")]
)
async def test_a_run_is_timed_by_what_came_of_it(job, outcome):
    labels = {"job": job.__name__, "outcome": outcome}
    before = counted("job_duration_seconds_count", **labels)
    await run(job, [], TOOLS, deadline_s=0.05 if job is takes_long else 60)
    assert counted("job_duration_seconds_count", **labels) == before + 1


async def test_a_message_is_timed_from_its_record_to_the_job_that_takes_it():
    labels = {"job": "settle_retirements"}
    before = counted("outbox_age_seconds_count", **labels), counted("outbox_age_seconds_sum", **labels)
    async with transaction() as tx:
        await outbox.record(*(RetirementRequested(retirement_id=uuid4()) for _ in range(3)), tx=tx)
    ids = [row["id"] for row in await fetch("SELECT id FROM outbox_message")]
    await asyncio.sleep(0.1)
    async with transaction() as tx:
        taken = await outbox.take(ids, "settle_retirements", tx=tx)
    assert len(taken) == 3
    assert counted("outbox_age_seconds_count", **labels) == before[0] + 3
    assert 0.3 <= counted("outbox_age_seconds_sum", **labels) - before[1] < 900
