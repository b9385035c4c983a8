"""The closing report of a zone as a download: for its owner's people and operators of the platform."""

from litestar import Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from app.views.errors import NotSignedIn
from app.views.zones import report
from app.web.kit.desk import Desk, provide_desk
from app.web.kit.security.limits import limited
from app.web.kit.security.signing_in import by_password, to_sign_in
from app.web.kit.services import provide_services
from app.web.organiser.donations.mapping import HERE


@get(f"{HERE}/{{slug:str}}/report.zip", include_in_schema=False, guards=[by_password, limited("export", 20)])
async def download_report(desk: NamedDependency[Desk], slug: FromPath[str]) -> Response[bytes]:
    """PDF, sheet and pictures in one file; once the zone is closed, always the same one."""
    services = desk.services
    found = await report.fetch(
        slug, by=desk.person_id, services=services, issuer=services.issuer, files=services.gateways.files,
        press=services.press,
    )  # fmt: skip
    name = f"report-{found.slug}{'' if found.is_final else '-draft'}.zip"
    return Response(
        found.data,
        media_type="application/zip",
        headers={
            "content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store",
            "repr-digest": f"sha-256=:{found.digest_base64}:",
        },
    )  # fmt: skip


routes = Router(
    "/",
    route_handlers=[download_report],
    dependencies={"services": Provide(provide_services), "desk": Provide(provide_desk)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
