"""F5: the server dies for good and its standby takes over; who was acknowledged is there, and everybody finds it."""

import asyncio
import random
import secrets

from app.cli.operations.doctor import look
from tests.effort import slowness
from tests.faults.seeing import SETTLED_WITHIN_S, books_agree, one_of_each, uuid_of
from tests.faults.standby import cut_off, is_followed, standby
from tests.stack import Phone, Stack

SEED = 20_261_130


async def _order(phone: Phone, acknowledged: list, at_s: float) -> None:
    await asyncio.sleep(at_s)
    key = secrets.token_hex(12)
    acknowledged.append(await phone.insist(lambda: phone.order(key=key), 60))  # a busy machine begins anew slowly


async def test_a_synchronous_standby_takes_over_without_losing_what_was_acknowledged() -> None:
    """The first server is killed in the middle of orders and never comes back; the same processes, whose address names
    both, find the other.

    Just before, nothing reaches the standby any more: whoever were acknowledged then would be lost.
    """
    print(f"seed {SEED}")  # noqa: T201 - so that it can be walked again
    chance = random.Random(SEED)
    with Stack() as stack:
        assert stack.servers is not None
        with standby(stack.servers) as second:
            await is_followed(stack.servers, synchronous=True)
            hosts = f"{stack.servers.socket_dir},{second.run}"
            stack.environment |= {"DATABASE_URL": f"postgresql://ddt_app@/diandian?host={hosts}"}
            for name in ("serve", "worker"):
                await stack.again(name)
            acknowledged: list = []
            async with stack.phone() as phone:
                paid = await phone.order()
                await phone.pay(paid)
                ordering = [asyncio.create_task(_order(phone, acknowledged, chance.uniform(0, 1.5))) for _ in range(25)]
                async with asyncio.timeout(SETTLED_WITHIN_S * slowness()):
                    while len(acknowledged) < 3:  # noqa: ASYNC110 - in the middle of them, however slow the machine
                        await asyncio.sleep(0.02)
                await cut_off(stack.servers)
                await asyncio.sleep(1)
                await asyncio.to_thread(stack.servers.kill_postgres)
                before = [uuid_of(order) for order in acknowledged]
                await second.promote()
                stack.super_url = second.url("postgres")
                kept = {row["id"] for row in await stack.sql("SELECT id FROM purchase_order")}
                assert before, "nobody was acknowledged: the server was killed too early"
                assert not set(before) - kept, "an acknowledged order is lost"

                # Set up like the first, the new primary waits for a standby of its own until somebody says that it need not.
                await stack.sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
                await stack.sql("SELECT pg_reload_conf()")
                found = {check.name: check for check in await look({"DATABASE_URL": second.url("ddt_app")})}
                waits = found["synchronous standby"]
                assert (waits.state, "every commit waits" in waits.detail.en) == ("fault", True), waits
                await stack.sql("ALTER SYSTEM RESET synchronous_standby_names")
                await stack.sql("SELECT pg_reload_conf()")
                await asyncio.gather(*ordering)
                assert len(acknowledged) == 25
                await phone.pay(acknowledged[0])
                for order in (paid, acknowledged[0]):
                    await phone.certificate(order, SETTLED_WITHIN_S)
            await one_of_each(stack, [paid, acknowledged[0]])
            await books_agree(stack)
            for name in ("serve", "worker", "render"):
                await stack.kill(name)
