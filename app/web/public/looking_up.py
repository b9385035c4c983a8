"""Looking a certificate up by its verification code; only guessing is limited."""

from typing import Any, Final

from litestar import Request

from app import certificates
from app.certificates import Verified
from app.web.limits import Guessing

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
