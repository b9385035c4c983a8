"""A far side that keeps silent is left alone for a while, and one call finds out whether it speaks again."""

import asyncio

import pytest

from app.gateways.breaker import PAUSE_MOST_S, PAUSE_S, SILENT_MOST, guarded
from app.kernel.errors import Unavailable
from app.kernel.outcome import Closed, Pending, StillOpen, is_silence


class FarSide:
    """Answers with what it is told to, or raises it."""

    def __init__(self) -> None:
        self.says: object = Closed(code="CLOSED")
        self.calls = 0
        self.open = asyncio.Event()
        self.open.set()

    async def query(self) -> object:
        self.calls += 1
        says = self.says
        await self.open.wait()
        if isinstance(says, BaseException):
            raise says
        return says


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def far() -> FarSide:
    return FarSide()


async def silent(far: FarSide, one: FarSide, times: int) -> None:
    far.says = Pending(code="TIMEOUT")
    for _ in range(times):
        await one.query()


async def test_after_five_silent_calls_nobody_waits_any_more(far: FarSide, clock: Clock) -> None:
    one = guarded("test", far, clock=clock)
    await silent(far, one, SILENT_MOST)
    with pytest.raises(Unavailable):
        await one.query()
    assert far.calls == SILENT_MOST


async def test_an_answer_between_begins_the_count_anew(far: FarSide, clock: Clock) -> None:
    one = guarded("test", far, clock=clock)
    await silent(far, one, SILENT_MOST - 1)
    far.says = Pending(code="NOTPAY")
    await one.query()
    await silent(far, one, SILENT_MOST - 1)
    assert far.calls == 2 * SILENT_MOST - 1


async def test_after_the_pause_one_call_tries_and_its_answer_lets_all_through(far: FarSide, clock: Clock) -> None:
    one = guarded("test", far, clock=clock)
    await silent(far, one, SILENT_MOST)
    clock.now_s += PAUSE_S
    far.says = Closed(code="CLOSED")
    far.open.clear()
    trying = asyncio.create_task(one.query())
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await one.query()
    far.open.set()
    assert await trying == Closed(code="CLOSED")
    assert await one.query() == Closed(code="CLOSED")
    assert far.calls == SILENT_MOST + 2


async def test_each_silent_try_doubles_the_pause_to_half_a_minute_at_most(far: FarSide, clock: Clock) -> None:
    one = guarded("test", far, clock=clock)
    await silent(far, one, SILENT_MOST)
    for pause_s in (PAUSE_S, 4.0, 8.0, 16.0, PAUSE_MOST_S, PAUSE_MOST_S):
        clock.now_s += pause_s - 0.1
        with pytest.raises(Unavailable):
            await one.query()
        clock.now_s += 0.1
        await one.query()
    assert far.calls == SILENT_MOST + 6


async def test_a_try_that_is_given_up_counts_as_silence_and_the_next_one_may_try(far: FarSide, clock: Clock) -> None:
    one = guarded("test", far, clock=clock)
    await silent(far, one, SILENT_MOST)
    clock.now_s += PAUSE_S
    far.open.clear()
    trying = asyncio.create_task(one.query())
    await asyncio.sleep(0)
    trying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await trying
    clock.now_s += 2 * PAUSE_S
    far.open.set()
    far.says = Closed(code="CLOSED")
    assert await one.query() == Closed(code="CLOSED")


async def test_an_error_of_ours_is_no_silence_and_no_connection_is_one(far: FarSide, clock: Clock) -> None:
    one = guarded("test", far, clock=clock)
    far.says = KeyError("ours")
    for _ in range(2 * SILENT_MOST):
        with pytest.raises(KeyError):
            await one.query()
    far.says = Unavailable("no connection")
    for _ in range(2 * SILENT_MOST):
        with pytest.raises(Unavailable):
            await one.query()
    assert far.calls == 3 * SILENT_MOST


@pytest.mark.parametrize("code", ["TIMEOUT", "RESET", "UNSIGNED", "BAD_ANSWER", "HTTP_502"])
def test_our_words_for_silence_are_silence(code: str) -> None:
    assert is_silence(Pending(code=code))
    assert is_silence(StillOpen(code=code))


@pytest.mark.parametrize("answer", [Pending(code="NOTPAY"), StillOpen(code="USERPAYING"), Closed(code="TIMEOUT"), None])
def test_a_channels_own_word_is_none(answer: object) -> None:
    assert not is_silence(answer)
