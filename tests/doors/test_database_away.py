"""PostgreSQL away, by whatever errno or SQLSTATE: 503 with Retry-After at every door, never 500, and everybody comes back."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import urlsplit

import asyncpg
import pytest

from app.gateways import metrics, pool
from app.gateways.database import DatabaseAway, NoFreeConnection, fetch, fetch_value, transaction
from tests.away import FarPostgres, far_postgres, through
from tests.doors.conftest import OWN_PAGE, PAGE, Door
from tests.lending import lent

AWAY = (
    "refuse", "reset", "silent",
    "57P01", "57P03", "53300", "53200", "28P01", "28000", "3D000", "08006", "08P01", "58030",
)  # fmt: skip
"""Refused, reset and dumb; ended, starting, no connection or memory left, a wrong password or role, no such database,
connection failure, protocol violation, trouble of its machine."""


@pytest.fixture
async def far(door: Door) -> AsyncIterator[FarPostgres]:
    async with far_postgres(door.stand) as far:
        yield far


def _late() -> float:
    labels = {"reason": "late", "use": "read"}
    return metrics.REGISTRY.get_sample_value("database_connections_refused_total", labels) or 0.0


async def ask_all(door: Door) -> dict[str, tuple[int, str, str]]:
    """Status, Retry-After and text of a page, of reading and writing by the API, of signing in, and of readiness."""
    order = {"scene": door.live, "mode": "metro", "km": "23"}
    sign_in = {"email": "a@example.org", "password": "x"}
    async with door.caller(**PAGE) as reader, door.caller() as app, door.caller(**(OWN_PAGE | PAGE)) as staff:
        answers = {
            "page": await reader.get(f"/s/{door.live}"),
            "page in English": await reader.get(f"/s/{door.live}?lang=en"),
            "read": await app.get(f"/api/v1/scenes/{door.live}/estimate?mode=metro&km=3"),
            "verify": await app.get("/api/v1/verify/7K3M9QFX2R"),
            "guest": await app.post("/api/v1/sessions/guest"),
            "order": await app.post(
                "/api/v1/orders", json=order, headers={"authorization": f"Bearer {'Z' * 43}", "idempotency-key": "k"}
            ),
            "sign-in": await staff.post("/operator/sign-in", data=sign_in),
        }
    return {name: (one.status_code, one.headers.get("retry-after", ""), one.text) for name, one in answers.items()}


def assert_told(told: dict[str, tuple[int, str, str]]) -> None:
    assert {name: status for name, (status, _, _) in told.items()} == dict.fromkeys(told, 503)
    assert all(again.isdigit() and 1 <= int(again) <= 10 for _, again, _ in told.values()), told
    assert "系统繁忙" in told["page"][2]
    assert "We are busy" in told["page in English"][2]
    assert '"SERVICE_BUSY"' in told["read"][2]


async def _until(look: Callable[[], Awaitable[int]], wanted: int) -> None:
    async with asyncio.timeout(60):
        while await look() != wanted:  # noqa: ASYNC110 - what is waited for stands in the pool or the database
            await asyncio.sleep(0.01)


async def _waiting_for_locks(door: Door) -> int:
    async with lent(door.stand.super_url) as connection:
        found: int = await connection.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return found


async def _waiting_for_connections() -> int:
    return pool.waits.waiting


@contextlib.asynccontextmanager
async def _held() -> AsyncIterator[asyncio.Event]:
    """One connection of the pool is in use until it is let go, or the block ends."""
    begun, let_go = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with transaction() as tx:
            await fetch("SELECT 1", tx=tx)
            begun.set()
            await let_go.wait()

    holding = asyncio.create_task(hold())
    await begun.wait()
    yield let_go
    let_go.set()
    await holding


@pytest.mark.parametrize("how", AWAY)
async def test_a_database_that_is_away_is_503_at_every_door_and_never_500(
    door: Door, far: FarPostgres, how: str
) -> None:
    await far.be(how)
    async with through(far.url, wait_s=0.3):
        told = await ask_all(door)

    assert_told(told)


@pytest.mark.parametrize("how", ["refuse", "reset", "57P01"])
async def test_a_database_that_goes_away_and_comes_back_is_found_again_by_the_same_pool(
    door: Door, far: FarPostgres, how: str
) -> None:
    async with through(far.url, wait_s=2), door.caller() as reader:
        assert (await reader.get(f"/api/v1/scenes/{door.live}/estimate?mode=metro&km=3")).status_code == 200
        await far.be(how)
        assert (await reader.get(f"/api/v1/scenes/{door.live}/estimate?mode=metro&km=3")).status_code == 503
        await far.be("pass")
        assert (await reader.get(f"/api/v1/scenes/{door.live}/estimate?mode=metro&km=3")).status_code == 200


async def test_of_several_hosts_one_that_is_silent_costs_its_time_once_and_one_that_is_starting_none(
    door: Door, far: FarPostgres
) -> None:
    """Their order is the address's own at first; whoever was of no use is asked last from then on."""
    async with far_postgres(door.stand) as dumb, far_postgres(door.stand) as starting:
        await dumb.be("silent")
        await starting.be("57P03")
        login, _, rest = far.url.partition("@")
        hosts = ",".join(f"127.0.0.1:{one.port}" for one in (dumb, starting, far))
        url = f"{login}@{hosts}/{rest.partition('/')[2]}"
        for _ in range(3):  # a pool of its own each
            async with through(url, wait_s=8):
                assert await fetch_value("SELECT 1") == 1

    assert (dumb.greeted, starting.greeted, far.greeted) == (1, 1, 3)


