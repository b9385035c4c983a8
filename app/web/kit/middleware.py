"""The outermost layer: what is done to every request before Litestar routes it, in one pure ASGI step.

One step and not six, since the page behind a QR code must be fast, and before routing, since answers to unknown
addresses need their headers and their log line as well: Litestar's own middleware stands behind its router.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from time import perf_counter
from typing import Final

import structlog
from litestar import Litestar, Request
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from app.gateways import metrics, tracing
from app.gateways.postgresql import shares
from app.kernel.errors import DomainError
from app.views import errors
from app.web.kit.requests import addresses, language, reading, visit
from app.web.kit.responses import problems
from app.web.kit.security import limits

_log = structlog.get_logger("access")

AccessLog = Callable[[str, str, str, int, float], None]
"""Writes one line: request id, method, the route's template, status, milliseconds. Nothing else of a request."""

_BODYLESS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_FRAMES: Final = b"x-frame-options"
"""What an answer may say otherwise, beside its own policy: a page that one of ours shows within itself."""
PROBES: Final = frozenset({"/livez", "/readyz", "/metrics"})
"""Asked by address rather than by name, every few seconds: any host may, and no line is written."""
HOSTS_REMEMBERED: Final = 256
HEADER_BYTES_MAX: Final = 32 * 1024
"""Of all header lines together; a browser with every cookie it may keep for us sends a quarter of it."""
ADDRESS_BYTES_MAX: Final = 8 * 1024
WAIT_S: Final = 4.0
"""How long a request waits in all, for connections to PostgreSQL and for locks, where the entrance says nothing else."""
_ONCE: Final = frozenset({
    b"host", b"content-length", b"content-type", b"transfer-encoding", b"authorization", b"idempotency-key", b"origin",
})  # fmt: skip
"""Headers that say who asks, or what comes. Of two, a proxy may have believed the one and we the other."""


