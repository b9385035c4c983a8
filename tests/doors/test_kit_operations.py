"""Ready means: takes writes, at our migration level, with clocks that agree."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from litestar import Litestar, get
from litestar.params import FromPath
from redis.asyncio import Redis

from app.web import kit

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
    return at(kit.assemble([scene], version="1", hosts=["x"], is_secure=False, state=state))


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


async def test_alive_needs_no_database():
    async with at(kit.assemble([], version="1", hosts=["x"], is_secure=False, state={})) as browser:
        answer = await browser.get("/livez")

    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


async def test_metrics_count_answers_by_route():
    async with at(kit.assemble([scene], version="1", hosts=["*"], is_secure=False, state={})) as browser:
        for code in "abc":
            await browser.get(f"/s/{code}")
        await browser.get("/nowhere")
        text = (await browser.get("/metrics")).text

    assert 'http_requests_total{method="GET",route="/s/{code}",status="200"} 3.0' in text
    assert 'http_requests_total{method="GET",route="-",status="404"} 1.0' in text
    assert 'http_request_seconds_total{route="/s/{code}"}' in text


async def test_metrics_tell_what_waits_and_leave_it_out_while_the_database_is_away():
    async def health() -> dict[str, float]:
        return {"open": 3.0, "oldest_s": 1.5, "dead": 1.0}

    async def away() -> dict[str, float]:
        raise ConnectionError

    texts = []
    for backlog in (health, away, None):
        state = {"backlog": backlog} if backlog else {}
        async with at(kit.assemble([scene], version="1", hosts=["*"], is_secure=False, state=state)) as browser:
            answer = await browser.get("/metrics")
            assert answer.status_code == 200
            texts.append(answer.text)
    assert "outbox_dead 1.0" in texts[0] and "outbox_open 3.0" in texts[0] and "outbox_oldest_s 1.5" in texts[0]
    assert "outbox_" not in texts[1] + texts[2]
