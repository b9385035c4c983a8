"""A phone on one raw connection for each server: as little work as a client can do, since it shares the cores it loads.

Keeps cookies, follows nothing by itself, reads answers that say their length. No redirects, no TLS, no compression.
"""

import asyncio
import html
import json
import re
from dataclasses import dataclass, field
from typing import Any, Final, Self
from urllib.parse import urlencode, urljoin, urlsplit

from tests.benchmarks.harness import CannotRun

_PATIENCE_S: Final = 30.0
_HIDDEN: Final = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
_AGENT: Final = "Mozilla/5.0 (Linux; Android 14; Mobile) Chrome/130 Mobile Safari/537.36"


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, the headers by lower-case name (of several cookies the phone keeps all) and the body."""

    url: str
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body, which is always UTF-8 here."""
        return self.body.decode()

    def json(self) -> Any:
        """The body read as JSON."""
        return json.loads(self.body)

    def expect(self, status: int) -> Self:
        """Itself, where it has this status.

        Raises:
            CannotRun: it has another one.
        """
        if self.status != status:
            raise CannotRun(f"{self.url} answered {self.status}: {' '.join(self.text.split())[:200]}")
        return self


@dataclass(slots=True)
class Phone:
    """One person's browser. Its requests come one after the other."""

    address: str
    """What it says in X-Forwarded-For: every person comes under one of their own."""
    _lines: dict[str, tuple[asyncio.StreamReader, asyncio.StreamWriter]] = field(default_factory=dict)
    _cookies: dict[str, dict[str, str]] = field(default_factory=dict)

    async def get(self, url: str) -> Answer:
        """Ask for a page."""
        return await self._ask("GET", url, b"", "")

    async def send(self, url: str, page: Answer, values: dict[str, str]) -> str:
        """Send the form of a page as a browser would; answers where it leads.

        Raises:
            CannotRun: it leads nowhere.
        """
        form = {name: html.unescape(value) for name, value in _HIDDEN.findall(page.text)} | values
        parts = urlsplit(url)
        own = (
            f"origin: {parts.scheme}://{parts.netloc}\r\nsec-fetch-site: same-origin\r\n"
            "content-type: application/x-www-form-urlencoded\r\n"
        )
        answer = (await self._ask("POST", url, urlencode(form).encode(), own)).expect(303)
        return urljoin(url, answer.headers["location"])

    def hang_up(self) -> None:
        """Close its connections."""
        for _, writer in self._lines.values():
            writer.close()
        self._lines.clear()

    async def _ask(self, method: str, url: str, body: bytes, more: str) -> Answer:
        parts = urlsplit(url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        kept = "; ".join(f"{name}={value}" for name, value in self._cookies.get(parts.netloc, {}).items())
        head = (
            f"{method} {path} HTTP/1.1\r\nhost: {parts.netloc}\r\naccept: text/html,*/*\r\naccept-language: zh-CN\r\n"
            f"user-agent: {_AGENT}\r\nx-forwarded-for: {self.address}\r\n{more}"
            f"{f'cookie: {kept}' + chr(13) + chr(10) if kept else ''}content-length: {len(body)}\r\n\r\n"
        )
        async with asyncio.timeout(_PATIENCE_S):
            reader, writer = await self._line(parts.hostname or "", parts.port or 80)
            writer.write(head.encode() + body)
            return await self._read(reader, parts.netloc, url)

    async def _line(self, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        name = f"{host}:{port}"
        if name not in self._lines or self._lines[name][0].at_eof():
            self._lines[name] = await asyncio.open_connection(host, port)
        return self._lines[name]

    async def _read(self, reader: asyncio.StreamReader, netloc: str, url: str) -> Answer:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").rstrip().split("\r\n")
        headers: dict[str, str] = {}
        for line in lines:
            name, _, value = line.partition(":")
            name, value = name.lower(), value.strip()
            if name == "set-cookie":
                cookie, _, word = value.partition(";")[0].partition("=")
                self._cookies.setdefault(netloc, {})[cookie] = word
            headers[name] = value
        if "transfer-encoding" in headers:
            raise CannotRun(f"{url} answers without a length")
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        return Answer(url, int(first.split()[1]), headers, body)
