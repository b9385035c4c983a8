"""Everything one has, at once: as JSON for machines, as PDF for people, from one reading each."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import msgspec
from litestar import Response, Router, get
from litestar.di import NamedDependency, Provide

from app.foundation import privacy
from app.gateways.waiting import Line
from app.kernel.clock import rfc3339
from app.kernel.text import Language
from app.views.privacy.export import as_json, as_pdf
from app.views.services import Services
from app.web.kit.responses import pages
from app.web.kit.security import guards
from app.web.kit.security.guards import Session
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services

_EXPORTS: Final = limited("export", 10, window_s=600, is_exact=True)
_TURNS: Final = Line(1, waiting_most=8)
_THREAD: Final = ThreadPoolExecutor(1, thread_name_prefix="export")
"""Always the same one: a press is warm in the thread that used it before."""


@get("/me/privacy/export.json", include_in_schema=False, guards=[guards.signed_in, _EXPORTS])
async def as_machine_file(session: NamedDependency[Session], services: NamedDependency[Services]) -> Response[bytes]:
    """Every row, group by group."""
    found = await privacy.export(session.person_id, keyring=services.keyring)
    told = as_json(found, person_id=session.person_id, made_at=rfc3339(services.gateways.clock()))
    return _file(msgspec.json.format(msgspec.json.encode(told)), "application/json", "json")


@get("/me/privacy/export.pdf", include_in_schema=False, guards=[guards.signed_in, _EXPORTS])
async def as_paper(
    session: NamedDependency[Session], language: NamedDependency[Language], services: NamedDependency[Services]
) -> Response[bytes]:
    """The same rows to read and print."""
    found = await privacy.export(session.person_id, keyring=services.keyring)
    now = services.gateways.clock()
    titles = {key: pages.phrase(f"privacy.group.{key}", language) for key in found}
    async with _TURNS.turn(str(session.person_id)):
        sheet = await asyncio.get_running_loop().run_in_executor(
            _THREAD,
            lambda: as_pdf(
                found, titles=titles, person_id=session.person_id, language=language, press=services.press(), at=now
            ),
        )
    return _file(sheet, "application/pdf", "pdf")


def _file(data: bytes, media_type: str, ending: str) -> Response[bytes]:
    return Response(
        data,
        media_type=media_type,
        headers={"content-disposition": f'attachment; filename="diandian.{ending}"', "cache-control": "no-store"},
    )


routes = Router(
    "/",
    route_handlers=[as_machine_file, as_paper],
    dependencies={"services": Provide(provide_services)},
    include_in_schema=False,
)
