"""Who pays inside WeChat: known from the mini-program, or from the official account's silent web authorization.

An openid is kept for the person it belongs to, within its appid. Where it belongs to another person (this phone came
before, with a session it has lost), it is not kept a second time: it stays for two hours in a cookie, sealed under the
present person's key, for this payment alone.
"""

import base64
import binascii
import hmac
import re
import secrets
import time
from hashlib import sha256
from typing import Any, Final

from litestar import Request
from litestar.datastructures import Cookie
from litestar.response import Redirect

from app.foundation import identity
from app.gateways.channels.base import Payer
from app.gateways.channels.methods import Place
from app.gateways.wechat import OfficialAccount
from app.views.services import Services
from app.web.citizen.ways_to_pay import mini_program_payer
from app.web.kit.requests import cookies
from app.web.kit.requests.places import place_of
from app.web.kit.security.guards import Session

BACK: Final = "/wechat/back"
_STATE: Final = "dd_wechat"
_STATE_S: Final = 600
_PAYER: Final = "dd_payer"
_PAYER_S: Final = 2 * 3600
_PURPOSE: Final = "wechat.payer"
_ORDER: Final = re.compile(r"ord_[0-9A-HJKMNP-TV-Z]{26}")


async def payer_of(request: Request[Any, Any, Any], session: Session, services: Services) -> Payer | None:
    """Who would pay in this browser; None: it is not WeChat's, or WeChat has told us about nobody."""
    if place_of(request) is not Place.WECHAT:
        return None
    if (account := services.gateways.account) is not None:
        openid = await identity.openid_of(session.person_id, account.appid, keyring=services.keyring)
        if openid is None:
            openid = await _from_cookie(request, session, services)
        if openid is not None:
            return Payer(id=openid, app_id=account.appid)
    return await mini_program_payer(session.person_id, services)


def begin(order: str, request: Request[Any, Any, Any], account: OfficialAccount, services: Services) -> Redirect:
    """To WeChat and back to the order's page. The state is bound to this session, and good for ten minutes."""
    assert _ORDER.fullmatch(order), order
    nonce = secrets.token_hex(16)
    told = f"{nonce}.{int(time.time()) + _STATE_S}.{order}"
    value = f"{told}.{_seal(told, request, services)}"
    url = account.authorize_url(redirect_uri=services.issuer.public_url + BACK, state=nonce)
    return Redirect(url, status_code=303, cookies=[_cookie(_STATE, value, _STATE_S, services, path=BACK)])


def goal_of(request: Request[Any, Any, Any], state: str, services: Services) -> str | None:
    """The order's page that the reader came from; None where this answer belongs to no question of this session."""
    told, _, seal = (cookies.read(request.scope, _STATE) or "").rpartition(".")
    if not hmac.compare_digest(seal.encode(), _seal(told, request, services).encode()):
        return None
    nonce, until, order = told.split(".")
    if not hmac.compare_digest(nonce.encode(), state.encode()) or int(until) < time.time():
        return None
    return f"/o/{order}" if _ORDER.fullmatch(order) else None


def forget_state(services: Services) -> Cookie:
    """A state is answered once."""
    return _cookie(_STATE, "", 0, services, path=BACK)


async def keep(openid: str, session: Session, account: OfficialAccount, services: Services) -> list[Cookie]:
    """Write down who this is, or carry it in a cookie where it is somebody else's; the cookies for the answer."""
    person_id = session.person_id
    if await identity.keep_openid(
        person_id, openid, account.appid, keyring=services.keyring, now=services.gateways.clock()
    ):
        return []
    sealed = await identity.seal(person_id, openid, purpose=_PURPOSE, keyring=services.keyring)
    value = base64.urlsafe_b64encode(sealed).decode()
    return [_cookie(_PAYER, value, _PAYER_S, services, path="/o")]


async def _from_cookie(request: Request[Any, Any, Any], session: Session, services: Services) -> str | None:
    value = cookies.read(request.scope, _PAYER)
    if value is None or len(value) > 512:
        return None
    try:
        sealed = base64.b64decode(value, altchars=b"-_", validate=True)
        return await identity.unseal(session.person_id, sealed, purpose=_PURPOSE, keyring=services.keyring)
    except (binascii.Error, ValueError, identity.SealBroken):
        return None  # another person's by now, or nobody's


def _seal(told: str, request: Request[Any, Any, Any], services: Services) -> str:
    session_token = cookies.read(request.scope, cookies.SESSION) or ""
    return hmac.new(services.form_key, f"wechat:{told}:{session_token}".encode(), sha256).hexdigest()


def _cookie(name: str, value: str, max_age_s: int, services: Services, *, path: str) -> Cookie:
    is_secure = services.issuer.public_url.startswith("https://")
    return Cookie(key=name, value=value, path=path, max_age=max_age_s, secure=is_secure, httponly=True, samesite="lax")
