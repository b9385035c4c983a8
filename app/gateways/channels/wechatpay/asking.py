"""One call to the platform and its answer: signed on the way out, believed on the way back only under its signature."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import httpx

from app.gateways.channels.base import NotAuthentic, Pending, Refused
from app.gateways.channels.wechatpay import reading, signing
from app.gateways.channels.wechatpay.keys import WeChatPayKeys
from app.gateways.channels.wechatpay.trusting import KeyRing, Message
from app.gateways.exchanging import exchange, open_client
from app.kernel.clock import Clock
from app.kernel.errors import Unavailable

READ_TIMEOUT_S: Final = 5.0
"""How long the platform may be silent in the middle of a call."""
_CONNECTIONS_MAX: Final = 20
_ANSWER_BYTES_MAX: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Answer:
    """What the platform said under its signature."""

    status: int
    content: reading.Content

    @property
    def succeeded(self) -> bool:
        return 200 <= self.status < 300

    @property
    def code(self) -> str:
        """The platform's word for what went wrong."""
        return reading.word(self.content, "code") or f"HTTP_{self.status}"

    @property
    def undecided(self) -> Pending:
        """An error that leaves the question open."""
        return Pending(code=self.code)

    def says(self, words: frozenset[str]) -> bool:
        """Whether it is a 4xx with one of these words."""
        return 400 <= self.status < 500 and self.code in words

    def judged(self, final: frozenset[str]) -> Pending | Refused:
        """An error as an outcome: refused only by a 4xx whose word is among `final`."""
        if self.says(final):
            return Refused(code=self.code, text=reading.text(self.content, "message"))
        return self.undecided


class Wire:
    """The connections of one merchant, and the keys its platform signs with."""

    def __init__(self, keys: WeChatPayKeys, *, clock: Clock, read_timeout_s: float = READ_TIMEOUT_S) -> None:
        self._keys = keys
        self._clock = clock
        self._merchant_key = signing.private_key(keys.merchant_private_key)
        self._ring = KeyRing(keys, fetch=self._fetch_certificates, clock=clock)
        self._read_timeout_s = read_timeout_s
        self._client = open_client(keys.base_url, read_timeout_s=read_timeout_s, connections_max=_CONNECTIONS_MAX)

    def sign(self, message: bytes) -> str:
        """The merchant's signature, base64."""
        return signing.sign(self._merchant_key, message)

    async def verify(self, headers: Mapping[str, str], body: bytes) -> None:
        """Return if the platform signed this message just now; raises like `KeyRing.verify`."""
        await self._ring.verify(headers, body)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def ask(self, method: str, target: str, body: Mapping[str, object] | None = None) -> Answer | Pending:
        """One call and its believed answer, or why nothing is known although it was sent.

        Raises:
            Unavailable: no connection could be made, so nothing was sent.
        """
        exchanged = await self._exchange(method, target, body)
        if isinstance(exchanged, Pending):
            return exchanged
        status, headers, raw = exchanged
        try:
            await self._ring.verify(headers, raw)
        except (NotAuthentic, Unavailable):
            # It was sent: a certificate out of reach must not make the caller believe that it was not.
            return Pending(code="UNSIGNED" if 200 <= status < 300 else f"HTTP_{status}")
        try:
            return Answer(status, reading.read_object(raw) if raw else {})
        except reading.Unreadable:
            return Pending(code="BAD_ANSWER")

    async def download(self, target: str, *, bytes_max: int) -> bytes | Pending:
        """The bytes at an address of the platform's, asked for under our signature and **not** signed by theirs: what
        they are must be known from a signed answer.

        Raises:
            Unavailable: no connection could be made, so nothing was sent.
        """
        exchanged = await self._exchange("GET", target, None, bytes_max=bytes_max)
        if isinstance(exchanged, Pending):
            return exchanged
        status, _, raw = exchanged
        return raw if status == 200 else Pending(code=f"HTTP_{status}")

    async def _exchange(
        self, method: str, target: str, body: Mapping[str, object] | None, *, bytes_max: int = _ANSWER_BYTES_MAX
    ) -> tuple[int, Mapping[str, str], bytes] | Pending:
        return await exchange(
            self._client,
            self._signed(method, target, body),
            far_side="wechatpay",
            read_timeout_s=self._read_timeout_s,
            answer_bytes_max=bytes_max,
        )

    def _signed(self, method: str, target: str, body: Mapping[str, object] | None) -> httpx.Request:
        content = b"" if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": self._keys.user_agent}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if self._keys.platform_public_keys:
            headers["Wechatpay-Serial"] = next(iter(self._keys.platform_public_keys))
        request = self._client.build_request(method, target, content=content or None, headers=headers)
        timestamp, nonce = str(int(self._clock().timestamp())), secrets.token_hex(16)
        # raw_path is what goes on the wire, percent-encoded: signing anything else fails for some reference one day.
        message = signing.request_message(
            method=method, target=request.url.raw_path.decode(), timestamp=timestamp, nonce=nonce, body=content
        )
        request.headers["Authorization"] = signing.authorization(
            mchid=self._keys.mchid,
            serial=self._keys.merchant_serial,
            timestamp=timestamp,
            nonce=nonce,
            signature=self.sign(message),
        )
        return request

    async def _fetch_certificates(self) -> Message | None:
        exchanged = await self._exchange("GET", "/v3/certificates", None)
        if isinstance(exchanged, Pending) or exchanged[0] >= 500 or exchanged[0] == 429:
            raise Unavailable("wechatpay: no certificate list")
        # A merchant in public-key mode has none: 404. That is an answer, no silence.
        return exchanged[1:] if exchanged[0] == 200 else None
