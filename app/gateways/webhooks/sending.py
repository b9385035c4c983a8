"""One message to one address: resolved, every address judged, that very address connected to, within ten seconds in all.

No redirect is followed and no proxy or cookie used; a connection serves one message. The far side's certificate is
verified for the name. Nothing here is kept, and nothing a far side does raises.
"""

import asyncio
import contextlib
import socket
import ssl
import time
import unicodedata
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import httpx

from app.gateways import tracing
from app.gateways.exchanging import trusted_authorities
from app.gateways.webhooks import robots
from app.gateways.webhooks.addresses import PORTS, AddressRefused, Place, Refusal, is_public, read
from app.gateways.webhooks.robots import EndpointKind
from app.gateways.webhooks.signing import sign

DEADLINE_S: Final = 10.0
"""For one message as a whole, resolving included: who trickles is cut."""
ANSWER_MOST: Final = 64 * 1024
"""Bytes of an answer that are read; nothing is unpacked."""
KEPT_MOST: Final = 200
"""Characters of an answer that are kept."""
_CONNECT_S: Final = 4.0
_ADDRESSES_MOST: Final = 3
"""Of one name, tried in turn while no connection can be made."""
_RESOLVING: Final = 8
"""Threads that wait for name servers: whoever keeps them busy holds up no other work."""
_GONE: Final = 410

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""IP addresses behind a name; raises OSError."""


class Fault(StrEnum):
    """What went wrong, as far as we can tell."""

    ADDRESS = "address"
    """The address may not be told: see `AddressRefused`."""
    CONNECT = "connect"
    """No connection, or no valid certificate for the name."""
    TIMEOUT = "timeout"
    BROKEN = "broken"
    """The connection ended before an answer, or the answer is not HTTP."""
    REDIRECT = "redirect"
    STATUS = "status"
    """Another status than 200 to 299."""
    REFUSED = "refused"
    """A robot's host answered, and its own code is no yes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is told. Personal data: none may be in it."""

    id: str
    """Of the event: the same on every try."""
    body: bytes
    """For programs, byte by byte."""
    text: str
    """For robots."""
    secrets: tuple[str, ...] = field(repr=False)
    """The present one first, then the one before it while both count. Robots take the first, or have none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came of it."""

    fault: Fault | None
    """None: it was delivered."""
    status: int | None
    answer: str
    """The first characters, on one line and without control characters. Theirs: whoever shows it escapes it."""
    duration_ms: int

    @property
    def is_gone(self) -> bool:
        """Whether they say that nobody wants to be told here any more."""
        return self.status == _GONE


