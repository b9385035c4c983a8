"""F2: a worker dies by SIGKILL at each of its fault points; what it had in hand is resumed, once."""

import time

from app.gateways.faults import POINTS
from tests.effort import slowness
from tests.faults.seeing import SETTLED_WITHIN_S, one_of_each, paid
from tests.stack import Stack, eventually

SETTLE_POINTS = [point for point in POINTS if point.startswith(("fulfil.", "settle.", "issue."))]
DRAW_POINTS = [point for point in POINTS if point.startswith("draw.")]
POISON_POINTS = [point for point in POINTS if point.startswith("outbox.")]
RESUMED_WITHIN_S = 15.0


async def test_a_worker_killed_at_every_point_in_turn_leaves_one_certificate_each(whole: Stack) -> None:
    """A supervisor begins the worker again after every death, each time into the next point."""
    await whole.kill("worker")
    await whole.kill("render")
    async with whole.phone() as phone:
        orders = []
        for point in SETTLE_POINTS:
            orders.append(await paid(phone))
            whole.begin("worker", FAULT_POINT=point)
            assert await whole.ended("worker") == -9, f"{point}: {whole.fresh_log('worker')[-2000:]}"
        whole.begin("worker")
        for point in DRAW_POINTS:
            order = await paid(phone)
            await phone.ask(await phone.certificate(order))
            orders.append(order)
            whole.begin("render", FAULT_POINT=point)
            assert await whole.ended("render") == -9, f"{point}: {whole.fresh_log('render')[-2000:]}"
        whole.begin("render")
        for order in orders:
            await phone.files(await phone.certificate(order, SETTLED_WITHIN_S))
    await one_of_each(whole, orders, drawn=True)


async def test_work_is_resumed_fifteen_seconds_after_its_worker_was_killed(whole: Stack) -> None:
    """Both kinds of worker die in the middle of their work at once; two clocks run until it is done."""
    async with whole.phone() as phone:
        await whole.kill("render")
        drawn = await phone.neutralise()
        await phone.ask(drawn)
        whole.begin("render", FAULT_POINT="draw.stored")
        assert await whole.ended("render") == -9
        draw_died = time.monotonic()
        whole.begin("render")

        await whole.kill("worker")
        order = await paid(phone)
        whole.begin("worker", FAULT_POINT="settle.before_commit")
        assert await whole.ended("worker") == -9
        settle_died = time.monotonic()
        whole.begin("worker")

        await phone.certificate(order)
        settle_s = time.monotonic() - settle_died
        await phone.files(drawn)
        draw_s = time.monotonic() - draw_died
    assert settle_s <= RESUMED_WITHIN_S * slowness(), settle_s
    assert draw_s <= RESUMED_WITHIN_S * slowness(), draw_s
    await one_of_each(whole, [order])
    print(f"resumed after {settle_s:.1f} s (settling) and {draw_s:.1f} s (drawing)")  # noqa: T201 - the figure itself


async def test_a_row_that_cannot_be_read_is_set_aside_and_stops_nobody(undrawn: Stack) -> None:
    """F9: a payload no job can read, planted beside healthy ones."""
    (planted,) = await undrawn.sql(
        "INSERT INTO outbox_message (kind, subject, payload, job, queue, recorded_at, due_at, attempts, failures)"
        " VALUES ('payment.succeeded', 'order:none', '{\"paid_for\": 7}', 'fulfil_paid', 'settle', clock_timestamp(),"
        " clock_timestamp(), 0, 5) RETURNING id"
    )
    began = time.monotonic()
    async with undrawn.phone() as phone:
        for _ in range(3):
            await phone.neutralise()
    assert time.monotonic() - began < 10 * slowness(), "healthy rows waited for the poisoned one"

    async def is_set_aside() -> bool:
        # It has failed five times already; the other three are five seconds apart, and the row is told that it is time.
        await undrawn.sql("UPDATE outbox_message SET due_at = clock_timestamp() WHERE id = $1", planted["id"])
        (row,) = await undrawn.sql("SELECT dead_at, failures FROM outbox_message WHERE id = $1", planted["id"])
        return row["dead_at"] is not None and row["failures"] == 8

    await eventually(is_set_aside, 20, "the poisoned row is still tried", every_s=0.3)
    assert undrawn.is_running("worker")
    (row,) = await undrawn.sql("SELECT last_error FROM outbox_message WHERE id = $1", planted["id"])
    assert row["last_error"]
    await undrawn.sql("DELETE FROM outbox_message WHERE id = $1", planted["id"])


async def test_a_row_that_kills_its_worker_is_set_aside_and_stops_nobody(undrawn: Stack) -> None:
    """F9: whoever takes this row dies; it has done so five times already, and the others go on between."""
    (poison,) = POISON_POINTS
    await undrawn.kill("worker")
    (planted,) = await undrawn.sql(
        "INSERT INTO outbox_message (kind, subject, payload, job, queue, recorded_at, due_at, attempts, failures, tries)"
        " VALUES ('payment.succeeded', 'order:poison', '{}', 'fulfil_paid', 'settle', clock_timestamp(),"
        " clock_timestamp(), 6, 0, 5) RETURNING id"
    )
    async with undrawn.phone() as phone:
        order = await paid(phone)

        async def is_set_aside() -> bool:
            if not undrawn.is_running("worker"):
                undrawn.begin("worker", FAULT_POINT=f"{poison}@order:poison")
            await undrawn.sql("UPDATE outbox_message SET due_at = clock_timestamp() WHERE id = $1", planted["id"])
            (row,) = await undrawn.sql("SELECT dead_at FROM outbox_message WHERE id = $1", planted["id"])
            return row["dead_at"] is not None

        await eventually(is_set_aside, 25, "the poisoned row is still tried", every_s=0.2)
        await phone.certificate(order)
        await phone.neutralise()
    (row,) = await undrawn.sql("SELECT tries, failures, last_error FROM outbox_message WHERE id = $1", planted["id"])
    assert (row["tries"], row["failures"]) == (7, 0)
    assert "without a word" in row["last_error"]
    await one_of_each(undrawn, [order])
    await undrawn.sql("DELETE FROM outbox_message WHERE id = $1", planted["id"])
