"""The mini-program's login server (小程序登录): codes for openids, and the application's access token.

Errors are `errcode` and `errmsg` in a 200, typed text/plain as WeChat's are.
"""

import base64
import hmac
import json
import secrets
from collections.abc import Callable
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from app.sandbox import faults
from app.sandbox.far_side import FarSide, Refusal

CODE_LIFE_S: Final = 300
TOKEN_LIFE_S: Final = 7200
RENEW_BEFORE_S: Final = 300
"""In the last five minutes of a token the next one is handed out; both work."""
FORCED_A_DAY: Final = 20

_TEXTS: Final = {
    40001: "invalid credential, access_token is invalid or not latest",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40013: "invalid appid",
    40029: "invalid code",
    40037: "invalid template_id",
    40125: "invalid appsecret",
    40163: "code been used",
    41002: "appid missing",
    41004: "appsecret missing",
    41008: "missing code",
    41030: "invalid page",
    43101: "user refuse to accept the msg",
    45009: "reach max api daily quota limit",
    47001: "data format error",
    47003: "argument invalid",
    61010: "code is expired",
}


class LoginRefusal(Exception):
    """A no in the dialect of the mini-program servers."""

    def __init__(self, errcode: int) -> None:
        super().__init__(errcode, _TEXTS[errcode])
        self.errcode = errcode


def mint_code(far: FarSide, *, openid: str | None = None) -> dict[str, str]:
    """What `wx.login()` gives on a phone: a code for five minutes and one use, of a new person or a known one."""
    code, openid = "0sandbox" + secrets.token_hex(12), openid or "oSANDBOX" + secrets.token_urlsafe(15)
    with far.truth.transaction():
        unionid = "uSANDBOX" + secrets.token_urlsafe(15)
        far.truth.run("INSERT OR IGNORE INTO person VALUES (?, ?)", openid, unionid)
        far.truth.run("INSERT INTO login_code (code, openid, made_at) VALUES (?, ?, ?)", code, openid, far.truth.now())
    return {"code": code, "openid": openid}


def redeem(far: FarSide, code: str) -> dict[str, str]:
    """Openid, session key and unionid for a code, once.

    Raises:
        LoginRefusal: unknown or older than five minutes (40029), used (40163).
    """
    with far.truth.transaction():
        found = far.truth.row("SELECT * FROM login_code NATURAL JOIN person WHERE code = ?", code)
        now = far.truth.now()
        if found is None or now >= found["made_at"] + CODE_LIFE_S:
            raise LoginRefusal(40029)
        if found["used_at"] is not None:
            raise LoginRefusal(40163)
        far.truth.run("UPDATE login_code SET used_at = ? WHERE code = ?", now, code)
    return {
        "session_key": base64.b64encode(secrets.token_bytes(16)).decode(),
        "openid": found["openid"],
        "unionid": found["unionid"],
    }


def stable_token(far: FarSide, *, force: bool) -> dict[str, Any]:
    """The access token in force and its seconds left; `force` replaces it.

    Raises:
        LoginRefusal: forced more than twenty times in a day.
    """
    with far.truth.transaction():
        now = far.truth.now()
        newest = far.truth.row("SELECT * FROM access_token ORDER BY made_at DESC, rowid DESC LIMIT 1")
        if force:
            sql = "SELECT count(*) AS times FROM access_token WHERE forced AND made_at > ?"
            asked = far.truth.row(sql, now - 24 * 3600)
            if asked is not None and asked["times"] >= FORCED_A_DAY:
                raise LoginRefusal(45009)
        if newest is None or force or now >= newest["made_at"] + TOKEN_LIFE_S - RENEW_BEFORE_S:
            newest = {"token": "sandbox_" + secrets.token_urlsafe(384), "made_at": now}
            far.truth.run("INSERT INTO access_token VALUES (?, ?, ?)", newest["token"], now, force)
    return {"access_token": newest["token"], "expires_in": int(newest["made_at"] + TOKEN_LIFE_S - now)}


@get("/sns/jscode2session")
async def code_to_session(request: Request[Any, Any, Any], far: FarSide) -> Response[bytes]:
    """Who stands behind a code of `wx.login()`."""
    asked = {name: request.query_params.get(name, "") for name in ("appid", "secret", "js_code", "grant_type")}

    def tell() -> dict[str, Any]:
        _check_application(far, asked["appid"], asked["secret"])
        if not asked["js_code"]:
            raise LoginRefusal(41008)
        if asked["grant_type"] != "authorization_code":
            raise LoginRefusal(40002)
        return redeem(far, asked["js_code"])

    return await serve(request, far, "login", tell)


@post("/cgi-bin/stable_token")
async def fetch_token(request: Request[Any, Any, Any], far: FarSide) -> Response[bytes]:
    """The application's access token."""
    body = await request.body()

    def tell() -> dict[str, Any]:
        try:
            asked = json.loads(body)
        except (ValueError, RecursionError):
            raise LoginRefusal(47001) from None
        if not isinstance(asked, dict):
            raise LoginRefusal(47001)
        _check_application(far, str(asked.get("appid", "")), str(asked.get("secret", "")))
        if asked.get("grant_type") != "client_credential":
            raise LoginRefusal(40002)
        return stable_token(far, force=asked.get("force_refresh") is True)

    return await serve(request, far, "token", tell)


ROUTES: Final[list[HTTPRouteHandler]] = [code_to_session, fetch_token]


def _check_application(far: FarSide, appid: str, secret: str) -> None:
    if not appid:
        raise LoginRefusal(41002)
    if appid != far.keys.appid:
        raise LoginRefusal(40013)
    if not secret:
        raise LoginRefusal(41004)
    if not hmac.compare_digest(secret.encode(), far.keys.app_secret.encode()):
        raise LoginRefusal(40125)


async def serve(
    request: Request[Any, Any, Any], far: FarSide, route: str, tell: Callable[[], dict[str, Any]]
) -> Response[bytes]:
    """Answer with what `tell` tells, or refuses, in the dialect of these servers, and with the faults ordered for it."""
    fault = faults.take(far, route)
    if fault is not None and fault.is_before:
        try:
            instead = await faults.strike_before(fault)
        except Refusal as refusal:
            # These servers have no 5xx dialect of their own: -1 is "system error, try again later".
            instead = _plain({"errcode": -1, "errmsg": f"system error {refusal.code}"})
        if instead is not None:
            return instead
    try:
        answer = _plain(tell())
    except LoginRefusal as refusal:
        _log(far, route, request.method, refusal)
        answer = _plain({"errcode": refusal.errcode, "errmsg": _TEXTS[refusal.errcode]})
    return answer if fault is None or fault.is_before else await faults.strike_after(fault, answer)


def _log(far: FarSide, route: str, method: str, refusal: LoginRefusal) -> None:
    # Without the query: it holds the application's secret. A dead code is the world's doing, the rest is form.
    far.truth.run(
        "INSERT INTO refusal VALUES (?, ?, ?, ?, 200, ?, ?, NULL, NULL, ?)",
        far.truth.now(),
        route,
        method,
        route,
        str(refusal.errcode),
        _TEXTS[refusal.errcode],
        refusal.errcode not in {40029, 40163, 43101, 45009, 61010},
    )


def _plain(told: dict[str, Any]) -> Response[bytes]:
    body = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(content=body, status_code=200, media_type="text/plain; charset=utf-8")
