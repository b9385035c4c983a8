"""What a test tells WeChat's servers: where pushes go, and what to push."""

from typing import Any, Final, Literal

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from app.sandbox.far_side import FarSide
from app.sandbox.wechat import content, messages


class PushUrlForm(Struct, frozen=True, forbid_unknown_fields=True):
    """The address that a mini-program's console has for pushes."""

    url: str


class PushForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A push as it shall be sent now."""

    trace_id: str
    suggest: Literal["pass", "review", "risky"]
    openid: str = "oSANDBOX"
    errcode: int = 0


@post("/wx/push_url", status_code=200)
async def set_push_url(far: FarSide, data: PushUrlForm) -> dict[str, str]:
    """Where pushes go from now on; only loopback is ever sent to."""
    far.truth.set(content.PUSH_URL, data.url)
    return {"url": data.url}


@post("/wx/push", status_code=200)
async def send_push(far: FarSide, data: PushForm) -> dict[str, str]:
    """Send one, and what was answered."""
    return {
        "answer": await content.push(far, data.trace_id, suggest=data.suggest, openid=data.openid, errcode=data.errcode)
    }


@get("/wx/content")
async def tell_content(far: FarSide) -> list[dict[str, Any]]:
    """What was asked about content, the oldest first."""
    return far.truth.rows("SELECT * FROM content_asked ORDER BY at, rowid")


class ConsentForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody tapped when a mini-program asked for a template: each yes is good for one message."""

    openid: str
    template_id: str
    says: Literal["accept", "reject", "ban"] = "accept"


@post("/wx/subscribe", status_code=200)
async def subscribe(far: FarSide, data: ConsentForm) -> dict[str, str]:
    """What `wx.requestSubscribeMessage` gives on a phone."""
    messages.note_consent(far, data.openid, data.template_id, says=data.says)
    return {data.template_id: data.says}


@get("/wx/messages")
async def tell_messages(far: FarSide) -> list[dict[str, Any]]:
    """What reached phones, the oldest first."""
    return far.truth.rows("SELECT * FROM subscribe_message ORDER BY at, rowid")


ROUTES: Final[list[HTTPRouteHandler]] = [set_push_url, send_push, tell_content, subscribe, tell_messages]
