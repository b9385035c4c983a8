"""One's account on another device: a code here, typed there, confirmed on both."""

from typing import Any, Final, Literal
from urllib.parse import urlsplit
from uuid import UUID

from litestar import Request, Response, Router, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency, Provide
from litestar.response import Redirect

from app.foundation.identity import SessionKind, devices
from app.kernel.text import Language
from app.views.privacy.devices import ShowCodePage, TypeCodePage
from app.views.services import Services
from app.web.citizen.privacy.own_forms import demand_own, device_words, sealed
from app.web.citizen.privacy.pages_devices import HERE as DEVICES
from app.web.citizen.privacy.pages_devices import MOVABLE
from app.web.kit.requests import cookies
from app.web.kit.requests.places import device_of
from app.web.kit.responses import html, steps
from app.web.kit.security import forms, guards
from app.web.kit.security.guards import Session
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services

_SHOWN: Final = f"{DEVICES}/move"
TYPED: Final = "/move"
_WAIT: Final = f"{TYPED}/wait"
_COOKIE: Final = "dd_move"
_REFRESH_S: Final = 3
TRIES: Final = 5
_LIFE_S: Final = int(devices.CODE_LIFE.total_seconds())
_TAKING: Final = limited("move_code", TRIES, window_s=10 * _LIFE_S, is_exact=True, sharing=4, by_address=True)
"""Five codes of one browser, twenty of one address, of 78 thousand million; counted in PostgreSQL. A further try is earned in
twice a code's life, so that no code meets a sixth."""


@get(_SHOWN, include_in_schema=False, guards=[guards.of_kind(*MOVABLE), limited("move_shown", 240)])
async def show(
    session: NamedDependency[Session], language: NamedDependency[Language], services: NamedDependency[Services]
) -> Response[bytes]:
    """The code, or who typed it."""
    shown = await devices.find_shown(session.person_id, keyring=services.keyring, now=services.gateways.clock())
    return html.page(_shown_page(shown, services), language)


@post(
    _SHOWN,
    include_in_schema=False,
    guards=[guards.of_kind(*MOVABLE), limited("move_begin", 10, window_s=600, is_exact=True)],
    status_code=303,
)
async def begin(data: forms.Fields, session: NamedDependency[Session], services: NamedDependency[Services]) -> Redirect:
    """Make a code, and show it."""
    demand_own(data, services)
    await devices.show_code(
        session.person_id, SessionKind(session.kind), keyring=services.keyring, now=services.gateways.clock()
    )
    return Redirect(_SHOWN, status_code=303)


@post(
    f"{_SHOWN}/answer",
    include_in_schema=False,
    guards=[guards.of_kind(*MOVABLE), limited("move_answer", 30, is_exact=True)],
    status_code=303,
)
async def answer(
    data: forms.Fields,
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes] | Redirect:
    """That was me, or it was not."""
    demand_own(data, services)
    yes = data.get("answer") == "yes"
    try:
        await devices.answer(_move_id(data), by=session.person_id, yes=yes, now=services.gateways.clock())
    except devices.MoveOver as fact:
        return steps.refused(_shown_page(None, services, notice=fact.message().in_(language)), fact, language)
    return Redirect(_SHOWN if yes else DEVICES, status_code=303)


@get(TYPED, include_in_schema=False)
async def ask(language: NamedDependency[Language], services: NamedDependency[Services]) -> Response[bytes]:
    """The field for the code."""
    return html.page(_typed_page("type", services), language)


@post(TYPED, include_in_schema=False, guards=[forms.own_pages_only, _TAKING], status_code=303)
async def take(
    request: Request[Any, Any, Any],
    data: forms.Fields,
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes] | Redirect:
    """This device typed a code: on to the wait."""
    typed = data.get("code", "")[:40]
    try:
        secret = await devices.take(typed, device_of(request), keyring=services.keyring, now=services.gateways.clock())
    except devices.CodeOver as fact:
        page = _typed_page("type", services, code=typed, fault=fact.message().in_(language))
        return steps.refused(page, fact, language)
    return Redirect(_WAIT, status_code=303, cookies=[_cookie(secret, services, _LIFE_S)])


