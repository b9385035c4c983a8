"""One call to PayPal and its answer, which is believed because it came over TLS from the host we asked.

Answers carry no signature. A token that PayPal refuses is replaced once: a refused call had no effect.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import httpx

from app.gateways.channels.base import Pending, Refused
from app.gateways.channels.paypal import reading
from app.gateways.channels.paypal.keys import PayPalKeys
from app.gateways.channels.paypal.tokens import Token, Tokens
from app.gateways.exchanging import exchange, open_client
from app.kernel.clock import Clock
from app.kernel.errors import Unavailable

READ_TIMEOUT_S: Final = 5.0
"""How long PayPal may be silent in the middle of a call."""
_CONNECTIONS_MAX: Final = 20
_ANSWER_BYTES_MAX: Final = 4 << 20
"""A page of 500 transactions has about half a megabyte."""
_CERTIFICATE_BYTES_MAX: Final = 64 << 10


@dataclass(frozen=True, slots=True)
class Answer:
    """What PayPal said, readable."""

    status: int
    content: reading.Content

    @property
    def succeeded(self) -> bool:
        return 200 <= self.status < 300

    @property
    def code(self) -> str:
        """PayPal's word for what went wrong; of trouble of its own only that there is some."""
        said = "" if self.status >= 500 or self.status == 429 else reading.issue_of(self.content)
        return said or f"HTTP_{self.status}"

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
    """The connections of one merchant's app, and its token."""

    def __init__(self, keys: PayPalKeys, *, clock: Clock, read_timeout_s: float = READ_TIMEOUT_S) -> None:
        self._keys = keys
        self._read_timeout_s = read_timeout_s
        self._client = open_client(keys.base_url, read_timeout_s=read_timeout_s, connections_max=_CONNECTIONS_MAX)
        # Certificates come from another host, which never sees the token.
        self._public = open_client(keys.certificates_url, read_timeout_s=read_timeout_s, connections_max=2)
        self._tokens = Tokens(fetch=self._fetch_token, clock=clock)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()
        await self._public.aclose()

    async def ask(
        self, method: str, target: str, body: Mapping[str, object] | None = None, *, request_id: str = ""
    ) -> Answer | Pending:
        """One call and its answer, or why nothing is known although it was sent.

        `request_id` makes a repeated POST harmless; every POST has one.

        Raises:
            Unavailable: no connection could be made, or there is no token, so nothing was sent.
        """
        assert (method == "POST") == bool(request_id), target
        token = await self._tokens.current()
        exchanged = await self._send(token, method, target, body, request_id)
        if not isinstance(exchanged, Pending) and exchanged[0] == 401:
            self._tokens.drop(token)
            exchanged = await self._send(await self._tokens.current(), method, target, body, request_id)
        if isinstance(exchanged, Pending):
            return exchanged
        status, _, raw = exchanged
        try:
            return Answer(status, reading.read_object(raw))
        except reading.Unreadable:
            # A proxy's page, or nothing: an error of no known word, or a success of which nobody knows what it was.
            return Pending(code="BAD_ANSWER" if 200 <= status < 300 else f"HTTP_{status}")

    async def fetch_certificate(self, path: str) -> bytes | None:
        """The PEM text at a path of the origin of certificates; None where it says that there is none, or leads elsewhere.

        Raises:
            Unavailable: it was silent, or in trouble.
        """
        request = self._public.build_request("GET", path, headers={"Accept-Encoding": "identity"})
        exchanged = await exchange(
            self._public, request, far_side="paypal", read_timeout_s=self._read_timeout_s,
            answer_bytes_max=_CERTIFICATE_BYTES_MAX,
        )  # fmt: skip
        if isinstance(exchanged, Pending) or exchanged[0] >= 500 or exchanged[0] == 429:
            raise Unavailable("paypal: no certificate")
        return exchanged[2] if exchanged[0] == 200 else None

    async def _send(
        self, token: Token, method: str, target: str, body: Mapping[str, object] | None, request_id: str
    ) -> tuple[int, Mapping[str, str], bytes] | Pending:
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Authorization": f"Bearer {token.text}",
        }
        content = None
        if method == "POST":
            content = json.dumps(body or {}, ensure_ascii=False, separators=(",", ":")).encode()
            headers |= {"Content-Type": "application/json", "PayPal-Request-Id": request_id}
            headers["Prefer"] = "return=representation"
        request = self._client.build_request(method, target, content=content, headers=headers)
        return await self._exchange(request)

    async def _exchange(self, request: httpx.Request) -> tuple[int, Mapping[str, str], bytes] | Pending:
        return await exchange(
            self._client, request, far_side="paypal", read_timeout_s=self._read_timeout_s,
            answer_bytes_max=_ANSWER_BYTES_MAX,
        )  # fmt: skip

    async def _fetch_token(self) -> reading.Content:
        pair = base64.b64encode(f"{self._keys.client_id}:{self._keys.client_secret}".encode()).decode()
        request = self._client.build_request(
            "POST",
            "/v1/oauth2/token",
            content=b"grant_type=client_credentials",
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                "Authorization": f"Basic {pair}",
                "Content-Type": "application/x-www-form-urlencoded",
            },
        )
        exchanged = await self._exchange(request)
        if isinstance(exchanged, Pending):
            raise Unavailable(f"paypal: no token, {exchanged.code}")
        try:
            answer = Answer(exchanged[0], reading.read_object(exchanged[2]))
        except reading.Unreadable:
            raise Unavailable("paypal: an unreadable token") from None
        if not answer.succeeded:
            raise Unavailable(f"paypal: no token, {answer.code}")
        return answer.content
