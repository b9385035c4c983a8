"""What a supervisor asks: alive, ready, and how busy.

`app.state` gives: `query` (runs one statement on the primary and gives its rows), `migration_head` (the name the
database must have reached, or None to accept any), `redis` (or None), `gauges` (tells what the books say, or is not
there), `metrics_token` (or empty) and, while the process is leaving, `is_stopping = True`.
"""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

import msgspec
from litestar import Request, Response, Router, get
from litestar.datastructures import State
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.commerce import bills
from app.gateways import metrics as counted
from app.gateways.database import TROUBLE
from app.gateways.pool import waits
from app.kernel import clock
from app.registry import books
from app.views import errors
from app.web.kit.requests import addresses, visit

T = TypeVar("T")
_OF_PROXIES: Final = ("x-forwarded-for", "x-real-ip", "forwarded", "via")
Query = Callable[[str], Awaitable[Sequence[Mapping[str, Any]]]]

SKEW_S_MAX: Final = 2.0
LAG_S_MAX: Final = 1.0
_PROBE_S: Final = 2.0
# A message in the write-ahead log is a write without a table: it fails on a standby and with a full disk, and leaves
# nothing behind. It does not mind a read-only session (measured), so that is asked apart.
_WRITE: Final = """
SELECT pg_logical_emit_message(true, 'readyz', '')::text AS written_at, clock_timestamp() AS now,
       current_setting('transaction_read_only') = 'off' AS is_writable
"""
_LEVEL: Final = "SELECT name FROM tortoise_migrations ORDER BY applied_at DESC, id DESC LIMIT 1"


class Liveness(msgspec.Struct, frozen=True):
    """The event loop turns."""

    status: str
    loop_lag_ms: float


class Check(msgspec.Struct, frozen=True):
    """One thing looked at."""

    name: str
    ok: bool
    required: bool
    detail: str


class Readiness(msgspec.Struct, frozen=True):
    """Whether requests may come here, and why not."""

    status: str
    checks: tuple[Check, ...]


@get("/livez", operation_id="livez", include_in_schema=False)
async def livez() -> Response[Liveness]:
    """200 while the event loop turns within a second."""
    loop = asyncio.get_running_loop()
    asked = loop.time()
    await asyncio.sleep(0)
    lag_s = loop.time() - asked
    ok = lag_s < LAG_S_MAX
    return _uncached(Liveness("ok" if ok else "slow", round(lag_s * 1000, 3)), ok=ok)


@get("/readyz", operation_id="readyz", include_in_schema=False)
async def readyz(request: Request[Any, Any, Any]) -> Response[Readiness]:
    """200 when the database takes writes at our migration level and our clocks agree. Redis is told, not required."""
    state = request.app.state
    if state.get("is_stopping", False):
        stopping = Check("process", ok=False, required=True, detail="stopping")
        return _uncached(Readiness("stopping", (stopping,)), ok=False)

    async def look() -> tuple[Check, ...]:
        return (*await _database(state.query, state.get("migration_head")), await _redis(state.get("redis")))

    checks = await _shared(state, "readiness_asked", look)
    ok = all(check.ok for check in checks if check.required)
    answer = _uncached(Readiness("ready" if ok else "not ready", checks), ok=ok)
    if run := state.get("demo_run"):
        answer.set_header("demo-run", run)
    return answer


@get("/metrics", operation_id="metrics", include_in_schema=False)
async def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """In the Prometheus text format: counters and histograms of all processes of this machine that share them; what the
    database says of books and queues, which is the same from everywhere; memory and connections of the process that
    answers. For whoever has the token, or asks from a private address.
    """
    state = request.app.state
    if not _may_watch(request):
        raise errors.MetricsPrivate
    own = CollectorRegistry()
    own.register(_PoolCollector())
    if (gauges := state.get("gauges")) is not None:
        told = await _shared(state, "gauges_asked", lambda: _asked(gauges))
        own.register(_BooksCollector(told))
        if told is not None:
            waits_of_bills: list[bills.Gauge] | None = await _shared(state, "bills_asked", lambda: _asked(bills.gauges))
            own.register(_BillsCollector(waits_of_bills or []))
    return Response(
        await asyncio.to_thread(counted.exposition) + generate_latest(own) + generate_latest(REGISTRY),
        media_type="text/plain; version=0.0.4; charset=utf-8",
        headers={"cache-control": "no-store"},
    )


routes: Final = Router("/", route_handlers=[livez, readyz, metrics])


def _may_watch(request: Request[Any, Any, Any]) -> bool:
    """Whether somebody with the token asks, or somebody near. Whoever comes through a proxy that we were not told of is
    not near, though the proxy is.
    """
    token = request.app.state.get("metrics_token", "")
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if token and scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode()):
        return True
    if not visit.of(request.scope).is_believed and any(name in request.headers for name in _OF_PROXIES):
        return False
    return addresses.is_private(request.client.host if request.client is not None else None)


async def _shared(state: State, name: str, ask: Callable[[], Awaitable[T]]) -> T:
    """One question for all who ask meanwhile, so that a crowd of probes is no more work than one."""
    asked: asyncio.Future[T] | None = state.get(name)
    if asked is None or asked.done():
        asked = asyncio.ensure_future(ask())
        state[name] = asked
    return await asyncio.shield(asked)


