"""WeChat sign-in, on the telephone that scanned: WeChat says who this is, and they say yes."""

import hmac
import secrets
import time
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import structlog
from litestar import Request, Response, Router, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Redirect

from app.foundation.identity import by_wechat
from app.gateways.channels.methods import Place
from app.gateways.wechat import LoginCodeRefused
from app.kernel.errors import DomainError, Unavailable
from app.kernel.text import Language, Text
from app.views.errors import FormExpired
from app.views.services import Services
from app.web.kit.requests import cookies, places
from app.web.kit.responses import html, steps
from app.web.kit.security import forms
from app.web.kit.security.limits import limited
from app.web.kit.security.signing_in import SIGN_IN, shown_name
from app.web.kit.services import provide_services
from app.web.operator.wechat_views import WechatAskPage

BACK: Final = "/w/back"
_STATE: Final = "dd_scan"
_STATE_S: Final = 300
_log: Final = structlog.get_logger("web")
_UNKNOWN: Final = Text(
    zh="微信没有告诉我们您是谁，请重新扫码。", en="WeChat did not tell who you are; please scan again."
)
_SNAPSHOT: Final = Text(
    zh="您在看微信的快照页。请点右上角“…”进入完整服务，再扫码。",
    en="This is WeChat’s snapshot of the page. Leave it by the menu “…” at the top, and scan again.",
)


_YES: Final = limited("wechat_yes", 30, is_exact=True, sharing=4, by_address=True)


@get("/w/{scan:str}", include_in_schema=False, guards=[limited("wechat", 20)])
async def scanned(
    request: Request[Any, Any, Any],
    scan: FromPath[str],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes] | Redirect:
    """To WeChat, which says who reads this; elsewhere it is said where to open it."""
    account = services.gateways.account
    if account is None:
        return Redirect(SIGN_IN, status_code=303)
    if places.place_of(request) is not Place.WECHAT:
        return html.page(_ask(services, step="elsewhere"), language)
    try:
        await by_wechat.find_scanned(scan, now=services.gateways.clock())
    except by_wechat.TicketOver as fact:
        return _refused(fact, services, language)
    nonce = secrets.token_hex(16)
    told = f"{nonce}.{int(time.time()) + _STATE_S}.{scan}"
    url = account.authorize_url(redirect_uri=services.issuer.public_url + BACK, state=nonce)
    return Redirect(url, status_code=303, cookies=[_cookie(f"{told}.{_seal(told, services)}", _STATE_S, services)])


@get(BACK, include_in_schema=False, guards=[limited("wechat", 20)])
async def come_back(
    request: Request[Any, Any, Any], language: NamedDependency[Language], services: NamedDependency[Services]
) -> Response[bytes] | Redirect:
    """The question: whose account, which browser, yes or no. Of a WeChat that may not answer it, why."""
    account, scan = services.gateways.account, _scan_of(request, services)
    if account is None or scan is None:
        return html.page(_ask(services, step="refused", notice=_UNKNOWN.in_(language)), language, status=410)
    try:
        reader = await account.exchange(request.query_params.get("code", ""))
    except (LoginCodeRefused, Unavailable) as fact:
        _log.warning("wechat.unknown", error=type(fact).__name__)
        return html.page(_ask(services, step="refused", notice=_UNKNOWN.in_(language)), language, status=503)
    if reader.is_snapshot:
        return html.page(_ask(services, step="refused", notice=_SNAPSHOT.in_(language)), language, status=409)
    who = by_wechat.account_of(reader.openid, account.appid, keyring=services.keyring)
    try:
        ticket = await by_wechat.find_scanned(scan, now=services.gateways.clock())
        page = await _question(scan, ticket, who, services)
    except DomainError as fact:
        return _refused(fact, services, language)
    answer = html.page(page, language)
    answer.cookies.append(_cookie("", 0, services))
    return answer


@post("/w/confirm", include_in_schema=False, guards=[forms.own_pages_only, _YES], status_code=200)
async def confirm(
    data: forms.Fields, language: NamedDependency[Language], services: NamedDependency[Services]
) -> Response[bytes]:
    """Yes: the other browser goes on."""
    scan, shown, now = data.get("scan", "")[:64], data.get("account", "")[:64], services.gateways.clock()
    try:
        if not forms.is_genuine(data.get(forms.FIELD, ""), f"{scan} {shown}", key=services.form_key):
            raise FormExpired
        ticket = await by_wechat.find_scanned(scan, now=now)
        who = bytes.fromhex(shown)
        await _demand(ticket, who)
        await by_wechat.confirm(scan, who, now=now)
    except DomainError as fact:
        return _refused(fact, services, language)
    return html.page(_ask(services, step="done", act=ticket.purpose.value, number=ticket.number), language)


async def _question(scan: str, ticket: by_wechat.Ticket, who: bytes, services: Services) -> WechatAskPage:
    person_id = await _demand(ticket, who)
    account = who.hex()
    return _ask(
        services, step="ask", act=ticket.purpose.value, number=ticket.number, scan=scan, account=account,
        name=await shown_name(person_id, services), csrf_token=forms.token(f"{scan} {account}", key=services.form_key),
    )  # fmt: skip


async def _demand(ticket: by_wechat.Ticket, who: bytes) -> UUID:
    """Whose account this is about.

    Raises:
        by_wechat.WeChatNotLinked: a sign-in by a WeChat that opens no account.
        by_wechat.WeChatLinked: a link of a WeChat that opens one already.
    """
    owner = await by_wechat.whose(who)
    if ticket.purpose is by_wechat.TicketPurpose.SIGN_IN:
        if owner is None:
            raise by_wechat.WeChatNotLinked
        return owner
    if owner is not None:
        raise by_wechat.WeChatLinked
    assert ticket.person_id is not None, ticket.id
    return ticket.person_id


def _ask(services: Services, **said: Any) -> WechatAskPage:  # noqa: ANN401 - fields of the page
    return WechatAskPage(here=SIGN_IN, sandbox=services.issuer.is_sandbox, **said)


def _refused(fact: DomainError, services: Services, language: Language) -> Response[bytes]:
    return steps.refused(_ask(services, step="refused", notice=fact.message().in_(language)), fact, language)


def _scan_of(request: Request[Any, Any, Any], services: Services) -> str | None:
    """What this browser scanned; None where WeChat's answer belongs to no question of ours."""
    told, _, seal = (cookies.read(request.scope, _STATE) or "").rpartition(".")
    if not hmac.compare_digest(seal.encode(), _seal(told, services).encode()):
        return None
    nonce, until, scan = told.split(".")
    state = request.query_params.get("state", "")
    if not hmac.compare_digest(nonce.encode(), state.encode()) or int(until) < time.time():
        return None
    return scan


def _seal(told: str, services: Services) -> str:
    return hmac.new(services.form_key, f"scan:{told}".encode(), sha256).hexdigest()


def _cookie(value: str, max_age_s: int, services: Services) -> Cookie:
    is_secure = services.issuer.public_url.startswith("https://")
    return Cookie(
        key=_STATE, value=value, path="/w", max_age=max_age_s, secure=is_secure, httponly=True, samesite="lax"
    )


routes = Router(
    "/",
    route_handlers=[scanned, come_back, confirm],
    dependencies={"services": Provide(provide_services)},
    include_in_schema=False,
)
