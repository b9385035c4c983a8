"""One intent has one answer, however often it is sent."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest
from litestar import Litestar, Request, Response, post
from litestar.params import JSONBody
from redis.asyncio import Redis

from app.foundation import intents, retention
from app.foundation.retention import Keep
from app.kernel.errors import RuleBroken
from app.kernel.text import Text
from app.views import errors
from app.web.kit import assembling
from app.web.kit.security.idempotency import IdempotencyKey, InFlight, answer_once, checked
from tests.answers import aged
from tests.rooms.conftest import connected


def at(app: Litestar) -> httpx.AsyncClient:
    """A client in this loop: Litestar's own runs the application in another, where no connection of ours works."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://testserver.local")


class Wish(msgspec.Struct, forbid_unknown_fields=True):
    grams: int


class Placed(msgspec.Struct):
    order: str
    grams: int


class Exhausted(RuleBroken):
    """For these tests only."""

    code = "kittest.exhausted"
    text = Text(zh="不足", en="Not enough")


class Orders:
    """A room: unique by key, so that a second call tells what the first did."""

    def __init__(self) -> None:
        self.by_key: dict[str, Placed] = {}
        self.calls = 0
        self.pause_s = 0.0
        self.refuses = False

    async def place(self, key: str, grams: int) -> Placed:
        self.calls += 1
        await asyncio.sleep(self.pause_s)
        if self.refuses:
            raise Exhausted
        return self.by_key.setdefault(key, Placed(f"ord_{len(self.by_key)}", grams))


@pytest.fixture
def orders():
    return Orders()


@pytest.fixture
async def browser(database, orders):
    actor = uuid4()

    @post("/orders")
    async def place(data: JSONBody[Wish], request: Request[Any, Any, Any], key: IdempotencyKey) -> Response[Placed]:
        return await answer_once(request, lambda: orders.place(key, data.grams), actor=actor, key=key)

    @post("/gifts")
    async def give(data: JSONBody[Wish], request: Request[Any, Any, Any], key: IdempotencyKey) -> Response[Placed]:
        return await answer_once(request, lambda: orders.place(key, data.grams), actor=actor, key=key)

    state = {"intents": intents, "in_flight": InFlight()}
    app = assembling.assemble([place, give], version="1", hosts=["*"], is_secure=False, state=state)
    async with at(app) as browser:
        yield browser


async def send(browser, key="k-1", grams=5, path="/orders"):
    return await browser.post(path, json={"grams": grams}, headers={"idempotency-key": key})


async def test_a_repeat_reads_the_same_bytes_and_status(browser, orders):
    first, second = await send(browser), await send(browser)

    assert first.status_code == second.status_code == 201
    assert first.content == second.content == b'{"order":"ord_0","grams":5}'
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert orders.calls == 1


async def test_another_body_under_the_same_key_is_refused(browser, orders):
    await send(browser)
    other = await send(browser, grams=6)

    assert (other.status_code, other.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert orders.calls == 1


async def test_the_same_key_at_another_address_is_another_request(browser):
    await send(browser)

    assert (await send(browser, path="/gifts")).status_code == 422


async def test_a_request_at_work_is_told_and_the_rest_can_repeat(browser, orders):
    orders.pause_s = 0.3
    answers = await asyncio.gather(*(send(browser) for _ in range(5)))
    late = await send(browser)

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.json()["code"] == "IDEMPOTENCY_IN_PROGRESS"
    assert int(refused.headers["retry-after"]) >= 1
    assert late.headers["idempotent-replayed"] == "true"


async def test_a_refusal_is_not_kept_since_nothing_has_moved(browser, orders):
    orders.refuses = True
    refused = await send(browser)
    orders.refuses = False
    later = await send(browser)

    assert (refused.status_code, later.status_code) == (422, 201)


async def test_an_answer_lost_before_it_was_kept_is_told_again_by_the_room(browser, orders):
    done = await orders.place("k-lost", 5)  # the effect is there, its answer was never kept
    answer = await send(browser, key="k-lost")

    assert answer.json() == {"order": done.order, "grams": 5}
    assert len(orders.by_key) == 1


async def test_a_repeat_after_its_answer_was_deleted_is_answered_by_the_room_and_does_nothing_new(
    browser, orders, database
):
    first = await send(browser)
    async with connected(database.super_url) as owner:
        await owner.execute(aged(91))
    keep = Keep(messages_days=30, answers_days=90, sessions_days=30, attempts_days=1)
    assert (await retention.purge(keep))["answers"] == 1
    later = await send(browser)

    assert (later.status_code, later.content) == (first.status_code, first.content)
    assert "idempotent-replayed" not in later.headers
    assert len(orders.by_key) == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "schlüssel".encode("latin-1"), "a\tb"])
async def test_a_key_that_is_none_is_refused_and_named(browser, key):
    answer = await send(browser, key=key)

    assert answer.status_code == 400
    assert answer.json()["detail"]["location"] == "header"


async def test_a_missing_key_is_named(browser):
    answer = await browser.post("/orders", json={"grams": 1})

    assert answer.status_code == 400
    assert answer.json()["detail"] == {"field": "/Idempotency-Key", "issue": "missing", "location": "header"}


@pytest.mark.parametrize("key", [None, "", "x" * 256, "键", "a\n"])
def test_a_key_from_a_page_is_checked_too(key):
    with pytest.raises(errors.KeyMalformed):
        checked(key)


def test_a_key_of_255_characters_is_fine():
    assert checked("~" * 255) == "~" * 255


async def test_two_processes_see_each_other_at_work(stand):
    redis = Redis.from_url(stand.redis_url)
    one, other, actor = InFlight(redis), InFlight(redis), UUID(int=5)
    async with one.hold(actor, "k"):
        with pytest.raises(errors.KeyInProgress):
            async with other.hold(actor, "k"):
                pass
        async with other.hold(actor, "another"):
            pass
    async with other.hold(actor, "k"):
        pass
    await redis.aclose()


async def test_without_redis_the_intent_goes_on():
    redis = Redis(host="127.0.0.1", port=1)
    async with InFlight(redis).hold(UUID(int=5), "k"):
        pass
    await redis.aclose()
