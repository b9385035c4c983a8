"""Signing in as one of the platform's own people, and who of them may do what.

A role counts only in the organisation that runs the platform, and is asked for anew at every request.
"""

from typing import Any, Final
from urllib.parse import quote

from litestar import Request, Response, Router, get, post
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency, Provide
from litestar.handlers import BaseRouteHandler
from litestar.response import Redirect
from litestar.types import Guard

from app import identity
from app.identity import Role, RoleMissing, SessionKind
from app.kernel.text import Language
from app.web import cookies, forms, guards, html, problems, visit
from app.web.errors import NotSignedIn
from app.web.house import House, provide_house
from app.web.limits import limited
from app.web.operator.views import SignInPage

HOME: Final = "/operator/cancellations"
_SIGN_IN: Final = "/operator/sign-in"
_STAFF: Final = frozenset({Role.OPERATOR, Role.REVIEWER, Role.AUDITOR})


def staff(*roles: Role) -> Guard:
    """Guard: an operator of the platform with one of these roles; with none named, whoever may look."""
    wanted = frozenset(roles) or _STAFF

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        session = await guards.session_of(connection)
        if session is None:
            raise NotSignedIn
        if session.kind != SessionKind.OPERATOR or not wanted & await identity.house_roles(session.person_id):
            raise RoleMissing

    return guard


def to_sign_in(request: Request[Any, Any, Any], exc: Exception) -> Response[Any]:
    """A page that nobody may see without a name leads to the sign-in page, and from there back."""
    if request.scope["method"] != "GET":
        return problems.answer(request, exc)
    return Redirect(f"{_SIGN_IN}?next={quote(request.scope['path'])}", status_code=303)


def form_token(request: Request[Any, Any, Any], house: House) -> str:
    """The hidden field of this session's forms; checked by `forms.sealed_form`."""
    return forms.token(visit.of(request.scope).token or "", key=house.form_key)


@get("/operator", include_in_schema=False, guards=[staff()], sync_to_thread=False)
def home() -> Redirect:
    """Where the work is."""
    return Redirect(HOME, status_code=303)


@get("/operator/sign-in", include_in_schema=False)
async def ask_to_sign_in(
    request: Request[Any, Any, Any], language: NamedDependency[Language], house: NamedDependency[House]
) -> Response[bytes]:
    """Email and password."""
    return html.page(_page(house, goal=request.query_params.get("next", "")), language)


@post(
    "/operator/sign-in",
    include_in_schema=False,
    guards=[forms.own_pages_only, limited("operator_sign_in", 30, is_exact=True, sharing=4, by_address=True)],
    status_code=303,
)
async def sign_in(
    data: forms.Fields, language: NamedDependency[Language], house: NamedDependency[House]
) -> Response[bytes] | Redirect:
    """A session for twelve hours; a wrong word tells neither which of the two was wrong nor whether they exist."""
    email, goal = data.get("email", "").strip()[:254], data.get("next", "")
    try:
        opened = await identity.sign_in_operator(
            email, data.get("password", "")[:256], keyring=house.keyring, now=house.gateways.clock()
        )
    except (identity.WrongCredentials, identity.SignInLocked) as fact:
        notice = fact.message().in_(language)
        return html.page(
            _page(house, email=email, goal=goal, notice=notice), language, status=problems.status_of(type(fact))
        )
    is_secure = house.issuer.public_url.startswith("https://")
    return Redirect(_own(goal), status_code=303, cookies=[cookies.session(opened.token, secure=is_secure)])


@post(
    "/operator/sign-out",
    include_in_schema=False,
    guards=[guards.of_kind("operator"), forms.sealed_form],
    status_code=303,
)
async def sign_out(request: Request[Any, Any, Any], house: NamedDependency[House]) -> Redirect:
    """The session ends here and at our side."""
    token = visit.of(request.scope).token
    assert token is not None, "the guard has found one"
    await identity.sign_out(token, house.gateways.clock())
    is_secure = house.issuer.public_url.startswith("https://")
    return Redirect(_SIGN_IN, status_code=303, cookies=[cookies.ended(secure=is_secure)])


def _page(house: House, *, email: str = "", goal: str = "", notice: str | None = None) -> SignInPage:
    goal = _own(goal)
    return SignInPage(
        here=f"{_SIGN_IN}?next={quote(goal)}",
        sandbox=house.issuer.is_sandbox,
        email=email,
        goal=goal,
        notice=notice,
    )


def _own(goal: str) -> str:
    """Only to a page of this door, or to an order that waits for whoever placed it; never to somebody else's site."""
    is_own = goal.startswith(("/operator/", "/o/")) and goal.isprintable() and "\\" not in goal and "//" not in goal
    return goal if is_own else HOME


routes = Router(
    "/",
    route_handlers=[home, ask_to_sign_in, sign_in, sign_out],
    dependencies={"house": Provide(provide_house)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
