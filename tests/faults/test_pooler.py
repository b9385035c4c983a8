"""Behind PgBouncer in transaction mode: orders are paid, lost notices found, and a set-up that cannot work is refused."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from app import opening
from app.cli.operations.doctor import look
from app.foundation import outbox
from app.gateways.pool import PatientClient, sqlstate
from config.database import tortoise_config
from config.settings import Settings, SettingsUnfit
from tests.effort import slowness
from tests.faults.pooler import PROGRAM, SERVER_CONNECTIONS, Pooler, pooler
from tests.faults.seeing import SETTLED_WITHIN_S, one_of_each
from tests.stack import DUE_NOW, Stack

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no PgBouncer on this machine: apt-get install pgbouncer")
ORDERS = 24
_OWN = """
SELECT pg_backend_pid() AS pid, (SELECT count(*) FROM pg_listening_channels()) AS channels,
       (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) AS locks,
       pg_sleep(0.05)::text
"""


@pytest.fixture(scope="module")
def between(stack: Stack) -> Iterator[Pooler]:
    """Between the stack's processes and its server."""
    assert stack.servers is not None
    with pooler(stack.servers) as between:
        yield between


@pytest.fixture
def pooled(stack: Stack, between: Pooler) -> dict[str, str]:
    """What processes of ours are told behind it."""
    return {
        "DATABASE_URL": between.url(),
        "DATABASE_DIRECT_URL": stack.environment["DATABASE_URL"],
        "DIANDIAN_STATEMENT_CACHE": "0",
    }


@pytest.fixture
async def behind(undrawn: Stack, pooled: dict[str, str]) -> AsyncIterator[Stack]:
    """The stack with its API and settling worker behind the pooler."""
    for name in ("serve", "worker"):
        await undrawn.again(name, **pooled)
    yield undrawn
    for name in ("serve", "worker"):
        await undrawn.again(name)


@pytest.fixture
async def client(between: Pooler) -> AsyncIterator[PatientClient]:
    """Tortoise's client as a process of ours has it there."""
    config = tortoise_config(between.url(), pool_size=16, wait_s=5, statement_cache=0)
    client = PatientClient(**config["connections"]["default"]["credentials"], connection_name="pooled")
    await client.create_connection(with_db=True)
    yield client
    await client.close()


async def test_orders_are_paid_through_a_pooler_and_lost_notices_found(behind: Stack) -> None:
    """More people at once than the pooler has connections; every other notice never comes and must be asked for."""

    async def visit(number: int) -> Any:
        order = await phones[number].order()
        await phones[number].pay(order, ("success", "success_no_notify")[number % 2])
        return order

    async with contextlib.AsyncExitStack() as closing:
        phones = [await closing.enter_async_context(behind.phone()) for _ in range(ORDERS)]
        orders = await asyncio.gather(*(visit(number) for number in range(ORDERS)))
        await behind.sql(DUE_NOW)
        await asyncio.gather(
            *(phone.certificate(order, SETTLED_WITHIN_S) for phone, order in zip(phones, orders, strict=True))
        )

    assert len(orders) == ORDERS
    await one_of_each(behind, orders)
    told = behind.fresh_log("serve") + behind.fresh_log("worker")
    assert '"status":500' not in told
    for failure in ("request.failed", "job.failed", "sweep.failed", "PreparedStatement", "database.no_connection"):
        assert failure not in told


async def test_what_belongs_to_one_session_is_on_none_of_the_poolers_connections(
    behind: Stack, client: PatientClient
) -> None:
    async with behind.phone() as phone:
        order = await phone.order()
        await phone.pay(order)
        await phone.certificate(order, SETTLED_WITHIN_S)

    async def one(_: int) -> dict[str, Any]:
        (row,) = await client.execute_query_dict(_OWN)
        return row

    rows = await asyncio.gather(*(one(number) for number in range(3 * SERVER_CONNECTIONS)))
    pooled = {row["pid"] for row in rows}
    listening = await behind.sql("SELECT pid FROM pg_stat_activity WHERE query ILIKE 'LISTEN%' OR query = 'SELECT 1'")

    assert 1 < len(pooled) <= SERVER_CONNECTIONS
    assert {(row["locks"], row["channels"]) for row in rows} == {(0, 0)}
    assert {row["pid"] for row in listening} - pooled