class WebhookSender:
    """Sends. `rehearsal_url` is the sandbox's own address, the only one that may be told without TLS or on loopback;
    production's settings refuse it. The other arguments are for tests of the wire.
    """

    def __init__(
        self,
        *,
        rehearsal_url: str = "",
        resolve: Resolve | None = None,
        is_allowed: Callable[[str], bool] = is_public,
        ports: frozenset[int] = PORTS,
        trust: ssl.SSLContext | None = None,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self._rehearsal = f"{rehearsal_url.rstrip('/')}/webhooks/" if rehearsal_url else ""
        self._threads = ThreadPoolExecutor(_RESOLVING, thread_name_prefix="resolving")
        self._resolve = resolve or self._look_up
        self._is_allowed = is_allowed
        self._ports = ports
        self._trust = trust
        self._deadline_s = deadline_s

    def check(self, kind: EndpointKind, url: str) -> None:
        """Refuse an address by its form alone; where it leads to is judged at every sending.

        Raises:
            AddressRefused
        """
        if not self._is_rehearsal(url):
            read(kind, url, ports=self._ports)

    async def find(self, kind: EndpointKind, url: str) -> None:
        """The same, and look where it leads to now: for whoever is writing an address down.

        Raises:
            AddressRefused
        """
        if not self._is_rehearsal(url):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_CONNECT_S):
                    await self._addresses(read(kind, url, ports=self._ports))

    async def send(self, kind: EndpointKind, url: str, message: Message) -> Reply:
        """Send a message once; whatever happens is in the reply."""
        began, status, raw = time.monotonic(), None, bytearray()
        fault: Fault | None = None
        try:
            async with asyncio.timeout(self._deadline_s), self._answer(kind, url, message) as response:
                status = response.status_code
                async for chunk in response.aiter_raw():  # not unpacked: a small answer may be a large one inside
                    raw += chunk[: ANSWER_MOST - len(raw)]
                    if len(raw) >= ANSWER_MOST:
                        break
        except AddressRefused as refused:
            fault, raw = Fault.ADDRESS, bytearray(refused.why.value.encode())
        except (httpx.ConnectError, httpx.ConnectTimeout):
            fault = Fault.CONNECT
        except (TimeoutError, httpx.TimeoutException):
            fault = Fault.TIMEOUT
        except (httpx.HTTPError, OSError):
            fault = Fault.BROKEN
        if status is not None and (fault is None or kind is EndpointKind.STANDARD):
            fault = _judged(kind, status, bytes(raw))  # of a program the status is the answer, however its text ends
        return Reply(
            fault=fault, status=status, answer=_kept(raw), duration_ms=int((time.monotonic() - began) * 1000)
        )  # fmt: skip

    async def aclose(self) -> None:
        """Let go of the threads; one that waits for a name server ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _is_rehearsal(self, url: str) -> bool:
        return bool(self._rehearsal) and url.startswith(self._rehearsal) and ".." not in url and url.isascii()

    @contextlib.asynccontextmanager
    async def _answer(self, kind: EndpointKind, url: str, message: Message) -> AsyncIterator[httpx.Response]:
        if self._is_rehearsal(url):
            place, origin = None, self._rehearsal.removesuffix("/webhooks/")
            origins, target = [origin], url.removeprefix(origin)
        else:
            place = read(kind, url, ports=self._ports)
            origins = [_origin(address, place.port) for address in await self._addresses(place)]
            target = place.target
        target, headers, body = _dressed(kind, target, message)
        extensions: dict[str, str] = {}
        if place is not None:
            headers["host"] = place.host if place.port == 443 else f"{place.host}:{place.port}"
            extensions["sni_hostname"] = place.host  # the certificate is verified for the name, not for the address
        # A client of its own: a connection that is kept is found again by its address, whatever name it was verified for.
        async with httpx.AsyncClient(
            timeout=httpx.Timeout(self._deadline_s, connect=_CONNECT_S),
            verify=self._trust or trusted_authorities(),
            follow_redirects=False,
            trust_env=False,
        ) as client:
            response = await self._first(client, origins, target, headers, body, extensions)
            try:
                yield response
            finally:
                await response.aclose()

    async def _first(
        self, client: httpx.AsyncClient, origins: Sequence[str], target: str, headers: dict[str, str], body: bytes,
        extensions: dict[str, str],
    ) -> httpx.Response:  # fmt: skip
        """The answer of the first address that a connection can be made to."""
        *others, last = origins[:_ADDRESSES_MOST]
        for origin in others:
            request = client.build_request(
                "POST", origin + target, headers=headers, content=body, extensions=extensions
            )
            with contextlib.suppress(httpx.ConnectError, httpx.ConnectTimeout):  # nothing was sent
                return await client.send(request, stream=True)
        request = client.build_request("POST", last + target, headers=headers, content=body, extensions=extensions)
        return await client.send(request, stream=True)

    async def _addresses(self, place: Place) -> list[str]:
        """Every address behind the name, all of them allowed.

        Raises:
            AddressRefused: one is not, or there is none.
        """
        try:
            found = list(dict.fromkeys(await self._resolve(place.host, place.port)))
        except (OSError, UnicodeError):
            found = []
        if not found:
            raise AddressRefused(Refusal.UNKNOWN)
        if not all(self._is_allowed(address) for address in found):
            raise AddressRefused(Refusal.PRIVATE)
        return found

    async def _look_up(self, host: str, port: int) -> list[str]:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
        )
        return [str(address[0]) for *_, address in found]


def _dressed(kind: EndpointKind, target: str, message: Message) -> tuple[str, dict[str, str], bytes]:
    """Target, headers and body, signed at this moment."""
    now_s = time.time()
    headers = {
        "content-type": "application/json; charset=utf-8",
        "user-agent": "Diandian-Webhooks/1",
        "accept-encoding": "identity",
    }
    if (request_id := tracing.current()) is not None:
        headers[tracing.HEADER] = request_id
    if kind is not EndpointKind.STANDARD:
        secret = message.secrets[0] if message.secrets else None
        target, body = robots.dressed(kind, target, message.text, secret=secret, now_s=now_s)
        return target, headers, body
    headers |= {
        "webhook-id": message.id,
        "webhook-timestamp": str(int(now_s)),
        "webhook-signature": " ".join(sign(one, message.id, int(now_s), message.body) for one in message.secrets),
    }
    return target, headers, message.body


def _judged(kind: EndpointKind, status: int, answer: bytes) -> Fault | None:
    if 300 <= status < 400:
        return Fault.REDIRECT
    if not 200 <= status < 300:
        return Fault.STATUS
    return None if kind is EndpointKind.STANDARD or robots.is_yes(kind, answer) else Fault.REFUSED


def _origin(address: str, port: int) -> str:
    return f"https://[{address}]:{port}" if ":" in address else f"https://{address}:{port}"


def _kept(raw: bytes | bytearray) -> str:
    """The beginning of an answer on one line; whatever controls, hides or turns text around is left out."""
    text = " ".join(bytes(raw[: 8 * KEPT_MOST]).decode("utf-8", "replace").split())
    return "".join(letter for letter in text if unicodedata.category(letter)[0] != "C")[:KEPT_MOST]
