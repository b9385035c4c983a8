"""The screens that are on: one reader of this process looks for all of them, and hands each what is new as the same bytes.

PostgreSQL says what happened and in which order; NOTIFY only wakes the reader sooner than its half second. While no screen of
a scene is on, nobody places its turns, so nobody's turn is used up before an empty hall.
"""

import asyncio
import contextlib
import contextvars
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import structlog

from app import scenarios
from app.foundation.identity import Keyring
from app.gateways.database import TROUBLE, log_failure
from app.gateways.listening import Connect, listen
from app.kernel import mass
from app.kernel.clock import beijing_day, utc_now
from app.programmes.wall import frames, showing
from app.programmes.wall.errors import StreamsTooMany
from app.programmes.wall.framing import frame_events
from app.programmes.wall.setup import Opened, still_good
from app.programmes.wall.showing import Happened
from app.programmes.wall.waking import CHANNEL

STREAMS_MOST: Final = 1000
"""Of one process."""
LOOK_EVERY_S: Final = 0.4
"""What a withdrawn consent waits at most where nothing wakes the reader."""
GRACE_S: Final = 1.2
"""How long the first screen of a scene waits for the others after a restart; a browser comes again after a second."""
FLUSH_S: Final = 0.03
"""Until bytes that were handed out have left this process: then they count as told."""
SLOWLY_EVERY_S: Final = 2.0
"""How often totals are told, and whether the screens may still be shown."""
BEAT_EVERY_S: Final = 5.0
MISSED_MOST: Final = 500
"""More than this a screen is not told one by one; it begins anew."""
BACKLOG_MOST: Final = 256
"""Frames that wait for a slow screen; beyond, it is let go and comes again."""

Beside = Callable[[Sequence[UUID]], Awaitable[Mapping[UUID, object]]]
"""What stands beside the people, by scene: a board of another room, which this one does not know."""

_log = structlog.get_logger()


class Stream:
    """One screen that is on."""

    def __init__(self, opened: Opened, cursor: int) -> None:
        self.opened = opened
        self.cursor = cursor
        """The last event it was handed."""
        self.held: list[tuple[int, bytes]] | None = []
        """What happens while it is told what it missed; None: it is told at once."""
        self._frames: deque[bytes] = deque()
        self._ready = asyncio.Event()
        self._is_ended = False

    def hand(self, data: bytes, event_id: int | None = None) -> None:
        """Line up some bytes; of an event only once, and after those that it missed."""
        if event_id is not None:
            if self.held is not None:
                self.held.append((event_id, data))
                return
            if event_id <= self.cursor:
                return
            self.cursor = event_id
        if len(self._frames) >= BACKLOG_MOST:
            self.end()
        else:
            self._frames.append(data)
            self._ready.set()

    def catch_up(self, missed: list[tuple[int, bytes]]) -> None:
        """Tell what it missed, then what happened meanwhile."""
        held, self.held = self.held or [], None
        for event_id, data in (*missed, *held):
            self.hand(data, event_id)

    def end(self, last: bytes = b"") -> None:
        """Let it go after what is lined up."""
        if last:
            self._frames.append(last)
        self._is_ended = True
        self._ready.set()

    async def frames(self) -> AsyncIterator[bytes]:
        """Its bytes, as they come."""
        while True:
            if self._frames:
                data = b"".join(self._frames)
                self._frames.clear()
                yield data
            elif self._is_ended:
                return
            else:
                self._ready.clear()
                await self._ready.wait()


