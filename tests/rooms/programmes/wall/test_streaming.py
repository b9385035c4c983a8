"""The screens of one process: what each is told, once and in order, and what it is told again."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import msgspec
import pytest

from app.foundation import consents
from app.foundation.consents import ConsentPlace, ConsentPurpose
from app.programmes import wall
from app.programmes.wall import Screens, Stream, streaming
from tests.rooms.conftest import KEYRING, connected
from tests.rooms.programmes.wall.conftest import VERSION, Hall


@pytest.fixture
async def screens() -> AsyncIterator[Screens]:
    """The screens of a process that has no connection to listen on."""
    made = Screens(keyring=KEYRING, version=VERSION)
    yield made
    await made.aclose()


class Seen:
    """A screen, and everything that it was told."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.told: list[tuple[str, int | None, Any]] = []
        self._task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for data in self.stream.frames():
            for part in data.decode().removeprefix("retry: 1000\n").split("\n\n")[:-1]:
                found = re.fullmatch(r"(?:id: (\d+)\n)?event: (\w+)\ndata: (.*)", part)
                assert found, part
                number, kind, told = found.groups()
                self.told.append((kind, int(number) if number else None, msgspec.json.decode(told)))

    def of(self, kind: str) -> list[Any]:
        """What it was told of a kind."""
        return [told for one, _, told in self.told if one == kind]

    async def until(self, kind: str, count: int = 1, within_s: float = 60) -> list[Any]:
        """Wait for so many of a kind."""
        async with asyncio.timeout(within_s):
            while len(self.of(kind)) < count and not self._task.done():  # noqa: ASYNC110 - it looks at what was told
                await asyncio.sleep(0.01)
        return self.of(kind)

    async def ended(self) -> None:
        """Wait for its end."""
        await asyncio.wait_for(self._task, 60)


async def switched_on(hall: Hall, screens: Screens, *, after: int | None = None) -> Seen:
    """A screen of the hall."""
    _, token = await wall.make_screen(hall.scene.id, "x", organisation_id=hall.organisation_id, by=hall.by)
    return Seen(await screens.open(await wall.find_screen(token), after=after))


async def test_two_screens_are_told_the_same_in_the_same_order(hall: Hall, screens: Screens) -> None:
    one, two = await switched_on(hall, screens), await switched_on(hall, screens)
    await hall.lined(5)
    wall.nudge()
    turns = await one.until("turn", 2)
    assert await two.until("turn", 2) == turns
    assert [turn["no"] for turn in turns] == [1, 2]  # five wait, so two are shown at once
    assert {len(turn["picture"]) > 1000 for turn in turns} == {True}
    numbers = [number for _, number, _ in one.told if number]
    assert numbers == sorted(set(numbers))


async def test_a_screen_that_comes_again_is_told_what_it_missed_and_nothing_twice(hall: Hall, screens: Screens) -> None:
    one = await switched_on(hall, screens)
    causes = await hall.lined(5)
    await one.until("turn", 2)
    seen = max(number for _, number, _ in one.told if number)
    first = next(number for _, number, _ in one.told if number)
    await wall.hide(causes[0])
    await one.until("cleared")
    again = await switched_on(hall, screens, after=first)
    numbers = [told["no"] for told in await again.until("turn")]
    assert numbers[0] == 2 and 1 not in numbers and len(set(numbers)) == len(numbers)
    assert [told["turn"] for told in await again.until("cleared")] == [one.of("turn")[0]["turn"]]
    late = await switched_on(hall, screens, after=seen + 10_000)  # no such number: it has seen everything
    await asyncio.sleep(0.1)
    assert late.of("turn") == [] and late.of("cleared") == []


async def test_a_turn_that_was_hidden_is_not_told_again_to_whoever_missed_it(hall: Hall, screens: Screens) -> None:
    one = await switched_on(hall, screens)
    (cause,) = await hall.lined(1)
    await one.until("turn")
    await wall.hide(cause)
    again = await switched_on(hall, screens, after=0)
    assert len(await again.until("cleared", 2)) == 2 and again.of("turn") == []


async def test_nobodys_turn_is_used_up_while_no_screen_is_on(hall: Hall, screens: Screens) -> None:
    await hall.lined(2)
    await asyncio.sleep(0.6)
    assert [row["show_from"] for row in await hall.turns()] == [None, None]
    one = await switched_on(hall, screens)
    await one.until("turn")
    screens.drop(one.stream)
    assert screens.count == 0


async def test_a_withdrawn_consent_clears_every_screen_within_a_second(hall: Hall, screens: Screens) -> None:
    one, two = await switched_on(hall, screens), await switched_on(hall, screens)
    await hall.lined(1)
    await one.until("turn")
    (row,) = await hall.turns()
    assert 2 * streaming.LOOK_EVERY_S + streaming.FLUSH_S < 1
    # Not by our door, which would hide it itself: whoever says it elsewhere is heard as well.
    await consents.withdraw(row["person_id"], ConsentPurpose.WALL, place=ConsentPlace.API)
    for each in (one, two):
        assert [told["turn"] for told in await each.until("cleared")] == [row["id"]]


async def test_a_revoked_screen_goes_dark_and_the_other_stays(
    hall: Hall, screens: Screens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "SLOWLY_EVERY_S", 0.1)
    one, two = await switched_on(hall, screens), await switched_on(hall, screens)
    revoked: UUID = one.stream.opened.screen_id
    await wall.revoke_screen(revoked, hall.scene.id, organisation_id=hall.organisation_id, by=hall.by)
    await one.ended()
    assert one.of("ended") == [{}] and two.of("ended") == []
    screens.let_go()
    await two.ended()


async def test_one_more_than_a_process_can_tell_is_refused(hall: Hall) -> None:
    few = Screens(keyring=KEYRING, version=VERSION, most=1)
    try:
        await switched_on(hall, few)
        with pytest.raises(wall.StreamsTooMany):
            await switched_on(hall, few)
    finally:
        await few.aclose()


async def test_a_screen_that_does_not_read_is_let_go_and_holds_nobody_up(hall: Hall) -> None:
    async with connected(hall.river.stand.app_url):
        _, token = await wall.make_screen(hall.scene.id, "x", organisation_id=hall.organisation_id, by=hall.by)
        slow = Stream(await wall.find_screen(token), cursor=0)
        slow.catch_up([])
        for number in range(1, streaming.BACKLOG_MOST + 10):
            slow.hand(b"x", number)
        told = [data async for data in slow.frames()]
        assert len(b"".join(told)) == streaming.BACKLOG_MOST


async def test_what_happens_while_a_screen_is_told_what_it_missed_comes_after_it(hall: Hall) -> None:
    _, token = await wall.make_screen(hall.scene.id, "x", organisation_id=hall.organisation_id, by=hall.by)
    stream = Stream(await wall.find_screen(token), cursor=3)
    stream.hand(b"[6]", 6)
    stream.catch_up([(4, b"[4]"), (5, b"[5]"), (6, b"[6]")])
    stream.hand(b"[5]", 5)
    stream.end()
    assert b"".join([data async for data in stream.frames()]) == b"[4][5][6]"
