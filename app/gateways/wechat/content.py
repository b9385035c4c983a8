"""WeChat's content check (内容安全): what it advises about a text at once, and about a picture later, by a push.

Source: 服务端接口 `msgSecCheck` (version 2) and `mediaCheckAsync` (version 2); seen 2026-11.
What it does not say clearly is silence, and silence is never "pass".
"""

import re
from dataclasses import dataclass
from typing import Any, Final

from app.gateways.wechat.calling import MiniProgramServer
from app.kernel.clock import Clock, utc_now
from app.kernel.errors import Unavailable

_TRACE: Final = re.compile(r"[0-9A-Za-z_\-]{1,64}")
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


class ContentServer(MiniProgramServer):
    """The content check of one mini-program. `base_url` is the server's root, as of `WeChatLogin`."""

    def __init__(
        self, *, appid: str, secret: str, base_url: str, read_timeout_s: float = 5.0, clock: Clock = utc_now
    ) -> None:
        super().__init__(
            appid=appid, secret=secret, base_url=base_url, about="content", read_timeout_s=read_timeout_s, clock=clock
        )

    async def check_text(self, text: str, *, openid: str) -> ContentAdvice:
        """What WeChat advises about a text of somebody who was in the mini-program within two hours.

        Raises:
            OpenidStale: they were not.
            Unavailable: silence, or an answer that says nothing about the text.
        """
        asked = {"version": 2, "openid": openid, "scene": _SCENE, "content": text[:TEXT_MOST]}
        return read_advice(await self.ask("/wxa/msg_sec_check", asked, read=_fact))

    async def send_picture(self, url: str, *, openid: str) -> str:
        """Let WeChat fetch and look at the picture at `url`; the name under which it will tell what it saw.

        Raises:
            OpenidStale, Unavailable: as `check_text`.
        """
        asked = {"version": 2, "openid": openid, "scene": _SCENE, "media_url": url, "media_type": 2}
        trace_id = (await self.ask("/wxa/media_check_async", asked, read=_fact)).get("trace_id")
        if not isinstance(trace_id, str) or not _TRACE.fullmatch(trace_id):
            raise Unavailable("wechat: an answer about a picture without its name")
        return trace_id


def _fact(errcode: int) -> BaseException | None:
    return OpenidStale() if errcode in _OPENID_STALE else None


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
