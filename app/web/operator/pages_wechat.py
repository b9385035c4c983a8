"""WeChat sign-in, in the browser that comes in: the QR code, the last step, and the link of one's own account."""

from typing import Any, Final
from urllib.parse import quote

from litestar import Request, Response, Router, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency, Provide
from litestar.response import Redirect
from markupsafe import Markup

from app.foundation import identity
from app.foundation.identity import SessionKind, by_wechat
from app.gateways.channels.methods import Place
from app.kernel.drawing import qr_svg
from app.kernel.errors import DomainError
from app.kernel.text import Language
from app.views.errors import NotSignedIn
from app.views.services import Services
from app.web.kit.desk import Desk, provide_desk
from app.web.kit.requests import cookies, places
from app.web.kit.responses import html, steps
from app.web.kit.security import forms, guards
from app.web.kit.security.limits import limited
from app.web.kit.security.signing_in import SIGN_IN, by_password, own_path, place_of, shown_links, to_sign_in
from app.web.kit.services import provide_services
from app.web.operator.admission import onward
from app.web.operator.wechat_views import WechatPage, WechatWaitPage

HERE: Final = "/operator/wechat"
_WAIT: Final = f"{HERE}/wait"
_COOKIE: Final = "dd_ticket"
_COOKIE_S: Final = 300
_REFRESH_S: Final = 2
_BEGIN: Final = limited("wechat_ticket", 30, is_exact=True, sharing=4, by_address=True)
_UNLINK: Final = limited("wechat_unlink", 30, is_exact=True)


@get(HERE, include_in_schema=False, guards=[by_password])
async def show_link(desk: NamedDependency[Desk]) -> Response[bytes]:
    """Whether this account has a WeChat."""
    return desk.page(await _page(desk))


@post(f"{HERE}/unlink", include_in_schema=False, guards=[by_password, forms.own_pages_only, _UNLINK], status_code=303)
async def unlink(desk: NamedDependency[Desk], data: forms.Fields) -> Response[bytes] | Redirect:
    """Take the link back; the password opens as before."""
    return await desk.step(
        data,
        lambda: by_wechat.unlink(desk.person_id, now=desk.now),
        onward=HERE,
        again=lambda fact: _page(desk, fact),
    )


@post(f"{HERE}/link", include_in_schema=False, guards=[by_password, forms.sealed_form, _BEGIN], status_code=303)
async def begin_link(desk: NamedDependency[Desk]) -> Redirect:
    """A QR code for the WeChat that shall be linked."""
    made = await by_wechat.open_ticket(by_wechat.TicketPurpose.LINK, person_id=desk.person_id, now=desk.now)
    return _to_wait(made, HERE, desk.services)


@post(f"{HERE}/sign-in", include_in_schema=False, guards=[forms.own_pages_only, _BEGIN], status_code=303)
async def begin_sign_in(data: forms.Fields, services: NamedDependency[Services]) -> Redirect:
    """A QR code instead of a password."""
    if services.gateways.account is None:
        return Redirect(SIGN_IN, status_code=303)
    made = await by_wechat.open_ticket(by_wechat.TicketPurpose.SIGN_IN, person_id=None, now=services.gateways.clock())
    return _to_wait(made, own_path(data.get("next", "")), services)


@get(_WAIT, include_in_schema=False, guards=[limited("wechat_wait", 240)])
async def wait(
    request: Request[Any, Any, Any], language: NamedDependency[Language], services: NamedDependency[Services]
) -> Response[bytes]:
    """The QR code; once a telephone said yes, the last step."""
    return html.page(await _wait_page(request, services, own_path(request.query_params.get("next", ""))), language)