@get(_WAIT, include_in_schema=False, guards=[limited("move_wait", 240)])
async def wait(
    request: Request[Any, Any, Any], language: NamedDependency[Language], services: NamedDependency[Services]
) -> Response[bytes]:
    """Until the other device has answered; then the last step."""
    secret = cookies.read(request.scope, _COOKIE) or ""
    try:
        taken = await devices.find_taken(secret, now=services.gateways.clock())
    except devices.MoveOver:
        return html.page(_typed_page("over", services), language)
    visitor = await guards.counted_of(request)
    if not taken.is_confirmed:
        return html.page(_typed_page("wait", services, number=taken.number, refresh_s=_REFRESH_S), language)
    page = _typed_page(
        "finish", services, number=taken.number,
        replaces=visitor is not None and visitor.person_id != taken.person_id,
        intent=str(taken.id), csrf_token=forms.token(secret, key=services.form_key),
    )  # fmt: skip
    return html.page(page, language)


@post(
    f"{TYPED}/finish",
    include_in_schema=False,
    guards=[forms.own_pages_only, limited("move_finish", 10, is_exact=True, sharing=4, by_address=True)],
    status_code=303,
)
async def finish(
    request: Request[Any, Any, Any],
    data: forms.Fields,
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes] | Redirect:
    """In, as the same person."""
    secret = cookies.read(request.scope, _COOKIE) or ""
    try:
        _demand_of(secret, data, services)
        opened = await devices.finish(secret, device_of(request), now=services.gateways.clock())
    except devices.MoveOver as fact:
        return steps.refused(_typed_page("over", services), fact, language)
    is_secure = _is_secure(services)
    return Redirect(
        "/me",
        status_code=303,
        cookies=[cookies.session(opened.token, secure=is_secure), _cookie("", services, 0)],
    )


def _shown_page(shown: devices.Shown | None, services: Services, *, notice: str | None = None) -> ShowCodePage:
    seal: dict[str, Any] = {"here": _SHOWN, "sandbox": services.issuer.is_sandbox, "notice": notice} | sealed(services)
    if shown is None:
        return ShowCodePage(step="none", **seal)
    if shown.number is None:
        half = len(shown.code) // 2
        return ShowCodePage(
            step="code", code=f"{shown.code[:half]} {shown.code[half:]}", expires_at=shown.expires_at,
            typed_at=services.issuer.public_url + TYPED, refresh_s=_REFRESH_S, **seal,
        )  # fmt: skip
    browser, system = device_words(shown.device)
    return ShowCodePage(
        step="confirmed" if shown.is_confirmed else "ask", move=str(shown.id), number=shown.number, browser=browser,
        system=system, refresh_s=_REFRESH_S if shown.is_confirmed else None, **seal,
    )  # fmt: skip


def _typed_page(
    step: Literal["type", "wait", "finish", "over"],
    services: Services,
    **more: Any,  # noqa: ANN401 - the fields of the page
) -> TypeCodePage:
    here = TYPED if step == "type" else _WAIT
    return TypeCodePage(here=here, sandbox=services.issuer.is_sandbox, step=step, **more)


def _demand_of(secret: str, data: dict[str, str], services: Services) -> None:
    """Raises MoveOver where the form was not made for this device's try."""
    if not forms.is_genuine(data.get(forms.FIELD, ""), secret, key=services.form_key):
        raise devices.MoveOver


def _move_id(data: dict[str, str]) -> UUID:
    try:
        return UUID(data.get("move", ""))
    except ValueError:
        raise devices.MoveOver from None


def _cookie(value: str, services: Services, max_age_s: int) -> Cookie:
    return Cookie(
        key=_COOKIE, value=value, path=TYPED, max_age=max_age_s, secure=_is_secure(services), httponly=True,
        samesite="lax",
    )  # fmt: skip


def _is_secure(services: Services) -> bool:
    return urlsplit(services.issuer.public_url).scheme == "https"


routes = Router(
    "/",
    route_handlers=[show, begin, answer, ask, take, wait, finish],
    dependencies={"services": Provide(provide_services)},
    include_in_schema=False,
)