async def _database(query: Query, head: str | None) -> tuple[Check, ...]:
    try:
        async with asyncio.timeout(_PROBE_S):
            asked_at = clock.utc_now()
            (row,) = await query(_WRITE)
            answered_at = clock.utc_now()
            (level,) = await query(_LEVEL) if head is not None else ({"name": None},)
    except Exception as refusal:  # noqa: BLE001  # whatever it is, the answer is "not ready", and says of which kind
        return (Check("postgresql", ok=False, required=True, detail=type(refusal).__name__),)
    writable = bool(row["is_writable"])
    skew_s = _skew_s(asked_at, row["now"], answered_at)
    reached = level["name"] if head is not None else "any"
    return (
        Check("postgresql", ok=writable, required=True, detail="writable" if writable else "read-only"),
        Check("migrations", ok=head is None or reached == head, required=True, detail=str(reached)),
        Check("clock", ok=skew_s < SKEW_S_MAX, required=True, detail=f"{skew_s:.3f} s"),
    )


async def _asked(gauges: Callable[[], Awaitable[T]]) -> T | None:
    try:
        async with asyncio.timeout(_PROBE_S):
            return await gauges()
    except (TimeoutError, *TROUBLE):
        return None  # a scrape says less while the database is away, and that it is


def _skew_s(asked_at: datetime, theirs: datetime, answered_at: datetime) -> float:
    """By how much the database's clock surely differs: the way there and back is no difference."""
    return max((asked_at - theirs).total_seconds(), (theirs - answered_at).total_seconds(), 0.0)


async def _redis(redis: Redis | None) -> Check:
    if redis is None:
        return Check("redis", ok=False, required=False, detail="none")
    try:
        async with asyncio.timeout(_PROBE_S / 4):
            await redis.ping()
    except (RedisError, OSError, TimeoutError) as silence:
        return Check("redis", ok=False, required=False, detail=type(silence).__name__)
    return Check("redis", ok=True, required=False, detail="answers")


def _uncached(content: T, *, ok: bool) -> Response[T]:
    headers = {"cache-control": "no-store"} | ({} if ok else {"retry-after": "2"})
    return Response(content, status_code=200 if ok else 503, headers=headers)


class _PoolCollector(Collector):
    """The connections of this process, as they are now."""

    def collect(self) -> Iterable[Metric]:
        """At work and idle, and who waits for one."""
        there = GaugeMetricFamily("database_connections", "Connections of the pool.", labels=["state"])
        for name, count in zip(("busy", "idle"), waits.connections(), strict=True):
            there.add_metric([name], count)
        yield there
        yield GaugeMetricFamily("database_connections_waiting", "Callers who wait for one now.", value=waits.waiting)


class _BooksCollector(Collector):
    """What the books and the queues say; nothing but that nobody answered where nobody did."""

    def __init__(self, told: books.Gauges | None) -> None:
        self._told = told

    def collect(self) -> Iterable[Metric]:
        """Every family that is known."""
        yield GaugeMetricFamily("books_up", "Whether the database told the gauges below.", value=self._told is not None)
        if (told := self._told) is None:
            return
        sums = GaugeMetricFamily("ledger_sum_by_unit", "Sum of all balances of a unit: must be 0.", labels=["unit"])
        for unit, total in told.units.items():
            sums.add_metric([unit], total)
        yield sums
        for name, meaning, value in (
            ("books_differences", "Differences found and not yet compared anew: must be 0.", told.differences),
            ("books_last_run_age_seconds", "Since the books were last looked at.", told.run_age_s),
            ("books_last_proof_age_seconds", "Since everything, or a day, was last proved.", told.proof_age_s),
            ("books_last_whole_proof_age_seconds", "Since everything was last proved.", told.whole_proof_age_s),
        ):
            if value is not None:
                yield GaugeMetricFamily(name, meaning, value=value)
        pending = GaugeMetricFamily("pending_age_seconds", "Age of the oldest row before each job.", labels=["state"])
        lag = GaugeMetricFamily("outbox_lag_seconds", "Age of the oldest row of each queue.", labels=["queue"])
        dead = GaugeMetricFamily("outbox_dead", "Rows set aside for people: must be 0.", labels=["job"])
        oldest: dict[str, float] = {}
        for row in told.waiting:
            pending.add_metric([row.job], row.oldest_s)
            dead.add_metric([row.job], row.dead)
            oldest[row.queue] = max(oldest.get(row.queue, 0.0), row.oldest_s)
        for queue, age_s in oldest.items():
            lag.add_metric([queue], age_s)
        purged = CounterMetricFamily("rows_purged", "Rows deleted when their time was over.", labels=["kind"])
        for kind, rows in told.purged.items():
            purged.add_metric([kind], rows)
        yield from (pending, lag, dead, purged)


class _BillsCollector(Collector):
    """What waits of the channels' bills; nothing where nobody tells."""

    def __init__(self, told: Sequence[bills.Gauge]) -> None:
        self._told = told

    def collect(self) -> Iterable[Metric]:
        """A series for each channel that has a bill."""
        number = GaugeMetricFamily("bill_differences_open", "Differences nobody has explained.", labels=["channel"])
        age = GaugeMetricFamily(
            "bill_differences_oldest_age_seconds", "Since the oldest was found.", labels=["channel"]
        )
        missing = GaugeMetricFamily(
            "bills_missing_age_seconds", "Since the end of the oldest day without its bill.", labels=["channel"]
        )
        for one in self._told:
            number.add_metric([one.channel], one.open)
            age.add_metric([one.channel], one.oldest_s)
            missing.add_metric([one.channel], one.missing_s)
        yield from (number, age, missing)
