"""Every job runs at least once; its effect happens once: twice in turn, at once with itself, and after a crash between."""

import asyncio

import pytest

from app.commerce import orders
from app.foundation import outbox
from app.gateways import faults
from app.gateways.database import fetch, transaction
from app.kernel.errors import Unavailable
from tests.flow import Flow, at_once
from workers.jobs import JOBS, Job
from workers.running import run
from workers.subscriptions import SETTLE, SUBSCRIPTIONS, by_kind

ALL_JOBS: dict[str, Job] = {name: job for jobs in JOBS.values() for name, job in jobs.items()}


class Crash(Exception):
    """The process ends here."""


async def _thrice(flow: Flow, job: str) -> None:
    """Run a job for its open rows: at once with itself, then again with the same rows."""
    rows = await flow.open_rows(job)
    assert rows, job
    await at_once(lambda: ALL_JOBS[job](rows, flow.tools), 3 if job in JOBS[SETTLE] else 2)
    await ALL_JOBS[job](rows, flow.tools)
    assert await flow.open_rows(job) == []


async def test_each_job_of_a_paid_order_at_once_with_itself_and_again_has_its_effect_once(drawing: Flow) -> None:
    flow = drawing
    placed = [await flow.paid(f"k{number}") for number in range(2)]
    jobs = (
        "fulfil_paid",
        "settle_retirements",
        "issue_certificates",
        "count_scenes",
        "line_up_for_wall",
        "line_up_messages",
    )
    for job in jobs:
        await _thrice(flow, job)
    assert await flow.count("outbox_message", "done_at IS NULL") == 0  # nobody draws what nobody asks for
    for order in placed:
        await flow.asks(await flow.certificate(order), "pdf", "png")
    await _thrice(flow, "draw_wanted")
    await _thrice(flow, "draw_pictures")

    assert await flow.count("retirement", "state = 'settled'") == 2
    assert await flow.count("retirement_slice") == await flow.count("certificate") == 2
    assert await flow.count("certificate_file") == 4
    total_g = sum(order.mass_g for order in placed)
    assert await fetch("SELECT retirements, mass_g FROM scenario_tally") == [{"retirements": 2, "mass_g": total_g}]
    assert await flow.count("outbox_message", "done_at IS NULL") == 0


async def test_each_job_of_a_refund_at_once_with_itself_and_again_has_its_effect_once(flow: Flow) -> None:
    order = await flow.opened()
    assert await orders.cancel(order.id, by=order.person_id, channels=flow.channels)
    await flow.others_take_all(order)
    await flow.pays(order, late=True)
    await flow.receive_notice()
    for job in ("fulfil_paid", "send_refunds"):
        await _thrice(flow, job)
    await flow.receive_notice()
    await _thrice(flow, "finish_refunds")

    assert len((await flow.sandbox.truth())["refunds"]) == await flow.count("payment_refund") == 1
    assert await flow.state(order) == "refunded"


@pytest.mark.parametrize(
    ("job", "point", "effect"),
    [
        ("fulfil_paid", "fulfil.before_commit", "retirement"),
        ("settle_retirements", "settle.before_commit", "retirement_slice"),
        ("issue_certificates", "issue.before_commit", "certificate"),
        ("draw_wanted", "draw.stored", "certificate_file"),
    ],
)
async def test_a_crash_between_taking_and_committing_leaves_the_rows_open_and_nothing_done(
    drawing: Flow, monkeypatch: pytest.MonkeyPatch, job: str, point: str, effect: str
) -> None:
    flow = drawing
    order = await flow.paid_by_word("k1")
    for earlier in ("fulfil_paid", "settle_retirements", "issue_certificates"):
        if earlier == job:
            break
        await ALL_JOBS[earlier](await flow.open_rows(earlier), flow.tools)
    if job == "draw_wanted":
        await flow.asks(await flow.certificate(order), "pdf")
    rows = await flow.open_rows(job)

    def crash(reached: str, subjects: object = ()) -> None:
        if reached == point:
            raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(faults, "reach", crash)
        with pytest.raises(Crash):
            await ALL_JOBS[job](rows, flow.tools)
    assert await flow.open_rows(job) == rows
    assert await flow.count(effect) == 0

    await ALL_JOBS[job](rows, flow.tools)
    assert await flow.open_rows(job) == []
    assert await flow.count(effect) == 1
    await flow.work()


async def test_a_failure_of_ours_is_kept_with_its_rows_and_silence_of_others_is_not(flow: Flow) -> None:
    await flow.paid_by_word("k1")
    (row,) = await flow.open_rows("fulfil_paid")

    async def silent(_ids: list[int], _tools: object) -> None:
        raise Unavailable("nobody answers")

    async def broken(_ids: list[int], _tools: object) -> None:
        raise ZeroDivisionError("of ours")

    await run(silent, [row], flow.tools)
    assert await fetch("SELECT failures, last_error FROM outbox_message WHERE id = $1", row) == [
        {"failures": 0, "last_error": None}
    ]
    await run(broken, [row], flow.tools)
    assert await fetch("SELECT failures, last_error, dead_at FROM outbox_message WHERE id = $1", row) == [
        {"failures": 1, "last_error": "ZeroDivisionError: of ours", "dead_at": None}
    ]
    await flow.work()
    assert await fetch("SELECT last_error FROM outbox_message WHERE id = $1", row) == [{"last_error": None}]


async def test_a_job_that_hangs_is_given_up_and_its_rows_stay(flow: Flow) -> None:
    await flow.paid_by_word("k1")
    rows = await flow.open_rows("fulfil_paid")

    async def hangs(ids: list[int], _tools: object) -> None:
        async with transaction() as tx:
            assert await outbox.take(ids, "fulfil_paid", tx=tx)
            await asyncio.sleep(30)

    await run(hangs, rows, flow.tools, deadline_s=0.1)
    assert await flow.open_rows("fulfil_paid") == rows
    await flow.work()


def test_every_job_of_the_map_exists_in_its_queue_and_every_job_is_in_the_map() -> None:
    mapped = {(queue, job) for jobs in SUBSCRIPTIONS.values() for job, queue in jobs}
    assert mapped == {(queue, job) for queue, jobs in JOBS.items() for job in jobs}


async def test_the_database_knows_the_same_map_after_migrating(flow: Flow) -> None:
    wanted = {(kind, job, queue) for kind, jobs in by_kind().items() for job, queue in (jobs or ((None, None),))}
    assert await outbox.subscriptions() == wanted
