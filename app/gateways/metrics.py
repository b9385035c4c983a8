"""What is counted, timed and measured for whoever watches: by prometheus-client, told by `/metrics`.

A histogram's buckets are counted, so a p95 or p99 is computed afterwards, over all processes and any time. Labels are
words of our own (a route's template, a job, a gateway), never what a stranger wrote: nobody can make a series.

Alone, a process keeps its counts in memory. Where several work on one machine, `share` is called before anything is
counted: then they stand in files of a folder, one set for each process, and whichever process is asked tells their sum.
"""

import fcntl
import os
from functools import cache, partial
from pathlib import Path
from typing import IO, Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, values
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector

REGISTRY: Final = CollectorRegistry()
"""Ours; the library's own registry has the figures of the process, such as its memory."""
PROCESSES_MOST: Final = 512
"""Of one kind on one machine."""

_WAITS_S: Final = (0.001, 0.005, 0.025, 0.1, 0.5, 1.0, 2.5)
_ANSWERS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_JOBS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0)
_CALLS_S: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0)
_AGES_S: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)

_requests = Counter("http_requests", "Answers given.", ["route", "method", "status"], registry=REGISTRY)
_request_seconds = Histogram(
    "http_request_duration_seconds",
    "From the request's head to the last byte of the answer.",
    ["route", "method"],
    buckets=_ANSWERS_S,
    registry=REGISTRY,
)
_job_seconds = Histogram(
    "job_duration_seconds", "One run of a job.", ["job", "outcome"], buckets=_JOBS_S, registry=REGISTRY
)
_call_seconds = Histogram(
    "gateway_call_duration_seconds",
    "One call of somebody else's server.",
    ["gateway", "call", "outcome"],
    buckets=_CALLS_S,
    registry=REGISTRY,
)
_outbox_age_seconds = Histogram(
    "outbox_age_seconds",
    "Age of a message when its job takes it.",
    ["job"],
    buckets=_AGES_S,
    registry=REGISTRY,
)
_connection_wait_seconds = Histogram(
    "database_connection_wait_seconds",
    "Waits for a connection of the pool.",
    ["outcome", "use"],
    buckets=_WAITS_S,
    registry=REGISTRY,
)
_connections_refused = Counter(
    "database_connections_refused", "Callers who got no connection.", ["reason", "use"], registry=REGISTRY
)
_locks_refused = Counter(
    "database_locks_refused", "Statements given up, since somebody held their lock for too long.", ["use"],
    registry=REGISTRY,
)  # fmt: skip
_replica_reads = Counter(
    "replica_reads", "Questions that the standby may answer, by what became of them.", ["outcome"], registry=REGISTRY
)
_notices = Counter(
    "payment_notices", "Messages of channels, by what became of them.", ["channel", "fate", "reason"], registry=REGISTRY
)
_calls_held = Counter(
    "gateway_calls_held", "Calls not made, since the far side had been silent.", ["gateway"], registry=REGISTRY
)
_calls_unmet = Counter(
    "gateway_calls_unmet", "Calls that were refused, or whose answer says nothing.", ["gateway", "call", "reason"],
    registry=REGISTRY,
)  # fmt: skip
_limits_refused = Counter("limits_refused", "Tries over a limit.", ["action"], registry=REGISTRY)
# How each living process is now; of several that share, each is a series of its own with its place as `pid`.
_connections = Gauge(
    "database_connections", "Connections of a process's pool.", ["kind", "state"], registry=REGISTRY,
    multiprocess_mode="liveall",
)  # fmt: skip
_connections_waiting = Gauge(
    "database_connections_waiting", "Callers who wait for one now.", ["kind"], registry=REGISTRY,
    multiprocess_mode="liveall",
)  # fmt: skip
_loop_lag_seconds = Gauge(
    "event_loop_lag_seconds", "How late the loop came back to whoever slept a second.", ["kind"], registry=REGISTRY,
    multiprocess_mode="liveall",
)  # fmt: skip
_memory_bytes = Gauge(
    "memory_resident_bytes", "Memory of a process.", ["kind"], registry=REGISTRY, multiprocess_mode="liveall"
)


# One series each, by its labels in this order; kept, since finding it costs more than counting in it.
http_requests: Final = cache(_requests.labels)
"""Route (a template), method, status."""
http_seconds: Final = cache(_request_seconds.labels)
"""Route, method."""
job_seconds: Final = cache(_job_seconds.labels)
"""Job; outcome: done, silent (a far side, or out of time), away (the database), failed (ours)."""
call_seconds: Final = cache(_call_seconds.labels)
"""Gateway; call; outcome: answered, whatever it said; silent, not to be believed, or given up; failed (ours)."""
outbox_age_seconds: Final = cache(_outbox_age_seconds.labels)
"""Job."""
connection_wait_seconds: Final = cache(_connection_wait_seconds.labels)
"""Outcome: given, refused; use: read, change (requests), job (nobody waits)."""
connections_refused: Final = cache(_connections_refused.labels)
"""Reason: late, crowded, away; use."""
locks_refused: Final = cache(_locks_refused.labels)
"""Use."""
replica_reads: Final = cache(_replica_reads.labels)
"""Outcome: told; again (asked anew at the primary: a miss, or trouble); behind (too far, or away)."""
notices: Final = cache(_notices.labels)
"""Channel; fate: applied, parked, repeated, refused (not authentic), not_kept (ours); reason, or nothing."""
calls_held: Final = cache(_calls_held.labels)
"""Gateway."""
calls_unmet: Final = cache(_calls_unmet.labels)
"""Gateway; call; reason: our word for silence, or the far side's for its no."""
limits_refused: Final = cache(_limits_refused.labels)
"""Action."""
connections: Final = cache(_connections.labels)
"""What the process does: api, settle, render; state: busy, idle."""
connections_waiting: Final = cache(_connections_waiting.labels)
"""What the process does."""
loop_lag_seconds: Final = cache(_loop_lag_seconds.labels)
"""What the process does."""
memory_bytes: Final = cache(_memory_bytes.labels)
"""What the process does."""


