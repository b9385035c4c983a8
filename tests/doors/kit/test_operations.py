"""Ready means: takes writes, at our migration level, with clocks that agree."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from litestar import Litestar, get
from litestar.params import FromPath
from redis.asyncio import Redis

from app.gateways import metrics
from app.web.kit import assembling
from app.web.kit.middleware import TrustedProxy

HEAD = "SELECT name FROM tortoise_migrations ORDER BY applied_at DESC, id DESC LIMIT 1"


def at(app: Litestar) -> httpx.AsyncClient:
    """A client in this loop: Litestar's own runs the application in another, where no connection of ours works."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://testserver.local")


@get("/s/{code:str}")
async def scene(code: FromPath[str]) -> str:
    return code


@pytest.fixture
async def connection(stand):
    connection = await asyncpg.connect(stand.app_url)
    yield connection
    await connection.close()


def house(connection, **more) -> httpx.AsyncClient:
    async def query(sql: str) -> Sequence[Any]:
        return await connection.fetch(sql)

    state = {"query": query, "migration_head": None} | more
    return at(assembling.assemble([scene], version="1", hosts=["x"], is_secure=False, state=state))


async def asked(connection, **more) -> tuple[int, dict[str, Any]]:
    async with house(connection, **more) as browser:
        answer = await browser.get("/readyz")
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, {check["name"]: check for check in answer.json()["checks"]}


async def test_a_sound_house_is_ready(connection, stand):
    redis = Redis.from_url(stand.redis_url)
    status, checks = await asked(connection, redis=redis, migration_head=await connection.fetchval(HEAD))
    await redis.aclose()

    assert status == 200
    assert all(check["ok"] for check in checks.values())
    assert set(checks) == {"postgresql", "migrations", "clock", "redis"}


async def test_redis_is_told_and_not_required(connection):
    status, checks = await asked(connection, redis=Redis(host="127.0.0.1", port=1))

    assert status == 200
    assert (checks["redis"]["ok"], checks["redis"]["required"]) == (False, False)


async def test_a_database_that_only_reads_is_not_ready(connection):
    await connection.execute("SET default_transaction_read_only = on")
    status, checks = await asked(connection)

    assert status == 503
    assert checks["postgresql"]["detail"] == "read-only"


async def test_a_database_that_is_gone_is_not_ready(connection):
    await connection.close()
    status, checks = await asked(connection)

    assert status == 503
    assert checks["postgresql"]["detail"] == "InterfaceError"


async def test_another_migration_level_is_not_ready(connection):
    status, checks = await asked(connection, migration_head="9999_of_tomorrow")

    assert status == 503
    assert checks["migrations"]["ok"] is False


async def test_a_release_is_ready_on_tables_that_a_newer_one_has_migrated(connection, stand):
    """So a new release is migrated to while this one still serves."""
    owner = await asyncpg.connect(stand.owner_url)
    await owner.execute("BEGIN")
    try:
        await owner.execute(
            "CREATE OR REPLACE FUNCTION releases.oldest_that_works() RETURNS text LANGUAGE sql"
            " AS $$ SELECT '0069_account_statements' $$"
        )
        status, checks = await asked(owner, migration_head="0069_account_statements")
    finally:
        await owner.close()

    assert status == 200
    assert checks["migrations"]["detail"] == await connection.fetchval(HEAD)


async def test_a_release_is_not_ready_on_tables_that_took_away_what_it_needs(stand):
    owner = await asyncpg.connect(stand.owner_url)
    await owner.execute("BEGIN")  # and never the end: closing it takes the function back
    try:
        await owner.execute(
            "CREATE OR REPLACE FUNCTION releases.oldest_that_works() RETURNS text LANGUAGE sql AS $$ SELECT '0070_later' $$"
        )
        status, checks = await asked(owner, migration_head="0069_account_statements")
    finally:
        await owner.close()

    assert status == 503
    assert checks["migrations"]["detail"].endswith("for releases from 0070_later on")


@pytest.mark.parametrize("shift_s", [-30, 30])
async def test_a_clock_that_differs_is_not_ready(connection, monkeypatch, shift_s):
    from app.kernel import clock

    true = clock.utc_now
    monkeypatch.setattr(clock, "utc_now", lambda: true() + timedelta(seconds=shift_s))
    status, checks = await asked(connection)

    assert status == 503
    assert checks["clock"]["ok"] is False


async def test_a_process_that_is_leaving_says_so(connection):
    status, checks = await asked(connection, is_stopping=True)

    assert status == 503
    assert checks["process"]["detail"] == "stopping"


