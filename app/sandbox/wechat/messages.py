"""Subscribe messages (订阅消息) of the mini-program's server: one consent on a phone is one message, for one template."""

import json
import re
from typing import Any, Final

from litestar import Request, Response, post
from litestar.handlers import HTTPRouteHandler

from app.sandbox.far_side import FarSide
from app.sandbox.wechat.login import TOKEN_LIFE_S, LoginRefusal, serve

CERTIFICATE: Final = "SANDBOX-certificate"
REFUND: Final = "SANDBOX-refund"
TEMPLATES: Final = {
    CERTIFICATE: ("thing1", "character_string2", "time3"),
    REFUND: ("thing1", "amount2", "time3", "character_string4"),
}
"""Fields by template, as its console shows them."""
_FORMS: Final = {
    "thing": r".{1,20}",
    "amount": r"[¥￥$]?[0-9]{1,10}(\.[0-9]{1,2})?元?",
    "character_string": r"[!-~]{1,32}",
    "time": r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}",
}
_PAGE: Final = re.compile(r"pages/[a-z/]+(\?[!-~]*)?")

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS subscribe_consent (openid TEXT NOT NULL, template_id TEXT NOT NULL, left_count INT NOT NULL,
    PRIMARY KEY (openid, template_id));
CREATE TABLE IF NOT EXISTS subscribe_message (
    openid TEXT NOT NULL, template_id TEXT NOT NULL, at REAL NOT NULL, page TEXT NOT NULL, lang TEXT NOT NULL,
    data TEXT NOT NULL);
"""


def note_consent(far: FarSide, openid: str, template_id: str, *, says: str) -> None:
    """A yes adds one message; a no adds nothing, and a ban takes away what was left."""
    with far.truth.transaction():
        far.truth.run("INSERT OR IGNORE INTO subscribe_consent VALUES (?, ?, 0)", openid, template_id)
        change = {"accept": "left_count + 1", "reject": "left_count", "ban": "0"}[says]
        far.truth.run(
            f"UPDATE subscribe_consent SET left_count = {change} WHERE openid = ? AND template_id = ?",
            openid,
            template_id,
        )


@post("/cgi-bin/message/subscribe/send")
async def send(request: Request[Any, Any, Any], far: FarSide) -> Response[bytes]:
    """One message to one phone."""
    body, token = await request.body(), request.query_params.get("access_token", "")
    return await serve(request, far, "subscribe_message", lambda: _sent(far, token, body))


def _sent(far: FarSide, token: str, body: bytes) -> dict[str, Any]:
    found = far.truth.row("SELECT made_at FROM access_token WHERE token = ?", token)
    if found is None or far.truth.now() >= found["made_at"] + TOKEN_LIFE_S:
        raise LoginRefusal(40001)
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        raise LoginRefusal(47001) from None
    if not isinstance(asked, dict) or not isinstance(asked.get("data"), dict):
        raise LoginRefusal(47001)
    openid, template_id, page = (str(asked.get(name, "")) for name in ("touser", "template_id", "page"))
    if far.truth.row("SELECT 1 AS known FROM person WHERE openid = ?", openid) is None:
        raise LoginRefusal(40003)
    if template_id not in TEMPLATES:
        raise LoginRefusal(40037)
    if not _PAGE.fullmatch(page):
        raise LoginRefusal(41030)
    for name in TEMPLATES[template_id]:
        said = asked["data"].get(name)
        value = said.get("value") if isinstance(said, dict) else None
        if not isinstance(value, str) or not re.fullmatch(_FORMS[name.rstrip("0123456789")], value):
            raise LoginRefusal(47003)
    with far.truth.transaction():
        left = far.truth.row(
            "SELECT left_count FROM subscribe_consent WHERE openid = ? AND template_id = ?", openid, template_id
        )
        if left is None or left["left_count"] < 1:
            raise LoginRefusal(43101)
        far.truth.run(
            "UPDATE subscribe_consent SET left_count = left_count - 1 WHERE openid = ? AND template_id = ?", openid,
            template_id,
        )  # fmt: skip
        far.truth.run(
            "INSERT INTO subscribe_message VALUES (?, ?, ?, ?, ?, ?)", openid, template_id, far.truth.now(), page,
            str(asked.get("lang", "")), json.dumps(asked["data"], ensure_ascii=False),
        )  # fmt: skip
    return {"errcode": 0, "errmsg": "ok"}


ROUTES: Final[list[HTTPRouteHandler]] = [send]
