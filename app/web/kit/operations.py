"""What a supervisor asks: alive, ready, and how busy.

`app.state` gives: `query` (runs one statement on the primary and gives its rows), `migration_head` (the newest
migration of this release, or None to accept any), `redis` (or None), `gauges` (tells what the books say, or is not
there), `metrics_token` (or empty) and, while the process is leaving, `is_stopping = True`.
"""

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import msgspec
from litestar import Request, Response, Router, get
from litestar.datastructures import State
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest

from app.commerce import bills, recovery
from app.gateways import metrics as counted
from app.gateways import readiness, sampling
from app.gateways.database import TROUBLE
from app.gateways.readiness import Check, Readiness
from app.views import errors
from app.web.kit import gauges as gauges_
from app.web.kit.requests import addresses, visit

T = TypeVar("T")
_OF_PROXIES: Final = ("x-forwarded-for", "x-real-ip", "forwarded", "via")

LAG_S_MAX: Final = 1.0


class Liveness(msgspec.Struct, frozen=True):
    """The event loop turns."""

    status: str
    loop_lag_ms: float


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
    """200 when the database takes writes, its tables fit this release, and our clocks agree. Redis is told, not required."""
    state = request.app.state
    if state.get("is_stopping", False):
        return _uncached(readiness.STOPPING, ok=False)

    async def look() -> tuple[Check, ...]:
        told = await readiness.database(state.query, state.get("migration_head"))
        return (*told, await readiness.redis(state.get("redis")))

    checks = await _shared(state, "readiness_asked", look)
    judged = readiness.judge(checks)
    answer = _uncached(judged, ok=judged.status == "ready")
    if run := state.get("demo_run"):
        answer.set_header("demo-run", run)
    return answer


@get("/metrics", operation_id="metrics", include_in_schema=False)
async def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """In the Prometheus text format: counters and histograms of all processes of this machine that share them; what the
    database says of books and queues, which is the same from everywhere; what the library tells of the process that
    answers. For whoever has the token, or asks from a private address.
    """
    state = request.app.state
    if not _may_watch(request):
        raise errors.MetricsPrivate
    sampling.look("api")
    own = CollectorRegistry()
    if (gauges := state.get("gauges")) is not None:
        told = await _shared(state, "gauges_asked", lambda: _asked(gauges))
        own.register(gauges_.BooksCollector(told))
        if told is not None:
            waits_of_bills: list[bills.Gauge] | None = await _shared(state, "bills_asked", lambda: _asked(bills.gauges))
            own.register(gauges_.BillsCollector(waits_of_bills or []))
            lost = await _shared(state, "recovery_asked", lambda: _asked(recovery.status))
            own.register(gauges_.RecoveryCollector(lost))
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


async def _asked(gauges: Callable[[], Awaitable[T]]) -> T | None:
    try:
        async with asyncio.timeout(readiness.PROBE_S):
            return await gauges()
    except (TimeoutError, *TROUBLE):
        return None  # a scrape says less while the database is away, and that it is


def _uncached(content: T, *, ok: bool) -> Response[T]:
    headers = {"cache-control": "no-store"} | ({} if ok else {"retry-after": "2"})
    return Response(content, status_code=200 if ok else 503, headers=headers)
