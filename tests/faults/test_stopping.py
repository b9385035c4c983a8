"""F13: told to end, a process finishes what it has begun, and soon."""

import asyncio
import contextlib
import random
import signal

import asyncpg
import httpx
import pytest

from app.cli.demo.ports import free_port
from tests.effort import slowness
from tests.faults.seeing import SETTLED_WITHIN_S, one_of_each, reader, uuid_of
from tests.stack import Stack, eventually


async def test_an_api_told_to_end_under_load_loses_no_acknowledged_order(undrawn: Stack) -> None:
    acknowledged: list = []
    cut_off: list[int] = []
    async with reader(undrawn), undrawn.phone() as phone:
        await phone.enter()

        async def order(number: int) -> None:
            await asyncio.sleep(0.04 * number)
            try:
                form = {"scene": undrawn.code, "mode": "metro", "km": 23}
                headers = {"idempotency-key": f"intent {number}"}
                answer = await phone.client.post("/api/v1/orders", json=form, headers=headers)
            except httpx.ConnectError:
                return  # nobody listens any more: it was never taken
            except httpx.TransportError:
                cut_off.append(number)
                return
            assert answer.status_code in {201, 503}, answer.text
            if answer.status_code == 201:
                acknowledged.append(answer.json())

        ordering = [asyncio.create_task(order(number)) for number in range(25)]
        await asyncio.sleep(0.5)
        code, seconds = await undrawn.stop("serve")
        await asyncio.gather(*ordering)
        assert code == 0
        assert seconds < 10 * slowness(), seconds
        assert acknowledged
        undrawn.begin("serve")
        await undrawn.ready("serve")
        kept = await undrawn.sql(
            "SELECT id FROM purchase_order WHERE id = ANY($1::uuid[])", [uuid_of(one) for one in acknowledged]
        )
        assert len(kept) == len(acknowledged)
        assert len(cut_off) <= slowness(), f"{len(cut_off)} requests were cut off"
        for number in cut_off[:]:  # whoever says it again has one order, whatever became of the first
            await order(number)
        again = {one["id"] for one in acknowledged}
        assert len(again) == len(acknowledged)
        await phone.pay(acknowledged[-1])
        await phone.certificate(acknowledged[-1])


async def test_workers_told_to_end_under_load_end_soon_and_leave_the_rest_to_others(whole: Stack) -> None:
    async with reader(whole), whole.phone() as phone:
        orders = [await phone.order() for _ in range(5)]
        paying = [asyncio.create_task(phone.pay(order)) for order in orders]
        await asyncio.sleep(0.2)
        for name in ("worker", "render"):
            code, seconds = await whole.stop(name)
            assert code == 0, whole.fresh_log(name)[-2000:]
            assert seconds < 5 * slowness(), f"{name} took {seconds:.1f} s"
            whole.begin(name)
        await asyncio.gather(*paying)
        for order in orders:
            await phone.certificate(order, SETTLED_WITHIN_S)
    await one_of_each(whole, orders)


async def test_a_worker_told_to_end_finishes_what_it_has_in_hand(undrawn: Stack) -> None:
    """A lock of somebody else's keeps its job in the middle while it is told; nobody else is there to do it again."""
    async with undrawn.phone() as phone:
        order = await phone.order()
        holder = await asyncpg.connect(undrawn.super_url)
        try:
            async with holder.transaction():
                await holder.execute("LOCK TABLE retirement IN EXCLUSIVE MODE")
                await phone.pay(order)

                async def is_waiting() -> bool:
                    return bool(await undrawn.sql(_WAITING))

                await eventually(is_waiting, 10, "no job is in the middle", every_s=0.05)
                stopping = asyncio.create_task(undrawn.stop("worker"))
                await asyncio.sleep(1.0)
                assert undrawn.is_running("worker"), "it left what it had in hand"
        finally:
            await holder.close()
        code, seconds = await stopping
        assert code == 0, undrawn.fresh_log("worker")[-2000:]
        assert seconds < 6 * slowness(), seconds
        assert await phone.certificate(order, 1)
        undrawn.begin("worker")
    await one_of_each(undrawn, [order])


@pytest.mark.parametrize("processes", ["1", "2"])
async def test_an_api_told_to_end_says_that_it_leaves_and_answers_until_a_proxy_has_noticed(
    undrawn: Stack, processes: str
) -> None:
    """Without that, 22 of 503 requests of a rolling restart behind a proxy failed."""
    await undrawn.kill("serve")
    undrawn.begin("serve", "--processes", processes, DIANDIAN_DRAIN_S="4")
    await undrawn.ready("serve")
    refused: list[str] = []

    async def is_leaving() -> bool:
        answer = await proxy.get("/readyz")
        return answer.status_code == 503 and answer.json()["status"] == "stopping"

    async with (
        httpx.AsyncClient(base_url=undrawn.base, trust_env=False, verify=False) as proxy,
        undrawn.phone() as phone,
    ):
        assert "close" not in (await proxy.get(f"/s/{undrawn.code}")).headers.get("connection", "")
        undrawn.signal("serve", signal.SIGTERM)
        await eventually(is_leaving, 3, "it does not say that it leaves", every_s=0.02)
        if processes == "1":  # of several, one may hear of it a moment later
            assert (await proxy.get(f"/s/{undrawn.code}")).headers["connection"] == "close"
        order = await phone.order()  # and it is still there for whoever comes
        with contextlib.suppress(httpx.TransportError):  # its end
            while True:
                answer = await proxy.get(f"/s/{undrawn.code}")
                refused += [answer.text] * (answer.status_code != 200)
    assert await undrawn.ended("serve") == 0
    assert refused == []
    undrawn.begin("serve")
    await undrawn.ready("serve")
    assert len(await undrawn.sql("SELECT FROM purchase_order WHERE id = $1", uuid_of(order))) == 1


async def test_a_second_signal_ends_an_api_that_is_leaving_at_once(undrawn: Stack) -> None:
    await undrawn.kill("serve")
    undrawn.begin("serve", DIANDIAN_DRAIN_S="600")
    await undrawn.ready("serve")
    undrawn.signal("serve", signal.SIGTERM)
    await eventually(lambda: "serve.leaving" in undrawn.fresh_log("serve"), 5, "it does not leave")
    code, _ = await undrawn.stop("serve")
    assert code == 0
    undrawn.begin("serve")


async def test_a_worker_told_to_end_is_not_ready_while_it_finishes_what_it_has_in_hand(undrawn: Stack) -> None:
    port = free_port(random.randrange(18_000, 30_000))
    await undrawn.kill("worker")
    undrawn.begin("worker", "--port", str(port))
    await undrawn.ready("worker")
    async with (
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as supervisor,
        undrawn.phone() as phone,
        undrawn.database() as holder,
    ):
        order = await phone.order()
        assert (await supervisor.get("/readyz")).status_code == 200
        async with holder.transaction():
            await holder.execute("LOCK TABLE retirement IN EXCLUSIVE MODE")
            await phone.pay(order)

            async def is_waiting() -> bool:
                return bool(await undrawn.sql(_WAITING))

            await eventually(is_waiting, 10, "no job is in the middle", every_s=0.05)
            undrawn.signal("worker", signal.SIGTERM)
            await eventually(lambda: "worker.leaving" in undrawn.fresh_log("worker"), 5, "it does not leave")
            assert (await supervisor.get("/readyz")).json()["status"] == "stopping"
            assert (await supervisor.get("/livez")).status_code == 200
        assert await undrawn.ended("worker") == 0
        assert await phone.certificate(order, 5)
    undrawn.begin("worker")


_WAITING = """
SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name LIKE '%settle%'
"""
