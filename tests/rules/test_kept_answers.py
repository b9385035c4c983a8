"""An answer is kept for a second from the moment its question began, and no longer; refusals are not kept."""

import asyncio

import pytest

from app.views import answer_cache
from app.views.answer_cache import Answer, AnswerCache


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(answer_cache, "time", clock)
    return clock


class Source:
    """What is asked behind the kept answers."""

    def __init__(self) -> None:
        self.asked = 0
        self.body = b"1"

    async def __call__(self) -> Answer:
        self.asked += 1
        return Answer(200, self.body)


async def test_within_the_second_it_is_told_again_and_from_then_on_asked_anew(clock):
    source, answers = Source(), AnswerCache()
    assert (await answers.get("a", source)).body == b"1"
    source.body = b"2"
    clock.now += 0.999
    assert (await answers.get("a", source)).body == b"1"
    clock.now += 0.001
    assert (await answers.get("a", source)).body == b"2"
    assert source.asked == 2


async def test_the_second_begins_before_the_question_and_not_with_its_answer(clock):
    answers = AnswerCache()

    async def slow() -> Answer:
        clock.now += 0.9  # what is read now may be as old as the beginning
        return Answer(200, b"1")

    await answers.get("a", slow)
    clock.now += 0.11
    source = Source()
    await answers.get("a", source)
    assert source.asked == 1


async def test_each_key_has_an_answer_of_its_own(clock):
    answers, one, other = AnswerCache(), Source(), Source()
    other.body = b"2"
    assert (await answers.get(("x", "zh"), one), await answers.get(("x", "en"), other)) == (
        Answer(200, b"1"),
        Answer(200, b"2"),
    )


async def test_what_is_refused_is_asked_anew_each_time_and_forgets_nothing_that_is_kept(clock):
    answers, source = AnswerCache(), Source()
    asked = 0

    async def unknown() -> Answer:
        nonlocal asked
        asked += 1
        raise LookupError

    for _ in range(3):
        with pytest.raises(LookupError):
            await answers.get("a", unknown)
    assert asked == 3
    assert (await answers.get("a", source)).body == b"1"


async def test_the_oldest_go_where_there_are_too_many(clock):
    answers, source = AnswerCache(most=3), Source()
    for key in ("a", "b", "c"):
        await answers.get(key, source)
    clock.now += 2
    await answers.get("a", source)  # anew: now the youngest
    await answers.get("d", source)
    assert source.asked == 5
    await answers.get("a", source)
    assert source.asked == 5
    assert len(answers._answers) == 3


async def test_a_question_that_is_given_up_leaves_nothing_behind(clock):
    answers = AnswerCache()

    async def endless() -> Answer:
        await asyncio.sleep(60)
        return Answer(200, b"")

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await answers.get("a", endless)
    assert answers._answers == {}
