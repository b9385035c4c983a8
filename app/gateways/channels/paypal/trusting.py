"""Which certificate may sign a notice: where it is fetched from, to which root it chains, whose name it carries.

A notice names the address of its certificate itself, so the address is the first thing an attacker writes.
"""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from app.gateways.channels.base import NotAuthentic
from app.kernel.clock import Clock
from app.kernel.errors import Unavailable

PATH: Final = "/v1/notifications/certs/"
KEPT_MOST: Final = 16
"""Certificates kept; PayPal uses one or two at a time."""
FETCHES_MOST: Final = 6
"""Certificates fetched within `FETCH_SPAN`, however many addresses notices name: a flood of forgeries must not make us
flood PayPal."""
FETCH_SPAN: Final = timedelta(minutes=1)
_NAME: Final = re.compile(r"[0-9A-Za-z_-]{1,128}")
_CHAIN_MOST: Final = 6


def certificate_path(url: str, *, origin: str) -> str | None:
    """The path of a certificate that may be fetched, or None.

    The whole address is compared as text and never parsed: what stands before the name must be exactly `origin` and
    `PATH`, and the name has no slash, dot, percent sign, question mark or `@`. So there is no second reading of it.
    """
    start = origin + PATH
    name = url.removeprefix(start)
    return PATH + name if url.startswith(start) and _NAME.fullmatch(name) else None


def read_certificates(pem: bytes) -> list[x509.Certificate]:
    """The certificates of a PEM text, in its order; none where one of them cannot be read."""
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError:
        return []


def signing_key(
    chain: Sequence[x509.Certificate], *, roots: Sequence[x509.Certificate], signer: str, now: datetime
) -> RSAPublicKey:
    """The key of the first certificate, which must carry the name `signer` and chain to a root, all valid at `now`.

    Raises:
        NotAuthentic: `serial`, it does not.
    """
    verifier = (
        PolicyBuilder()
        .store(Store(list(roots)))
        .time(now)
        .max_chain_depth(_CHAIN_MOST)
        .build_server_verifier(x509.DNSName(signer))
    )
    try:
        verifier.verify(chain[0], list(chain[1:_CHAIN_MOST]))
    except (VerificationError, ValueError) as stranger:
        # ValueError: an extension that cannot be parsed, which only a made-up certificate has.
        raise NotAuthentic("serial") from stranger
    key = chain[0].public_key()
    if not isinstance(key, RSAPublicKey):
        raise NotAuthentic("serial")
    return key


@dataclass(frozen=True, slots=True)
class _Kept:
    chain: tuple[x509.Certificate, ...]
    """Empty: PayPal has none under this address."""
    at: datetime


class Certificates:
    """The certificates of notices by their addresses; at most so many kept, and so many fetched a minute.

    `fetch` gets a path and answers PEM, or None where nothing stands there; it raises `Unavailable`.
    """

    def __init__(
        self,
        *,
        origin: str,
        roots: Sequence[x509.Certificate],
        signer: str,
        fetch: Callable[[str], Awaitable[bytes | None]],
        clock: Clock,
    ) -> None:
        self._origin = origin
        self._roots = roots
        self._signer = signer
        self._fetch = fetch
        self._clock = clock
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._fetched_at: list[datetime] = []
        self._fetching = asyncio.Lock()

    async def key(self, url: str) -> RSAPublicKey:
        """The key that a notice naming this address may be signed with. The chain is judged anew each time, by the clock.

        Raises:
            NotAuthentic: `serial`, no address of PayPal's, or its certificate is not believed.
            Unavailable: it could not be fetched, or too many were asked for a moment ago.
        """
        path = certificate_path(url, origin=self._origin)
        if path is None:
            raise NotAuthentic("serial")
        kept = self._known(path)
        if kept is None:
            # One at a time: whoever waits here for the same address finds it kept.
            async with self._fetching:
                kept = self._known(path) or await self._fetched(path)
        if not kept.chain:
            raise NotAuthentic("serial")
        return signing_key(kept.chain, roots=self._roots, signer=self._signer, now=self._clock())

    def _known(self, path: str) -> _Kept | None:
        kept = self._kept.get(path)
        if kept is None or (not kept.chain and abs(self._clock() - kept.at) >= FETCH_SPAN):
            return None
        self._kept.move_to_end(path)
        return kept

    async def _fetched(self, path: str) -> _Kept:
        now = self._clock()
        self._fetched_at = [at for at in self._fetched_at if abs(now - at) < FETCH_SPAN]
        if len(self._fetched_at) >= FETCHES_MOST:
            raise Unavailable("paypal: too many certificates were asked for a moment ago")
        self._fetched_at.append(now)
        pem = await self._fetch(path)
        chain = tuple(read_certificates(pem)[:_CHAIN_MOST]) if pem is not None else ()
        kept = self._kept[path] = _Kept(chain, now)
        self._drop()
        return kept

    def _drop(self) -> None:
        """Keep the bound: what leads nowhere goes first, so that made-up addresses push out no genuine certificate."""
        while len(self._kept) > KEPT_MOST:
            empty = next((path for path, kept in self._kept.items() if not kept.chain), None)
            if empty is None:
                self._kept.popitem(last=False)
            else:
                del self._kept[empty]
