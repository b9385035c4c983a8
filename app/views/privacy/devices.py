"""Where one is signed in, `/me/devices`, and how the account comes to another device."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Literal

from app.views.page import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceLine:
    """One open session: POST its `id` to `/me/devices/revoke`."""

    id: str
    browser: str
    """`chrome`, `wechat` …; `other` where it is not known."""
    system: str
    since: datetime
    seen_on: date
    is_this: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicesPage(Page):
    """Every form takes `intent` and `csrf_token`; `/me/devices/revoke-others` ends all but this one, `/me/devices/move`
    shows a code."""

    template: ClassVar[str] = "privacy/devices.html"

    devices: tuple[DeviceLine, ...]
    """This one first."""
    may_move: bool
    """Staff sign in by their password elsewhere too."""
    intent: str
    csrf_token: str
    notice: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowCodePage(Page):
    """The code on the device that is signed in; once it was typed elsewhere, the question whether that was them: POST `move`
    and `answer` (yes or no) to `/me/devices/move/answer`."""

    template: ClassVar[str] = "privacy/show_code.html"

    step: Literal["code", "ask", "confirmed", "none"]
    code: str = ""
    """In two groups of four."""
    expires_at: datetime | None = None
    typed_at: str = ""
    """The address to open on the other device."""
    move: str = ""
    number: int | None = None
    browser: str = "other"
    system: str = "other"
    refresh_s: int | None = None
    intent: str
    csrf_token: str
    notice: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeCodePage(Page):
    """The other device: a field `code`, by POST to `/move`; then the wait, and POST to `/move/finish`."""

    template: ClassVar[str] = "privacy/type_code.html"

    step: Literal["type", "wait", "finish", "over"]
    code: str = ""
    fault: str | None = None
    number: int | None = None
    replaces: bool = False
    """Somebody else is signed in on this device, and would not be any more."""
    refresh_s: int | None = None
    intent: str = ""
    csrf_token: str = ""
