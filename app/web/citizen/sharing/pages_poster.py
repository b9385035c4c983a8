"""The poster of a certificate: a picture to be saved and sent, with the holder's name once that has passed its check."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from app import certificates
from app.certificates import NAME_PURPOSE, CertificateFacts
from app.foundation import identity, moderation
from app.foundation.moderation import CheckState, ContentPurpose
from app.gateways.channels.methods import Place
from app.kernel import ids
from app.kernel.text import Language
from app.views import estimates
from app.views.certificates.certificate import DrawingPage
from app.views.certificates.slices import subject
from app.views.ids import certificate_id as known_certificate
from app.views.services import Services
from app.views.sharing.poster import NameState, PosterPage
from app.web.citizen import api_files
from app.web.kit.requests.places import place_of
from app.web.kit.responses import html
from app.web.kit.security import guards
from app.web.kit.security.guards import Session
from app.web.kit.services import provide_services

_FILE_WAIT_S = 2.0
_LANGUAGES = {f"{one.value}.png": one for one in Language}


@dataclass(frozen=True, slots=True)
class _Shown:
    """What may be shown now."""

    one: CertificateFacts
    name_state: NameState

    @property
    def kind(self) -> certificates.FileKind:
        return "poster" if self.name_state in {"none", "passed"} else "masked"


@get("/c/{certificate_id:str}/poster", include_in_schema=False, guards=[guards.signed_in, api_files.FILES])
async def show_poster(
    request: Request[Any, Any, Any],
    certificate_id: FromPath[str],
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes]:
    """The poster and how to save it; while it is drawn a page that says so. Opening it asks for the check of the name."""
    shown = await _shown(known_certificate(certificate_id), session, services)
    one, record = shown.one, shown.one.record
    data = await _file(request, shown, language, session, services)
    if data is None:
        view = DrawingPage(
            here=f"/c/{certificate_id}/poster",
            sandbox=services.issuer.is_sandbox,
            certificate_url=f"/c/{certificate_id}",
            refresh_s=api_files.AGAIN_S,
            ring=estimates.ring(str(one.id), 100),
        )
        answer = html.page(view, language, status=202)
        answer.headers.update(api_files.being_drawn())
        return answer
    if shown.kind != "masked" and not await certificates.is_wanted(one.id, language, "masked"):
        # What the public page gives to whoever gets the link: the same poster with less of the name.
        await certificates.want(one.id, language, "masked", by=session.person_id)
    public = ids.public("crt", one.id)
    page = PosterPage(
        here=f"/c/{public}/poster",
        sandbox=services.issuer.is_sandbox,
        title=record["title"][language.value],
        number=one.number,
        mass_g=record["mass_g"],
        subject=subject(record, language),
        name_state=shown.name_state,
        image_url=f"/c/{public}/poster/{language.value}.png",
        verify_url=f"/v/{one.verify_code}",
        certificate_url=f"/c/{public}",
        is_in_wechat=place_of(request) is Place.WECHAT,
    )
    return html.page(page, language)


@get("/c/{certificate_id:str}/poster/{name:str}", include_in_schema=False, guards=[guards.signed_in, api_files.FILES])
async def show_picture(
    request: Request[Any, Any, Any],
    certificate_id: FromPath[str],
    name: FromPath[str],
    session: NamedDependency[Session],
    services: NamedDependency[Services],
) -> Response[Any]:
    """The picture itself, `zh.png`; a browser asks each time, since the name on it may be hidden meanwhile."""
    if name not in _LANGUAGES:
        raise certificates.CertificateUnknown
    shown = await _shown(known_certificate(certificate_id), session, services)
    data = await _file(request, shown, _LANGUAGES[name], session, services)
    if data is None:
        return Response(b"", status_code=202, media_type="image/png", headers=api_files.being_drawn())
    answer = api_files.given(data, certificate_id, name)
    answer.headers["cache-control"] = "no-store"
    return answer


async def _shown(certificate_id: UUID, session: Session, services: Services) -> _Shown:
    """The certificate, and how far the check of the name on it is; the first look at it asks for the check."""
    one = await certificates.find(certificate_id, by=session.person_id)
    name = None
    if one.name_sealed is not None:
        name = await identity.unseal(one.holder_id, one.name_sealed, purpose=NAME_PURPOSE, keyring=services.keyring)
    if name is None:
        return _Shown(one, "none")
    check = await moderation.find_text(name, ContentPurpose.NAME, keyring=services.keyring)
    if check is None or check.state is not CheckState.PASSED:
        check = await moderation.ask_text(
            one.holder_id, name, ContentPurpose.NAME, words=services.words, by_wechat=session.kind == "citizen",
            keyring=services.keyring,
        )  # fmt: skip
    return _Shown(one, check.state.value)


async def _file(
    request: Request[Any, Any, Any], shown: _Shown, language: Language, session: Session, services: Services
) -> bytes | None:
    return await api_files.drawn_file(
        request, shown.one.id, language, shown.kind, by=session.person_id, services=services, wait_s=_FILE_WAIT_S
    )


routes = Router(
    "/",
    route_handlers=[show_poster, show_picture],
    dependencies={"services": Provide(provide_services)},
    include_in_schema=False,
)
