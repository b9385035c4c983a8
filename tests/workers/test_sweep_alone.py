"""The sweeper: one of all workers at a time, by a lock that dies with its holder."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from typing import Any

import asyncpg
import pytest
from structlog.testing import capture_logs

from app.foundation import intents
from app.foundation.retention import Keep, purging
from app.gateways.database import fetch_value, transaction
from app.kernel.clock import utc_now
from app.registry import holdings
from app.registry.credits import Programme
from tests.answers import aged
from tests.flow import WECHATPAY, Flow
from tests.rooms.conftest import KEYRING
from workers import sweep as sweeping
from workers.subjects import SUBJECTS

KEEP = Keep(messages_days=30, answers_days=90, sessions_days=30, attempts_days=1)


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "EVERY_S", 0.02)


def _sweep(flow: Flow, stop: asyncio.Event) -> Coroutine[Any, Any, None]:
    return sweeping.sweep(flow.tools.gateways, keyring=KEYRING, keep=KEEP, database=_connect(flow), stop=stop)


def _connect(flow: Flow) -> Callable[[], Awaitable[asyncpg.Connection]]:
    async def connect() -> asyncpg.Connection:
        return await asyncpg.connect(flow.river.stand.app_url)

    return connect


async def _until(is_so: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(120):
        while not await is_so():  # noqa: ASYNC110 - what is waited for stands in the database
            await asyncio.sleep(0.02)


@pytest.mark.usefixtures("_quick")
async def test_of_several_sweepers_one_sweeps_at_a_time_and_all_stop_when_told(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed = [await flow.opened(f"k{number}") for number in range(4)]
    for order in placed:
        await flow.time_is_up(order)
    inside, together, rounds = 0, 0, 0
    once = sweeping.sweep_once

    async def watched(gateways: object, **more: object) -> dict[str, int]:
        nonlocal inside, together, rounds
        inside, rounds = inside + 1, rounds + 1
        together = max(together, inside)
        done = await once(gateways, **more)
        await asyncio.sleep(0.05)  # the others have time to try
        inside -= 1
        return done

    monkeypatch.setattr(sweeping, "sweep_once", watched)
    stop = asyncio.Event()
    tasks = [asyncio.create_task(_sweep(flow, stop)) for _ in range(3)]

    async def is_done() -> bool:
        return rounds >= 4 and {await flow.state(order) for order in placed} == {"expired"}

    await _until(is_done)
    stop.set()
    await asyncio.gather(*tasks)
    assert together == 1


@pytest.mark.usefixtures("_quick")
async def test_a_sweeper_that_hangs_is_replaced_when_its_connection_dies(flow: Flow) -> None:
    order = await flow.opened()
    await flow.time_is_up(order)
    hanging = await asyncpg.connect(flow.river.stand.app_url)
    assert await hanging.fetchval("SELECT pg_try_advisory_lock($1)", sweeping._LOCK)
    stop = asyncio.Event()
    task = asyncio.create_task(_sweep(flow, stop))
    await asyncio.sleep(0.4)
    assert await flow.state(order) == "placed"

    hanging.terminate()

    async def is_expired() -> bool:
        return await flow.state(order) == "expired"

    await _until(is_expired)
    stop.set()
    await task


@pytest.mark.usefixtures("_quick")
async def test_a_sweeper_goes_on_after_its_own_connection_and_after_a_failing_round(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = await flow.opened()
    once, troubles = sweeping.sweep_once, [RuntimeError("of ours"), OSError("of the world")]

    async def stumbling(gateways: object, **more: object) -> dict[str, int]:
        if troubles:
            raise troubles.pop()
        return await once(gateways, **more)

    monkeypatch.setattr(sweeping, "sweep_once", stumbling)
    stop = asyncio.Event()
    task = asyncio.create_task(_sweep(flow, stop))
    await flow.time_is_up(order)

    async def is_expired() -> bool:
        return await flow.state(order) == "expired"

    await _until(is_expired)
    assert not troubles
    stop.set()
    await task


async def test_a_row_that_nobody_can_deal_with_stops_its_own_step_and_no_other(flow: Flow) -> None:
    await flow.opened()
    await flow.due_now()  # and its channel is no longer among ours
    async with transaction() as tx:
        await holdings.reserve("test:due", Programme.CDCER, 5, expires_at=utc_now(), tx=tx)
    done = await sweeping.sweep_once(replace(flow.tools.gateways, channels={}), keyring=KEYRING)
    assert (done["asked"], done["released"]) == (0, 1)


async def test_what_postgresql_refuses_stops_its_own_step_and_is_no_database_that_is_away(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first step, which the others wait for; and one kind of subject of several."""

    async def refused(**_: object) -> int:
        return int(await fetch_value("SELECT 1 / 0"))

    monkeypatch.setattr(sweeping.payments, "match_parked", refused)
    kinds = {"refused": replace(SUBJECTS["order"], expire_due=refused)} | dict(SUBJECTS)
    order = await flow.river.order("k1")
    await flow.time_is_up(order)
    with capture_logs() as lines:
        done = await sweeping.sweep_once(flow.tools.gateways, keyring=KEYRING, subjects=kinds)
    assert done["expired"] == 1
    assert [(one["event"], one["name"], one["log_level"]) for one in lines if "exc_info" in one] == [
        ("sweep.failed", "matched", "error"),
        ("sweep.failed", "expired refused", "error"),
    ]


