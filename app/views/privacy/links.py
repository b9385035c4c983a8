"""A guest becomes one with a mini-program user: the page in their browser, `/me/link`, and what the mini-program is told."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar, Final, Literal

import msgspec

from app.foundation.identity import links
from app.kernel import ids
from app.kernel.clock import rfc3339
from app.kernel.text import Language, Text
from app.views.page import Page

CONSEQUENCES: Final = Text(
    zh="关联后，浏览器访客与小程序用户成为同一个人：访客账户里的克数移入小程序账户，证书、订单和记录都能在小程序里看到；"
    "访客作过的授权、大屏展示、头像和对银行或单位的共享随之结束；小程序账户已有的共享今后也包含访客的数据。"
    "关联不能撤销，注销账户会一并清除两边的个人信息。",
    en="Once linked, the browser guest and the mini-program user are one person: grams of the guest’s account move into the "
    "mini-program’s, and certificates, orders and records are seen there. What the guest had agreed to, showed on the big "
    "screen or shared with a bank or employer ends; what the mini-program user shares includes the guest’s data from then on. "
    "A link cannot be undone; erasing the account clears the personal data of both.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkPage(Page):
    """In the guest's browser. A code is made by POST to `/me/link`; once it was typed in the mini-program, POST `move` and
    `answer` (yes or no) to `/me/link/answer`."""

    template: ClassVar[str] = "privacy/link.html"

    step: Literal["start", "code", "ask", "confirmed", "linked", "known"]
    """`known`: whoever came by an app types the code there, and shows none here."""
    consequences: str
    code: str = ""
    """In two groups of four."""
    expires_at: datetime | None = None
    move: str = ""
    number: int | None = None
    linked_at: datetime | None = None
    """The latest link."""
    refresh_s: int | None = None
    intent: str
    csrf_token: str
    notice: str | None = None


class LinkTryView(msgspec.Struct, frozen=True, kw_only=True):
    """A try to link, as the mini-program shows it."""

    id: Annotated[str, msgspec.Meta(examples=["lnk_01JD8Q9T5K3V2M7N4P6R8S0W1X"])]
    number: int
    """Two digits; the browser shows the same."""
    expires_at: str
    is_confirmed: bool
    """The browser said yes: `finishLink` is open."""
    text: str
    """What happens then, to be shown before: there is no way back."""


class LinkView(msgspec.Struct, frozen=True, kw_only=True):
    """A browser guest who became this person."""

    id: Annotated[str, msgspec.Meta(examples=["lnk_01JD8Q9T5K3V2M7N4P6R8S0W1X"])]
    linked_at: str


class LinksView(msgspec.Struct, frozen=True, kw_only=True):
    """All of them, the latest first."""

    items: tuple[LinkView, ...]


EXAMPLE_TRY: Final = LinkTryView(
    id="lnk_01JD8Q9T5K3V2M7N4P6R8S0W1X", number=42, expires_at="2026-11-22T10:12:07+08:00", is_confirmed=False,
    text=CONSEQUENCES.zh,
)  # fmt: skip
EXAMPLE_LINKS: Final = LinksView(
    items=(LinkView(id="lnk_01JD8Q9T5K3V2M7N4P6R8S0W1X", linked_at="2026-11-22T10:05:07+08:00"),)
)


def try_view(one: links.Taken, language: Language) -> LinkTryView:
    """In the reader's language."""
    return LinkTryView(
        id=ids.public("lnk", one.id), number=one.number, expires_at=rfc3339(one.expires_at),
        is_confirmed=one.is_confirmed, text=CONSEQUENCES.in_(language),
    )  # fmt: skip


def links_view(found: list[links.Link]) -> LinksView:
    """As the API tells them."""
    return LinksView(
        items=tuple(LinkView(id=ids.public("lnk", one.id), linked_at=rfc3339(one.linked_at)) for one in found)
    )
