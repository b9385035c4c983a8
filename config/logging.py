"""Logs: one JSON object a line, an event name and ids, fields by allow-list (`guides`: no names, openids, keys).

Nothing that is not listed here is ever written: a field of another name is dropped, and its name told in `dropped`.
Lines of libraries lose their values too, since a URL or a row may stand in them.
"""

import atexit
import logging
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from time import time_ns
from traceback import extract_tb
from typing import Any, BinaryIO, Final

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

FIELDS: Final = frozenset(
    {
        # every line
        "at", "dropped", "event", "level", "logger", "request_id",
        # requests
        "action", "method", "ms", "route", "status",
        # ids of ours: opaque, never a person's own
        "account", "batch", "campaign", "certificate", "coupon", "gift", "intent", "job", "lot", "meeting", "notice",
        "operator", "order", "outbox", "payment", "person", "pool", "programme", "project", "refund", "reservation",
        "restoration", "retirement", "row", "rows", "scenario", "series", "sponsor", "subject", "transfer", "zone",
        # what happened
        "asked", "attempt", "attempts", "cancellations", "cause", "channel", "code", "count", "currency", "delay_s",
        "bills", "bills_asked", "content", "done", "donations_given", "donations_retired", "error", "expired", "failed",
        "gift_offers_expired",
        "gifts_ended", "gifts_returned", "named", "head", "kind", "lag_ms", "leaves", "matched", "name", "outcome", "period",
        "port", "fact", "fate", "messages", "process", "queue", "reason", "recovery", "refunds", "released", "statements",
        "registry", "requests", "seconds", "signal", "size", "sqlstate", "state", "step", "total", "trace", "unmatched",
        "version", "wall", "worker",
        "amount_minor", "mass_g",
    }
)  # fmt: skip
"""What may be written. `person` and `account` are our ids, `name` is a file's, a job's or a setting's."""
QUIET: Final = ("httpx", "httpcore", "wechatpy", "urllib3", "arq", "tortoise", "asyncpg", "granian")
"""Libraries that tell URLs, signing strings or payloads below WARNING (measured)."""
VALUE_LENGTH_MAX: Final = 300
_FRAMES_MAX: Final = 12
_ATOMIC_BYTES: Final = 4096
"""PIPE_BUF of Linux."""
_FULL_BYTES: Final = 3600
_WAIT_S: Final = 0.1

_encode: Final = msgspec.json.Encoder(enc_hook=str).encode


class Writer:
    """Writes lines: a warning or worse at once, the others together within a tenth of a second.

    Writing lets go of Python's lock, and under load the server's threads then take it: one write per request cost
    more than all the rest of our front (measured: 85 µs of 115). A kill loses at most the last tenth of a second of
    ordinary lines; what happened is in the database. Chunks end at a line and fit into a pipe's atomic write, so
    lines of several processes do not mix.
    """

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._lines: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._lock = threading.Lock()
        self._waiting = threading.Event()
        self._is_open = True
        self._thread: threading.Thread | None = None
        atexit.register(self.flush)

    def bound(self, *_: object) -> "Writer":
        """Itself, as structlog asks a factory for a logger."""
        return self

    def info(self, line: bytes) -> None:
        """A line that may wait."""
        self._lines.append(line)
        self._waiting_bytes += len(line) + 1
        if self._waiting_bytes >= _FULL_BYTES:
            self.flush()  # under load this process writes by the chunk, and the thread has nothing to do
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="log", daemon=True)
            self._thread.start()
        if not self._waiting.is_set():
            self._waiting.set()

    debug = msg = info

    def warning(self, line: bytes) -> None:
        """A line that must be out before anything else happens."""
        self._lines.append(line)
        self.flush()

    error = critical = exception = failure = fatal = warn = warning

    def flush(self) -> None:
        """Write what waits."""
        with self._lock:
            self._waiting_bytes = 0
            chunk: list[bytes] = []
            size = 0
            while self._lines:
                line = self._lines.popleft()
                if chunk and size + len(line) + 1 > _ATOMIC_BYTES:
                    self._write(chunk)
                    chunk, size = [], 0
                chunk.append(line)
                size += len(line) + 1
            if chunk:
                self._write(chunk)

    def close(self) -> None:
        """Write what waits and let the thread end."""
        self._is_open = False
        self._waiting.set()
        self.flush()
        atexit.unregister(self.flush)

    def _write(self, lines: list[bytes]) -> None:
        if not self._out.closed:
            self._out.write(b"\n".join(lines) + b"\n")
            self._out.flush()

    def _run(self) -> None:
        while self._is_open:
            self._waiting.wait()
            time.sleep(_WAIT_S)
            self._waiting.clear()
            self.flush()


_writer: Writer | None = None
_is_plain = False