@pytest.mark.usefixtures("_quick")
async def test_a_purge_that_fails_is_logged_and_the_sweeper_goes_on(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(*_: object) -> dict[str, int]:
        await fetch_value("SELECT 1 / 0")
        return {}

    counted = asyncio.Event()

    async def count() -> None:
        counted.set()

    monkeypatch.setattr(sweeping.retention, "purge", refused)
    monkeypatch.setattr(sweeping.counting, "purge", count)
    stop = asyncio.Event()
    task = asyncio.create_task(_sweep(flow, stop))
    async with asyncio.timeout(120):
        await counted.wait()
    stop.set()
    await task


async def test_a_far_side_that_hangs_holds_up_its_own_step_and_no_other(flow: Flow) -> None:
    waiting, free = await flow.opened("k1"), await flow.river.order("k2")
    await flow.due_now()
    await flow.time_is_up(free)
    asked, released = asyncio.Event(), asyncio.Event()

    class Hangs:
        """Our side of a channel that takes its time."""

        def __getattr__(self, name: str) -> object:
            return getattr(flow.channel, name)

        async def query(self, reference: str) -> object:
            asked.set()
            await released.wait()
            return await flow.channel.query(reference)

    gateways = replace(flow.tools.gateways, channels={WECHATPAY: Hangs()})  # type: ignore[dict-item]
    round_ = asyncio.create_task(sweeping.sweep_once(gateways, keyring=KEYRING))

    async def is_expired() -> bool:
        return asked.is_set() and await flow.state(free) == "expired"

    await _until(is_expired)
    assert not round_.done()
    released.set()
    assert (await round_)["expired"] == 1
    assert await flow.state(waiting) == "placed"


async def test_a_round_with_nothing_to_do_says_so_and_asks_nobody(flow: Flow) -> None:
    order = await flow.paid()
    await flow.work()
    await flow.sandbox.control("POST", "fault", {"route": "*", "kind": "500", "times": 5})
    assert await flow.sweep() == dict.fromkeys(
        (
            "matched", "asked", "refunds", "unmatched", "bills", "bills_asked", "cancellations", "content", "messages",
            "wall", "named",
            "gifts_ended", "gifts_returned", "gift_offers_expired", "statements", "donations_given", "donations_retired",
            "expired", "released",
            "recovery",
        ), 0,
    )  # fmt: skip
    assert await flow.state(order) == "paid"


@pytest.mark.usefixtures("_quick")
async def test_a_sweeper_deletes_what_is_over_as_long_as_there_is_any(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purging, "BATCH", 2)
    for number in range(5):
        await intents.keep(flow.river.person_id, f"k{number}", b"h" * 32, 201, b"{}")
    owner = await asyncpg.connect(flow.river.stand.super_url)
    await owner.execute(f"{aged(91)} WHERE key <> 'k4'")
    await owner.close()
    stop = asyncio.Event()
    task = asyncio.create_task(_sweep(flow, stop))

    async def is_gone() -> bool:
        return await flow.count("intent_answer") == 1

    await _until(is_gone)
    stop.set()
    await task
    assert await intents.find(flow.river.person_id, "k4") is not None
