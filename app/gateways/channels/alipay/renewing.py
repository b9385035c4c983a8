"""Fetching a newer certificate of the platform, when an answer names one that we lack.

The platform changes its certificate without asking. Its answers name the one they are signed with; its notices do not.
Source: 支付宝开放平台, 支付宝公钥证书无感知升级, alipay.open.app.alipaycert.download.
"""

import asyncio
import re
from collections.abc import Awaitable, Mapping
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog

from app.gateways.channels.alipay import reading
from app.gateways.channels.alipay.trusting import TrustedCertificates
from app.gateways.channels.base import Pending
from app.kernel.clock import Clock
from app.kernel.errors import Unavailable

DOWNLOAD: Final = "alipay.open.app.alipaycert.download"
PAUSE: Final = timedelta(minutes=1)
"""So often at most a certificate is fetched, and so often at most a notice makes us look, whatever arrives."""
_QUESTION: Final = "alipay.trade.query"
_NOBODYS: Final = "0" * 26
"""A number that no payment of ours has: only the answer's signature is of interest."""
_PATIENCE_S: Final = 4.0
"""A notice is answered within five seconds."""
_NAME: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
_log = structlog.get_logger("alipay")


class Tell(Protocol):
    """One call and what came back, not yet believed."""

    def __call__(
        self, method: str, content: Mapping[str, object] | None, **fields: str
    ) -> Awaitable[reading.SignedAnswer | Pending]: ...


class Renewal:
    """Of one merchant. Without certificates (`trusted` is None) it does nothing."""

    def __init__(self, trusted: TrustedCertificates | None, tell: Tell, *, clock: Clock) -> None:
        self._trusted, self._tell, self._clock = trusted, tell, clock
        self._fetched_at: datetime | None = None
        self._looked_at: datetime | None = None
        self._fetching, self._looking = asyncio.Lock(), asyncio.Lock()

    async def know(self, name: str) -> bool:
        """Whether the certificate of that name is known; one that is not is fetched, and believed if it proves itself."""
        if self._trusted is None or not _NAME.fullmatch(name):
            return False
        async with self._fetching:
            # Whoever waited here finds what the first one brought, or the pause begun.
            if name not in self._trusted.keys and self._is_over(self._fetched_at):
                self._fetched_at = self._clock()
                await self._fetch(name, self._trusted)
        return name in self._trusted.keys

    async def look(self) -> bool:
        """Ask the platform anything, so that its answer names its certificate; whether one was learned just now.

        Silence is no: whoever sent what made us look sends it again.
        """
        if self._trusted is None:
            return False
        before = len(self._trusted.keys)
        async with self._looking:
            if len(self._trusted.keys) == before and self._is_over(self._looked_at):
                self._looked_at = self._clock()
                await self._ask(self._trusted)
        return len(self._trusted.keys) > before

    async def _ask(self, trusted: TrustedCertificates) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                told = await self._tell(_QUESTION, {"out_trade_no": _NOBODYS})
                if not isinstance(told, Pending) and told.certificate not in trusted.keys:
                    await self.know(told.certificate)
        except (Unavailable, TimeoutError):
            return

    async def _fetch(self, name: str, trusted: TrustedCertificates) -> None:
        # This answer is not signed, and need not be: the certificate proves itself.
        try:
            told = await self._tell(DOWNLOAD, {"alipay_cert_sn": name})
        except Unavailable:
            return
        content = None if isinstance(told, Pending) else told.content.get("alipay_cert_content")
        why = trusted.learn(name, content, at=self._clock()) if isinstance(content, str) else "no answer"
        if why is None:
            _log.info("alipay.certificate_learned", certificate=name)
        else:
            _log.warning("alipay.certificate_refused", certificate=name, reason=why)

    def _is_over(self, since: datetime | None) -> bool:
        return since is None or abs(self._clock() - since) >= PAUSE
