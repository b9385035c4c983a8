"""Who is asking: a citizen with a bearer token, a browser with our cookie, or nobody.

How a token becomes a session is handed in: `app.state.sessions` (token to `Session` or None) and, for H5,
`app.state.open_guest` (gives a new token and its session). A program of an organisation asks with a key instead
(`app.state.api_keys`), where a handler says so by its guard, and is refused everywhere else.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol, runtime_checkable
from uuid import UUID

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler
from litestar.types import Guard

from app.foundation import identity
from app.kernel.text import Language
from app.views import errors
from app.web.kit.requests import cookies, language, visit
from app.web.kit.requests.places import device_of
from app.web.kit.security import forms, newcomers
from app.web.kit.security.limiter import Limit, Limiter

Connection = ASGIConnection[Any, Any, Any, Any]
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
KEY: Final = identity.SessionKind.KEY.value
_KEY_USE: Final = Limit("api_key", 600)
_KEY_MISS: Final = Limit("api_key_miss", 60, 3600, is_exact=True)
"""Nobody guesses 160 bits; whoever tries, from one address, is told no more."""


@runtime_checkable
class Session(Protocol):
    """Who is known, as the identity room tells it."""

    @property
    def person_id(self) -> UUID:
        """The person acting."""

    @property
    def kind(self) -> str:
        """`citizen`, `guest`, `operator` or `key`."""

    @property
    def roles(self) -> frozenset[str]:
        """What the person may do in the consoles."""

    @property
    def language(self) -> Language:
        """The person's setting."""


FindSession = Callable[[str], Awaitable[Session | None]]
OpenGuest = Callable[[Language, str | None], Awaitable[tuple[str, Session]]]
"""By the reader's language and the device, as `identity.devices.device_of` says it."""


async def session_of(connection: Connection) -> Session | None:
    """The session of this request, looked up once; None for nobody.

    A cookie counts only on a request from our own pages, unless it merely reads.

    Raises:
        ForeignOrigin: a foreign page sent our cookie with something that writes.
        ApiKeyNotHere, ApiKeyRefused, RequestsTooMany: of a key.
    """
    seen = visit.of(connection.scope)
    if not seen.session_sought:
        token = _bearer(connection)
        if token is not None and identity.keys.is_key(token):
            if not seen.takes_keys:
                raise errors.ApiKeyNotHere
            seen.session, token = await _found_by_key(connection, token), None
        elif token is None and (token := cookies.read(connection.scope, cookies.SESSION)) is not None:
            _refuse_foreign(connection)
        if token is not None:
            find: FindSession = connection.app.state.sessions
            seen.session, seen.token = await find(token), token
        seen.session_sought = True
    session: Session | None = seen.session
    return session


async def _found_by_key(connection: Connection, token: str) -> Session:
    """Whose key this is; a wrong one is counted by address before that is told."""
    find: FindSession = connection.app.state.api_keys
    limiter: Limiter = connection.app.state.limiter
    found = await find(token)
    if found is None:
        await limiter.check(*newcomers.by_address_of(connection, _KEY_MISS))
        raise errors.ApiKeyRefused
    await limiter.check((_KEY_USE, str(found.person_id)))
    return found


async def counted_of(connection: Connection) -> Session | None:
    """Whom a limit counts. A key where the handler takes none is nobody: what is open to everybody stays open to it.

    Raises:
        As `session_of`, of what is no such key.
    """
    seen = visit.of(connection.scope)
    if not (seen.session_sought or seen.takes_keys):
        token = _bearer(connection)
        if token is not None and identity.keys.is_key(token):
            return None
    return await session_of(connection)


async def signed_in(connection: Connection, _: BaseRouteHandler) -> None:
    """Guard: somebody we know, a guest included."""
    await _required(connection)


async def known_or_key(connection: Connection, _: BaseRouteHandler) -> None:
    """Guard: somebody we know, or a key, of what is an organisation's as well as a person's."""
    visit.of(connection.scope).takes_keys = True
    await _required(connection)


def of_kind(*kinds: str) -> Guard:
    """Guard: a session of one of these kinds, so that a guest or a citizen stays out of a console. A key only with `KEY`."""

    async def guard(connection: Connection, _: BaseRouteHandler) -> None:
        visit.of(connection.scope).takes_keys = KEY in kinds
        if (await _required(connection)).kind not in kinds:
            raise identity.RoleMissing

    return guard


async def ensure_guest(request: Request[Any, Any, Any]) -> tuple[Session, Cookie | None]:
    """The session of this browser, opened now where it has none; then the cookie must go with the answer.

    Only for what writes: a page that is read stays without cookies, the same for everybody.
    """
    assert request.scope["method"] not in _SAFE, request.scope["path"]
    if (known := await session_of(request)) is not None:
        return known, None
    _refuse_foreign(request)
    await newcomers.count_new_guest(request)
    open_guest: OpenGuest = request.app.state.open_guest
    token, opened = await open_guest(language.of(request.scope), device_of(request))
    seen = visit.of(request.scope)
    seen.session, seen.token = opened, token
    return opened, cookies.session(token, secure=request.app.state.secure_cookies)


async def provide_session(request: Request[Any, Any, Any]) -> Session:
    """Litestar's dependency `session`: raises where nobody is known, with or without a guard."""
    return await _required(request)


async def provide_person_id(request: Request[Any, Any, Any]) -> UUID:
    """Litestar's dependency `person_id`."""
    return (await _required(request)).person_id


async def provide_visitor(request: Request[Any, Any, Any]) -> Session | None:
    """Litestar's dependency `visitor`: who is known, or None."""
    return await session_of(request)


DEPENDENCIES: Final = {
    "session": Provide(provide_session),
    "person_id": Provide(provide_person_id),
    "visitor": Provide(provide_visitor),
    "language": Provide(language.provide_language),
}


async def _required(connection: Connection) -> Session:
    session = await session_of(connection)
    if session is None:
        # A mini-program signs in again by itself on TOKEN_EXPIRED; a browser's cookie has nobody to do that.
        raise identity.TokenExpired if _bearer(connection) else errors.NotSignedIn
    return session


def _bearer(connection: Connection) -> str | None:
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _refuse_foreign(connection: Connection) -> None:
    if connection.scope.get("method") not in _SAFE and not forms.is_ours(connection.scope):
        raise errors.ForeignOrigin
