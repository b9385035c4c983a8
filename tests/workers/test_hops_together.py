"""A worker that holds one hop of a paid order goes on to the next in the same transaction; others may take each alone."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import pytest

from app import certificates
from app.foundation import messages
from app.foundation.messages import MessageKind
from app.gateways import faults
from app.gateways.database import Tx, fetch, fetch_value
from app.programmes import wall
from app.registry import retirements
from tests.flow import Flow, at_once
from workers.jobs import JOBS
from workers.running import run
from workers.subscriptions import SETTLE

HOPS = ("fulfil_paid", "settle_retirements", "issue_certificates", "count_scenes")


@pytest.fixture
def onward(flow: Flow) -> Flow:
    """The flow in a process that goes on."""
    flow.tools = replace(flow.tools, is_going_on=True)
    return flow


async def _fulfil(flow: Flow) -> None:
    await JOBS[SETTLE]["fulfil_paid"](await flow.open_rows("fulfil_paid"), flow.tools)


async def test_all_hops_of_paid_orders_are_one_transaction_that_leaves_no_row_of_what_followed(onward: Flow) -> None:
    placed = [await onward.paid_by_word(f"k{number}") for number in range(3)]
    await _fulfil(onward)

    rows = await fetch("SELECT kind, job, count(*) AS n, bool_and(done_at IS NOT NULL) AS done FROM outbox_message"
                       " WHERE kind <> 'lot.opened' GROUP BY kind, job ORDER BY kind, job")  # fmt: skip
    assert [(row["kind"], row["job"], row["n"], row["done"]) for row in rows] == [
        ("payment.succeeded", "fulfil_paid", 3, True)
    ]
    assert await onward.count("retirement", "state = 'settled'") == len(placed)
    assert await fetch_value("SELECT count(DISTINCT xmin::text) FROM certificate") == 1
    assert await fetch_value(
        "SELECT count(*) FROM certificate c JOIN retirement r ON r.id = c.retirement_id AND r.xmin = c.xmin"
    ) == len(placed)
    assert await fetch("SELECT retirements FROM scenario_tally") == [{"retirements": 3}]


async def test_each_certificate_of_a_set_is_lined_up_for_screens_and_for_messages_in_the_same_transaction(
    onward: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    lined_up: list[UUID] = []
    asked: list[UUID] = []

    async def line_up(ids: Sequence[UUID], *, version: int, tx: Tx) -> None:
        assert version == 3
        assert await fetch_value(
            "SELECT count(*) FROM certificate WHERE id = ANY($1::uuid[])", list(ids), tx=tx
        ) == len(ids)
        lined_up.extend(ids)

    async def agreed(_: MessageKind, people: set[UUID], **__: object) -> set[UUID]:
        asked.extend(people)
        return set()

    monkeypatch.setattr(wall, "line_up", line_up)
    monkeypatch.setattr(messages, "agreed", agreed)
    onward.tools = replace(onward.tools, wall_version=3, message_templates={"certificate": "T"})
    for number in range(3):
        await onward.paid_by_word(f"k{number}")
    await _fulfil(onward)

    rows = await fetch("SELECT id, holder_id FROM certificate")
    assert sorted(lined_up) == sorted(row["id"] for row in rows)
    assert sorted(asked) == sorted({row["holder_id"] for row in rows})


async def test_hop_by_hop_every_event_has_a_row_for_each_job(onward: Flow) -> None:
    await onward.paid_by_word("k1")
    onward.tools = replace(onward.tools, is_going_on=False)
    await onward.work()

    rows = await fetch("SELECT kind, job, count(*) AS n, bool_and(done_at IS NOT NULL) AS done FROM outbox_message"
                       " WHERE kind <> 'lot.opened' GROUP BY kind, job ORDER BY kind, job")  # fmt: skip
    assert [(row["kind"], row["job"], row["n"], row["done"]) for row in rows] == [
        ("certificate.issued", "line_up_for_wall", 1, True),
        ("certificate.issued", "line_up_messages", 1, True),
        ("payment.succeeded", "fulfil_paid", 1, True),
        ("retirement.requested", "settle_retirements", 1, True),
        ("retirement.settled", "count_scenes", 1, True),
        ("retirement.settled", "issue_certificates", 1, True),
    ]


async def test_a_set_takes_as_many_statements_for_seven_orders_as_for_two(
    onward: Flow, caplog: pytest.LogCaptureFixture
) -> None:
    taken = []
    for count in (2, 7):
        for number in range(count):
            await onward.paid_by_word(f"k{count}-{number}")
        caplog.clear()
        with caplog.at_level(logging.DEBUG, logger="tortoise.db_client"):
            await _fulfil(onward)
        taken.append(
            [next(iter(record.args or ())) for record in caplog.records if record.name == "tortoise.db_client"]
        )
    assert await onward.count("certificate") == 9
    assert taken[0] == taken[1] != []


async def test_nothing_waits_for_anybody_when_a_set_is_done(onward: Flow) -> None:
    await onward.paid_by_word("k1")
    await _fulfil(onward)
    assert await onward.count("certificate") == 1
    assert await onward.count("outbox_message", "done_at IS NULL") == await onward.count("outbox_open") == 0
    changed = await fetch("SELECT kind FROM outbox_message WHERE done_at <> recorded_at")
    assert [row["kind"] for row in changed] == ["payment.succeeded"]


async def test_going_on_at_once_with_itself_and_again_has_each_effect_once(onward: Flow) -> None:
    for number in range(4):
        await onward.paid_by_word(f"k{number}")
    rows = await onward.open_rows("fulfil_paid")
    await at_once(lambda: JOBS[SETTLE]["fulfil_paid"](rows, onward.tools), 3)
    await JOBS[SETTLE]["fulfil_paid"](rows, onward.tools)
    assert await onward.count("retirement", "state = 'settled'") == await onward.count("certificate") == 4
    assert await fetch("SELECT retirements FROM scenario_tally") == [{"retirements": 4}]


@pytest.mark.parametrize("hop", [retirements, certificates])
async def test_where_a_later_hop_fails_the_first_is_done_alone_and_the_later_ones_row_is_to_blame(
    onward: Flow, monkeypatch: pytest.MonkeyPatch, hop: object
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    await onward.paid_by_word("k1")
    with monkeypatch.context() as patch:
        patch.setattr(hop, "settle" if hop is retirements else "issue", broken)
        await run(JOBS[SETTLE]["fulfil_paid"], await onward.open_rows("fulfil_paid"), onward.tools)
    assert await onward.open_rows("fulfil_paid") == []
    assert await onward.count("retirement", "state = 'requested'") == 1
    assert await fetch_value("SELECT max(failures) FROM outbox_message") == 0
    assert len(await onward.open_rows("settle_retirements")) == 1
    await onward.work()
    assert await onward.count("certificate") == 1


async def test_where_a_later_hop_fails_for_good_each_hop_before_it_goes_alone_and_has_its_row(
    onward: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    await onward.paid_by_word("k1")
    with monkeypatch.context() as patch:
        patch.setattr(certificates, "issue", broken)
        for job in HOPS[:3]:
            rows = await onward.open_rows(job)
            assert len(rows) == 1, job
            await run(JOBS[SETTLE][job], rows, onward.tools)
    told = await fetch("SELECT job, done_at IS NOT NULL AS is_done, failures FROM outbox_message WHERE job IS NOT NULL")
    assert sorted((row["job"], row["is_done"], row["failures"]) for row in told) == [
        ("count_scenes", False, 0), ("fulfil_paid", True, 0), ("issue_certificates", False, 1), ("settle_retirements", True, 0),
    ]  # fmt: skip
    await onward.work()
    assert await onward.count("certificate") == 1
    assert await fetch("SELECT retirements FROM scenario_tally") == [{"retirements": 1}]


async def test_what_fails_while_it_goes_on_leaves_the_first_row_open_and_nothing_beside_it(
    onward: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its database is away: the hop is not even tried alone."""

    async def away(*_: object, **__: object) -> None:
        raise ConnectionResetError

    await onward.paid_by_word("k1")
    rows = await onward.open_rows("fulfil_paid")
    before = await fetch("SELECT id FROM outbox_message ORDER BY id")
    with monkeypatch.context() as patch:
        patch.setattr(certificates, "issue", away)
        await run(JOBS[SETTLE]["fulfil_paid"], rows, onward.tools)
    assert await onward.open_rows("fulfil_paid") == rows
    assert await fetch("SELECT id FROM outbox_message ORDER BY id") == before
    assert await onward.count("retirement") == 0
    await onward.work()
    assert await onward.count("certificate") == 1