def configure_logging(*, is_console: bool = False, level: str = "INFO", stream: BinaryIO | None = None) -> None:
    """Set up structlog and the standard library's logging for this process; a second call replaces the first.

    `is_console` writes coloured lines for a person (the demo), with the same fields and no others.
    """
    out = stream or sys.stdout.buffer
    global _writer, _is_plain  # a process has one log; a second call lets go of the first
    if _writer is not None:
        _writer.close()
    threshold = logging.getLevelNamesMapping()[level]
    _writer, _is_plain = Writer(out), not is_console and threshold <= logging.INFO
    structlog.configure(
        processors=[_in_context, _named, _allowed, *_rendering(is_console=is_console)],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=_writer.bound,
        cache_logger_on_first_use=False,  # so that a second call, and a test, reach loggers already used
    )
    handler = _Forward(_writer, is_console=is_console)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    for name in QUIET:
        library = logging.getLogger(name)
        library.setLevel(logging.WARNING)
        library.handlers = []
        library.propagate = True


class _AccessLine(msgspec.Struct, tag_field="event", tag="request.done"):
    """One request, as the front saw it."""

    level: str
    at: str
    request_id: str
    method: str
    route: str
    status: int
    ms: float


def access_line(request_id: str, method: str, route: str, status: int, ms: float) -> None:
    """Write the line of one request: the same line structlog would write, for a fifth of the time.

    Its fields are these and no others, so the list need not be asked.
    """
    if _writer is None or not _is_plain:
        structlog.get_logger("access").info(
            "request.done", request_id=request_id, method=method, route=route, status=status, ms=ms
        )
    else:
        _writer.info(_encode(_AccessLine("info", _now(), request_id, method, route, status, ms)))


def flush() -> None:
    """Write the lines that wait: for the end of a process whose `atexit` does not run (a worker of granian)."""
    if _writer is not None:
        _writer.flush()


def allowed(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The listed fields with their values cut to plain ones, and the names of the others."""
    kept = {name: _plain(value) for name, value in fields.items() if name in FIELDS}
    if len(kept) < len(fields):
        kept["dropped"] = sorted(name for name in fields if name not in FIELDS)
    return kept


def _in_context(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Add what this task is about (the request, the job), unless the line says so itself."""
    return event if "request_id" in event else structlog.contextvars.merge_contextvars(logger, method, event)


def _named(_: WrappedLogger, method: str, event: EventDict) -> EventDict:
    event["level"] = method
    event["at"] = _now()
    if (fault := event.pop("exc_info", None)) is not None:
        event.update(_where(fault))
    return event


def _where(fault: Any) -> dict[str, Any]:  # noqa: ANN401  # structlog takes True, an exception or a triple
    """The kind of an exception and the places it came through, never its words: a name or a row may stand there."""
    if isinstance(fault, tuple):
        fault = fault[1]
    if not isinstance(fault, BaseException):
        fault = sys.exception()
    if fault is None:
        return {}
    frames = extract_tb(fault.__traceback__)[-_FRAMES_MAX:]
    told: dict[str, Any] = {
        "error": type(fault).__name__,
        "trace": [f"{frame.filename.rpartition('/')[2]}:{frame.lineno}:{frame.name}" for frame in frames],
    }
    if fault.__cause__ is not None:
        told["cause"] = type(fault.__cause__).__name__
    return told


def _allowed(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    # Most lines need no cutting, and every request writes one.
    if event.keys() <= FIELDS:
        for value in event.values():
            kind = type(value)
            if kind not in _NUMBERS and (kind is not str or len(value) > VALUE_LENGTH_MAX):
                break
        else:
            return event
    return allowed(event)


def _now() -> str:
    """The instant with milliseconds; the part down to the second is written once a second."""
    second, millisecond = divmod(time_ns() // 1_000_000, 1_000)
    if _last[0] != second:
        _last[:] = second, datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S.")
    return f"{_last[1]}{millisecond:03d}Z"


_last: Final[list[Any]] = [0, ""]
_NUMBERS: Final = frozenset({int, float, bool})


def _rendering(*, is_console: bool) -> list[Processor]:
    if not is_console:
        return [_as_json]
    return [structlog.dev.ConsoleRenderer(timestamp_key="at"), _as_bytes]


def _as_json(_: WrappedLogger, __: str, event: EventDict) -> bytes:
    return _encode(event)


def _as_bytes(_: WrappedLogger, __: str, line: Any) -> bytes:  # noqa: ANN401  # a log field may be anything
    return str(line).encode()


def _plain(value: Any) -> Any:  # noqa: ANN401  # a log field may be anything
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value[:20]]
    return str(value)[:VALUE_LENGTH_MAX]


class _Forward(logging.Handler):
    """A library's line as one of ours: who spoke and its sentence before any value was filled in."""

    def __init__(self, writer: Writer, *, is_console: bool) -> None:
        super().__init__(logging.WARNING)
        self._writer = writer
        self._rendering = _rendering(is_console=is_console)

    def emit(self, record: logging.LogRecord) -> None:
        """Write the line."""
        event: Any = _named(None, record.levelname.lower(), {"event": "library", "logger": record.name})
        event["reason"] = str(record.msg) if record.args else None
        if record.exc_info:
            event.update(_where(record.exc_info))
        event = allowed({name: value for name, value in event.items() if value is not None})
        for step in self._rendering:
            event = step(None, record.levelname.lower(), event)
        self._writer.warning(event)
