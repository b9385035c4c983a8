"""Why a certificate says what it says of its claim, for anybody with its code: as JSON, and as a page to print."""

from typing import Any, Final

import msgspec
from litestar import Request, Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Redirect

from app import certificates
from app.certificates.rules import read_record
from app.kernel.text import Language
from app.views.certificates.findings import EXAMPLE, findings_view
from app.views.certificates.namings import named
from app.views.errors import FieldsInvalid, RequestsTooMany
from app.views.services import Services
from app.web.kit.responses import html
from app.web.kit.responses.answers import answers
from app.web.kit.services import provide_services
from app.web.public.findings_view import findings_page
from app.web.public.looking_up import GUESSING, PAPERS, look_up, reader_of, unknown_page


@get(
    "/verify/{code:str}/findings",
    operation_id="verifyFindings",
    summary="Why a claim is called so, rule by rule / 逐条判定",
    guards=[GUESSING.guard],
    responses=answers(
        EXAMPLE, FieldsInvalid, certificates.CertificateUnknown, certificates.FindingsAbsent, RequestsTooMany
    ),
)
async def verify_findings(
    request: Request[Any, Any, Any], code: FromPath[str], services: NamedDependency[Services]
) -> Response[Any]:
    """Every finding behind a verification code; unknown codes all look the same."""
    reader = reader_of(request, services)
    found = await look_up(code, request, reader=reader, papers=PAPERS)
    if found.paper != certificates.NEUTRALITY.code:
        raise certificates.FindingsAbsent
    record = read_record(found.record_json)
    body = findings_view(record, await reader.ask(lambda: certificates.explain(record)))
    return Response(
        msgspec.json.encode(body), media_type="application/json", headers={"cache-control": "public, max-age=10"}
    )


@get(["/v/{code:str}/findings", "/V/{code:str}/findings"], include_in_schema=False, guards=[GUESSING.guard])
async def show_findings(
    request: Request[Any, Any, Any],
    code: FromPath[str],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes] | Redirect:
    """The page; an unknown code meets the same answer as when it is verified."""
    reader = reader_of(request, services)
    try:
        found = await look_up(code, request, reader=reader, papers=PAPERS)
    except certificates.CertificateUnknown:
        return unknown_page(code, language, sandbox=services.issuer.is_sandbox)
    if found.paper != certificates.NEUTRALITY.code:  # its own page says all there is
        return Redirect(f"/v/{read_record(found.record_json)['verify_code']}", status_code=303)
    record = read_record(found.record_json)
    told = await reader.ask(lambda: certificates.explain(record))
    view = findings_page(
        record,
        told,
        language,
        organisation=await reader.ask(lambda: named(record, found.holder_id)),
        superseded_by=found.superseded_by,
        sandbox=services.issuer.is_sandbox,
    )
    return html.page(view, language)


routes: Final = Router(
    "/api/v1", route_handlers=[verify_findings], dependencies={"services": Provide(provide_services)}, tags=["public"]
)
page_routes: Final = Router(
    "/", route_handlers=[show_findings], dependencies={"services": Provide(provide_services)}, include_in_schema=False
)
