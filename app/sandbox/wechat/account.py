"""Web authorization of the official account (公众号网页授权): who reads a page inside WeChat, silently (`snsapi_base`).

As at WeChat, the link is matched by the order of its parameters, opens in WeChat's browser only, and leads back to
a registered address only: here loopback. Who somebody is, this browser remembers by a cookie, as a phone is signed in.
"""

import hmac
import re
import secrets
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from litestar import MediaType, Request, Response, get
from litestar.datastructures import Cookie
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect

from app.sandbox.addresses import is_loopback
from app.sandbox.far_side import FarSide
from app.sandbox.wechat.login import CODE_LIFE_S, LoginRefusal, serve

_ORDER: Final = ("appid", "redirect_uri", "response_type", "scope", "state")
_STATE: Final = re.compile(r"[0-9A-Za-z]{0,128}")
_WHO: Final = "sandbox_wechat"


@get("/connect/oauth2/authorize", media_type=MediaType.TEXT)
async def authorize(request: Request[Any, Any, Any], far: FarSide) -> Response[str] | Redirect:
    """Back to the page with a code; the reader sees nothing of it."""
    asked = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    given = dict(asked)
    if "MicroMessenger" not in request.headers.get("user-agent", ""):
        return _refuse("请在微信客户端打开链接")
    if tuple(name for name, _ in asked) != _ORDER or given["response_type"] != "code":
        return _refuse("链接错误：参数或其顺序不符")
    if (wrong := _wrong(far, given)) is not None:
        return _refuse(wrong)
    back = given["redirect_uri"]
    code, openid = _mint(far, request.cookies.get(_WHO))
    url = f"{back}{'&' if urlsplit(back).query else '?'}{urlencode({'code': code, 'state': given['state']})}"
    cookies = [Cookie(key=_WHO, value=openid, path="/connect", httponly=True, samesite="lax")]
    return Redirect(url, status_code=302, cookies=cookies)


@get("/sns/oauth2/access_token")
async def exchange(request: Request[Any, Any, Any], far: FarSide) -> Response[bytes]:
    """Who stands behind a code of the page."""
    asked = {name: request.query_params.get(name, "") for name in ("appid", "secret", "code", "grant_type")}

    def tell() -> dict[str, Any]:
        _check_account(far, asked["appid"], asked["secret"])
        if not asked["code"]:
            raise LoginRefusal(41008)
        if asked["grant_type"] != "authorization_code":
            raise LoginRefusal(40002)
        return _redeem(far, asked["code"])

    return await serve(request, far, "page_login", tell)


ROUTES: Final[list[HTTPRouteHandler]] = [authorize, exchange]


def _wrong(far: FarSide, given: dict[str, str]) -> str | None:
    back = given["redirect_uri"]
    checks = (
        (given["appid"] == far.keys.account_appid, "AppID 参数错误"),
        (given["scope"] == "snsapi_base", "Scope 参数错误或没有 Scope 权限"),
        (_STATE.fullmatch(given["state"]) is not None, "state 参数错误"),
        (urlsplit(back).scheme in {"http", "https"} and is_loopback(back), "redirect_uri 域名与后台配置不一致"),
    )
    return next((why for holds, why in checks if not holds), None)


def _mint(far: FarSide, known: str | None) -> tuple[str, str]:
    """A code for five minutes and one use, of this browser's person, or of a made-up one in the snapshot mode."""
    is_snapshot = far.truth.setting("account.snapshot", "0") == "1"
    with far.truth.transaction():
        row = far.truth.row("SELECT openid FROM account_person WHERE openid = ? AND NOT is_snapshot", known or "")
        is_new = is_snapshot or row is None
        openid = ("oSNAPSHOT" if is_snapshot else "oSANDBOX") + secrets.token_urlsafe(15) if is_new else str(known)
        if is_new:
            far.truth.run("INSERT INTO account_person VALUES (?, ?)", openid, is_snapshot)
        code = "1sandbox" + secrets.token_hex(12)
        far.truth.run(
            "INSERT INTO account_code (code, openid, made_at) VALUES (?, ?, ?)", code, openid, far.truth.now()
        )
    return code, str(known) if is_snapshot and known else openid


def _redeem(far: FarSide, code: str) -> dict[str, Any]:
    with far.truth.transaction():
        found = far.truth.row("SELECT * FROM account_code NATURAL JOIN account_person WHERE code = ?", code)
        now = far.truth.now()
        if found is None or now >= found["made_at"] + CODE_LIFE_S:
            raise LoginRefusal(40029)
        if found["used_at"] is not None:
            raise LoginRefusal(40163)
        far.truth.run("UPDATE account_code SET used_at = ? WHERE code = ?", now, code)
    told = {
        "access_token": "sandbox_" + secrets.token_urlsafe(64),
        "expires_in": 7200,
        "refresh_token": "sandbox_" + secrets.token_urlsafe(64),
        "openid": found["openid"],
        "scope": "snsapi_base",
    }
    return told | {"is_snapshotuser": 1} if found["is_snapshot"] else told


def _check_account(far: FarSide, appid: str, secret: str) -> None:
    if not appid:
        raise LoginRefusal(41002)
    if appid != far.keys.account_appid:
        raise LoginRefusal(40013)
    if not secret:
        raise LoginRefusal(41004)
    if not hmac.compare_digest(secret.encode(), far.keys.account_secret.encode()):
        raise LoginRefusal(40125)


def _refuse(why: str) -> Response[str]:
    """A page of WeChat's own: the browser does not come back."""
    return Response(f"SANDBOX 样张 · {why}", status_code=200, media_type=MediaType.TEXT)