def content_policy(*, form_targets: Iterable[str] = ()) -> str:
    """The Content-Security-Policy of our pages: everything from here, nothing inline, framed by nobody.

    `form_targets` are the origins a form may end at after redirects: the pages of payment channels.
    """
    return "; ".join(
        (
            "default-src 'self'",
            "img-src 'self' data: blob:",
            "object-src 'none'",
            "base-uri 'none'",
            " ".join(("form-action 'self'", *form_targets)),
            "frame-ancestors 'none'",
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedProxy:
    """Which peers may say for whom they ask, and how many of them stand in a row."""

    networks: Sequence[str]
    """CIDRs. Nobody else's `X-Forwarded-*` is looked at, and `Forwarded` never: one of the two is whoever sends it."""
    hops: int = 1
    """The reader is the n-th address from the right: what stands further left anybody can write."""


class Front:
    """The step itself; `surround` puts it around an application."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        hosts: Sequence[str],
        is_secure: bool,
        proxy: TrustedProxy | None = None,
        form_targets: Iterable[str] = (),
        body_s: float = limits.BODY_S,
        access: AccessLog,
        wait_s: float = WAIT_S,
        is_leaving: Callable[[], bool] = lambda: False,
    ) -> None:
        self._app = app
        self._is_leaving = is_leaving
        self._hosts = tuple(host.lower() for host in hosts)
        self._known_hosts: set[bytes] = set()
        self._is_secure = is_secure
        self._proxy = proxy
        self._is_trusted = _membership(proxy.networks) if proxy is not None else None
        self._body_s = body_s
        self._wait_s = wait_s
        self._write = access
        self._policy = (b"content-security-policy", content_policy(form_targets=form_targets).encode())
        self._headers = [
            (b"x-content-type-options", b"nosniff"),
            # Addresses hold codes: another site learns nothing, our own pages still prove where a form came from.
            (b"referrer-policy", b"same-origin"),
            (b"cross-origin-opener-policy", b"same-origin"),
            (b"permissions-policy", b"camera=(self), geolocation=(), microphone=(), payment=(self)"),
        ]
        if is_secure:
            self._headers.append((b"strict-transport-security", b"max-age=31536000; includeSubDomains"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection. Only HTTP comes here; the wall listens by SSE, which is HTTP too."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        began = perf_counter()
        seen = visit.begin(scope)
        tracing.begin(seen.request_id)
        borrower = shares.begin(scope["method"], patience_s=self._wait_s)
        status = 0

        async def dressed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                borrower.patience_s = None  # the answer begins: a stream may go on for hours
                await visit.let_go(seen)
                headers = [*message["headers"], (b"x-request-id", seen.request_id.encode()), *self._headers]
                named = {name for name, _ in message["headers"]}
                if b"content-security-policy" not in named:
                    headers.append(self._policy)
                if _FRAMES not in named:
                    headers.append((_FRAMES, b"DENY"))
                if seen.language is not None:
                    headers += language.headers(scope, secure=self._is_secure)
                if self._is_leaving():
                    # Whoever keeps the connection would ask again over it, and we shall be gone.
                    headers.append((b"connection", b"close"))
                message["headers"] = headers
            await send(message)

        try:
            try:
                self._admit(scope)
            except DomainError as fact:
                request = Request[object, object, object](scope, receive, send)  # type: ignore[type-var]  # no state
                response = problems.answer(request, fact).to_asgi_response(app=None, request=request)
                await response(scope, receive, dressed)
                return
            if scope["method"] not in _BODYLESS:
                receive = limits.hurried(receive, seconds=self._body_s)
            await self._app(scope, receive, dressed)
        finally:
            await visit.let_go(seen)
            self._note(scope, status, perf_counter() - began, seen.request_id)

    def _admit(self, scope: HTTPScope) -> None:
        """Refuse what could be read in two ways or is too long, refuse a foreign host, believe the proxy, guard path
        and query.
        """
        host, size = b"", 0
        seen: list[bytes] = []
        for name, value in scope["headers"]:
            size += len(name) + len(value)
            if name in _ONCE:
                if name in seen:
                    raise errors.HeaderRepeated(field=f"/{name.decode()}", name=name.decode())
                seen.append(name)
                if name == b"host":
                    host = value
        if size > HEADER_BYTES_MAX:
            raise errors.HeadersTooLarge(kib_max=HEADER_BYTES_MAX // 1024)
        if len(scope["path"]) + len(scope["query_string"]) > ADDRESS_BYTES_MAX:
            raise errors.AddressTooLong
        if host not in self._known_hosts and not self._knows(host) and scope["path"] not in PROBES:
            raise errors.UnknownHost
        if self._is_trusted is not None:
            self._believe(scope)
        reading.guard_query(scope)

    def _knows(self, host: bytes) -> bool:
        """Whether a Host header, port aside, is one of ours: exactly, or under `*.example.org`, or any for `*`."""
        name = host.decode("latin-1").lower()
        name = name[: name.index("]") + 1] if name.startswith("[") and "]" in name else name.partition(":")[0]
        for ours in self._hosts:
            if ours in {"*", name} or (ours.startswith("*.") and name.endswith(ours[1:])):
                if len(self._known_hosts) < HOSTS_REMEMBERED:
                    self._known_hosts.add(host)
                return True
        return False

    def _believe(self, scope: HTTPScope) -> None:
        """Put the reader's own address and scheme in place of the proxy's."""
        assert self._is_trusted is not None and self._proxy is not None
        peer = scope["client"]
        if peer is None or not self._is_trusted(peer[0]):
            return
        chain: list[str] = []
        for name, value in scope["headers"]:
            if name == b"x-forwarded-for":
                chain += value.decode("latin-1").split(",")
            elif name == b"x-forwarded-proto" and value in {b"http", b"https"}:
                scope["scheme"] = value.decode()
        if len(chain) >= self._proxy.hops:
            address = addresses.plain(chain[-self._proxy.hops])
            if address is not None:
                scope["client"] = (str(address), 0)
                visit.of(scope).is_believed = True

    def _note(self, scope: HTTPScope, status: int, seconds: float, request_id: str) -> None:
        """Count, and write the line: the route's template, never the path, in which codes stand."""
        if scope["path"] in PROBES:
            return
        route = scope.get("path_template", "-")
        method = visit.method_of(scope)
        metrics.http_requests(route, method, status).inc()
        metrics.http_seconds(route, method).observe(seconds)
        self._write(request_id, method, route, status, round(seconds * 1000, 2))


def surround(
    app: Litestar,
    *,
    hosts: Sequence[str],
    is_secure: bool,
    proxy: TrustedProxy | None = None,
    form_targets: Iterable[str] = (),
    body_s: float = limits.BODY_S,
    access: AccessLog,
    wait_s: float = WAIT_S,
) -> Litestar:
    """The same application with the front before its router."""
    assert not app.debug, "debug answers show code and local values"
    app.state.secure_cookies = is_secure
    app.asgi_handler = Front(
        app.asgi_handler,
        hosts=hosts,
        is_secure=is_secure,
        proxy=proxy,
        form_targets=form_targets,
        body_s=body_s,
        access=access,
        wait_s=wait_s,
        is_leaving=lambda: bool(app.state.get("is_stopping", False)),
    )
    return app


def access_line(request_id: str, method: str, route: str, status: int, ms: float) -> None:
    """The line by way of structlog; `config/logging.py` has one that costs a fifth of it, for production."""
    _log.info("request.done", request_id=request_id, method=method, route=route, status=status, ms=ms)


def _membership(networks: Sequence[str]) -> "_Membership":
    return _Membership(tuple(ip_network(network) for network in networks))


class _Membership:
    """Whether an address lies in one of some networks; remembers what it has been asked."""

    def __init__(self, networks: tuple[IPv4Network | IPv6Network, ...]) -> None:
        self._networks = networks
        self._look = lru_cache(1024)(self._find)

    def __call__(self, address: str) -> bool:
        return self._look(address)

    def _find(self, address: str) -> bool:
        plain = addresses.plain(address)
        return plain is not None and any(plain in network for network in self._networks)
