"""WeChat's subscribe messages (订阅消息): one message for one consent of a mini-program's user.

Source: 服务端接口 `subscribeMessage.send` (`POST /cgi-bin/message/subscribe/send`); seen 2026-11. A consent is used up by the
message that WeChat takes, so what may have been taken is never sent again.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from app.gateways.wechat.calling import TOKEN_REFUSED, MiniProgramServer, Unanswered
from app.kernel.clock import Clock, utc_now
from app.kernel.errors import Unavailable
from app.kernel.text import Language

_PATH: Final = "/cgi-bin/message/subscribe/send"


class RefusalReason(StrEnum):
    """Why WeChat will never take a message as it is."""

    NO_CONSENT = "no_consent"
    """43101: the user said no, took their word back, or it was used."""
    OPENID = "openid"
    """40003: nobody of this mini-program."""
    TEMPLATE = "template"
    """40037: no such template."""
    PAGE = "page"
    """41030: the page it leads to is not published."""
    DATA = "data"
    """47003: a field is missing, or not of the template's form."""


_REFUSED: Final = {
    43101: RefusalReason.NO_CONSENT,
    40003: RefusalReason.OPENID,
    40037: RefusalReason.TEMPLATE,
    41030: RefusalReason.PAGE,
    47003: RefusalReason.DATA,
}
_LATER: Final = frozenset({45009, 45011, 45047, -1, *TOKEN_REFUSED})
"""Too many of the day, of the minute, of one user; busy; and a token that was refused twice. None of them took anything."""


class MessageRefused(Exception):
    """WeChat's own no, which another try does not change. The consent is not used by it, and is worth nothing either."""

    def __init__(self, reason: RefusalReason) -> None:
        super().__init__(reason)
        self.reason = reason


class MessageNotSent(Unavailable):
    """WeChat did not take it, and may do so later: too many calls, no connection, no token."""


class MessageUnknown(Unavailable):
    """Silence or nonsense after it was sent: it may be on somebody's phone, and their consent used."""


class MessageServer(MiniProgramServer):
    """The messages of one mini-program, and its templates; without one nothing is told.

    `base_url` is the server's root, as of `WeChatLogin`.
    """

    def __init__(
        self,
        certificate_template: str,
        refund_template: str = "",
        *,
        appid: str,
        secret: str,
        base_url: str,
        read_timeout_s: float = 5.0,
        clock: Clock = utc_now,
    ) -> None:
        super().__init__(
            appid=appid, secret=secret, base_url=base_url, about="a message", read_timeout_s=read_timeout_s, clock=clock
        )
        known = {"certificate": certificate_template, "refund": refund_template}
        self.templates: Mapping[str, str] = {kind: template_id for kind, template_id in known.items() if template_id}

    async def send(
        self, template_id: str, values: Mapping[str, str], *, openid: str, page: str, language: Language, is_trial: bool
    ) -> None:
        """Send one message; `page` opens at a tap, `is_trial` opens the trial version of the mini-program.

        Raises:
            MessageRefused, MessageNotSent, MessageUnknown: see there.
        """
        asked = {
            "touser": openid, "template_id": template_id, "page": page,
            "miniprogram_state": "trial" if is_trial else "formal",
            "lang": "zh_CN" if language is Language.ZH else "en_US",
            "data": {name: {"value": value} for name, value in values.items()},
        }  # fmt: skip
        try:
            await self.ask(_PATH, asked, read=_fact)
        except MessageUnknown:
            raise
        except Unanswered as silence:
            raise MessageUnknown(str(silence)) from silence
        except Unavailable as silence:
            raise MessageNotSent(str(silence)) from silence


def _fact(errcode: int) -> BaseException | None:
    if errcode in _REFUSED:
        return MessageRefused(_REFUSED[errcode])
    # A number that nobody knows is not believed to be a no: the message may have been taken.
    return None if errcode in _LATER else MessageUnknown(f"wechat: an unknown number about a message, {errcode}")
