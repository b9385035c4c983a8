"""What the pages need by which somebody comes into a console with WeChat."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from markupsafe import Markup

from app.views.console import Console
from app.web.operator.access_views import AskPage


@dataclass(frozen=True, slots=True, kw_only=True)
class WechatPage(Console):
    """Whether one's account has a WeChat. POST to `/operator/wechat/link` or `/operator/wechat/unlink`."""

    template: ClassVar[str] = "operator/wechat/wechat.html"

    linked_at: datetime | None
    """None: it has none."""
    is_offered: bool
    """The platform has an official account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WechatWaitPage(AskPage):
    """The QR code, and the last step once a telephone said yes: POST to `/operator/wechat/finish` with `next`, `code`."""

    template: ClassVar[str] = "operator/wechat/wechat_wait.html"

    step: Literal["scan", "confirmed", "over"]
    act: Literal["sign_in", "link"]
    qr: Markup | None = None
    number: int = 0
    here_url: str | None = None
    """What the QR code says, for a reader whose browser is WeChat's own."""
    asks_code: bool = False
    """A member with a second factor proves it before a WeChat is linked."""
    goal: str
    refresh_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WechatAskPage(AskPage):
    """What a telephone sees: yes or no. POST to `/w/confirm` with `scan`, `account` and `csrf_token`."""

    template: ClassVar[str] = "operator/wechat/wechat_ask.html"

    step: Literal["elsewhere", "ask", "done", "refused"]
    act: Literal["sign_in", "link"] = "sign_in"
    name: str = ""
    """Whose account it is."""
    number: int = 0
    scan: str = ""
    account: str = ""