async def test_a_socket_that_is_not_there_is_503(door: Door) -> None:
    async with through("postgresql://ddt_app@/diandian?host=/nowhere/at/all"):
        assert_told(await ask_all(door))


async def test_a_pool_that_is_closing_or_closed_is_503(door: Door) -> None:
    async with through(door.stand.app_url) as client:
        await fetch("SELECT 1")
        await client._pool.close()
        assert_told(await ask_all(door))


async def test_a_line_that_went_dead_is_given_up_within_its_deadline_and_the_pool_recovers(
    door: Door, far: FarPostgres
) -> None:
    async with through(far.url, wait_s=2, command_s=2), door.caller() as reader:
        path = f"/api/v1/scenes/{door.live}/estimate?mode=metro&km=3"
        assert (await reader.get(path)).status_code == 200
        await far.be("silent")
        stuck = await asyncio.gather(*(reader.get(path) for _ in range(8)))  # it never speaks again
        await far.be("reset")
        await far.be("pass")

        assert {answer.status_code for answer in stuck} == {503}
        assert (await reader.get(path)).status_code == 200


async def test_a_server_that_only_reads_is_503_and_its_connections_are_not_used_again(door: Door) -> None:
    name = urlsplit(door.stand.app_url).path.lstrip("/")
    async with through(door.stand.app_url), door.caller() as caller:
        await door.as_superuser(f'ALTER ROLE ddt_app IN DATABASE "{name}" SET default_transaction_read_only = on')
        try:
            refused = [await caller.post("/api/v1/sessions/guest") for _ in range(6)]
        finally:
            await door.as_superuser(f'ALTER ROLE ddt_app IN DATABASE "{name}" RESET default_transaction_read_only')
        after = [(await caller.post("/api/v1/sessions/guest")).status_code for _ in range(6)]

    assert {(answer.status_code, answer.headers["retry-after"]) for answer in refused} == {(503, "2")}
    assert after == [201] * 6


@pytest.mark.parametrize("in_transaction", [False, True])
async def test_a_connection_that_says_it_only_reads_is_dropped_at_once(door: Door, *, in_transaction: bool) -> None:
    async with through(door.stand.app_url, size=1) as client:
        first = await fetch_value("SELECT pg_backend_pid()")
        await fetch("SET default_transaction_read_only = on")
        with contextlib.suppress(Exception):
            if in_transaction:
                async with transaction() as tx:
                    await fetch("SELECT limits.purge(1)", tx=tx)
            else:
                await fetch("SELECT limits.purge(1)")

        assert await fetch_value("SELECT pg_backend_pid()") != first
        assert client._pool.get_size() == 1


async def test_waiting_for_a_connection_has_a_deadline_and_is_503(door: Door) -> None:
    before = _late()
    holder = await asyncpg.connect(door.stand.super_url)
    try:
        async with holder.transaction(), through(door.stand.app_url, size=2, wait_s=2, command_s=60):
            await holder.execute("LOCK TABLE scenario IN ACCESS EXCLUSIVE MODE")
            async with door.caller() as reader:
                stuck = [
                    asyncio.create_task(reader.get(f"/api/v1/scenes/{door.live}/estimate?mode=metro&km=3"))
                    for _ in range(2)
                ]
                await _until(lambda: _waiting_for_locks(door), 2)
                others = await asyncio.gather(
                    *(reader.get(f"/api/v1/scenes/{door.live}/estimate?mode=metro&km=3") for _ in range(5))
                )
                assert not any(one.done() for one in stuck)  # nobody waited for those who hold the connections
                await holder.execute("ROLLBACK")
                let_go = [answer.status_code for answer in await asyncio.gather(*stuck)]
                again = await reader.get(f"/api/v1/scenes/{door.live}/estimate?mode=metro&km=3")
    finally:
        await holder.close()

    assert {(answer.status_code, answer.headers.get("retry-after")) for answer in others} == {(503, "2")}
    assert let_go == [200, 200]
    assert again.status_code == 200
    assert _late() - before == 5


async def test_of_a_crowd_that_waits_for_a_connection_only_so_many_may(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "WAITING_MOST", 3)
    async with through(door.stand.app_url, size=1, wait_s=60, command_s=60), _held() as held:
        crowd = asyncio.gather(*(fetch("SELECT 1") for _ in range(8)), return_exceptions=True)
        await _until(_waiting_for_connections, 3)
        held.set()
        crowd = await crowd

    assert sum(isinstance(one, NoFreeConnection) for one in crowd) == 5
    assert sum(isinstance(one, list) for one in crowd) == 3
    assert pool.waits.waiting == 0


async def test_whatever_keeps_a_connection_from_being_made_is_one_thing_to_rooms(door: Door, far: FarPostgres) -> None:
    for how in AWAY:
        await far.be(how)
        async with through(far.url, wait_s=0.2):
            with pytest.raises(DatabaseAway):
                await fetch("SELECT 1")
            with pytest.raises(DatabaseAway):
                async with transaction():
                    raise AssertionError("no transaction has begun")


async def test_waits_refusals_and_connections_stand_in_the_metrics(door: Door) -> None:
    async with through(door.stand.app_url, size=1, wait_s=1, command_s=60), door.caller() as watcher:
        async with _held():
            assert (await watcher.get(f"/api/v1/scenes/{door.live}/estimate?mode=metro&km=3")).status_code == 503
        text = (await watcher.get("/metrics")).text

    counted = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert float(counted['database_connections_refused_total{reason="late",use="read"}']) >= 1
    assert float(counted['database_connection_wait_seconds_bucket{le="+Inf",outcome="given",use="read"}']) >= 2
    assert counted['database_connections_waiting{kind="api"}'] == "0.0"
    assert 'database_connections{kind="api",state="busy"}' in counted
