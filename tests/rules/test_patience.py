"""Several far sides at once: lanes of their own, deadlines, and nobody's trouble is another's."""

import asyncio

import pytest

from app.gateways.patience import ask_each, within
from app.kernel.errors import Unavailable


async def test_what_takes_too_long_is_silence() -> None:
    with pytest.raises(Unavailable):
        await within(asyncio.Event().wait(), seconds=0.01)


async def test_a_slow_far_side_holds_up_nobody_elses_answers() -> None:
    released, quick, answered = asyncio.Event(), asyncio.Event(), []

    async def ask(item: tuple[str, int]) -> None:
        if item[0] == "slow":
            await released.wait()
        answered.append(item)
        if len(answered) == 40:
            quick.set()

    items = [("slow", number) for number in range(40)] + [("quick", number) for number in range(40)]
    asking = asyncio.create_task(ask_each(items, ask, far_side=lambda item: item[0], what="test", at_once=4))
    async with asyncio.timeout(120):
        await quick.wait()
    assert {name for name, _ in answered} == {"quick"}
    released.set()
    await asking
    assert len(answered) == 80


async def test_no_more_than_so_many_are_under_way_at_one_far_side() -> None:
    under_way, most = 0, 0

    async def ask(_: int) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1

    await ask_each(range(50), ask, far_side=lambda _: "one", what="test", at_once=5)
    assert most == 5


async def test_silence_and_a_row_that_nobody_can_deal_with_stop_none_of_the_others() -> None:
    answered = []

    async def ask(item: int) -> None:
        if item == 0:
            raise Unavailable
        if item == 1:
            raise KeyError(item)
        answered.append(item)

    await ask_each(range(4), ask, far_side=lambda _: "one", what="test")
    assert answered == [2, 3]


async def test_a_database_that_is_away_is_told_once_all_are_through() -> None:
    answered = []

    async def ask(item: int) -> None:
        if item == 0:
            raise ConnectionRefusedError
        answered.append(item)

    with pytest.raises(ConnectionRefusedError):
        await ask_each(range(3), ask, far_side=lambda _: "one", what="test")
    assert answered == [1, 2]