class FolderFull(Exception):
    """More processes count in this folder than `PROCESSES_MOST`."""


_FILE_BYTES: Final = 1 << 16
"""As the library makes its files; it doubles them."""
_ENTRY_BYTES: Final = 4 + 8 + 16
"""What an entry takes beside its name, at most."""


class Reserved(MmapedDict):
    """A process's file of counts whose room is taken before it is written to.

    The library makes files with holes. A hole of mapped memory that meets a full disk ends the process without a word
    (SIGBUS): every API and whoever draws. Without room this counts in memory instead, which nobody is told of, and goes on.
    """

    def __init__(self, filename: str, read_mode: bool = False) -> None:  # noqa: FBT001, FBT002 - the library's own
        self._apart: dict[str, tuple[float, float]] = {}
        self._has_file = False
        try:
            _reserve(filename)
        except OSError:
            self._positions: dict[str, int] = {}
            return
        super().__init__(filename, read_mode)  # type: ignore[no-untyped-call]
        self._has_file = True

    def read_value(self, key: str) -> Any:  # noqa: ANN401 - the library tells no types
        """Value and time of a series, which begins here."""
        if key in self._apart:
            return self._apart[key]
        try:
            return super().read_value(key)  # type: ignore[no-untyped-call]
        except OSError:
            return self._apart.setdefault(key, (0.0, 0.0))

    def write_value(self, key: str, value: float, timestamp: float) -> None:
        """Keep both."""
        self.read_value(key)
        if key in self._apart:
            self._apart[key] = (value, timestamp)
        else:
            super().write_value(key, value, timestamp)  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Let go of the file, where there is one."""
        if self._has_file:
            super().close()  # type: ignore[no-untyped-call]

    def _init_value(self, key: str) -> None:
        if not self._has_file:
            raise OSError("no room")
        if self._used + len(key.encode()) + _ENTRY_BYTES > self._capacity:
            _take(self._f.fileno(), 2 * self._capacity)
        super()._init_value(key)  # type: ignore[no-untyped-call]


def _reserve(filename: str) -> None:
    """Make the file, or fill its holes; none is left behind where there is no room for it."""
    path = Path(filename)
    with path.open("ab") as file:
        size = os.fstat(file.fileno()).st_size
        try:
            _take(file.fileno(), size or _FILE_BYTES)
        except OSError:
            if not size:
                path.unlink(missing_ok=True)
            raise


def _take(number: int, size: int) -> None:
    if hasattr(os, "posix_fallocate"):  # macOS has none
        os.posix_fallocate(number, 0, size)


_held: list[IO[bytes]] = []
"""The lock of this process's place, open for as long as the process lives."""


def share(folder: Path, kind: str) -> None:
    """Count in files of `folder` from now on, beside the other processes of this machine that do.

    The process takes the first place of its kind (`api`, `settle`, …) that no living process has, and goes on from what
    its forerunner there had counted: nothing falls back when a process ends, and the folder does not grow. The system
    lets go of the place with the process, however that ends. The folder must lie on a local disk, since locks and mapped
    memory are asked of its file system.

    Raises:
        FolderFull: no place is left.
        OSError: the folder cannot be made or written.
    """
    assert "_" not in kind, "a file's name is parted by it"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for place in range(PROCESSES_MOST):
        held = (folder / f"{kind}-{place}.lock").open("ab")
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held.close()
            continue
        _held.append(held)
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
        # What the library does by itself when it is imported, but with a place instead of a process id, which would leave
        # files behind, and which two containers may both have.
        values.MmapedDict = Reserved  # type: ignore[attr-defined]
        values.ValueClass = values.MultiProcessValue(partial(str, f"{kind}-{place}"))  # type: ignore[no-untyped-call]
        return
    raise FolderFull(kind)


def exposition() -> bytes:
    """Everything of `REGISTRY` in Prometheus' text format: of all processes that share, else of this one."""
    if (folder := os.environ.get("PROMETHEUS_MULTIPROC_DIR")) is None:
        return generate_latest(REGISTRY)
    _forget_ended(Path(folder))
    together = CollectorRegistry()
    MultiProcessCollector(together, folder)  # type: ignore[no-untyped-call]
    return generate_latest(together)


def _forget_ended(folder: Path) -> None:
    """Delete how processes are that have ended: what they counted stays, what they were doing is over."""
    for file in folder.glob("gauge_live*.db"):
        place = file.stem.rpartition("_")[2]
        with (folder / f"{place}.lock").open("ab") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue  # it lives
            file.unlink(missing_ok=True)
