"""F12: somebody at a terminal locks a table, or a statement holds all connections; 503 meanwhile, and soon all is well."""

import asyncio
import secrets
import time

import pytest

from tests.faults.seeing import one_of_each
from tests.stack import Stack

BACK_WITHIN_S = 5.0


@pytest.mark.parametrize("table", ["purchase_order", "identity_session", "ledger_account"])
async def test_a_locked_table_is_503_with_a_time_to_come_again_and_soon_over(undrawn: Stack, table: str) -> None:
    form = {"scene": undrawn.code, "mode": "metro", "km": 23}
    async with undrawn.phone() as phone, undrawn.database() as holder:
        phone.client.timeout = 40
        first = await phone.order()

        async def order() -> tuple[int, str]:
            headers = {"idempotency-key": secrets.token_hex(12)}
            answer = await phone.client.post("/api/v1/orders", json=form, headers=headers)
            return answer.status_code, answer.headers.get("retry-after", "")

        lock = holder.transaction()
        await lock.start()
        await holder.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        meanwhile = await asyncio.gather(*(order() for _ in range(4)))
        await lock.rollback()
        back = time.monotonic()
        await phone.pay(first)
        await phone.certificate(first)
        back_s = time.monotonic() - back

        assert {status for status, _ in meanwhile} == {503}, meanwhile
        assert all(again.isdigit() and 1 <= int(again) <= 10 for _, again in meanwhile), meanwhile
    print(f"back after {back_s:.1f} s of the {BACK_WITHIN_S:g} s promised")  # noqa: T201 - the figure itself
    await one_of_each(undrawn, [first])


async def test_when_a_crowd_has_taken_all_connections_the_rest_are_told_and_soon_served(undrawn: Stack) -> None:
    """A small pool, a table that cannot be read, more readers than connections: every wait ends in an answer."""
    await undrawn.kill("serve")
    undrawn.begin("serve", DIANDIAN_POOL_SIZE="2", DIANDIAN_POOL_WAIT_S="1")
    await undrawn.ready("serve")
    async with undrawn.phone() as phone, undrawn.database() as holder:
        phone.client.timeout = 40
        lock = holder.transaction()
        await lock.start()
        await holder.execute("LOCK TABLE scenario IN ACCESS EXCLUSIVE MODE")
        readers = [asyncio.create_task(phone.client.get(f"/api/v1/scenes/{undrawn.code}")) for _ in range(12)]
        await asyncio.wait(readers, timeout=30)
        await lock.rollback()
        answers = [await reader for reader in readers]
        assert {answer.status_code for answer in answers} == {503}
        assert all(answer.headers.get("retry-after", "").isdigit() for answer in answers)
        order = await phone.order()
        await phone.pay(order)
        await phone.certificate(order)
    await one_of_each(undrawn, [order])
    await undrawn.kill("serve")
