"""Calls of a mini-program's server under its access token: fetched once for all who wait, renewed before it ends.

Source: 服务端接口 `getStableAccessToken`; seen 2026-11.
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import httpx
import msgspec

from app.gateways.exchanging import exchange, open_client
from app.kernel.clock import Clock
from app.kernel.errors import Unavailable
from app.kernel.outcome import Pending

_ANSWER_BYTES_MAX: Final = 64 * 1024
_CONNECTIONS: Final = 8
_RENEWED_EARLY: Final = timedelta(minutes=5)
_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,2048}")
TOKEN_REFUSED: Final = frozenset({40001, 40014, 42001})


class Unanswered(Unavailable):
    """It was sent, and nothing readable came back: nobody knows whether it was done."""


@dataclass(frozen=True, slots=True)
class _Token:
    text: str = field(repr=False)
    ends_at: datetime


class MiniProgramServer:
    """The server of one mini-program. `base_url` is its root, as of `WeChatLogin`; `about` stands in what is logged."""

    def __init__(
        self, *, appid: str, secret: str, base_url: str, about: str, read_timeout_s: float, clock: Clock
    ) -> None:
        self.appid = appid
        self._secret = secret
        self._about = about
        self._read_timeout_s = read_timeout_s
        self._clock = clock
        self._client = open_client(base_url.rstrip("/"), read_timeout_s=read_timeout_s, connections_max=_CONNECTIONS)
        self._token: _Token | None = None
        self._fetching = asyncio.Lock()

    async def ask(
        self, path: str, asked: dict[str, Any], *, read: Callable[[int], BaseException | None] = lambda _: None
    ) -> dict[str, Any]:
        """One question; once more with a new token where WeChat refuses ours. `read` makes a fact of an error number.

        Raises:
            Unanswered: it may have been done.
            Unavailable: it was not, or a number that `read` does not know.
        """
        for is_last in (False, True):
            token = await self._current()
            answer = await self._post(path, asked, token=token.text)
            errcode = answer.get("errcode")
            if errcode == 0:
                return answer
            if type(errcode) is not int:
                raise Unanswered(f"wechat: no readable answer about {self._about}")
            if (fact := read(errcode)) is not None:
                raise fact
            if errcode not in TOKEN_REFUSED or is_last:
                # Its `errmsg` may hold what was asked, and is not told on.
                raise Unavailable(f"wechat: nothing said about {self._about}, {errcode}")
            if self._token is token:
                self._token = None
        raise AssertionError("unreachable")

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _current(self) -> _Token:
        """A token that is good for some minutes: fetched once for all who wait, renewed before it ends."""
        kept = self._token
        if kept is not None and kept.ends_at - self._clock() >= _RENEWED_EARLY:
            return kept
        async with self._fetching:
            if self._token is not None and self._token is not kept:
                return self._token
            asked_at = self._clock()
            try:
                answer = await self._post(
                    "/cgi-bin/stable_token",
                    {"grant_type": "client_credential", "appid": self.appid, "secret": self._secret},
                )
            except Unanswered as silence:
                # Nothing was asked with it yet: this silence is not that of the question.
                raise Unavailable(str(silence)) from None
            text, life_s = answer.get("access_token"), answer.get("expires_in")
            if not isinstance(text, str) or not _TOKEN.fullmatch(text) or type(life_s) is not int or life_s <= 0:
                raise Unavailable(f"wechat: no access token, {answer.get('errcode')}")
            self._token = _Token(text, asked_at + timedelta(seconds=min(life_s, 7200)))
            return self._token

    async def _post(self, path: str, asked: dict[str, Any], *, token: str | None = None) -> dict[str, Any]:
        request = self._client.build_request(
            "POST", path,
            params={"access_token": token} if token else None,
            content=msgspec.json.encode(asked),  # UTF-8 as it is: WeChat checks escapes as they are written
            headers={"content-type": "application/json"},
        )  # fmt: skip
        try:
            got = await exchange(
                self._client, request, far_side="wechat", read_timeout_s=self._read_timeout_s,
                answer_bytes_max=_ANSWER_BYTES_MAX,
            )  # fmt: skip
        except httpx.HTTPError:
            raise Unanswered(f"wechat: silence about {self._about}") from None  # the address holds the token
        if isinstance(got, Pending):
            raise Unanswered(f"wechat: silence about {self._about}, {got.code}")
        status, _, raw = got
        answer: object = None
        if status == httpx.codes.OK:
            try:
                answer = msgspec.json.decode(raw)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                answer = None
        if not isinstance(answer, dict):
            raise Unanswered(f"wechat: no readable answer about {self._about}")
        return answer
