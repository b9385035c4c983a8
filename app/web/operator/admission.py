"""Signing in with email and password, and who of the platform's own people may do what.

A role counts only in the organisation that runs the platform, and is asked for anew at every request. Whoever is not
signed in is led to the sign-in and back to where they were, which is always a page of ours.
"""

from ipaddress import IPv6Address, ip_address
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

from litestar import Request, Response, Router, get, post
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency, Provide
from litestar.handlers import BaseRouteHandler
from litestar.response import Redirect
from litestar.types import Guard

from app import identity
from app.identity import Role, RoleMissing, SessionKind, SignedIn
from app.kernel.text import Language
from app.web import cookies, forms, guards, html, problems, visit
from app.web.errors import NotSignedIn
from app.web.guards import Session
from app.web.house import House, provide_house
from app.web.limits import limited
from app.web.operator.views import SignInPage

HOME: Final = "/operator"
"""Leads everybody to where their work is."""
_SIGN_IN: Final = "/operator/sign-in"
CODE: Final = "/operator/code"
FACTOR: Final = "/operator/factor"
_STAFF: Final = frozenset({Role.OPERATOR, Role.REVIEWER, Role.AUDITOR})
_OPERATOR_S: Final = 12 * 3600
_NETWORK_V6: Final = 128 - 56
"""One household has 56 bits and all the rest."""


def staff(*roles: Role) -> Guard:
    """Guard: an operator of the platform with one of these roles; with none named, whoever may look."""
    wanted = frozenset(roles) or _STAFF

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], route: BaseRouteHandler) -> None:
        await by_password(connection, route)
        session = await guards.session_of(connection)
        if session is None or not wanted & await identity.house_roles(session.person_id):
            raise RoleMissing

    return guard


async def by_password(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Guard: somebody signed in with a password. A guest of this browser is nobody here, and may sign in."""
    session = await guards.session_of(connection)
    if session is None or session.kind != SessionKind.OPERATOR:
        raise NotSignedIn


def to_sign_in(request: Request[Any, Any, Any], exc: Exception) -> Response[Any]:
    """A page that nobody may see without a name leads to the sign-in page, and from there back."""
    if request.scope["method"] != "GET":
        return problems.answer(request, exc)
    query = request.scope.get("query_string", b"").decode("latin-1")
    here = quote(request.scope["path"]) + (f"?{query}" if query else "")
    return Redirect(f"{_SIGN_IN}?next={quote(here)}", status_code=303)


def form_token(request: Request[Any, Any, Any], house: House) -> str:
    """The hidden field of this session's forms; checked by `forms.sealed_form`."""
    return forms.token(visit.of(request.scope).token or "", key=house.form_key)


def place_of(request: Request[Any, Any, Any]) -> str:
    """The network somebody comes from, as wrong passwords are counted: an address, of IPv6 its first 56 bits."""
    try:
        address = ip_address(request.client.host if request.client is not None else "")
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        return f"{IPv6Address(int(address) >> _NETWORK_V6 << _NETWORK_V6)}/56"
    return str(address)


def session_cookie(opened: SignedIn, house: House) -> Any:  # noqa: ANN401 - Litestar's
    """The cookie of a session just opened; it ends with the session at the latest."""
    return cookies.session(opened.token, secure=house.issuer.public_url.startswith("https://"), max_age_s=_OPERATOR_S)


@get("/operator", include_in_schema=False, guards=[by_password])
async def home(session: NamedDependency[Session]) -> Redirect:
    """Where this person's work is."""
    roles = await identity.house_roles(session.person_id)
    if roles & _STAFF:
        return Redirect("/operator/cancellations", status_code=303)
    if Role.ADMINISTRATOR in roles:
        return Redirect("/operator/organisations", status_code=303)
    return Redirect("/organiser", status_code=303)


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
    request: Request[Any, Any, Any],
    data: forms.Fields,
    language: NamedDependency[Language],
    house: NamedDependency[House],
) -> Response[bytes] | Redirect:
    """The second step, or a session for twelve hours; a wrong word tells neither which of the two was wrong nor whether
    they exist."""
    email, goal = data.get("email", "").strip()[:254], data.get("next", "")
    try:
        opened = await identity.begin_sign_in(
            email,
            data.get("password", "")[:256],
            place=place_of(request),
            needs_factor=house.needs_factor,
            keyring=house.keyring,
            now=house.gateways.clock(),
        )
    except (
        identity.WrongCredentials,
        identity.SignInLocked,
        identity.PasswordsCrowded,
        identity.PasswordHashBroken,
    ) as fact:
        answer = html.page(
            _page(house, email=email, goal=goal, notice=fact.message().in_(language)),
            language,
            status=problems.status_of(type(fact)),
        )
        if (again_s := fact.facts.get("retry_after_s")) is not None:
            answer.headers["retry-after"] = str(again_s)
        return answer
    return await onward(opened, own_path(goal), house)


async def onward(opened: SignedIn, goal: str, house: House) -> Redirect:
    """To the page itself, or to the second step before it."""
    if opened.session.kind is SessionKind.PENDING:
        step = CODE if await identity.has_factor(opened.session.person_id) else FACTOR
        goal = f"{step}?next={quote(goal)}"
    return Redirect(goal, status_code=303, cookies=[session_cookie(opened, house)])


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
    goal = own_path(goal)
    return SignInPage(
        here=f"{_SIGN_IN}?next={quote(goal)}",
        sandbox=house.issuer.is_sandbox,
        email=email,
        goal=goal,
        notice=notice,
    )


def own_path(goal: str) -> str:
    """Only to a page of this site, never to somebody else's: a path that begins with one slash, as it will be read.

    What a browser forgives (backslashes, tabs, line breaks) is refused, encoded or not, and so are the steps of the
    sign-in themselves.
    """
    plain = unquote(goal)
    is_own = (
        goal.startswith("/")
        and not any("//" in text or "\\" in text or not text.isprintable() for text in (goal, plain))
        and not urlsplit(goal).netloc
        and not goal.startswith((_SIGN_IN, CODE, FACTOR, "/operator/sign-out", "/join/", "/reset/", "/demo/"))
    )
    return goal if is_own and goal.isascii() else HOME


routes = Router(
    "/",
    route_handlers=[home, ask_to_sign_in, sign_in, sign_out],
    dependencies={"house": Provide(provide_house)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
