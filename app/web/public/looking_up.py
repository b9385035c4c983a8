"""Looking a certificate up by its verification code; only guessing is limited."""

from typing import Any, Final

from litestar import Request, Response

from app import certificates
from app.certificates import Verified
from app.kernel.text import Language
from app.web import html
from app.web.limits import Guessing
from app.web.public.views import VerifyPage

GUESSING: Final = Guessing("verify", 600)
"""Unknown codes in a minute, of a person; whoever has a certificate in hand may look as often as they like."""


async def look_up(code: str, request: Request[Any, Any, Any]) -> Verified:
    """The certificate behind a code.

    Raises:
        CertificateUnknown: no such code, whatever the reason; counted before it is told.
        RequestsTooMany: too many of these.
    """
    try:
        return await certificates.verify(code)
    except certificates.CertificateUnknown:
        await GUESSING.missed(request)
        raise


def unknown_page(code: str, language: Language, *, sandbox: bool) -> Response[bytes]:
    """What a reader is shown where there is no such code: the same, whichever page was asked for."""
    shown = code[:16]
    return html.page(VerifyPage(here=f"/v/{shown}", sandbox=sandbox, code=shown, found=None), language, status=404)
