"""Giving up on many payments at once, beside others who lock the same ones."""

import asyncio

import asyncpg

from app.commerce import orders, payments
from app.gateways.database import fetch
from tests.flow import Flow
from tests.stack import eventually


async def test_many_are_locked_by_id_in_whatever_order_their_subjects_are_named(flow: Flow) -> None:
    placed = [await flow.opened(f"k{number}") for number in range(4)]
    subjects = [orders.cause_of(order.id) for order in placed]
    ids = [row["id"] for row in await fetch("SELECT id FROM payment ORDER BY id")]
    holder = await asyncpg.connect(flow.river.stand.super_url)
    looker = await asyncpg.connect(flow.river.stand.super_url)
    try:
        await holder.execute(
            "UPDATE payment SET queries = queries WHERE id = $1", ids[0]
        )  # now it lies last in the table
        hold = holder.transaction()
        await hold.start()
        await holder.execute("SELECT FROM payment WHERE id = $1 FOR UPDATE", ids[1])
        closing = asyncio.create_task(payments.close_many(subjects[::-1], channels=flow.channels))

        async def is_waiting() -> bool:
            return bool(
                await looker.fetch(
                    "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
                )
            )

        await eventually(is_waiting, 10, "closing does not wait for the payment that is held")
        free = [row["id"] for row in await looker.fetch("SELECT id FROM payment ORDER BY id FOR UPDATE SKIP LOCKED")]
        await hold.rollback()
        await closing
    finally:
        await holder.close()
        await looker.close()
    assert free == ids[2:]
    assert await payments.payable(subjects) == set()
