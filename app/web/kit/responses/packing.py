"""Answers on the wire: packed with gzip where that saves something, and without a body where only HEAD was asked.

It stands inside the front and around Litestar, so no handler knows of it. A stream (SSE) passes as it is.
Texts that a stranger might guess from the packed length (BREACH) are new on every page: the form's token and the intent.
"""

import gzip
from functools import lru_cache
from typing import Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPResponseBodyEvent, HTTPResponseStartEvent, Message, Receive, Scope, Send

LEAST_BYTES: Final = 700
"""Below this the answer fits one packet either way."""
MOST_BYTES: Final = 512 * 1024
"""Above this packing would hold the loop for too long; only the documentation's own files are larger."""
_LEVEL: Final = 5
_PACKED: Final = (b"text/html", b"text/css", b"text/javascript", b"text/plain", b"image/svg+xml", b"application/json",
                  b"application/problem+json", b"application/vnd.oai.openapi")  # fmt: skip
_VARY: Final = (b"vary", b"Accept-Encoding")


class Packer:
    """The step itself; `app` is what it stands around."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        bodyless = scope["method"] == "HEAD"
        # Litestar has no HEAD for its GETs; whoever asks gets the headers of the answer there would be.
        if bodyless:
            scope["method"] = "GET"
        try:
            await self._app(scope, receive, _Sender(send, bodyless=bodyless, accepts=_accepts_gzip(scope)))
        finally:
            if bodyless:
                scope["method"] = "HEAD"


class _Sender:
    """`send` that waits for the first piece of the body before it says the length."""

    __slots__ = ("_accepts", "_bodyless", "_send", "_start")

    def __init__(self, send: Send, *, bodyless: bool, accepts: bool) -> None:
        self._send = send
        self._bodyless = bodyless
        self._accepts = accepts
        self._start: HTTPResponseStartEvent | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if _kind(message) in _PACKED:
                self._start = message
                return
        elif message["type"] == "http.response.body":
            await self._body(message)
            return
        await self._send(message)

    async def _body(self, message: HTTPResponseBodyEvent) -> None:
        body = message["body"]
        if self._start is not None:
            if not message["more_body"]:
                body = self._packed(self._start, body)
            start, self._start = self._start, None
            await self._send(start)
        more = message["more_body"]
        await self._send({"type": "http.response.body", "body": b"" if self._bodyless else body, "more_body": more})

    def _packed(self, start: HTTPResponseStartEvent, body: bytes) -> bytes:
        said = dict(start["headers"])
        if not LEAST_BYTES <= len(body) <= MOST_BYTES or b"content-encoding" in said:
            return body
        headers = [*start["headers"], _VARY]
        if self._accepts:
            body = _packed_once(body) if b"immutable" in said.get(b"cache-control", b"") else _pack(body)
            headers = [(name, value) for name, value in headers if name != b"content-length"]
            headers += [(b"content-encoding", b"gzip"), (b"content-length", str(len(body)).encode())]
        start["headers"] = headers
        return body


def _kind(start: HTTPResponseStartEvent) -> bytes:
    return next((value for name, value in start["headers"] if name == b"content-type"), b"").partition(b";")[0]


def _pack(body: bytes) -> bytes:
    return gzip.compress(body, _LEVEL, mtime=0)


@lru_cache(maxsize=64)
def _packed_once(body: bytes) -> bytes:
    return gzip.compress(body, 9, mtime=0)


def _accepts_gzip(scope: Scope) -> bool:
    for name, value in scope["headers"]:
        if name == b"accept-encoding":
            for offer in value.lower().split(b","):
                coding, _, weight = offer.partition(b";")
                if coding.strip() in {b"gzip", b"*"}:
                    return weight.replace(b" ", b"") not in {b"q=0", b"q=0.0", b"q=0.00", b"q=0.000"}
    return False