@pytest.mark.parametrize("point", ["fulfil.before_commit", "settle.before_commit", "issue.before_commit"])
async def test_a_death_before_the_common_commit_leaves_nothing_and_the_first_row_open(
    onward: Flow, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    class Death(BaseException):
        """SIGKILL: nothing catches it."""

    def reach(reached: str, subjects: object = ()) -> None:
        if reached == point:
            raise Death

    await onward.paid_by_word("k1")
    rows = await onward.open_rows("fulfil_paid")
    with monkeypatch.context() as patch:
        patch.setattr(faults, "reach", reach)
        with pytest.raises(Death):
            await JOBS[SETTLE]["fulfil_paid"](rows, onward.tools)
    assert await onward.open_rows("fulfil_paid") == rows
    assert await onward.count("retirement") == await onward.count("certificate") == 0
    await onward.work()
    assert await onward.count("certificate") == 1


async def test_a_row_that_rings_again_takes_its_hop_alone(onward: Flow) -> None:
    """It may be that what follows kills its worker: then that row is the one to be set aside."""
    await onward.paid_by_word("k1")
    await run(JOBS[SETTLE]["fulfil_paid"], await onward.open_rows("fulfil_paid"), onward.tools, attempt=2)
    assert await onward.count("retirement", "state = 'requested'") == 1
    for job in HOPS[1:]:
        (row,) = await onward.open_rows(job)
        await JOBS[SETTLE][job]([row], replace(onward.tools, is_going_on=False))
    assert await onward.count("certificate") == 1
