"""Which language the reader gets: `?lang=`, then the cookie `lang`, the person's setting, Accept-Language.

The setting counts where somebody has already looked up who is asking, as every guard does: a page for everybody
must not cost a query.

Only an answer that asked for the language depends on it: the front adds `Content-Language` and `Vary` to those
alone, so that pictures and scripts stay cacheable for everybody.
"""

from urllib.parse import parse_qs

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.types import Scope

from app.kernel.text import Language, choose_language
from app.web.kit.requests import cookies, visit


def of(scope: Scope) -> Language:
    """The reader's language, decided once per request."""
    seen = visit.of(scope)
    if seen.language is None:
        wished = _wished(scope)
        seen.is_language_wished = bool(wished)
        setting = seen.session.language if seen.session is not None else None
        seen.language = choose_language(wished, cookies.read(scope, cookies.LANGUAGE), setting, _accepted(scope))
    return seen.language


def of_connection(connection: ASGIConnection) -> Language:  # type: ignore[type-arg]  # any user, auth and state
    """The same, for who holds a request."""
    return of(connection.scope)


async def provide_language(request: Request) -> Language:  # type: ignore[type-arg]  # any user, auth and state
    """Litestar's dependency `language`."""
    return of(request.scope)


def headers(scope: Scope, *, secure: bool) -> list[tuple[bytes, bytes]]:
    """What an answer must say about its language; nothing where nobody asked for it."""
    seen = visit.of(scope)
    if seen.language is None:
        return []
    said = [(b"content-language", seen.language.tag.encode()), (b"vary", b"Accept-Language, Cookie")]
    if seen.is_language_wished:
        said.append((b"set-cookie", cookies.language_header(seen.language, secure=secure)))
    return said


def _wished(scope: Scope) -> str | None:
    query = scope.get("query_string", b"")
    if b"lang=" not in query:
        return None
    return parse_qs(query.decode("latin-1")).get("lang", [None])[0]


def _accepted(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"accept-language":
            return value.decode("latin-1")
    return None