@pytest.mark.parametrize("leaves", [False, True])
async def test_a_process_that_is_leaving_answers_and_closes_the_connection(connection, leaves):
    async with house(connection, is_stopping=leaves) as proxy:
        answer = await proxy.get("/s/abc", headers={"host": "x"})

    assert answer.status_code == 200
    assert (answer.headers.get("connection") == "close") == leaves


async def test_alive_needs_no_database():
    async with at(assembling.assemble([], version="1", hosts=["x"], is_secure=False, state={})) as browser:
        answer = await browser.get("/livez")

    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


TOKEN = "t" * 32


@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        ("127.0.0.1", {}, 200), ("10.1.2.3", {}, 200), ("fd00::7", {}, 200), ("::ffff:192.168.1.9", {}, 200),
        ("203.0.113.9", {}, 403), ("2001:db8::7", {}, 403), ("100.64.0.1", {}, 403),
        ("203.0.113.9", {"authorization": f"Bearer {TOKEN}"}, 200), ("203.0.113.9", {"authorization": "Bearer wrong"}, 403),
        # A proxy that we were not told of stands near; whoever asks through it need not.
        ("10.1.2.3", {"x-forwarded-for": "203.0.113.9"}, 403), ("127.0.0.1", {"forwarded": "for=203.0.113.9"}, 403),
        ("10.1.2.3", {"x-forwarded-for": "10.0.0.1"}, 403), ("10.1.2.3", {"via": "1.1 proxy"}, 403),
        # One that we trust says who asks.
        ("198.51.100.7", {"x-forwarded-for": "10.0.0.1"}, 200), ("198.51.100.7", {"x-forwarded-for": "203.0.113.9"}, 403),
        ("198.51.100.7", {"x-forwarded-for": "10.0.0.1, 203.0.113.9"}, 403),
    ],
)  # fmt: skip
async def test_metrics_are_for_whoever_has_the_token_or_asks_from_a_private_address(peer, headers, status):
    state = {"metrics_token": TOKEN}
    proxy = TrustedProxy(networks=["198.51.100.0/24"])
    app = assembling.assemble([], version="1", hosts=["x"], is_secure=False, state=state, proxy=proxy)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app, client=(peer, 5)), base_url="http://x"
    ) as watcher:
        answer = await watcher.get("/metrics", headers=headers)

    assert answer.status_code == status
    assert ("http_requests" in answer.text) == (status == 200)


async def test_no_token_set_is_no_token_that_opens():
    app = assembling.assemble([], version="1", hosts=["x"], is_secure=False, state={"metrics_token": ""})
    transport = httpx.ASGITransport(app=app, client=("203.0.113.9", 5))
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as stranger:
        assert (await stranger.get("/metrics", headers={"authorization": "Bearer "})).status_code == 403


async def test_a_crowd_of_probes_asks_the_database_once(connection):
    asked_ = 0

    async def query(sql: str) -> Sequence[Any]:
        nonlocal asked_
        asked_ += 1
        await asyncio.sleep(0.05)
        return await connection.fetch(sql)

    async with house(connection, query=query) as crowd:
        answers = await asyncio.gather(*(crowd.get("/readyz") for _ in range(50)))

    assert {answer.status_code for answer in answers} == {200}
    assert asked_ == 1


def counted(name: str, **labels: str) -> float:
    return metrics.REGISTRY.get_sample_value(name, labels) or 0.0


async def test_metrics_count_and_time_answers_by_the_template_of_their_route():
    here = {"route": "/s/{code}", "method": "GET"}
    before = (
        counted("http_requests_total", status="200", **here),
        counted("http_request_duration_seconds_count", **here),
    )
    async with at(assembling.assemble([scene], version="1", hosts=["*"], is_secure=False, state={})) as browser:
        for code in "abc":
            await browser.get(f"/s/{code}")
        await browser.get("/nowhere")
        text = (await browser.get("/metrics")).text

    assert counted("http_requests_total", status="200", **here) == before[0] + 3
    assert counted("http_request_duration_seconds_count", **here) == before[1] + 3
    assert counted("http_request_duration_seconds_bucket", le="10.0", **here) == before[1] + 3
    assert 'http_requests_total{method="GET",route="-",status="404"}' in text
    assert 'http_request_duration_seconds_bucket{le="0.25",method="GET",route="/s/{code}"}' in text
    assert "nowhere" not in text and "process_resident_memory_bytes" in text
