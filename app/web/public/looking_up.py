"""Looking a certificate up by its verification code; only guessing is limited."""

from typing import Any, Final

from litestar import Request, Response

from app import certificates
from app.certificates import Verified
from app.gateways.replica import Reader
from app.gateways.waiting import Line
from app.kernel.text import Language
from app.programmes import donations, sharing
from app.views.services import Services
from app.web.kit.requests import addresses, cookies, visit
from app.web.kit.responses import html
from app.web.kit.security.limits import Guessing
from app.web.kit.security.newcomers import host_of
from app.web.public.views import VerifyPage

PAPERS: Final = frozenset({certificates.NEUTRALITY.code, donations.CONTRIBUTION.code, sharing.ACCOUNT_STATEMENT.code})
"""The kinds of certificates that are told to whoever has their code: every kind that is issued."""
GUESSING: Final = Guessing("verify", 60, sharing=20)
"""Unknown codes in a minute, of a person; an address may miss twenty times as many. Hits are not counted."""
LINE: Final = Line(at_once=6, waiting_most=1000)
"""Verifications at work in this process, half of its connections: the rest wait, each address behind its own."""


def reader_of(request: Request[Any, Any, Any], services: Services) -> Reader:
    """Where this request reads what anybody may see. Whoever is signed in may have changed it a moment ago, and is told what
    the primary knows.
    """
    is_known = "authorization" in request.headers or cookies.read(request.scope, cookies.SESSION) is not None
    return services.reads.reader(at_primary=is_known)


async def look_up(
    code: str,
    request: Request[Any, Any, Any],
    *,
    reader: Reader,
    papers: frozenset[str] = frozenset({certificates.NEUTRALITY.code}),
) -> Verified:
    """The certificate behind a code, found and told in this address's turn: the place is held until the answer begins.

    `papers`: the kinds that the caller can tell of.

    Raises:
        CertificateUnknown: no such code, whatever the reason; counted before it is told.
        RequestsTooMany: too many of these.
        Crowded: too many at once of this address, or of all.
    """
    await visit.hold(request.scope, LINE.turn(addresses.accounts(host_of(request))[0][0]))
    found = await GUESSING.found(
        reader.ask(lambda: certificates.verify(code)), request, unknown=certificates.CertificateUnknown
    )
    if found.paper not in papers:
        raise certificates.CertificateUnknown  # a kind whose record the caller cannot tell
    return found


async def confirm(code: str, request: Request[Any, Any, Any], *, reader: Reader) -> str:
    """The stamp of the certificate behind a code, in this address's turn; raises as `look_up`."""
    await visit.hold(request.scope, LINE.turn(addresses.accounts(host_of(request))[0][0]))
    return await GUESSING.found(
        reader.ask(lambda: certificates.confirm(code)), request, unknown=certificates.CertificateUnknown
    )


def unknown_page(code: str, language: Language, *, sandbox: bool) -> Response[bytes]:
    """What a reader is shown where there is no such code: the same, whichever page was asked for."""
    shown = code[:16]
    return html.page(VerifyPage(here=f"/v/{shown}", sandbox=sandbox, code=shown, found=None), language, status=404)