@post(
    f"{HERE}/finish",
    include_in_schema=False,
    guards=[forms.own_pages_only, limited("wechat_finish", 30, is_exact=True, sharing=4, by_address=True)],
    status_code=303,
)
async def finish(
    request: Request[Any, Any, Any],
    data: forms.Fields,
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes] | Redirect:
    """In, or on to the second factor; or the WeChat is linked."""
    goal, now = own_path(data.get("next", "")), services.gateways.clock()
    secret = cookies.read(request.scope, _COOKIE) or ""
    try:
        ticket = await by_wechat.find_ticket(secret, now=now)
        if not forms.is_genuine(data.get(forms.FIELD, ""), secret, key=services.form_key):
            raise by_wechat.TicketOver
        if ticket.purpose is by_wechat.TicketPurpose.LINK:
            session = await guards.session_of(request)
            if not isinstance(session, identity.Session) or session.kind is not SessionKind.OPERATOR:
                raise NotSignedIn
            await by_wechat.link(
                secret,
                data.get("code", "")[:40],
                by=session,
                place=place_of(request),
                keyring=services.keyring,
                now=now,
            )
            answer = Redirect(HERE, status_code=303)
        else:
            opened = await by_wechat.sign_in(
                secret, place=place_of(request), needs_factor=services.needs_factor, keyring=services.keyring, now=now
            )
            answer = await onward(opened, goal, services)
    except DomainError as fact:
        if isinstance(fact, NotSignedIn):
            raise
        page = await _wait_page(request, services, goal, notice=fact.message().in_(language))
        return steps.refused(page, fact, language)
    answer.cookies.append(_cookie("", services, 0))
    return answer


async def _wait_page(
    request: Request[Any, Any, Any], services: Services, goal: str, *, notice: str | None = None
) -> WechatWaitPage:
    secret = cookies.read(request.scope, _COOKIE) or ""
    here = f"{_WAIT}?next={quote(goal)}"
    try:
        ticket = await by_wechat.find_ticket(secret, now=services.gateways.clock())
    except by_wechat.TicketOver:
        return WechatWaitPage(
            here=here, sandbox=services.issuer.is_sandbox, step="over", goal=goal, notice=notice,
            act="link" if goal == HERE else "sign_in",
        )  # fmt: skip
    return await _open_page(request, ticket, secret, services, goal, here, notice)


async def _open_page(
    request: Request[Any, Any, Any],
    ticket: by_wechat.Ticket,
    secret: str,
    services: Services,
    goal: str,
    here: str,
    notice: str | None,
) -> WechatWaitPage:
    is_said = ticket.account is not None
    scan = _scan(request)
    url = f"{services.issuer.public_url}/w/{scan}"
    has_factor = ticket.person_id is not None and await identity.has_factor(ticket.person_id)
    return WechatWaitPage(
        here=here,
        sandbox=services.issuer.is_sandbox,
        step="confirmed" if is_said else "scan",
        act=ticket.purpose.value,
        qr=None if is_said else Markup(qr_svg(url, label=url)),  # noqa: S704 - drawn by us
        number=ticket.number,
        here_url=f"/w/{scan}" if places.place_of(request) is Place.WECHAT else None,
        asks_code=has_factor,
        goal=goal,
        refresh_s=None if is_said else _REFRESH_S,
        csrf_token=forms.token(secret, key=services.form_key),
        notice=notice,
    )


def _scan(request: Request[Any, Any, Any]) -> str:
    """The other secret, which the browser keeps beside its own: the QR code is drawn of it."""
    return cookies.read(request.scope, f"{_COOKIE}_qr") or ""


def _to_wait(made: by_wechat.MadeTicket, goal: str, services: Services) -> Redirect:
    kept = [_cookie(made.secret, services, _COOKIE_S), _cookie(made.scan, services, _COOKIE_S, name=f"{_COOKIE}_qr")]
    return Redirect(f"{_WAIT}?next={quote(goal)}", status_code=303, cookies=kept)


def _cookie(value: str, services: Services, max_age_s: int, *, name: str = _COOKIE) -> Cookie:
    is_secure = services.issuer.public_url.startswith("https://")
    return Cookie(key=name, value=value, path=HERE, max_age=max_age_s, secure=is_secure, httponly=True, samesite="lax")


async def _page(desk: Desk, fact: DomainError | None = None) -> WechatPage:
    linked = await by_wechat.link_of(desk.person_id)
    roles = await desk.roles()
    frame: dict[str, Any] = desk.frame(HERE, fact) | {"links": shown_links(roles)}
    return WechatPage(
        **frame,
        roles=(),
        door="operator" if roles else "organiser",
        linked_at=linked.since if linked else None,
        is_offered=desk.services.gateways.account is not None,
    )


routes = Router(
    "/",
    route_handlers=[show_link, unlink, begin_link, begin_sign_in, wait, finish],
    dependencies={"services": Provide(provide_services), "desk": Provide(provide_desk)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
