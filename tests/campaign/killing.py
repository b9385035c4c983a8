"""F1, F2, F3, F8: processes and the database killed, or stopped past their lease."""

import asyncio
import signal
import sys
import time
from pathlib import Path

from tests.campaign.rounds import Ground
from tests.faults.seeing import SETTLED_WITHIN_S, paid
from tests.faults.test_killed_api import API_POINTS
from tests.faults.test_killed_workers import DRAW_POINTS, RESUMED_WITHIN_S, SETTLE_POINTS
from tests.stack import Stack, eventually


async def kill_api(ground: Ground) -> None:
    """F1: SIGKILL at one of its points, at its first, second or third pass, with visitors there."""
    stack, chance = ground.stack, ground.chance
    point = f"{chance.choice(API_POINTS)}:{chance.randint(1, 3)}"
    redis = {} if chance.random() < 0.5 else {"REDIS_URL": ""}
    ground.outcome.what = f"{point}{' without Redis' if redis else ''}"
    await stack.kill("serve")
    stack.begin("serve", FAULT_POINT=point, **redis)
    await stack.ready("serve")

    async def supervise() -> None:
        await eventually(lambda: not stack.is_running("serve") or None, 240, "the API goes on", every_s=0.02)
        ground.outcome.faults += 1
        stack.begin("serve")

    supervisor = asyncio.create_task(supervise())
    async with ground.crowd(chance.randint(4, 8), over_s=1.0, is_read=False):
        pass
    if not supervisor.done():  # the point was not passed so often: nothing was tried, nothing counts
        supervisor.cancel()
        await stack.kill("serve")
        stack.begin("serve")
    await stack.ready("serve")
    await ground.end()


async def kill_worker(ground: Ground) -> None:
    """F2: SIGKILL of the worker at one of its points; what it had in hand is there within fifteen seconds."""
    stack, chance = ground.stack, ground.chance
    point = chance.choice([*SETTLE_POINTS, *DRAW_POINTS])
    is_drawing = point in DRAW_POINTS
    name = "render" if is_drawing else "worker"
    ground.outcome.what = point
    await stack.kill(name)
    async with stack.phone() as phone:
        if is_drawing:
            ground.orders += [await paid(phone) for _ in range(chance.randint(1, 2))]
            for order in ground.orders:
                await phone.ask(await phone.certificate(order))
            stack.begin(name, FAULT_POINT=point)
        else:
            stack.begin(name, FAULT_POINT=point)
            orders = [await phone.order() for _ in range(chance.randint(1, 6))]
            ground.orders += orders
            await asyncio.gather(*(phone.pay(order) for order in orders))
        assert await stack.ended(name) == -9, stack.fresh_log(name)[-2000:]
        ground.outcome.faults += 1
        died = time.monotonic()
        stack.begin(name)
        for order in ground.orders:
            certificate = await phone.certificate(order, SETTLED_WITHIN_S)
            if is_drawing:
                await phone.files(certificate, SETTLED_WITHIN_S)
        ground.outcome.settled_s = time.monotonic() - died
    assert ground.outcome.settled_s <= RESUMED_WITHIN_S, f"resumed after {ground.outcome.settled_s:.1f} s"
    await ground.end(drawn=is_drawing)


async def kill_postgresql(ground: Ground) -> None:
    """F3: SIGKILL of the postmaster and its children, up to three times, in the middle of payments."""
    stack, chance = ground.stack, ground.chance
    assert stack.servers is not None
    kills = chance.randint(1, 3)
    ground.outcome.what = f"{kills} kills"
    async with ground.crowd(chance.randint(8, 20), over_s=1.5 * kills):
        for _ in range(kills):
            await asyncio.sleep(chance.uniform(0.1, 1.2))
            await asyncio.to_thread(stack.servers.kill_postgres)
            ground.outcome.faults += 1
            await asyncio.sleep(chance.uniform(0, 0.8))
            await asyncio.to_thread(stack.servers.start_postgres)
    assert all(stack.is_running(name) for name in ("serve", "worker")), "somebody died of it"
    await ground.end()


async def stop_worker(ground: Ground) -> None:
    """F8: two workers and sweepers on the same rows; one is frozen past its lease and comes back too late."""
    stack, chance = ground.stack, ground.chance
    frozen_s = chance.uniform(11, 16)  # its session is ended by PostgreSQL after ten idle seconds
    ground.outcome.what = f"frozen for {frozen_s:.0f} s"
    stack.begin("worker:2")
    await stack.ready("worker:2")
    victim = chance.choice(["worker", "worker:2"])
    async with ground.crowd(chance.randint(8, 16), over_s=2.0):
        await asyncio.sleep(chance.uniform(0.2, 2.0))
        stack.signal(victim, signal.SIGSTOP)
        try:
            await _is_stopped(stack, victim)
            ground.outcome.faults += 1
            await asyncio.sleep(frozen_s)
        finally:
            stack.signal(victim, signal.SIGCONT)
    assert stack.is_running("worker") and stack.is_running("worker:2"), "the late worker died of it"
    await stack.kill("worker:2")
    await ground.end()


async def _is_stopped(stack: Stack, name: str) -> None:
    """Counted only when it is so: where the system can be asked."""
    if sys.platform == "linux":
        await eventually(lambda: _state(stack.pid(name)) == "T", 5, f"{name} goes on")


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
