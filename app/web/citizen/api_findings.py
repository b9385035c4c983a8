"""JSON for a certificate's holder: what was found of its claim, rule by rule."""

from typing import Final
from uuid import UUID

from litestar import Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from app import certificates
from app.views.certificates.findings import EXAMPLE, FindingsView, findings_view
from app.views.errors import FieldsInvalid
from app.views.ids import certificate_id as known_certificate
from app.web.kit.responses.answers import KEYED, SIGNED_IN, answers
from app.web.kit.security import guards


@get(
    "/certificates/{certificate_id:str}/findings",
    operation_id="getCertificateFindings",
    summary="What was found of its claim, rule by rule / 逐条判定",
    guards=[guards.known_or_key],
    security=KEYED,
    responses=answers(EXAMPLE, FieldsInvalid, *SIGNED_IN, certificates.CertificateUnknown),
)
async def get_findings(certificate_id: FromPath[str], person_id: NamedDependency[UUID]) -> Response[FindingsView]:
    """Every finding behind a certificate this person holds, or acts for."""
    held = await certificates.find(known_certificate(certificate_id), by=person_id)
    told = await certificates.explain(held.record)
    return Response(findings_view(held.record, told), headers={"cache-control": "no-store"})


routes: Final = Router("/api/v1", route_handlers=[get_findings], tags=["people"])
