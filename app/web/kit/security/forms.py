"""Forms of our own pages, told from those of strangers (CSRF).

Two proofs. Where a request came from, by the headers a browser sets itself: asked of everything that a cookie
identifies (`guards.session_of`). A token in the form, bound to the session: asked by the consoles as well. A page
that must stay the same for everybody carries no token, and the first proof is enough for it.
"""

import hmac
import secrets
from hashlib import sha256
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.enums import RequestEncodingType
from litestar.handlers import BaseRouteHandler
from litestar.params import Body
from litestar.types import Scope

from app.views import errors
from app.web.kit.requests import cookies

FIELD: Final = "csrf_token"
HEADER: Final = "x-csrf-token"
_NONCE_LENGTH: Final = 16

Fields = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
"""What a handler takes as `data` of a form."""


def token(session_token: str, *, key: bytes) -> str:
    """The text for the hidden field: good for this session only, another one on every page."""
    nonce = secrets.token_hex(_NONCE_LENGTH // 2)
    return nonce + _seal(nonce, session_token, key)


def is_genuine(given: str, session_token: str, *, key: bytes) -> bool:
    """Whether `given` was made by `token` for this session."""
    nonce, seal = given[:_NONCE_LENGTH], given[_NONCE_LENGTH:]
    return hmac.compare_digest(seal.encode(), _seal(nonce, session_token, key).encode())


def is_ours(scope: Scope) -> bool:
    """Whether a browser sent this from one of our own pages, or no browser sent it.

    `Sec-Fetch-Site` decides; an older browser says `Origin`, a very old one `Referer`. Whoever says none of them
    cannot be led astray by a foreign page: SameSite=Lax already keeps the cookie from such a request.
    """
    said = {name: value for name, value in scope["headers"] if name in _EVIDENCE}
    if (site := said.get(b"sec-fetch-site")) is not None:
        return site in {b"same-origin", b"none"}
    source = said.get(b"origin", said.get(b"referer"))
    if source is None:
        return True
    try:
        return urlsplit(source.decode("latin-1")).netloc == said.get(b"host", b"").decode("latin-1")
    except ValueError:  # no address at all, such as `http://[`
        return False


_EVIDENCE: Final = frozenset({b"sec-fetch-site", b"origin", b"referer", b"host"})


async def own_pages_only(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Guard of a form that may be sent without a session."""
    if not is_ours(connection.scope):
        raise errors.ForeignOrigin


async def sealed_form(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Guard of a console's form: the token stands in the field `csrf_token` or the header `X-CSRF-Token`.

    Takes its key from `app.state.form_key`.
    """
    assert isinstance(connection, Request)
    given = connection.headers.get(HEADER) or (await connection.form()).get(FIELD)
    session_token = cookies.read(connection.scope, cookies.SESSION)
    key = connection.app.state.form_key
    if not isinstance(given, str) or session_token is None or not is_genuine(given, session_token, key=key):
        raise errors.FormExpired


def _seal(nonce: str, session_token: str, key: bytes) -> str:
    return hmac.new(key, f"form:{nonce}:{session_token}".encode(), sha256).hexdigest()
