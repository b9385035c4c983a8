"""One call to the bank and its answer: signed on the way out, believed on the way back only under its signature."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import httpx

from app.gateways.channels.base import Pending, Refused
from app.gateways.channels.ecny_cmb import envelopes, reading, signing
from app.gateways.channels.ecny_cmb.keys import EcnyKeys
from app.gateways.exchanging import exchange, open_client
from app.kernel.clock import Clock

READ_TIMEOUT_S: Final = 5.0
"""How long the bank may be silent in the middle of a call."""
FAR_SIDE: Final = "ecny_cmb"
_CONNECTIONS_MAX: Final = 20
_ANSWER_BYTES_MAX: Final = 1 << 20
_SUCCESS: Final = "SUCCESS"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the bank said under its signature."""

    fields: envelopes.Fields
    content: envelopes.Content
    """Empty where it carries none."""

    @property
    def succeeded(self) -> bool:
        """The message was in form, and what it asked for was done."""
        return self.fields.get("returnCode") == _SUCCESS and self.fields.get("respCode") == _SUCCESS

    @property
    def code(self) -> str:
        """The bank's word for what went wrong: `errCode`, or `respCode` where that says more than FAIL."""
        found = (reading.word(source, "errCode") for source in (self.fields, self.content))
        return next(filter(None, found), "") or reading.word(self.fields, "respCode") or "SHAPE"

    @property
    def undecided(self) -> Pending:
        """An error that leaves the question open; `SYSTERM_ERROR` (sic) is one: the bank itself does not know."""
        return Pending(code=self.code)

    def says(self, words: frozenset[str]) -> bool:
        """Whether it is a refusal with one of these words."""
        return not self.succeeded and self.code in words

    def judged(self, final: frozenset[str]) -> Pending | Refused:
        """A refusal as an outcome: refused only by a word among `final`."""
        if self.says(final):
            return Refused(code=self.code, text=reading.text(self.fields, "respMsg"))
        return self.undecided


class Wire:
    """The connections of one merchant, its key, and the bank's."""

    def __init__(self, keys: EcnyKeys, *, clock: Clock, read_timeout_s: float = READ_TIMEOUT_S) -> None:
        self.keys = keys
        self._clock = clock
        self._own = signing.private_key(keys.private_key)
        self._bank = [signing.public_key(one) for one in keys.bank_public_keys]
        self._read_timeout_s = read_timeout_s
        self._client = open_client(keys.base_url, read_timeout_s=read_timeout_s, connections_max=_CONNECTIONS_MAX)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def signed(self, fields: Mapping[str, str]) -> dict[str, str]:
        """The fields with our signature over them."""
        return {**fields, "sign": signing.sign(self._own, signing.canonical(fields))}

    async def is_banks(self, fields: envelopes.Fields) -> bool:
        """Whether one of the bank's keys signed these fields."""
        return await asyncio.to_thread(self._is_banks, signing.canonical(fields), fields.get("sign", ""))

    async def ask(self, path: str, content: Mapping[str, str]) -> Answer | Pending:
        """One call and its believed answer, or why nothing is known although it was sent.

        Raises:
            Unavailable: no connection could be made, so nothing was sent.
        """
        exchanged = await self.exchange(await asyncio.to_thread(self._request, path, content))
        if isinstance(exchanged, Pending):
            return exchanged
        try:
            fields = envelopes.read_answer(exchanged)
            # An error may come unsigned: it decides nothing, since anybody could have written it.
            if not await self.is_banks(fields):
                return Pending(code="UNSIGNED")
            return Answer(fields, envelopes.read_content(fields) if envelopes.CONTENT in fields else {})
        except envelopes.Unreadable:
            return Pending(code="BAD_ANSWER")

    async def ask_for_bill(self, wanted: Mapping[str, str]) -> bytes | Pending:
        """The answer of the bills' address. The bank does not sign it, so that whatever it says moves no money.

        Raises:
            Unavailable: no connection could be made, so nothing was sent.
        """
        return await self.exchange(await asyncio.to_thread(self._bill_request, wanted))

    async def download(self, target: str, *, bytes_max: int) -> bytes | Pending:
        """The bytes of a bill's file, fetched where our settings say files are.

        Raises:
            Unavailable: no connection could be made, so nothing was sent.
        """
        return await self.exchange(
            self._client.build_request("GET", f"{self.keys.file_base}{target}", headers=self._headers()),
            bytes_max=bytes_max,
        )

    async def exchange(self, request: httpx.Request, *, bytes_max: int = _ANSWER_BYTES_MAX) -> bytes | Pending:
        """The bytes of an answer with status 200."""
        exchanged = await exchange(
            self._client,
            request,
            far_side=FAR_SIDE,
            read_timeout_s=self._read_timeout_s,
            answer_bytes_max=bytes_max,
        )
        if isinstance(exchanged, Pending):
            return exchanged
        status, _, raw = exchanged
        return raw if status == 200 else Pending(code=f"HTTP_{status}")

    def _is_banks(self, text: str, signature: str) -> bool:
        return any(signing.verifies(key, text, signature) for key in self._bank)

    def _request(self, path: str, content: Mapping[str, str]) -> httpx.Request:
        fields = {
            envelopes.CONTENT: _compact(content),
            "encoding": envelopes.ENCODING,
            "signMethod": envelopes.SM2,
            "version": envelopes.VERSION,
        }
        signed = self.signed(fields)
        api_text, timestamp = self._api_text(signed["sign"])
        headers = {"timestamp": timestamp, "apisign": signing.api_digest(api_text)}
        return self._post(path, _compact(signed), headers)

    def _bill_request(self, wanted: Mapping[str, str]) -> httpx.Request:
        """Header by header as go-pay/gopay (`cmbpay/bill_check.go`) sends it."""
        body = _compact({"requestBody": wanted})
        sign = signing.sign(self._own, body)
        api_text, timestamp = self._api_text(sign)
        headers = {
            "timestamp": timestamp,
            "apisign": signing.sign_raw(self._own, api_text),
            "sign": sign,
            "verify": "SM3withSM2",
            "channel": "AP",
            "funcCode": "BILLRECORD_GET_FORAPI",
            "sysCode": "AP",
        }
        return self._post(f"{self.keys.bill_url}/adapter", body, headers)

    def _api_text(self, sign: str) -> tuple[str, str]:
        timestamp = str(int(self._clock().timestamp()))
        keys = self.keys
        return signing.api_text(
            app_id=keys.app_id, app_secret=keys.app_secret, sign=sign, timestamp=timestamp
        ), timestamp

    def _post(self, url: str, body: str, headers: Mapping[str, str]) -> httpx.Request:
        told = {"Content-Type": "application/json", "appid": self.keys.app_id, **headers}
        return self._client.build_request("POST", url, content=body.encode(), headers=self._headers() | told)

    def _headers(self) -> dict[str, str]:
        return {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": self.keys.user_agent}


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
