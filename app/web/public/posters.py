"""The poster of a certificate for whoever gets its link: with what strangers see of the name, once its holder asked for it."""

from typing import Any, Final

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from app import certificates
from app.kernel.text import Language
from app.views.services import Services
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services
from app.web.public.looking_up import GUESSING, look_up, reader_of

_LANGUAGES: Final = {f"{one.value}.png": one for one in Language}


@get("/v/{code:str}/poster/{name:str}", include_in_schema=False, guards=[GUESSING.guard, limited("poster", 240)])
async def poster(
    request: Request[Any, Any, Any], code: FromPath[str], name: FromPath[str], services: NamedDependency[Services]
) -> Response[bytes]:
    """`zh.png`; drawn only for its holder, so that nobody's guesses are drawn."""
    await look_up(code, request, reader=reader_of(request, services))
    plain = certificates.read_code(code)
    if name not in _LANGUAGES or plain is None:
        raise certificates.CertificateUnknown
    data = await certificates.fetch_shared(
        plain, _LANGUAGES[name], files=services.gateways.files, keyring=services.keyring
    )
    if data is None:
        raise certificates.CertificateUnknown
    return Response(data, media_type="image/png", headers={"cache-control": "public, no-cache"})


async def poster_url(code: str, language: Language) -> str | None:
    """Where the poster of a certificate is given to anybody; None while it is not there."""
    return f"/v/{code}/poster/{language.value}.png" if await certificates.is_shared(code, language) else None


routes = Router(
    "/", route_handlers=[poster], dependencies={"services": Provide(provide_services)}, include_in_schema=False
)
