"""Limits: exact in PostgreSQL for what must not go unlimited, in Valkey for the rest, and shared out while that is away."""

import asyncio
import contextlib
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from litestar import Request, get, post
from litestar.params import FromPath
from redis.asyncio import Redis

from app.gateways import counting, metrics
from app.gateways.counting import Count
from app.gateways.database import DatabaseAway
from app.kernel.text import Language
from app.views import errors
from app.web.kit import assembling
from app.web.kit.security import guards, limiter, limits
from app.web.kit.security.limiter import Limit, Limiter
from app.web.kit.security.limits import Guessing, hurried, limited
from tests.loopback import serving


@pytest.fixture(autouse=True)
def _on_a_busy_machine(monkeypatch):
    """Valkey is waited for: what is counted without it is asked by tests of their own."""
    monkeypatch.setattr(limiter, "REDIS_S", 60.0)


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


@post("/code", guards=[limited("code", 3, is_exact=True, sharing=1)])
async def code() -> str:
    return "tried"


@get("/crowd", guards=[limited("crowd", 2, sharing=3)])
async def crowd() -> str:
    return "in"


GUESSING = Guessing("guess", 3, window_s=600, sharing=1)


@get("/look/{code:str}", guards=[GUESSING.guard])
async def look(request: Request[Any, Any, Any], code: FromPath[str]) -> str:
    if code != "right":
        await GUESSING.missed(request)
        raise errors.NoSuchPage
    return "found"


async def person(token: str) -> Any:
    """Whoever says who they are is believed: `Bearer <uuid>`."""
    return type("Known", (), {"person_id": UUID(token), "language": None})()


async def open_guest(_: Language, _device: str | None) -> Any:
    return "t" * 43, await person(str(uuid4()))


@post("/enter")
async def enter(request: Request[Any, Any, Any]) -> str:
    session, _ = await guards.ensure_guest(request)
    return str(session.person_id)


@get("/sign-in", guards=[limited("login", 2, is_exact=True, sharing=2, by_address=True)])
async def sign_in() -> str:
    return "in"


def house(redis: Redis | None, *, host: str = "127.0.0.1", processes: int = 1, **more: Any) -> httpx.AsyncClient:
    """One process; the browser asks from `host`."""
    state = {"limiter": Limiter(redis, processes=processes), "sessions": person, "open_guest": open_guest} | more
    doors = [estimate, code, crowd, look, enter, sign_in]
    app = assembling.assemble(doors, version="1", hosts=["*"], is_secure=False, state=state)
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app, client=(host, 1)), base_url="http://testserver.local"
    )


def known(person_id: UUID | None = None) -> dict[str, str]:
    """The headers of somebody known."""
    return {"authorization": f"Bearer {person_id or uuid4()}"}


async def test_of_many_at_once_exactly_the_allowed_pass(redis):
    limit, account = Limit("claim", 50, window_s=3600), str(uuid4())  # in a minute's, one comes back meanwhile
    limiters = [Limiter(redis) for _ in range(4)]
    waits = await asyncio.gather(*(limiters[n % 4].wait_s((limit, account)) for n in range(200)))

    assert waits.count(0) == 50


async def test_accounts_and_actions_do_not_share_a_limit(redis):
    counts, one, other = Limiter(redis), str(uuid4()), str(uuid4())
    assert await counts.wait_s((Limit("a", 1), one)) == 0
    assert await counts.wait_s((Limit("a", 1), one)) > 0

    assert await counts.wait_s((Limit("a", 1), other)) == 0
    assert await counts.wait_s((Limit("b", 1), one)) == 0


async def test_a_limit_opens_again_with_time(redis):
    counts, account = Limiter(redis), str(uuid4())
    limit = Limit("fast", 10, window_s=3600)
    assert [await counts.wait_s((limit, account)) > 0 for _ in range(11)] == [False] * 10 + [True]
    key = f"gcra:fast:{account}"  # when all of what was taken is given back, in microseconds of Redis's clock
    await redis.set(key, int(await redis.get(key)) - 360_000_000)

    assert [await counts.wait_s((limit, account)) > 0 for _ in range(2)] == [False, True]