async def test_a_nudge_through_the_pooler_wakes_whoever_listens_past_it(
    client: PatientClient, between: Pooler, pooled: dict[str, str]
) -> None:
    settings = Settings(
        database_url=between.url(), database_direct_url=pooled["DATABASE_DIRECT_URL"], statement_cache=0
    )
    woken = asyncio.Event()
    listener = await opening.connect(settings)
    try:
        await listener.add_listener(outbox.CHANNEL, lambda *_: woken.set())
        await client.execute_query_dict("SELECT pg_notify($1, '')::text", [outbox.CHANNEL])
        await asyncio.wait_for(woken.wait(), 10 * slowness())
    finally:
        await listener.close()


async def test_the_roles_time_outs_hold_behind_a_pooler_without_being_told_at_the_start(client: PatientClient) -> None:
    names = ("lock_timeout", "jit", "TimeZone")
    told = [(await client.execute_query_dict(f"SHOW {name}"))[0].popitem()[1] for name in names]

    assert told == ["5s", "off", "UTC"]


async def test_many_callers_share_few_connections_and_no_statement_is_anothers(client: PatientClient) -> None:
    async def ask(number: int) -> tuple[int, object]:
        # Two shapes of rows, each planned by whoever comes: one that met another's statement would be refused or wrong.
        sql, value = ("SELECT $1::int8 AS a", number) if number % 2 else ("SELECT 'n' || $1::text AS a", str(number))
        return number, (await client.execute_query_dict(sql, [value]))[0]["a"]

    answers = await asyncio.gather(*(ask(number) for number in range(200)))

    assert all(found == (number if number % 2 else f"n{number}") for number, found in answers)


@pytest.mark.parametrize("mode", ["transaction", "session"])
@pytest.mark.parametrize(
    ("direct", "cache", "told"),
    [
        ("", 0, "there is no DATABASE_DIRECT_URL"),
        ("past", 100, "the statement cache is 100"),
        ("pooled", 0, "DATABASE_DIRECT_URL leads through one"),
        ("past", 0, ""),
    ],
)
async def test_a_pooler_is_met_with_what_it_needs_or_refused_with_the_remedy(
    stack: Stack, mode: str, direct: str, cache: int, told: str
) -> None:
    assert stack.servers is not None
    with pooler(stack.servers, mode=mode) as between:
        addresses = {"": "", "past": stack.environment["DATABASE_URL"], "pooled": between.url()}
        settings = Settings(database_url=between.url(), database_direct_url=addresses[direct], statement_cache=cache)
        if not told:
            await opening.refuse_unfit(settings)
            return
        with pytest.raises(SettingsUnfit, match=told) as unfit:
            await opening.refuse_unfit(settings)

    assert "DIANDIAN_STATEMENT_CACHE=0" in unfit.value.faults[0].fix_en
    assert "DATABASE_DIRECT_URL" in unfit.value.faults[0].fix_zh


async def test_the_doctor_says_what_a_pooler_lacks_and_is_content_with_what_it_needs(
    stack: Stack, between: Pooler, pooled: dict[str, str]
) -> None:
    lacking = {check.name: check for check in await look({"DATABASE_URL": between.url()})}
    whole = {check.name: check for check in await look(pooled)}

    assert lacking["pooler"].state == "fault"
    assert (whole["pooler"].state, whole["role settings"].state, whole["primary"].state) == ("good",) * 3
    assert whole["migrations"].state == "good"


def test_migrating_through_a_pooler_is_refused_and_past_it_goes(stack: Stack, between: Pooler) -> None:
    from tests.cli.conftest import diandian

    owner = stack.environment["DATABASE_OWNER_URL"]
    refused = diandian("migrate", environment={"DATABASE_OWNER_URL": between.url(str(urlsplit(owner).username))})
    done = diandian("migrate", environment={"DATABASE_OWNER_URL": owner, "DATABASE_URL": between.url()})

    assert refused.returncode == 1
    assert "DATABASE_OWNER_URL leads through a pooler" in refused.stderr
    assert done.returncode == 0, done.stderr


async def test_a_statement_cache_behind_a_pooler_fails_as_it_is_refused_for(between: Pooler) -> None:
    """What orders met there: the statement of another client, or none."""
    connections = [await asyncpg.connect(between.url()) for _ in range(2 * SERVER_CONNECTIONS)]
    met: list[BaseException | int] = []
    for _ in range(20):
        asked = (one.fetchval(f"SELECT {number}, $1::int8", number) for number, one in enumerate(connections))
        met += await asyncio.gather(*asked, return_exceptions=True)
    for one in connections:
        one.terminate()

    assert {sqlstate(each) for each in met if isinstance(each, BaseException)} & {"26000", "42P05"}
