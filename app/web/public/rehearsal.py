"""One-click roles of the demo: a link from the terminal becomes a session. Mounted only where a key for it is set.

Production refuses to start with such a key; here only a browser on this machine is answered.
"""

import hmac
from ipaddress import ip_address
from typing import Any, cast, get_args
from urllib.parse import urlsplit

from litestar import Request, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Redirect

from app.foundation import identity
from app.kernel.clock import utc_now
from app.kernel.text import Language
from app.views.demo_roles import EMAILS, GOALS, RoleName, token
from app.views.errors import NoSuchPage
from app.views.services import Services
from app.web.kit.requests import cookies
from app.web.kit.services import provide_services


@get("/demo/{role:str}/{given:str}", include_in_schema=False)
async def become(
    request: Request[Any, Any, Any], role: FromPath[str], given: FromPath[str], services: NamedDependency[Services]
) -> Redirect:
    """Become somebody of the demo and go where they would begin. Unknown links look like any unknown page."""
    if not _is_here(request) or not _is_genuine(role, given, services.demo_key):
        raise NoSuchPage
    now = utc_now()
    if role in EMAILS:
        try:
            opened = await identity.sign_in_operator(EMAILS[role], services.demo_key, keyring=services.keyring, now=now)
        except identity.CodeNeeded:  # somebody tried the second factor with this account
            return Redirect("/operator/sign-in", status_code=303)
        goal = GOALS.get(role, f"/organiser/{services.demo_scene}" if role == "organiser" else "/operator")
    else:
        language = Language.EN if role == "visitor" else Language.ZH
        opened = await identity.open_guest_session(language, keyring=services.keyring, now=now)
        goal = f"/s/{services.demo_scene}?lang={language.value}"
    is_secure = urlsplit(services.issuer.public_url).scheme == "https"
    return Redirect(goal, status_code=303, cookies=[cookies.session(opened.token, secure=is_secure)])


def _is_here(request: Request[Any, Any, Any]) -> bool:
    try:
        return request.client is not None and ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _is_genuine(role: str, given: str, key: str) -> bool:
    if role not in get_args(RoleName):
        return False
    return hmac.compare_digest(given.encode(), token(cast("RoleName", role), key=key).encode())


routes = Router(
    "/", route_handlers=[become], dependencies={"services": Provide(provide_services)}, include_in_schema=False
)