async def test_too_often_is_429_and_says_when_to_come_again(redis):
    await redis.delete("gcra:estimate:127.0.0.1")
    async with house(redis) as browser:
        answers = [await browser.get("/estimate") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    refused = answers[-1]
    assert 1 <= int(refused.headers["retry-after"]) <= 200
    assert refused.json()["code"] == "REQUEST_TOO_MANY"
    assert refused.headers["retry-after"] in refused.json()["message"]


@pytest.mark.usefixtures("database")
async def test_without_redis_codes_are_counted_in_postgresql_and_the_rest_by_each_process():
    async with house(nobody_answers()) as browser, house(nobody_answers()) as elsewhere:
        read = [(await browser.get("/estimate")).status_code for _ in range(5)]
        tried = [(await browser.post("/code")).status_code for _ in range(5)]
        told = [(await elsewhere.get("/estimate")).status_code, (await elsewhere.post("/code")).status_code]

    assert read == [200, 200, 200, 429, 429]
    assert tried == [201, 201, 201, 429, 429]
    assert told == [200, 429]  # another process has a share of its own, and counts the same codes


async def test_each_of_several_processes_allows_its_share_while_redis_is_away():
    account = str(uuid4())
    processes = [Limiter(None, processes=4) for _ in range(4)]
    waits = [await one.wait_s((Limit("estimate", 40, window_s=3600), account)) for _ in range(30) for one in processes]

    assert waits.count(0) == 40


@pytest.mark.usefixtures("database")
async def test_exact_limits_let_through_exactly_the_allowed_from_four_processes_at_once():
    limit, account = Limit("pay", 50, window_s=3600, is_exact=True), str(uuid4())
    processes = [Limiter(None) for _ in range(4)]
    waits = await asyncio.gather(*(processes[n % 4].wait_s((limit, account)) for n in range(200)))

    assert waits.count(0) == 50


@pytest.mark.usefixtures("database")
async def test_what_valkey_forgets_is_not_allowed_again(redis):
    limit, account = Limit("pay", 3, is_exact=True), str(uuid4())
    assert [await Limiter(redis).wait_s((limit, account)) for _ in range(3)] == [0, 0, 0]
    await redis.flushdb()

    assert await Limiter(redis).wait_s((limit, account)) > 0
    assert await Limiter(None).wait_s((limit, account)) > 0


async def test_exact_limits_are_closed_while_the_database_is_away():
    async def away(_: Any) -> list[float]:
        raise DatabaseAway

    closed = Limiter(None, count_exactly=away)
    async with house(None, limiter=closed) as browser:
        answer = await browser.post("/code")

    assert (answer.status_code, answer.json()["code"]) == (503, "SERVICE_BUSY")
    assert answer.headers["retry-after"] == "2"


@pytest.mark.usefixtures("database")
async def test_whoever_is_refused_asks_the_database_no_more_until_their_time_has_come():
    asked = 0

    async def count(counts: Any) -> list[float]:
        nonlocal asked
        asked += 1
        return await counting.take(counts)

    flood, limit, account = Limiter(None, count_exactly=count), Limit("pay", 2, is_exact=True), str(uuid4())
    before = metrics.REGISTRY.get_sample_value("limits_refused_total", {"action": "pay"}) or 0
    waits = [await flood.wait_s((limit, account)) for _ in range(500)]

    assert waits.count(0) == 2
    assert asked == 3
    assert (metrics.REGISTRY.get_sample_value("limits_refused_total", {"action": "pay"}) or 0) - before == 498


@pytest.mark.usefixtures("database")
async def test_a_clock_that_went_back_keeps_nobody_waiting_longer_than_the_window():
    assert await counting.take([Count("x:a", 1, 100_000)]) == [0]  # as if the clock had gone back by a day since then
    waits = await counting.take([Count("x:a", 2, 60)])

    assert 0 < waits[0] <= 60


@pytest.mark.usefixtures("database")
async def test_a_try_counts_under_all_its_accounts_or_under_none():
    one, both = Count("t:one", 1, 60), Count("t:both", 5, 60)
    assert await counting.take([one, both]) == [0, 0]
    for _ in range(9):
        (wait_s, free_s) = await counting.take([one, both])
        assert (wait_s > 0, free_s) == (True, 0)

    assert [await counting.take([both]) for _ in range(4)] == [[0]] * 4
    assert (await counting.take([both]))[0] > 0


@pytest.mark.usefixtures("database")
async def test_two_who_share_accounts_in_another_order_never_wait_for_each_other():
    keys = [Count(f"o:{n}", 1000, 60) for n in range(6)]
    rounds = (counting.take(keys if n % 2 else keys[::-1]) for n in range(100))

    assert await asyncio.gather(*rounds) == [[0] * 6] * 100


async def test_counts_whose_time_is_over_are_deleted_and_others_stay(database):
    await counting.take([Count("p:short", 1000, 1), Count("p:long", 1, 600)])
    await asyncio.sleep(0.05)

    assert await counting.purge() == 1
    superuser = await asyncpg.connect(database.super_url)
    try:
        assert [row["key"] for row in await superuser.fetch("SELECT key FROM limit_count")] == ["p:long"]
    finally:
        await superuser.close()


async def test_a_process_keeps_no_more_accounts_in_mind_than_it_may(monkeypatch):
    monkeypatch.setattr(limiter, "REMEMBERED", 100)
    crowd_ = Limiter(None)
    for number in range(1000):
        await crowd_.wait_s((Limit("look", 5), f"10.0.{number // 250}.{number % 250}"))

    assert len(crowd_._due) <= 100


async def test_a_redis_that_hangs_is_waited_for_once(monkeypatch):
    came = 0

    async def hold(*_: Any) -> None:
        nonlocal came
        came += 1
        await asyncio.sleep(60)

    monkeypatch.setattr(limiter, "_PAUSE_S", 600.0)
    monkeypatch.setattr(limiter, "REDIS_S", 0.2)
    async with serving(hold) as port:
        redis = Redis(host="127.0.0.1", port=port)
        waiting = Limiter(redis)
        for _ in range(20):
            assert await waiting.wait_s((Limit("estimate", 20), "a")) == 0
        await redis.aclose()

    assert came == 1


class Connection:
    """What a limit looks at."""

    def __init__(self, host: str, person_id: UUID | None = None) -> None:
        from app.web.kit.requests.visit import Visit

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
        ("::ffff:203.0.113.9", "203.0.113.9"),
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

    with pytest.raises(errors.TooSlow):
        await receive()


async def test_a_large_body_that_keeps_coming_has_more_time():
    receive = hurried(arriving((0, 100_000), *[(0.1, 1000)] * 6), seconds=0.3, bytes_per_s=1000)
    for _ in range(7):
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


async def asked(browser: httpx.AsyncClient, *codes: str, **headers: str) -> list[int]:
    return [(await browser.get(f"/look/{code}", headers=headers)).status_code for code in codes]


@pytest.mark.usefixtures("database")
async def test_whoever_hits_is_not_counted_and_nobody_is_asked():
    async def never(_: Any) -> list[float]:
        raise AssertionError("a hit is counted")

    async with house(None, limiter=Limiter(None, count_exactly=never)) as browser:
        assert await asked(browser, *["right"] * 9) == [200] * 9


@pytest.mark.usefixtures("database")
async def test_of_misses_in_four_processes_at_once_exactly_the_allowed_are_told():
    async with contextlib.AsyncExitStack() as processes:
        browsers = [await processes.enter_async_context(house(None)) for _ in range(4)]
        told = await asyncio.gather(*(asked(browsers[n % 4], f"wrong{n}") for n in range(40)))
    assert sorted(status for (status,) in told) == [404] * 3 + [429] * 37


@pytest.mark.usefixtures("database")
async def test_who_missed_too_often_gets_no_hit_here_and_elsewhere_no_further_miss():
    async with house(None) as here, house(None) as elsewhere:
        assert await asked(here, "a", "b", "c", "right", "d", "right") == [404, 404, 404, 200, 429, 429]
        assert await asked(elsewhere, "right", "e", "right") == [200, 429, 429]
        refused = await here.get("/look/right")
    assert 1 <= int(refused.headers["retry-after"]) <= 200


@pytest.mark.usefixtures("database")
async def test_many_guests_of_one_address_miss_no_more_than_the_address_may():
    async with house(None) as browser:
        told = [await asked(browser, "wrong", **known()) for _ in range(12)]
    assert sorted(status for (status,) in told) == [404] * 3 + [429] * 9


@pytest.mark.usefixtures("database")
async def test_a_person_is_limited_behind_any_number_of_addresses():
    person_id, told = uuid4(), []
    for number in range(12):
        async with house(None, host=f"203.0.113.{number}") as browser:
            told += await asked(browser, "wrong", **known(person_id))
    assert told == [404] * 3 + [429] * 9


@pytest.mark.usefixtures("database")
async def test_prefixes_of_one_site_of_ipv6_miss_no_more_than_eight_customers_may():
    told = []
    for number in range(40):
        async with house(None, host=f"2001:db8:7:{number:x}::1") as browser:
            told += await asked(browser, "wrong")
    assert told.count(404) == 3 * 8


@pytest.mark.usefixtures("database")
async def test_one_who_guesses_does_not_close_the_address_to_others_who_hit():
    async with house(None) as browser:
        assert await asked(browser, *"abcd") == [404, 404, 404, 429]
        assert await asked(browser, "right", "right", **known()) == [200, 200]
        assert await asked(browser, "right") == [429]  # whoever is nobody may be the one


@pytest.mark.usefixtures("database")
async def test_a_guest_who_missed_where_the_address_is_over_the_limit_gets_no_hit_either():
    one = known()
    async with house(None) as browser:
        assert await asked(browser, *"abcd") == [404, 404, 404, 429]
        assert await asked(browser, "right", "e", "right", **one) == [200, 429, 429]


OURS = {"sec-fetch-site": "same-origin"}


@pytest.mark.usefixtures("database")
async def test_new_guests_count_by_address_over_all_processes():
    async with house(None, guests_per_address=5) as here, house(None, guests_per_address=5) as there:
        statuses = [
            (await browser.post("/enter", headers=OURS)).status_code for _ in range(5) for browser in (here, there)
        ]
        elsewhere = house(None, host="203.0.113.77", guests_per_address=5)
        async with elsewhere:
            assert (await elsewhere.post("/enter", headers=OURS)).status_code == 201

    assert statuses == [201] * 5 + [429] * 5


@pytest.mark.usefixtures("database")
async def test_somebody_known_is_no_new_guest():
    async with house(None, guests_per_address=1) as browser:
        statuses = [(await browser.post("/enter", headers=OURS | known())).status_code for _ in range(4)]

    assert statuses == [201] * 4


@pytest.mark.usefixtures("database")
async def test_sign_ins_count_by_address_too_though_each_comes_as_another_guest():
    async with house(None) as browser:
        statuses = [(await browser.get("/sign-in", headers=known())).status_code for _ in range(7)]

    assert statuses == [200] * 4 + [429] * 3
