"""F4: PostgreSQL ends connections at random, most of all those between a statement and their COMMIT."""

import asyncio
import contextlib
import random

from tests.effort import slowness
from tests.faults.seeing import SETTLED_WITHIN_S, asking, one_of_each, reader
from tests.stack import Phone, Stack

STORM_S = 5.0
SEED = 20_261_129
END_ONE = """
WITH ours AS (SELECT pid, state FROM pg_stat_activity WHERE usename = 'ddt_app' AND datname = current_database())
SELECT state, pg_terminate_backend(pid) FROM ours
ORDER BY (state = 'idle in transaction') DESC, (state = 'active') DESC, random() LIMIT 1
"""
"""One that has a transaction open comes first, then one at work, then any."""


async def end_connections(stack: Stack, *, over_s: float, chance: random.Random) -> dict[str, int]:
    """Look every few milliseconds for a transaction to cut off, and end any connection every 50 ms; how many by state."""
    ended: dict[str, int] = {}
    until = asyncio.get_running_loop().time() + over_s
    async with stack.database() as connection:
        await connection.execute(f"SELECT setseed({chance.random()})")
        while asyncio.get_running_loop().time() < until:
            for row in await connection.fetch(END_ONE):
                ended[row["state"]] = ended.get(row["state"], 0) + 1
            await asyncio.sleep(0.05 * chance.uniform(0.2, 1.8))
    return ended


async def _visit(phone: Phone, orders: list, at_s: float) -> None:
    await asyncio.sleep(at_s)
    order = await phone.order()
    orders.append(order)
    await phone.decide(await phone.open_payment(order))


async def test_a_storm_of_ended_connections_loses_nothing_and_doubles_nothing(undrawn: Stack) -> None:
    print(f"seed {SEED}")  # noqa: T201 - so that it can be walked again
    chance = random.Random(SEED)
    orders: list = []
    async with asking(undrawn), reader(undrawn), undrawn.phone() as phone:
        await phone.enter()
        storm = asyncio.create_task(end_connections(undrawn, over_s=STORM_S, chance=chance))
        paying = [asyncio.create_task(_visit(phone, orders, chance.uniform(0, STORM_S))) for _ in range(12)]
        ended = await storm
        await asyncio.gather(*paying)
        for order in orders:
            await phone.certificate(order, SETTLED_WITHIN_S)
    assert sum(ended.values()) >= 20, ended
    assert len(orders) == 12
    await one_of_each(undrawn, orders)
    assert all(undrawn.is_running(name) for name in ("serve", "worker")), "somebody died of it"


async def test_a_connection_ended_between_the_last_statement_and_its_commit_is_answered_by_the_same_key(
    undrawn: Stack,
) -> None:
    """A deferred check holds the COMMIT up, so that the connection dies in it; whoever repeats has one order."""
    await undrawn.sql(
        "CREATE FUNCTION test_wait_at_commit() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_advisory_xact_lock(4711); RETURN NULL; END $$"
    )
    await undrawn.sql(
        "CREATE CONSTRAINT TRIGGER test_wait_at_commit AFTER INSERT ON purchase_order DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION test_wait_at_commit()"
    )
    try:
        async with undrawn.phone() as phone, undrawn.database() as holder:
            await phone.enter()
            await holder.execute("SELECT pg_advisory_lock(4711)")
            ordering = asyncio.create_task(phone.order(key="one intent"))
            ended = 0
            async with asyncio.timeout(20 * slowness()):
                while ended < 2:  # the first try and the repeat of it
                    rows = await undrawn.sql(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'ddt_app'"
                        " AND wait_event = 'advisory' AND query = 'COMMIT;'"
                    )
                    ended += len(rows)
                    await asyncio.sleep(0.05)
            await holder.execute("SELECT pg_advisory_unlock(4711)")
            order = await ordering
            await phone.pay(order)
            await phone.certificate(order)
        await one_of_each(undrawn, [order])
        kept = await undrawn.sql("SELECT count(*) FROM purchase_order WHERE intent_key LIKE '%one intent%'")
        assert kept[0][0] == 1
    finally:
        with contextlib.suppress(Exception):
            await undrawn.sql("DROP TRIGGER test_wait_at_commit ON purchase_order")
        await undrawn.sql("DROP FUNCTION test_wait_at_commit()")
