"""A line between two of our processes that can become slow, or dead without saying so.

    async with wire(folder, target) as line:        # a unix socket's path, or ("127.0.0.1", port)
        line.delay_s = 0.5                          # every piece takes so long
        line.fall_silent()                          # what is open stays open and nothing passes any more
        line.come_back()                            # new connections pass; those that were dead stay dead

`fall_silent` is a half-open line: the other side has vanished, and no packet says so. Whoever waits on it has to give it
up by a deadline of their own.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

Place = Path | tuple[str, int]


@dataclass
class Wire:
    """The line; `place` is where the one side connects instead."""

    target: Place
    place: Place
    delay_s: float = 0.0
    begun: int = 0
    """Connections that were opened on it."""
    pieces: int = 0
    """Pieces that passed, or were swallowed: whether the line was in use at all."""
    _is_silent: bool = False
    _links: set["_Link"] = field(default_factory=set)

    def fall_silent(self) -> None:
        """From now on nothing passes, on lines that are open and on new ones, and nobody is told."""
        self._is_silent = True
        for link in self._links:
            link.is_dead = True

    def come_back(self) -> None:
        """New connections pass again."""
        self._is_silent = False

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.begun += 1
        link = _Link(self, is_dead=self._is_silent)
        self._links.add(link)
        try:
            await link.carry(reader, writer)
        finally:
            self._links.discard(link)


@dataclass(eq=False)
class _Link:
    wire: Wire
    is_dead: bool

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there: asyncio.StreamWriter | None = None
        try:
            there_reader, there = await _connect(self.wire.target)
            ways = [
                asyncio.ensure_future(self._copy(reader, there)),
                asyncio.ensure_future(self._copy(there_reader, writer)),
            ]
            # Whichever side hangs up ends the line, where it is not dead; a dead one ends when our side gives it up.
            _, left = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            if self.is_dead:
                await asyncio.wait([ways[0]])
            for way in left:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
        except OSError:
            pass
        finally:
            for end in (writer, there):
                if end is not None:
                    end.transport.abort()

    async def _copy(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while chunk := await source.read(65_536):
                self.wire.pieces += 1
                if self.wire.delay_s:
                    await asyncio.sleep(self.wire.delay_s)
                if not self.is_dead:
                    target.write(chunk)
                    await target.drain()


@contextlib.asynccontextmanager
async def wire(target: Place, place: Path | None = None) -> AsyncIterator[Wire]:
    """A line to `target`, at a unix socket of that path, or at a free port of loopback."""
    if place is not None:
        line = Wire(target, place)
        server = await asyncio.start_unix_server(line._accept, place)
    else:
        line = Wire(target, ("127.0.0.1", 0))
        server = await asyncio.start_server(line._accept, "127.0.0.1", 0)
        line.place = server.sockets[0].getsockname()[:2]
    try:
        yield line
    finally:
        server.close()
        for link in list(line._links):
            link.is_dead = True
        if place is not None:
            place.unlink(missing_ok=True)  # noqa: ASYNC240 - one entry of a folder in memory


async def _connect(place: Place) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if isinstance(place, Path):
        return await asyncio.open_unix_connection(place)
    return await asyncio.open_connection(*place)
