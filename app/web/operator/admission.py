"""Signing in with email and password, and out again."""

from typing import Any
from urllib.parse import quote

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.response import Redirect

from app.foundation import identity
from app.foundation.identity import Role, SessionKind, SignedIn
from app.kernel.text import Language
from app.views.errors import NotSignedIn
from app.views.services import Services
from app.web.kit.requests import cookies, visit
from app.web.kit.responses import html, steps
from app.web.kit.security import forms, guards
from app.web.kit.security.guards import Session
from app.web.kit.security.limits import limited
from app.web.kit.security.signing_in import (
    CODE,
    DECIDERS,
    FACTOR,
    SIGN_IN,
    STAFF,
    by_password,
    own_path,
    place_of,
    session_cookie,
    to_sign_in,
)  # fmt: skip
from app.web.kit.services import provide_services
from app.web.operator.views import SignInPage


@get("/operator", include_in_schema=False, guards=[by_password])
async def home(session: NamedDependency[Session]) -> Redirect:
    """Where this person's work is."""
    roles = await identity.platform_roles(session.person_id)
    if roles & STAFF:
        return Redirect("/operator/cancellations", status_code=303)
    if Role.ADMINISTRATOR in roles:
        return Redirect("/operator/organisations", status_code=303)
    if roles & DECIDERS:
        return Redirect("/operator/inbox", status_code=303)
    return Redirect("/organiser", status_code=303)


@get("/operator/sign-in", include_in_schema=False)
async def ask_to_sign_in(
    request: Request[Any, Any, Any], language: NamedDependency[Language], services: NamedDependency[Services]
) -> Response[bytes]:
    """Email and password."""
    return html.page(_page(services, goal=request.query_params.get("next", "")), language)


@post(
    "/operator/sign-in",
    include_in_schema=False,
    guards=[forms.own_pages_only, limited("operator_sign_in", 30, is_exact=True, sharing=4, by_address=True)],
    status_code=303,
)
async def sign_in(
    request: Request[Any, Any, Any],
    data: forms.Fields,
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes] | Redirect:
    """The second step, or a session for twelve hours; a wrong word tells neither which of the two was wrong nor whether
    they exist."""
    email, goal = data.get("email", "").strip()[:254], data.get("next", "")
    try:
        opened = await identity.begin_sign_in(
            email,
            data.get("password", "")[:256],
            place=place_of(request),
            needs_factor=services.needs_factor,
            keyring=services.keyring,
            now=services.gateways.clock(),
        )
    except (
        identity.WrongCredentials,
        identity.SignInLocked,
        identity.PasswordsCrowded,
        identity.PasswordHashBroken,
    ) as fact:
        return steps.refused(
            _page(services, email=email, goal=goal, notice=fact.message().in_(language)), fact, language
        )
    return await onward(opened, own_path(goal), services)


async def onward(opened: SignedIn, goal: str, services: Services) -> Redirect:
    """To the page itself, or to the second step before it."""
    if opened.session.kind is SessionKind.PENDING:
        step = CODE if await identity.has_factor(opened.session.person_id) else FACTOR
        goal = f"{step}?next={quote(goal)}"
    return Redirect(goal, status_code=303, cookies=[session_cookie(opened, services)])


@post(
    "/operator/sign-out",
    include_in_schema=False,
    guards=[guards.of_kind("operator"), forms.sealed_form],
    status_code=303,
)
async def sign_out(request: Request[Any, Any, Any], services: NamedDependency[Services]) -> Redirect:
    """The session ends here and at our side."""
    token = visit.of(request.scope).token
    assert token is not None, "the guard has found one"
    await identity.sign_out(token, services.gateways.clock())
    is_secure = services.issuer.public_url.startswith("https://")
    return Redirect(SIGN_IN, status_code=303, cookies=[cookies.ended(secure=is_secure)])


def _page(services: Services, *, email: str = "", goal: str = "", notice: str | None = None) -> SignInPage:
    goal = own_path(goal)
    return SignInPage(
        here=f"{SIGN_IN}?next={quote(goal)}",
        sandbox=services.issuer.is_sandbox,
        email=email,
        goal=goal,
        notice=notice,
        has_wechat=services.gateways.account is not None,
    )


routes = Router(
    "/",
    route_handlers=[home, ask_to_sign_in, sign_in, sign_out],
    dependencies={"services": Provide(provide_services)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
