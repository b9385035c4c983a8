"""A worker's port: `/livez`, `/readyz` and `/metrics` for its supervisor and for Prometheus, in threads of their own, so that
a loop which hangs is told by an answer and not by silence.

For the inside only, as Redis is: it has no login. It is bound to loopback unless whoever begins the worker says otherwise.
"""

import asyncio
import socket
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import TimeoutError as Late
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, TypeVar

import msgspec
from prometheus_client import REGISTRY, generate_latest

from app.gateways import metrics, readiness
from app.gateways.database import fetch
from app.gateways.readiness import Check, Readiness

T = TypeVar("T")
ANSWERS_S: Final = 1.0
"""How long the loop may take for a turn before the worker counts as hanging."""
_STARTING: Final = Readiness("starting", (Check("process", ok=False, required=True, detail="starting"),))
_TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"


class PortTaken(Exception):
    """The port cannot be listened at; `trouble` says why."""

    def __init__(self, trouble: OSError) -> None:
        super().__init__(str(trouble))
        self.trouble = trouble


class Health:
    """What a worker says of itself. Made in its loop; asked from other threads."""

    def __init__(self, head: str | None) -> None:
        self._loop = asyncio.get_running_loop()
        self._head = head
        self.is_ready = False
        """It has compared tables and map, and works."""
        self.is_stopping = False
        """It was told to end: it finishes what it has in hand."""

    def is_alive(self) -> bool:
        """Whether the loop turns."""
        try:
            self._ask(asyncio.sleep(0), within_s=ANSWERS_S)
        except Late:
            return False
        return True

    def readiness(self) -> Readiness:
        """Whether it takes work, and why not."""
        if self.is_stopping:
            return readiness.STOPPING
        if not self.is_ready:
            return _STARTING
        try:
            return readiness.judge(
                self._ask(readiness.database(fetch, self._head), within_s=readiness.PROBE_S + ANSWERS_S)
            )
        except Late:
            return Readiness("not ready", (Check("loop", ok=False, required=True, detail="hangs"),))

    def _ask(self, question: Coroutine[Any, Any, T], *, within_s: float) -> T:
        asked = asyncio.run_coroutine_threadsafe(question, self._loop)
        try:
            return asked.result(within_s)
        except Late:
            asked.cancel()
            raise


@contextmanager
def probes(host: str, port: int, health: Health) -> Iterator[int]:
    """Answer there during the block; the port, which is a free one where 0 was asked for.

    Raises:
        PortTaken: somebody listens there, or there is no such address here.
    """
    try:
        server = _Server((host, port), health)
    except OSError as refusal:
        raise PortTaken(refusal) from refusal
    thread = threading.Thread(target=server.serve_forever, name="probes", kwargs={"poll_interval": 0.2}, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        # Its own thread ends it: waiting here would stop the loop that its answers ask.
        threading.Thread(target=_end, args=(server,), daemon=True).start()


def _end(server: "_Server") -> None:
    server.shutdown()
    server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], health: Health) -> None:
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        self.health = health
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    """One question a connection: HTTP/1.0 closes it by itself."""

    server: _Server
    timeout = 5
    server_version = "diandian"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer a probe."""
        health = self.server.health
        match self.path.partition("?")[0]:
            case "/livez":
                alive = health.is_alive()
                self._answer({"status": "ok" if alive else "slow"}, ok=alive)
            case "/readyz":
                told = health.readiness()
                self._answer(told, ok=told.status == "ready")
            case "/metrics":
                self._send(200, _TEXT, metrics.exposition() + generate_latest(REGISTRY))
            case _:
                self.send_error(404)

    def _answer(self, content: object, *, ok: bool) -> None:
        self._send(200 if ok else 503, "application/json", msgspec.json.encode(content))

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.send_header("cache-control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Probes write no line."""
