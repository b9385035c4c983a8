"""One call to the platform and its answer: signed on the way out, believed on the way back only under its signature."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import httpx

from app.gateways.channels.alipay import reading
from app.gateways.channels.alipay.keys import AlipayKeys
from app.gateways.channels.alipay.methods import NAME
from app.gateways.channels.alipay.renewing import Renewal
from app.gateways.channels.alipay.signing import Signer
from app.gateways.channels.base import Pending, Refused
from app.gateways.exchanging import exchange, open_client
from app.kernel.clock import Clock

READ_TIMEOUT_S: Final = 5.0
"""How long the platform may be silent in the middle of a call."""
_CONNECTIONS_MAX: Final = 20
_ANSWER_BYTES_MAX: Final = 1 << 20
_FORM: Final = "application/x-www-form-urlencoded;charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the platform said, under its signature or (`Wire.hear` alone) without one."""

    content: reading.Content
    is_signed: bool = True

    @property
    def succeeded(self) -> bool:
        return self.content.get("code") == "10000"

    @property
    def code(self) -> str:
        """The platform's word for what went wrong: `ACQ.TRADE_NOT_EXIST`, or its number where it has none."""
        return reading.word(self.content, "sub_code") or reading.word(self.content, "code") or "SHAPE"

    @property
    def undecided(self) -> Pending:
        """An error that leaves the question open."""
        return Pending(code=self.code)

    def says(self, words: frozenset[str]) -> bool:
        """Whether it is a failure of the business (40004), or of a permission (40006), with one of these words."""
        return self.content.get("code") in {"40004", "40006"} and self.code in words

    def judged(self, final: frozenset[str]) -> Pending | Refused:
        """An error as an outcome: refused only by one of `final`."""
        if self.says(final):
            return Refused(code=self.code, text=reading.text(self.content, "sub_msg"))
        return self.undecided


class Wire:
    """The connections of one merchant, and the keys both sides sign with."""

    def __init__(self, keys: AlipayKeys, *, clock: Clock, read_timeout_s: float = READ_TIMEOUT_S) -> None:
        self._url = keys.gateway_url
        self._clock = clock
        self.signer: Final = Signer(keys)
        self._renewal = Renewal(self.signer.trusted, self._tell, clock=clock)
        self._read_timeout_s = read_timeout_s
        address = urlsplit(keys.gateway_url)
        self._client = open_client(
            f"{address.scheme}://{address.netloc}", read_timeout_s=read_timeout_s, connections_max=_CONNECTIONS_MAX
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def address(self, method: str, content: Mapping[str, object], **addresses: str) -> str:
        """A call for the payer's own browser to make: it goes there, and the platform shows its cashier."""
        return f"{self._url}?{self.signer.request(method, content, at=self._clock(), **addresses)}"

    async def ask(self, method: str, content: Mapping[str, object], **addresses: str) -> Answer | Pending:
        """One call and its believed answer, or why nothing is known although it was sent.

        Raises:
            Unavailable: no connection could be made, so nothing was sent.
        """
        heard = await self.hear(method, content, **addresses)
        # An error without a signature is anybody's: a wrong key of ours is told so, and so would a forger tell it.
        return heard if isinstance(heard, Pending) or heard.is_signed else Pending(code="UNSIGNED")

    async def hear(self, method: str, content: Mapping[str, object] | None, **fields: str) -> Answer | Pending:
        """One call and its answer, signed or not.

        Raises:
            Unavailable: no connection could be made, so nothing was sent.
        """
        told = await self._tell(method, content, **fields)
        if isinstance(told, Pending):
            return told
        if told.certificate:
            await self._renewal.know(told.certificate)
        is_signed = self.signer.signed_text(told.signed, told.signature, certificate=told.certificate, at=self._clock())
        return Answer(told.content, is_signed)

    async def signed_fields(self, fields: reading.Fields) -> bool:
        """Whether the platform signed a notice. A notice names no certificate: one that no known key signed makes us ask,
        at most once a minute, which certificate the platform signs with by now."""
        if self.signer.signed_fields(fields, at=self._clock()):
            return True
        return await self._renewal.look() and self.signer.signed_fields(fields, at=self._clock())

    async def _tell(
        self, method: str, content: Mapping[str, object] | None, **fields: str
    ) -> reading.SignedAnswer | Pending:
        # In the body, never in the address: addresses end up in the logs of every proxy on the way.
        form = self.signer.request(method, content, at=self._clock(), **fields)
        exchanged = await self._exchange(
            self._client.build_request(
                "POST", self._url, content=form.encode("ascii"), headers={"Content-Type": _FORM}
            ),
            bytes_max=_ANSWER_BYTES_MAX,
        )
        if isinstance(exchanged, Pending):
            return exchanged
        status, raw = exchanged
        if status != 200:
            return Pending(code=f"HTTP_{status}")
        try:
            return reading.cut(raw, f"{method.replace('.', '_')}_response")
        except reading.Unreadable:
            return Pending(code="BAD_ANSWER")

    async def download(self, url: str, *, bytes_max: int) -> bytes | Pending:
        """The bytes at an address that a signed answer named. They are not signed themselves.

        Raises:
            Unavailable: no connection could be made, so nothing was sent.
        """
        exchanged = await self._exchange(self._client.build_request("GET", url), bytes_max=bytes_max)
        if isinstance(exchanged, Pending):
            return exchanged
        status, raw = exchanged
        return raw if status == 200 else Pending(code=f"HTTP_{status}")

    async def _exchange(self, request: httpx.Request, *, bytes_max: int) -> tuple[int, bytes] | Pending:
        request.headers["Accept-Encoding"] = "identity"
        exchanged = await exchange(
            self._client, request, far_side=NAME, read_timeout_s=self._read_timeout_s, answer_bytes_max=bytes_max
        )
        return exchanged if isinstance(exchanged, Pending) else (exchanged[0], exchanged[2])
