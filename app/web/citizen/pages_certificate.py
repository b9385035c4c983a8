"""The H5 pages of a certificate and its files."""

from dataclasses import replace
from typing import Any

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from app import certificates
from app.certificates import ANONYMOUS, NAME_PURPOSE, CertificateFacts
from app.certificates.rules import may_say_neutral, title_now
from app.foundation import identity
from app.gateways.channels.methods import Place
from app.kernel import ids
from app.kernel.text import Language
from app.views import estimates
from app.views.certificates.certificate import CertificatePage, DrawingPage
from app.views.certificates.figures import figure_line
from app.views.certificates.namings import named, told_in
from app.views.certificates.slices import judged, mandate, party_lines, reach, slice_lines, subject
from app.views.certificates.upstream import proofs_of, upstream_of
from app.views.ids import certificate_id as known_certificate
from app.views.services import Services
from app.web.citizen import api_files
from app.web.citizen.sheets import sheet_of
from app.web.citizen.wall.pages import on_screen
from app.web.kit.requests.places import place_of
from app.web.kit.responses import html
from app.web.kit.security import guards
from app.web.kit.security.guards import Session
from app.web.kit.services import provide_services

_FILE_WAIT_S = 2.0
"""How long a tap on a file waits for it, before a page says that it is being drawn."""


@get("/c/{certificate_id:str}", include_in_schema=False, guards=[guards.signed_in])
async def show_certificate(
    request: Request[Any, Any, Any],
    certificate_id: FromPath[str],
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes]:
    """The certificate for its holder: its frozen record as the paper shows it, whatever is drawn of it."""
    one = await certificates.find(known_certificate(certificate_id), by=session.person_id)
    view = await _certificate(one, language, services, is_in_wechat=place_of(request) is Place.WECHAT)
    view = replace(view, screen=await on_screen(one, session, language, services))
    return html.page(view, language)


@get("/c/{certificate_id:str}/{name:str}", include_in_schema=False, guards=[guards.signed_in, api_files.FILES])
async def show_file(
    request: Request[Any, Any, Any],
    certificate_id: FromPath[str],
    name: FromPath[str],
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[Any]:
    """A file of the certificate, `zh.pdf`; while it is drawn a page that says so and asks again by itself."""
    data = await api_files.file_of(
        request, certificate_id, name, by=session.person_id, services=services, wait_s=_FILE_WAIT_S
    )
    if data is not None:
        return api_files.given(data, certificate_id, name)
    view = DrawingPage(
        here=f"/c/{certificate_id}/{name}",
        sandbox=services.issuer.is_sandbox,
        certificate_url=f"/c/{certificate_id}",
        refresh_s=api_files.AGAIN_S,
        ring=estimates.ring(str(known_certificate(certificate_id)), 100),
    )
    answer = html.page(view, language, status=202)
    answer.headers.update(api_files.being_drawn())
    return answer


async def _certificate(
    one: CertificateFacts, language: Language, services: Services, *, is_in_wechat: bool
) -> CertificatePage:
    record, shown = one.record, ids.public("crt", one.id)
    name = None
    if one.name_sealed is not None:
        name = await identity.unseal(one.holder_id, one.name_sealed, purpose=NAME_PURPOSE, keyring=services.keyring)
    (upstream,) = await upstream_of([record])
    organisation = await named(record, one.holder_id)
    explained = await certificates.explain(record) if record["kind"] != "honorary" else None  # an honour asks no table
    figure = explained.figure if explained else None
    return CertificatePage(
        here=f"/c/{shown}",
        sandbox=services.issuer.is_sandbox,
        number=one.number,
        holder=organisation.name.in_(language) if organisation else name or ANONYMOUS.in_(language),
        mass_g=record["mass_g"],
        scene_title=subject(record, language),
        called=title_now(record, figure).in_(language),
        figure=figure_line(figure, language, record),
        superseded_by=one.superseded_by,
        reach=reach(record, language, figure),
        naming=told_in(organisation, language),
        is_neutral=may_say_neutral(record, figure),
        is_statement=record["kind"] == "statement",
        parties=party_lines(record, language, beneficiary=organisation.name.in_(language) if organisation else None),
        mandate=mandate(record),
        judged=judged(record, explained, language),
        retirement_number=record["retirement_number"],
        retired_at=estimates.instant(record["retired_at"]),
        slices=slice_lines(record, language),
        upstream=upstream.state,
        proofs=proofs_of(upstream),
        sheet=sheet_of(record, language),
        image_url=f"/c/{shown}/{language.value}.png",
        poster_url=f"/c/{shown}/poster",
        pdf_zh_url=f"/c/{shown}/zh.pdf",
        pdf_en_url=f"/c/{shown}/en.pdf",
        verify_code=one.verify_code,
        verify_url=f"/v/{one.verify_code}",
        share_url=f"{services.issuer.public_url}/v/{one.verify_code}",
        is_in_wechat=is_in_wechat,
    )


routes = Router(
    "/",
    route_handlers=[show_certificate, show_file],
    dependencies={"services": Provide(provide_services)},
    include_in_schema=False,
)
