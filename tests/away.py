"""A PostgreSQL that is away in every way there is: between the application and the real one, and told what to do.

`FarPostgres` listens on loopback and, by its `mode`, passes everything on, refuses, resets, says nothing, or answers the
greeting with an error of any SQLSTATE; what passes can be cut or frozen. `through` lets Tortoise's default connection
go there, for the block.
"""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from tortoise.connection import get_connections

from app.gateways.pool import PatientClient
from config.database import tortoise_config
from tests.conftest import Stand

_SSL_REQUEST = 80877103


@dataclass
class FarPostgres:
    """The thing in the middle."""

    stand: Stand
    mode: str = "pass"
    """`pass`, `refuse`, `reset`, `silent`, or a SQLSTATE."""
    port: int = 0
    passes_still: int | None = None
    """So many pieces of what we send still pass; then every line is cut, and none begins until it is told to `be` something."""
    greeted: int = 0
    """Connections that were begun."""
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _may_pass: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        """Where the application finds it."""
        parts = urlsplit(self.stand.app_url)
        login = f"{parts.username}:{parts.password}" if parts.password else parts.username
        return f"postgresql://{login}@127.0.0.1:{self.port}{parts.path}"

    async def listen(self) -> None:
        """Begin, on the port it had."""
        self._may_pass.set()
        self._server = await asyncio.start_server(self._greet, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def be(self, mode: str) -> None:
        """Behave so from now on, to those who are connected too."""
        self.mode = mode
        if mode == "silent":
            self._may_pass.clear()
            return
        self._may_pass.set()
        if mode != "pass":
            self._cut()
        if mode == "refuse" and self._server is not None:
            self._server.close()
            self._server = None
        elif mode != "refuse" and self._server is None:
            await self.listen()

    async def end(self) -> None:
        """Stop listening and hang up."""
        self._may_pass.set()
        self._cut()
        if self._server is not None:
            self._server.close()

    def _cut(self) -> None:
        for writer in self._open:
            writer.transport.abort()
        self._open.clear()

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.greeted += 1
        self._open.add(writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            if self.mode == "reset":
                writer.transport.abort()
                return
            greeting = await _greeting(reader, writer)
            if self.mode == "silent":
                await self._may_pass.wait()
                writer.transport.abort()
            elif self.mode == "pass":
                await self._pass_on(greeting, reader, writer)
            else:
                writer.write(_error(self.mode))
                await writer.drain()
                writer.close()

    async def _pass_on(self, greeting: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        parts = urlsplit(self.stand.app_url)
        query = parse_qs(parts.query)
        if "host" in query:
            path = f"{query['host'][0]}/.s.PGSQL.{query.get('port', ['5432'])[0]}"
            there_reader, there = await asyncio.open_unix_connection(path)
        else:
            there_reader, there = await asyncio.open_connection(parts.hostname, parts.port or 5432)
        there.write(greeting)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._copy(reader, there, is_ours=True))
                both.create_task(self._copy(there_reader, writer))
        except* OSError:
            pass
        finally:
            there.close()

    async def _copy(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, is_ours: bool = False) -> None:
        while chunk := await source.read(65536):
            await self._may_pass.wait()
            if is_ours and self.passes_still is not None:
                if self.passes_still == 0:
                    await self.be("refuse")
                    break
                self.passes_still -= 1
            target.write(chunk)
            await target.drain()
        target.close()


@contextlib.asynccontextmanager
async def far_postgres(stand: Stand) -> AsyncIterator[FarPostgres]:
    """One that passes everything on, until it is told otherwise."""
    far = FarPostgres(stand)
    await far.listen()
    try:
        yield far
    finally:
        await far.end()


@contextlib.asynccontextmanager
async def through(
    url: str, *, size: int = 4, wait_s: float = 1.0, command_s: float = 2.0, reads: int = 0
) -> AsyncIterator[PatientClient]:
    """Let this task's database be the one at `url`."""
    config = tortoise_config(url, pool_size=size, wait_s=wait_s, command_s=command_s, reads=reads)
    client = PatientClient(**config["connections"]["default"]["credentials"], connection_name="default")
    token = get_connections().set("default", client)
    try:
        yield client
    finally:
        get_connections().reset(token)
        if client._pool is not None:
            client._pool.terminate()


async def _greeting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """The start-up message, after a no to TLS where it was asked for."""
    while True:
        head = await reader.readexactly(4)
        rest = await reader.readexactly(struct.unpack("!I", head)[0] - 4)
        if struct.unpack("!I", rest[:4])[0] != _SSL_REQUEST:
            return head + rest
        writer.write(b"N")
        await writer.drain()


def _error(sqlstate: str) -> bytes:
    told = b"SFATAL\0VFATAL\0C" + sqlstate.encode() + b"\0Mgo away\0\0"
    return b"E" + struct.pack("!I", len(told) + 4) + told
