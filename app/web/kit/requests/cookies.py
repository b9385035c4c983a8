"""The cookies we set, with their flags, and reading one without parsing all."""

from typing import Final

from litestar.datastructures import Cookie
from litestar.types import Scope

SESSION: Final = "dd_session"
"""The token of a browser's session: a guest's on H5, a member's in the consoles."""
LANGUAGE: Final = "lang"
SESSION_S: Final = 180 * 24 * 3600
"""A guest must find the certificate again after a season of events."""
LANGUAGE_S: Final = 365 * 24 * 3600


def session(token: str, *, secure: bool, max_age_s: int = SESSION_S) -> Cookie:
    """The session's cookie: no script reads it, no foreign page sends it with a POST."""
    return Cookie(key=SESSION, value=token, path="/", max_age=max_age_s, secure=secure, httponly=True, samesite="lax")


def ended(*, secure: bool) -> Cookie:
    """Takes the session's cookie away."""
    return session("", secure=secure, max_age_s=0)


def language_header(language: str, *, secure: bool) -> bytes:
    """The value of `Set-Cookie` that keeps a chosen language for a year."""
    flags = "; Secure" if secure else ""
    return f"{LANGUAGE}={language}; Path=/; Max-Age={LANGUAGE_S}; HttpOnly; SameSite=Lax{flags}".encode()


def read(scope: Scope, name: str) -> str | None:
    """The value of one cookie, or None. The first of several with the same name wins, as in the browser's order."""
    wanted = name.encode() + b"="
    for header, value in scope["headers"]:
        if header == b"cookie" and wanted in value:
            for part in value.split(b";"):
                key, _, content = part.strip().partition(b"=")
                if key == wanted[:-1]:
                    return content.decode("latin-1").strip('"') or None
    return None