class Screens:
    """The screens of one process."""

    def __init__(
        self,
        *,
        keyring: Keyring,
        version: int,
        connect: Connect | None = None,
        most: int = STREAMS_MOST,
        beside: Beside | None = None,
    ) -> None:
        self._beside = beside
        self._boards: dict[int, bytes] = {}
        self._keyring = keyring
        self._version = version
        self._connect = connect
        self._most = most
        self._streams: dict[int, set[Stream]] = {}
        self._scenarios: dict[int, UUID] = {}
        self._cursors: dict[int, int] = {}
        self._begins: dict[int, float] = {}
        self._totals: dict[int, bytes] = {}
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._offset_s = 0.0
        """What PostgreSQL's clock is ahead of ours."""

    @property
    def count(self) -> int:
        """How many are on."""
        return sum(len(streams) for streams in self._streams.values())

    def now_ms(self) -> int:
        """PostgreSQL's clock, as far as it is known here."""
        return round((time.time() + self._offset_s) * 1000)

    async def open(self, opened: Opened, *, after: int | None) -> Stream:
        """A stream for a screen that has seen everything up to `after`; None: whatever happens from now on.

        Raises:
            StreamsTooMany: this process tells as many as it can.
        """
        if self.count >= self._most:
            raise StreamsTooMany(retry_after_s=5)
        scene_id = opened.scene_id
        last = await showing.last_event(scene_id)
        cursor = last if after is None else min(after, last)
        if after is not None:
            # What a screen says it has seen, it was told, even where the process that told it died before it could say so.
            await showing.note_told(scene_id, cursor)
        missed = await showing.events_after(scene_id, cursor, most=MISSED_MOST) if cursor < last else []
        stream = Stream(opened, last if missed is None else cursor)
        stream.hand(frames.hello(at_ms=self.now_ms(), facts={"cursor": stream.cursor}))
        self._streams.setdefault(scene_id, set()).add(stream)
        self._scenarios[scene_id] = opened.scenario_id
        try:
            await self._begin(stream, missed)
        except BaseException:
            self.drop(stream)
            raise
        if scene_id in self._totals:
            stream.hand(self._totals[scene_id])
        if scene_id in self._boards:
            stream.hand(self._boards[scene_id])
        self._start()
        self._wake.set()
        return stream

    async def _begin(self, stream: Stream, missed: list[Happened] | None) -> None:
        """Tell what it missed, or have the reader tell it, which begins with the first screen of a scene.

        The reader gives the other screens a moment to come back, too: what one of them has seen is not placed anew.
        """
        scene_id, now = stream.opened.scene_id, time.monotonic()
        if missed is None:
            stream.hand(frames.frame("reset", {}))
        if scene_id not in self._cursors:
            self._cursors[scene_id], self._begins[scene_id] = stream.cursor, now + GRACE_S
        elif now < self._begins[scene_id]:
            self._cursors[scene_id] = min(self._cursors[scene_id], stream.cursor)
        else:
            return stream.catch_up(await frame_events(missed or [], keyring=self._keyring))
        return stream.catch_up([])

    def drop(self, stream: Stream) -> None:
        """A screen is off."""
        scene_id = stream.opened.scene_id
        streams = self._streams.get(scene_id, set())
        streams.discard(stream)
        if not streams:
            self._streams.pop(scene_id, None)
            self._cursors.pop(scene_id, None)
            self._begins.pop(scene_id, None)
            self._totals.pop(scene_id, None)
            self._boards.pop(scene_id, None)
            self._scenarios.pop(scene_id, None)

    def let_go(self) -> None:
        """Let every screen go; they come again to whoever is there then."""
        for stream in self._all():
            stream.end()

    async def aclose(self) -> None:
        """The same, and look for nothing any more."""
        self.let_go()
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start(self) -> None:
        if any(not task.done() for task in self._tasks):
            return
        work: list[Coroutine[Any, Any, None]] = [self._look_always(), self._look_slowly()]
        if self._connect is not None:
            work.append(listen(self._connect, CHANNEL, self._wake))
        # A task of its own context: within a transaction it would inherit that connection (tortoise-orm #743).
        self._tasks = [asyncio.get_running_loop().create_task(one, context=contextvars.Context()) for one in work]

    async def _look_always(self) -> None:
        while True:
            self._wake.clear()
            try:
                await self._look()
            except TROUBLE as trouble:
                log_failure(_log, "wall", trouble)
            if not self._streams:
                return self._rest()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), LOOK_EVERY_S)

    def _rest(self) -> None:
        """No screen is on: nothing is looked for, and the connection is given back."""
        for task in self._tasks:
            if task is not asyncio.current_task():
                task.cancel()
        self._tasks = []

    async def _look(self) -> None:
        """Everything that is new, once for all screens; then say that they were told."""
        now = time.monotonic()
        begun = {scene_id: cursor for scene_id, cursor in self._cursors.items() if self._begins[scene_id] <= now}
        if not begun:
            return
        happened = await showing.follow(begun, version=self._version)
        for one, (event_id, data) in zip(happened, await frame_events(happened, keyring=self._keyring), strict=True):
            if one.scene_id in self._cursors:
                self._cursors[one.scene_id] = event_id
            for stream in list(self._streams.get(one.scene_id, ())):
                stream.hand(data, event_id)
        if happened:
            await asyncio.sleep(FLUSH_S)
        for scene_id in {one.scene_id for one in happened} & self._cursors.keys():
            await showing.note_told(scene_id, self._cursors[scene_id])

    async def _look_slowly(self) -> None:
        beat_at = 0.0
        while True:
            try:
                await self._tell_totals()
                await self._tell_boards()
                await self._let_revoked_go()
            except TROUBLE as trouble:
                log_failure(_log, "wall", trouble)
            if time.monotonic() >= beat_at:
                beat_at = time.monotonic() + BEAT_EVERY_S
                beat = frames.frame("beat", {"at": self.now_ms()})
                for stream in self._all():
                    stream.hand(beat)
            await asyncio.sleep(SLOWLY_EVERY_S)

    def _all(self) -> list[Stream]:
        return [stream for streams in self._streams.values() for stream in streams]

    async def _tell_totals(self) -> None:
        """How many people and grams, and who waits: only where that is other than before."""
        if not self._scenarios:
            return
        asked = dict(self._scenarios)
        began = time.time()
        now, waiting = await showing.count_waiting(list(asked))
        self._offset_s = now.timestamp() - (began + time.time()) / 2
        found = await scenarios.find_many(list(asked.values()), today=beijing_day(utc_now()))
        for scene_id, scenario_id in asked.items():
            scene = found[scenario_id]
            told = {
                "people": scene.retirements,
                "mass_g": scene.mass_g,
                "mass": mass.friendly(scene.mass_g),
                "waiting": waiting[scene_id],
            }
            data = frames.frame("totals", told)
            if scene_id in self._cursors:
                await showing.note_told(scene_id, self._cursors[scene_id])  # also says that a screen is there
            if scene_id in self._streams and self._totals.get(scene_id) != data:
                self._totals[scene_id] = data
                for stream in self._streams[scene_id]:
                    stream.hand(data)

    async def _tell_boards(self) -> None:
        """What stands beside the people: only where that is other than before."""
        if self._beside is None or not self._scenarios:
            return
        asked = dict(self._scenarios)
        told = await self._beside(list(asked.values()))
        for scene_id, scenario_id in asked.items():
            if scenario_id not in told or scene_id not in self._streams:
                continue
            data = frames.frame("board", told[scenario_id])
            if self._boards.get(scene_id) != data:
                self._boards[scene_id] = data
                for stream in self._streams[scene_id]:
                    stream.hand(data)

    async def _let_revoked_go(self) -> None:
        streams = self._all()
        if not streams:
            return
        good = await still_good(list({stream.opened.screen_id for stream in streams}))
        for stream in streams:
            if stream.opened.screen_id not in good:
                stream.end(frames.frame("ended", {}))
