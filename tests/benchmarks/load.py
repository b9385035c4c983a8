"""A load generator on raw sockets: so many keep-alive connections, each asking again as soon as it was answered.

One thread with epoll; it needs about a tenth of a core where the server needs a whole one, so what is measured
is the server.
"""

import selectors
import socket
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tests.benchmarks.harness import CannotRun, percentile

_STALLED_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Load:
    """What some seconds of asking came to."""

    per_second: float
    p50_ms: float
    p99_ms: float
    answers: int
    statuses: dict[int, int]


class _Line:
    """One connection: what it has read, and when it asked."""

    __slots__ = ("asked", "began", "need", "read", "sock")

    def __init__(self, port: int) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=5)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.setblocking(False)
        self.read = b""
        self.need = 0
        self.began = 0.0
        self.asked = -1


def get(port: int, path: str, *, headers: str = "") -> bytes:
    """The bytes of a request; `headers` are whole lines, each with its line end."""
    return f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\naccept: application/json\r\n{headers}\r\n".encode()


def drive(port: int, requests: Sequence[bytes], *, connections: int, seconds: float) -> Load:
    """Ask for `seconds`, taking the requests in turn; every answer is read to its end and its status counted.

    Raises:
        CannotRun: the server went silent, or answered without a length.
    """
    selector = selectors.DefaultSelector()
    lines = [_Line(port) for _ in range(connections)]
    statuses: Counter[int] = Counter()
    times: list[float] = []
    turn, many = 0, len(requests)
    began = last = time.perf_counter()
    end = began + seconds
    try:
        for line in lines:
            selector.register(line.sock, selectors.EVENT_READ, line)
            line.began = time.perf_counter()
            line.sock.sendall(requests[turn % many])
            turn += 1
        while (now := time.perf_counter()) < end:
            ready = selector.select(timeout=0.5)
            if not ready and now - last > _STALLED_S:
                raise CannotRun(f"the server on port {port} answered nothing for {_STALLED_S:.0f} s")
            for key, _ in ready:
                line = key.data
                status = _read(line)
                if status:
                    last = time.perf_counter()
                    times.append(last - line.began)
                    statuses[status] += 1
                    line.began = last
                    line.sock.sendall(requests[turn % many])
                    turn += 1
        took = time.perf_counter() - began
    finally:
        selector.close()
        for line in lines:
            line.sock.close()
    if not times:
        raise CannotRun(f"the server on port {port} answered nothing")
    return Load(
        per_second=len(times) / took,
        p50_ms=percentile(times, 0.5) * 1000,
        p99_ms=percentile(times, 0.99) * 1000,
        answers=len(times),
        statuses=dict(statuses),
    )


def drive_all(port: int, requests: Sequence[bytes], *, connections: int) -> Load:
    """Ask each of the requests once, and read every answer to its end; there are more of them than connections.

    Raises:
        CannotRun: the server went silent, or answered without a length.
    """
    selector = selectors.DefaultSelector()
    lines = [_Line(port) for _ in range(connections)]
    statuses: Counter[int] = Counter()
    times: list[float] = []
    waiting = iter(requests)
    began = time.perf_counter()
    try:
        for line in lines:
            selector.register(line.sock, selectors.EVENT_READ, line)
            line.began = time.perf_counter()
            line.sock.sendall(next(waiting))
        while len(times) < len(requests):
            ready = selector.select(timeout=_STALLED_S)
            if not ready:
                raise CannotRun(f"the server on port {port} answered nothing for {_STALLED_S:.0f} s")
            for key, _ in ready:
                line = key.data
                status = _read(line)
                if not status:
                    continue
                now = time.perf_counter()
                times.append(now - line.began)
                statuses[status] += 1
                line.began = now
                if (following := next(waiting, None)) is not None:
                    line.sock.sendall(following)
        took = time.perf_counter() - began
    finally:
        selector.close()
        for line in lines:
            line.sock.close()
    return Load(
        per_second=len(times) / took,
        p50_ms=percentile(times, 0.5) * 1000,
        p99_ms=percentile(times, 0.99) * 1000,
        answers=len(times),
        statuses=dict(statuses),
    )


def _read(line: _Line) -> int:
    """The status of an answer that is whole now, else 0."""
    more = line.sock.recv(65536)
    if not more:
        raise CannotRun("the server closed a connection under load")
    line.read += more
    if not line.need:
        head, found, _ = line.read.partition(b"\r\n\r\n")
        if not found:
            return 0
        _, there, length = head.lower().partition(b"content-length:")
        if not there and line.read[9:12] != b"204":
            raise CannotRun("an answer carries no content-length")
        line.need = len(head) + 4 + int(length.split(b"\r\n", 1)[0] or 0)
    if len(line.read) < line.need:
        return 0
    status = int(line.read[9:12])
    line.read, line.need = line.read[line.need :], 0
    return status
