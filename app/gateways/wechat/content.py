"""WeChat's content check (内容安全): what it advises about a text at once, and about a picture later, by a push.

Source: 服务端接口 `msgSecCheck` (version 2) and `mediaCheckAsync` (version 2), `getStableAccessToken`; seen 2026-11.
What it does not say clearly is silence, and silence is never "pass".
"""

import asyncio
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import httpx
import msgspec

from app.gateways.exchanging import exchange, open_client
from app.kernel.clock import Clock, utc_now
from app.kernel.errors import Unavailable
from app.kernel.outcome import Pending

_ANSWER_BYTES_MAX: Final = 64 * 1024
_CONNECTIONS: Final = 8
_RENEWED_EARLY: Final = timedelta(minutes=5)
_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,2048}")
_TRACE: Final = re.compile(r"[0-9A-Za-z_\-]{1,64}")
_TOKEN_REFUSED: Final = frozenset({40001, 40014, 42001})
_OPENID_STALE: Final = frozenset({40003, 61010})
"""No openid of this mini-program, or somebody who was not in it for two hours."""
_SCENE: Final = 1
"""资料: names and pictures of a profile."""
TEXT_MOST: Final = 2500
"""Characters that one check takes."""


class OpenidStale(Exception):
    """WeChat does not check for this person: they have not been in the mini-program for two hours."""


@dataclass(frozen=True, slots=True)
class ContentAdvice:
    """What WeChat advises, in its own words: `pass`, `review`, `risky`."""

    suggestion: str
    label: int
    """100: nothing was found; otherwise what was."""


@dataclass(frozen=True, slots=True)
class _Token:
    text: str = field(repr=False)
    ends_at: datetime


class ContentServer:
    """The content check of one mini-program. `base_url` is the server's root, as of `WeChatLogin`."""

    def __init__(
        self, *, appid: str, secret: str, base_url: str, read_timeout_s: float = 5.0, clock: Clock = utc_now
    ) -> None:
        self.appid = appid
        self._secret = secret
        self._read_timeout_s = read_timeout_s
        self._clock = clock
        self._client = open_client(base_url.rstrip("/"), read_timeout_s=read_timeout_s, connections_max=_CONNECTIONS)
        self._token: _Token | None = None
        self._fetching = asyncio.Lock()

    async def check_text(self, text: str, *, openid: str) -> ContentAdvice:
        """What WeChat advises about a text of somebody who was in the mini-program within two hours.

        Raises:
            OpenidStale: they were not.
            Unavailable: silence, or an answer that says nothing about the text.
        """
        asked = {"version": 2, "openid": openid, "scene": _SCENE, "content": text[:TEXT_MOST]}
        return read_advice(await self._ask("/wxa/msg_sec_check", asked))

    async def send_picture(self, url: str, *, openid: str) -> str:
        """Let WeChat fetch and look at the picture at `url`; the name under which it will tell what it saw.

        Raises:
            OpenidStale, Unavailable: as `check_text`.
        """
        asked = {"version": 2, "openid": openid, "scene": _SCENE, "media_url": url, "media_type": 2}
        trace_id = (await self._ask("/wxa/media_check_async", asked)).get("trace_id")
        if not isinstance(trace_id, str) or not _TRACE.fullmatch(trace_id):
            raise Unavailable("wechat: an answer about a picture without its name")
        return trace_id

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _ask(self, path: str, asked: dict[str, Any]) -> dict[str, Any]:
        """One question; once more with a new token where WeChat refuses ours."""
        for is_last in (False, True):
            token = await self._current()
            answer = await self._post(path, asked, token=token.text)
            errcode = answer.get("errcode")
            if errcode == 0:
                return answer
            if errcode in _OPENID_STALE:
                raise OpenidStale
            if errcode not in _TOKEN_REFUSED or is_last:
                # Its `errmsg` may hold what was asked, and is not told on.
                raise Unavailable(f"wechat: nothing said about content, {errcode}")
            if self._token is token:
                self._token = None
        raise AssertionError("unreachable")

    async def _current(self) -> _Token:
        """A token that is good for some minutes: fetched once for all who wait, renewed before it ends."""
        kept = self._token
        if kept is not None and kept.ends_at - self._clock() >= _RENEWED_EARLY:
            return kept
        async with self._fetching:
            if self._token is not None and self._token is not kept:
                return self._token
            asked_at = self._clock()
            answer = await self._post(
                "/cgi-bin/stable_token",
                {"grant_type": "client_credential", "appid": self.appid, "secret": self._secret},
            )
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
            raise Unavailable("wechat: silence about content") from None  # the address holds the token
        if isinstance(got, Pending):
            raise Unavailable(f"wechat: silence about content, {got.code}")
        status, _, raw = got
        answer: object = None
        if status == httpx.codes.OK:
            try:
                answer = msgspec.json.decode(raw)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                answer = None
        if not isinstance(answer, dict):
            raise Unavailable("wechat: no readable answer about content")
        return answer


def read_advice(told: dict[str, Any]) -> ContentAdvice:
    """The advice in an answer or a push.

    Raises:
        Unavailable: there is none, or of another form.
    """
    result = told.get("result")
    if not isinstance(result, dict):
        raise Unavailable("wechat: an answer about content without a result")
    suggestion, label = result.get("suggest"), result.get("label")
    if not isinstance(suggestion, str) or type(label) is not int:
        raise Unavailable("wechat: an unreadable result about content")
    return ContentAdvice(suggestion, label)
