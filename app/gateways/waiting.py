"""Waiting in line within bounds: so many at work, so many waiting, each for so long, and nobody's flood before the others.

For what is scarce: threads, the drawing of pictures, an answer that costs processor time. Whoever waits under another
account is served in turn, so an account that sends a thousand waits for its own thousand, and others do not.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

import anyio
import anyio.to_thread

from app.kernel.errors import Crowded

T = TypeVar("T")
PATIENCE_S: Final = 5.0


class Line:
    """Lets `at_once` in; of each account at most `waiting_most` wait, of all accounts four times as many."""

    def __init__(self, at_once: int, *, waiting_most: int, patience_s: float = PATIENCE_S) -> None:
        self._free = at_once
        self._waiting_most = waiting_most
        self._patience_s = patience_s
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self.waiting = 0

    @asynccontextmanager
    async def turn(self, account: str = "") -> AsyncIterator[None]:
        """Wait for a place and hold it for the block.

        Raises:
            Crowded: too many wait, or it took too long.
        """
        if self._free > 0 and not self.waiting:
            self._free -= 1
        else:
            await self._wait(account)
        try:
            yield
        finally:
            self._free += 1
            self._admit()

    async def _wait(self, account: str) -> None:
        line = self._waiting.get(account)
        if self.waiting >= 4 * self._waiting_most or (line is not None and len(line) >= self._waiting_most):
            raise Crowded
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(account, deque()).append(place)
        self.waiting += 1
        self._admit()
        try:
            async with asyncio.timeout(self._patience_s):
                await place
        except BaseException as gone:
            if place.done() and not place.cancelled():  # the place came at the same moment; it is somebody else's now
                self._free += 1
                self._admit()
            else:
                self._leave(account, place)
            if isinstance(gone, TimeoutError):
                raise Crowded from None
            raise

    def _admit(self) -> None:
        """Give free places away: one to each account in turn."""
        while self._free > 0 and self._waiting:
            account, line = next(iter(self._waiting.items()))
            place = line.popleft()
            self.waiting -= 1
            if line:
                self._waiting.move_to_end(account)
            else:
                del self._waiting[account]
            if not place.done():
                self._free -= 1
                place.set_result(None)

    def _leave(self, account: str, place: asyncio.Future[None]) -> None:
        line = self._waiting.get(account)
        if line is not None and place in line:
            line.remove(place)
            self.waiting -= 1
            if not line:
                del self._waiting[account]


class Threads:
    """A few threads for one kind of work that blocks, with a line before them. They are no other kind's."""

    def __init__(self, at_once: int, *, waiting_most: int, patience_s: float = PATIENCE_S) -> None:
        self._at_once = at_once
        self._line = Line(at_once, waiting_most=waiting_most, patience_s=patience_s)
        self._limiter: anyio.CapacityLimiter | None = None  # made in the loop that uses it

    async def run(
        self,
        work: Callable[..., T],
        *args: Any,  # noqa: ANN401 - the work's own
        account: str = "",
        may_abandon: bool = False,
    ) -> T:
        """Run it in one of the threads.

        Raises:
            Crowded: too many wait, or it took too long to begin.
        """
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(self._at_once)
        async with self._line.turn(account):
            return await anyio.to_thread.run_sync(work, *args, abandon_on_cancel=may_abandon, limiter=self._limiter)
