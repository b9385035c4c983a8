"""Who is signed in with a password, and who of the platform's own people may do what.

A role counts only in the organisation that runs the platform, and is asked for anew at every request. Whoever is not
signed in is led to the sign-in and back to where they were, which is always a page of ours.
"""

from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit
from uuid import UUID

from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.response import Redirect
from litestar.types import Guard

from app.foundation import identity
from app.foundation.identity import Role, RoleMissing, SessionKind, SignedIn
from app.kernel import ids
from app.views.errors import NotSignedIn
from app.views.services import Services
from app.web.kit.requests import cookies, visit
from app.web.kit.responses import problems
from app.web.kit.security import forms, guards

HOME: Final = "/operator"
"""Leads everybody to where their work is."""
SIGN_IN: Final = "/operator/sign-in"
CODE: Final = "/operator/code"
FACTOR: Final = "/operator/factor"
STAFF: Final = frozenset({Role.OPERATOR, Role.REVIEWER, Role.AUDITOR})
"""Who may look at the platform's work."""
DECIDERS: Final = STAFF | {Role.FINANCE, Role.ADMINISTRATOR}
"""Whose inbox it is; what they may do is asked for each approval."""
ORGANISATION_READERS: Final = STAFF | {Role.ADMINISTRATOR}
"""Who may look at organisations."""
TRANSFER_READERS: Final = frozenset({Role.FINANCE, Role.AUDITOR})
"""Who may look at bank transfers, the bank's statements and channels' bills."""
RATE_READERS: Final = STAFF | {Role.FINANCE}
"""Who may look at exchange rates."""
"""Who may look at money: payments, refunds, bank transfers, channels' messages, invoices."""
HELD: Final = "held_roles"
"""In the state of a request that `staff` let through: the reader's roles."""
LINKS: Final[Mapping[str, frozenset[Role]]] = {
    "inbox": DECIDERS,
    "cancellations": STAFF,
    "orders": STAFF,
    "payments": TRANSFER_READERS,
    "refunds": TRANSFER_READERS,
    "transfers": TRANSFER_READERS,
    "statements": TRANSFER_READERS,
    "rates": RATE_READERS,
    "bills": TRANSFER_READERS,
    "notices": TRANSFER_READERS,
    "invoices": TRANSFER_READERS,
    "moderation": STAFF,
    "names": frozenset({Role.OPERATOR, Role.REVIEWER}),
    "organisations": ORGANISATION_READERS,
    "readers": ORGANISATION_READERS,
    "people": frozenset({Role.ADMINISTRATOR}),
}
"""Whom each link at the foot of a console leads on: the others are not shown it."""
_OPERATOR_S: Final = 12 * 3600
_NETWORK_V6: Final = 128 - 56
"""One household has 56 bits and all the rest."""


def staff(*roles: Role) -> Guard:
    """Guard: an operator of the platform with one of these roles; with none named, whoever may look."""
    wanted = frozenset(roles) or STAFF

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], route: BaseRouteHandler) -> None:
        await by_password(connection, route)
        session = await guards.session_of(connection)
        held = await identity.platform_roles(session.person_id) if session else frozenset()
        if not wanted & held:
            raise RoleMissing
        connection.scope["state"][HELD] = held

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
    return Redirect(f"{SIGN_IN}?next={quote(here)}", status_code=303)


def form_token(request: Request[Any, Any, Any], services: Services) -> str:
    """The hidden field of this session's forms; checked by `forms.sealed_form`."""
    return forms.token(visit.of(request.scope).token or "", key=services.form_key)


def place_of(request: Request[Any, Any, Any]) -> str:
    """The network somebody comes from, as wrong passwords are counted: an address, of IPv6 its first 56 bits."""
    try:
        address = ip_address(request.client.host if request.client is not None else "")
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        return f"{IPv6Address(int(address) >> _NETWORK_V6 << _NETWORK_V6)}/56"
    return str(address)


def session_cookie(opened: SignedIn, services: Services) -> Any:  # noqa: ANN401 - Litestar's
    """The cookie of a session just opened; it ends with the session at the latest."""
    return cookies.session(
        opened.token, secure=services.issuer.public_url.startswith("https://"), max_age_s=_OPERATOR_S
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
        and not goal.startswith(
            (SIGN_IN, CODE, FACTOR, "/operator/sign-out", "/operator/wechat/", "/w/", "/join/", "/reset/", "/demo/")
        )
    )
    return goal if is_own and goal.isascii() else HOME


def shown_links(held: frozenset[Role]) -> tuple[str, ...]:
    """The links that lead somebody with these roles on."""
    return tuple(name for name, wanted in LINKS.items() if wanted & held)


def shown_roles(roles: frozenset[Role]) -> tuple[str, ...]:
    """The roles that a page names, in its order."""
    return tuple(role.value for role in (Role.OPERATOR, Role.REVIEWER, Role.AUDITOR) if role in roles)


async def shown_name(person_id: UUID, services: Services) -> str:
    """What the platform calls somebody; without a name, the end of their id."""
    return await identity.name_of(person_id, keyring=services.keyring) or f"#{ids.public('per', person_id)[-5:]}"
