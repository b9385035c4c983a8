"""Limits are exact while Redis answers, and known to be open or closed while it does not."""

import asyncio
import contextlib
import time
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from litestar import Litestar, Request, get, post
from litestar.params import FromPath
from redis.asyncio import Redis

from app.kernel.errors import Unavailable
from app.web import errors, kit, limits
from app.web.limits import Guessing, Limit, Limiter, hurried, limited


def at(app: Litestar) -> httpx.AsyncClient:
    """A client in this loop: Litestar's own runs the application in another, where no connection of ours works."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://testserver.local")


@pytest.fixture
async def redis(stand):
    client = Redis.from_url(stand.redis_url)
    yield client
    await client.aclose()


def nobody_answers() -> Redis:
    return Redis(host="127.0.0.1", port=1, socket_connect_timeout=0.2)


@get("/estimate", guards=[limited("estimate", 3, sharing=1)])
async def estimate() -> str:
    return "12.4 kg"


@post("/code", guards=[limited("code", 3, fails_open=False, sharing=1)])
async def code() -> str:
    return "tried"


@get("/crowd", guards=[limited("crowd", 2, sharing=3)])
async def crowd() -> str:
    return "in"


GUESSING = Guessing("guess", 3, sharing=1)


@get("/look/{code:str}", guards=[GUESSING.guard])
async def look(request: Request[Any, Any, Any], code: FromPath[str]) -> str:
    if code != "right":
        await GUESSING.missed(request)
        raise errors.NoSuchPage
    return "found"


async def no_session(_: str) -> None:
    return None


def house(redis: Redis) -> httpx.AsyncClient:
    state = {"limiter": Limiter(redis), "sessions": no_session}
    return at(kit.assemble([estimate, code, crowd, look], version="1", hosts=["*"], is_secure=False, state=state))


async def test_of_many_at_once_exactly_the_allowed_pass(redis, monkeypatch):
    monkeypatch.setattr(limits, "REDIS_S", 10.0)  # on a busy machine two hundred at once may have to wait
    limit, account = Limit("claim", 50), str(uuid4())
    limiters = [Limiter(redis) for _ in range(4)]
    waits = await asyncio.gather(*(limiters[n % 4].wait_s(limit, account) for n in range(200)))

    assert waits.count(0) == 50


async def test_accounts_and_actions_do_not_share_a_limit(redis):
    limiter, one, other = Limiter(redis), str(uuid4()), str(uuid4())
    assert await limiter.wait_s(Limit("a", 1), one) == 0
    assert await limiter.wait_s(Limit("a", 1), one) > 0

    assert await limiter.wait_s(Limit("a", 1), other) == 0
    assert await limiter.wait_s(Limit("b", 1), one) == 0


async def test_a_limit_opens_again_with_time(redis):
    limiter, account = Limiter(redis), str(uuid4())
    limit = Limit("fast", 10, window_s=1)
    assert [await limiter.wait_s(limit, account) > 0 for _ in range(11)].count(True) >= 1
    await asyncio.sleep(0.35)

    assert await limiter.wait_s(limit, account) == 0


async def test_too_often_is_429_and_says_when_to_come_again(redis):
    await redis.delete("gcra:estimate:127.0.0.1")
    async with house(redis) as browser:
        answers = [await browser.get("/estimate") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    refused = answers[-1]
    assert 1 <= int(refused.headers["retry-after"]) <= 20
    assert refused.json()["code"] == "REQUEST_TOO_MANY"
    assert refused.headers["retry-after"] in refused.json()["message"]


async def test_reading_goes_on_without_redis_and_codes_do_not():
    async with house(nobody_answers()) as browser:
        read = [await browser.get("/estimate") for _ in range(5)]
        tried = await browser.post("/code")

    assert {answer.status_code for answer in read} == {200}
    assert (tried.status_code, tried.json()["code"]) == (503, "SERVICE_UNAVAILABLE")


async def test_a_redis_that_hangs_is_waited_for_once():
    async def hold(_: Any, writer: asyncio.StreamWriter) -> None:
        try:
            await asyncio.sleep(30)
        finally:
            writer.close()

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    redis = Redis(host="127.0.0.1", port=server.sockets[0].getsockname()[1])
    limiter = Limiter(redis)
    began = time.monotonic()
    for _ in range(20):
        assert await limiter.wait_s(Limit("estimate", 1), "a") == 0
    with pytest.raises(Unavailable):
        await limiter.wait_s(Limit("code", 1, fails_open=False), "a")
    spent_s = time.monotonic() - began
    await redis.aclose()
    server.close()

    assert spent_s < 2 * limits.REDIS_S + 0.3


class Connection:
    """What a limit looks at."""

    def __init__(self, host: str, person_id: UUID | None = None) -> None:
        from app.web.visit import Visit

        known = type("S", (), {"person_id": person_id})() if person_id else None
        visit = Visit("req_1", session_sought=True, session=known)
        self.scope = {"state": {"visit": visit}, "headers": []}
        self.client = type("C", (), {"host": host})()


@pytest.mark.parametrize(
    ("host", "account"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::9", "2001:db8:1:2::/64"),
        ("unix", "unknown"),
    ],
)
async def test_a_stranger_counts_by_address_and_ipv6_by_its_first_half(host, account):
    assert await limits.account_of(Connection(host)) == account


async def test_a_person_counts_as_himself_behind_any_address():
    assert await limits.account_of(Connection("203.0.113.9", UUID(int=7))) == str(UUID(int=7))


def arriving(*chunks: tuple[float, int]):
    """A receive that gives `size` bytes after `seconds` each; without the last one it waits for ever."""
    left = list(chunks)

    async def receive() -> Any:
        if not left:
            await asyncio.sleep(60)
        wait_s, size = left.pop(0)
        await asyncio.sleep(wait_s)
        return {"type": "http.request", "body": b"x" * size, "more_body": True}

    return receive


async def test_a_body_that_stalls_is_given_up():
    receive = hurried(arriving((0, 10)), seconds=0.2)
    await receive()

    began = time.monotonic()
    with pytest.raises(errors.TooSlow):
        await receive()
    assert time.monotonic() - began < 0.5


async def test_a_large_body_that_keeps_coming_has_more_time():
    receive = hurried(arriving(*[(0.1, 1000)] * 6), seconds=0.3, bytes_per_s=5000)
    for _ in range(6):
        await receive()


async def test_a_trickle_buys_no_time():
    receive = hurried(arriving(*[(0.1, 1)] * 9), seconds=0.35)

    async def take_nine() -> None:
        for _ in range(9):
            await receive()

    with pytest.raises(errors.TooSlow):
        await take_nine()


async def test_after_the_whole_body_a_handler_may_wait_for_the_reader_to_leave():
    calls = 0

    async def receive() -> Any:
        nonlocal calls
        calls += 1
        if calls == 1:
            return {"type": "http.request", "body": b"", "more_body": False}
        await asyncio.sleep(0.3)
        return {"type": "http.disconnect"}

    patient = hurried(receive, seconds=0.1)
    await patient()

    assert (await patient())["type"] == "http.disconnect"


async def test_strangers_behind_one_address_share_a_larger_limit(redis):
    await redis.delete("gcra:crowd:127.0.0.1")
    async with house(redis) as client:
        answers = [(await client.get("/crowd")).status_code for _ in range(7)]

    assert answers == [200] * 6 + [429]


async def asked(browser: httpx.AsyncClient, *codes: str) -> list[int]:
    return [(await browser.get(f"/look/{code}")).status_code for code in codes]


async def test_whoever_hits_is_not_counted_and_redis_is_not_asked(redis):
    await redis.delete("gcra:guess:127.0.0.1")
    async with house(redis) as browser:
        assert await asked(browser, *["right"] * 9) == [200] * 9
    assert not await redis.exists("gcra:guess:127.0.0.1")


async def test_of_misses_in_four_processes_at_once_exactly_the_allowed_are_told(redis, monkeypatch):
    monkeypatch.setattr(limits, "REDIS_S", 10.0)
    await redis.delete("gcra:guess:127.0.0.1")
    async with contextlib.AsyncExitStack() as processes:
        browsers = [await processes.enter_async_context(house(redis)) for _ in range(4)]
        told = await asyncio.gather(*(asked(browsers[n % 4], f"wrong{n}") for n in range(40)))
    assert sorted(status for (status,) in told) == [404] * 3 + [429] * 37


async def test_who_missed_too_often_gets_no_hit_here_and_elsewhere_no_further_miss(redis):
    await redis.delete("gcra:guess:127.0.0.1")
    async with house(redis) as here, house(redis) as elsewhere:
        assert await asked(here, "a", "b", "c", "right", "d", "right") == [404, 404, 404, 200, 429, 429]
        assert await asked(elsewhere, "right", "e", "right") == [200, 429, 429]
        refused = await here.get("/look/right")
    assert 1 <= int(refused.headers["retry-after"]) <= 20


async def test_guessing_goes_on_while_redis_is_away_as_every_reading_does():
    async with house(nobody_answers()) as browser:
        assert await asked(browser, *["wrong"] * 5, "right") == [404] * 5 + [200]
