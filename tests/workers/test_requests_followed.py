"""A message keeps the id of the request it follows from, a job goes on under it, and of several it guesses none."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
import structlog

from app import certificates
from app.certificates import FileWanted
from app.commerce import orders
from app.foundation import outbox
from app.gateways import tracing
from app.gateways.database import fetch, fetch_value, transaction
from app.gateways.gathering import Gatherer
from tests.flow import Flow
from workers.jobs import JOBS, Tools
from workers.running import run
from workers.subscriptions import SETTLE

NO_TOOLS = Tools(gateways=None, issuer=None, studio=None)  # type: ignore[arg-type]


async def wanted(certificate_id: UUID, request_id: str | None) -> None:
    with tracing.bound(request_id):
        async with transaction() as tx:
            await outbox.record(FileWanted(certificate_id=certificate_id, language="zh", file_kind="pdf"), tx=tx)


async def again_about(*certificate_ids: UUID) -> None:
    """Run a job that takes all rows there are and writes an event about each of these."""

    async def job(ids: list[int], _: Tools) -> None:
        async with transaction() as tx:
            await outbox.take(ids, "draw_wanted", tx=tx)
            again = [FileWanted(certificate_id=one, language="en", file_kind="png") for one in certificate_ids]
            await outbox.record(*again, tx=tx)

    await run(job, [row["id"] for row in await fetch("SELECT id FROM outbox_message")], NO_TOOLS)


async def ids_of(language: str) -> list[str | None]:
    rows = await fetch("SELECT request_id FROM outbox_message WHERE payload->>'language' = $1 ORDER BY id", language)
    return [row["request_id"] for row in rows]


@pytest.mark.usefixtures("database")
async def test_what_a_job_writes_about_something_follows_from_the_request_about_the_same_thing() -> None:
    one, two = uuid4(), uuid4()
    await wanted(one, "req_one")
    await wanted(two, "req_two")
    await again_about(two, one, uuid4())

    assert await ids_of("zh") == ["req_one", "req_two"]
    assert await ids_of("en") == ["req_two", "req_one", None]  # of the third nobody knows


@pytest.mark.usefixtures("database")
async def test_what_a_job_writes_follows_from_the_one_request_that_all_its_messages_came_from() -> None:
    await wanted(uuid4(), "req_one")
    await again_about(uuid4(), uuid4())

    assert await ids_of("en") == ["req_one", "req_one"]


@pytest.mark.usefixtures("database")
async def test_what_one_job_took_is_nobody_elses_cause() -> None:
    await wanted(uuid4(), "req_one")
    await again_about()
    await wanted(uuid4(), None)

    assert await ids_of("zh") == ["req_one", None]


@pytest.mark.usefixtures("database")
async def test_a_set_of_many_callers_is_done_under_nobodys_id() -> None:
    seen: list[str | None] = []

    async def flush(asked: object) -> list[None]:
        seen.append(tracing.current())
        return [None] * len(asked)  # type: ignore[arg-type]

    async def caller(request_id: str) -> str | None:
        with tracing.bound(request_id):
            await gatherer.ask(request_id)
            return tracing.current()

    gatherer = Gatherer(flush, most=10)
    assert await asyncio.gather(caller("req_one"), caller("req_two")) == ["req_one", "req_two"]
    assert set(seen) == {None}


async def test_from_a_notice_to_the_certificate_the_id_is_one(flow: Flow) -> None:
    """Each hop in a job of its own, as under load."""
    with tracing.bound("req_of_the_notice"):
        await flow.paid("k1")
    for name in ("fulfil_paid", "settle_retirements", "issue_certificates"):
        await run(JOBS[SETTLE][name], await flow.open_rows(name), flow.tools)
    await flow.work()

    rows = await fetch("SELECT kind, request_id FROM outbox_message WHERE kind <> 'lot.opened' ORDER BY id")
    assert {row["request_id"] for row in rows} == {"req_of_the_notice"}, rows
    assert await fetch_value("SELECT count(DISTINCT kind) FROM outbox_message") >= 4


async def test_what_a_worker_goes_on_with_is_done_under_the_request_of_its_own_order(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing but the first message has a row; each certificate is still made under the request that paid for it."""
    causes = {}
    for request_id in ("req_one", "req_two"):
        with tracing.bound(request_id):
            causes[orders.cause_of((await flow.paid_by_word(request_id)).id)] = request_id
    issue, seen = certificates.issue, dict[str, str | None]()

    async def watched(paper: str, subjects: list[str], **given: Any) -> None:
        seen.update({subject: tracing.cause_of(subject) for subject in subjects})
        await issue(paper, subjects, **given)

    monkeypatch.setattr(certificates, "issue", watched)
    tools = replace(flow.tools, is_going_on=True)
    with structlog.testing.capture_logs() as lines:
        await run(JOBS[SETTLE]["fulfil_paid"], await flow.open_rows("fulfil_paid"), tools)

    rows = await fetch("SELECT 'retirement:' || id AS subject, cause FROM retirement")
    assert seen == {row["subject"]: causes[row["cause"]] for row in rows} != {}
    assert await flow.count("outbox_message", "kind LIKE 'retirement.%'") == 0
    assert [line["requests"] for line in lines if line["event"] == "job.ran"] == [["req_one", "req_two"]]


@pytest.mark.usefixtures("database")
async def test_what_a_job_makes_of_something_follows_from_the_request_about_that() -> None:
    one, two, made = uuid4(), uuid4(), uuid4()
    await wanted(one, "req_one")
    await wanted(two, "req_two")

    async def job(ids: list[int], _: Tools) -> None:
        async with transaction() as tx:
            await outbox.take(ids, "draw_wanted", tx=tx)
            tracing.follow(f"certificate:{made}", f"certificate:{two}")
            tracing.follow(f"certificate:{one}", "nothing that a message was about")
            again = [FileWanted(certificate_id=id_, language="en", file_kind="pdf") for id_ in (made, one)]
            await outbox.record(*again, tx=tx)

    await run(job, [row["id"] for row in await fetch("SELECT id FROM outbox_message")], NO_TOOLS)
    assert await ids_of("en") == ["req_two", "req_one"]
