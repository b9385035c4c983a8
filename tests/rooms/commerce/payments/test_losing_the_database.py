"""The database goes away between a notice's row and its commit: the channel must send again, and then it pays once."""

import asyncio
import contextlib

import asyncpg

from app.gateways.database import TROUBLE, fetch, is_connection_lost, transaction
from app.gateways.pool import waits
from tests.flow import Flow, at_once


async def test_a_notice_whose_commit_is_lost_is_answered_so_that_it_comes_again_and_then_pays_once(flow: Flow) -> None:
    order = await flow.opened()
    await flow.pays(order)
    notice = await flow.notice()

    # Somebody holds the payment's row, so the notice's transaction waits behind its own insert; there its backend dies.
    holder, killer = [await asyncpg.connect(flow.river.stand.super_url) for _ in range(2)]
    try:
        async with holder.transaction():
            await holder.execute("SELECT FROM payment WHERE id = $1 FOR UPDATE", (await flow.payment(order))["id"])
            receiving = asyncio.create_task(flow.receive(notice))
            assert await _terminate_the_waiting(killer, behind=holder.get_server_pid()) == 1
            lost = await receiving
    finally:
        await holder.close()
        await killer.close()

    assert lost.status == 503
    assert await flow.count("payment_notice") == 0
    assert (await flow.payment(order))["state"] == "pending"

    assert [(await flow.receive(notice)).status for _ in range(2)] == [204, 204]
    await flow.work()
    assert await flow.state(order) == "paid"
    assert await flow.count("payment_notice") == await flow.count("retirement") == 1


async def _terminate_the_waiting(killer: asyncpg.Connection, *, behind: int) -> int:
    """End the backends that wait for a lock of that one; answers how many were ended."""
    for _ in range(500):
        ended = await killer.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid))", behind
        )
        if ended:
            return len(ended)
        await asyncio.sleep(0.02)
    return 0


async def test_a_task_whose_transactions_fail_at_their_beginning_goes_on_and_the_pool_loses_nothing(flow: Flow) -> None:
    order = await flow.opened()
    killer = await asyncpg.connect(flow.river.stand.super_url)
    lost: list[BaseException] = []
    try:
        async with asyncio.timeout(120):
            while len(lost) < 20:  # more often than the pool has connections
                await killer.fetch(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'ddt_app'"
                    " AND datname = current_database()"
                )
                try:
                    async with transaction() as tx:  # on a connection that died in the pool, as likely as not
                        await fetch("SELECT 1", tx=tx)
                except TROUBLE as trouble:
                    lost.append(trouble)
            assert all(is_connection_lost(trouble) for trouble in lost)
            await asyncio.sleep(0.2)  # until the pool has heard of the last ones
            assert await at_once(lambda: flow.state(order), 20) == ["placed"] * 20  # this task, and everybody else's
    finally:
        await killer.close()


async def test_a_transaction_given_up_at_any_moment_gives_its_connection_back(flow: Flow) -> None:
    order = await flow.opened()

    async def one() -> None:
        async with transaction() as tx:
            await fetch("SELECT 1", tx=tx)

    async def give_up(task: asyncio.Task[None]) -> None:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    for _ in range(20):  # more often than the pool has connections, each with its BEGIN on the way
        task = asyncio.create_task(one())
        while not waits.connections()[0]:  # noqa: ASYNC110 - it has one: what it waits for now is the answer to BEGIN
            await asyncio.sleep(0)
        await give_up(task)
    for turns in range(60):  # and wherever these lead: before it, after it, at its COMMIT
        task = asyncio.create_task(one())
        for _ in range(turns):
            await asyncio.sleep(0)
        await give_up(task)

    async with asyncio.timeout(120):
        while waits.connections()[0]:  # noqa: ASYNC110 - what was under way comes back in its own time
            await asyncio.sleep(0.01)
        assert await at_once(lambda: flow.state(order), 20) == ["placed"] * 20
