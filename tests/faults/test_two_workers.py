"""F8: two workers and two sweepers on the same rows, and one that is frozen and comes back too late."""

import asyncio
import signal
import time

from tests.effort import slowness
from tests.faults.seeing import SETTLED_WITHIN_S, one_of_each, paid, reader
from tests.stack import DUE_NOW, Stack, eventually


async def test_two_workers_on_the_same_rows_make_one_certificate_each(undrawn: Stack) -> None:
    """Rows are enqueued while nobody works, then everybody starts; every other notice is lost and must be asked for."""
    undrawn.begin("worker:2")
    await undrawn.ready("worker:2")
    async with reader(undrawn), undrawn.phone() as phone:
        orders = [await phone.order() for _ in range(20)]
        for name in ("worker", "worker:2"):
            undrawn.signal(name, signal.SIGSTOP)
        outcomes = ("success", "success_no_notify")
        await asyncio.gather(*(phone.pay(order, outcomes[number % 2]) for number, order in enumerate(orders)))
        await undrawn.sql(DUE_NOW)
        for name in ("worker", "worker:2"):
            undrawn.signal(name, signal.SIGCONT)
        for order in orders:
            await phone.certificate(order, SETTLED_WITHIN_S)
    await one_of_each(undrawn, orders)


async def test_a_frozen_worker_that_wakes_too_late_changes_nothing(undrawn: Stack) -> None:
    """It is stopped inside its transaction, holding its rows; another takes over, and then it goes on."""
    async with undrawn.phone() as phone, undrawn.database() as holder:
        hold = holder.transaction()
        await hold.start()
        await holder.execute("SELECT FROM certificate_series FOR UPDATE")  # the last lock of issuing
        order = await paid(phone)

        async def is_waiting() -> bool:
            rows = await undrawn.sql(
                "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND usename = 'ddt_app'"
            )
            return bool(rows)

        await eventually(is_waiting, 10, "the worker does not reach its last lock")
        undrawn.signal("worker", signal.SIGSTOP)
        await hold.rollback()
        frozen = time.monotonic()
        undrawn.begin("worker:2")
        await phone.certificate(order, SETTLED_WITHIN_S)
        taken_over_s = time.monotonic() - frozen
        undrawn.signal("worker", signal.SIGCONT)
        await phone.neutralise()
    assert taken_over_s <= SETTLED_WITHIN_S * slowness()
    await one_of_each(undrawn, [order])
    await eventually(lambda: undrawn.is_running("worker"), 1, "the late worker died of it")
    print(f"taken over after {taken_over_s:.1f} s")  # noqa: T201 - the figure itself
