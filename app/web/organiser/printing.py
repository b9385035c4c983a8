"""What an organiser prints for a scene, as PDF. For whoever may see the scene's own page."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from litestar import Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from app import scenarios
from app.gateways.waiting import Line
from app.views import estimates
from app.views.errors import NoSuchPage, NotSignedIn
from app.views.printing.contents import matter_of
from app.views.printing.rendering import PrintKind, render
from app.web.kit.desk import Desk, provide_desk
from app.web.kit.security.limits import limited
from app.web.kit.security.signing_in import by_password, to_sign_in
from app.web.kit.services import provide_services
from app.web.organiser.scenes import admit

_KINDS: Final = {f"{kind.value}.pdf": kind for kind in PrintKind}
_TURNS: Final = Line(1, waiting_most=8)
_THREAD: Final = ThreadPoolExecutor(1, thread_name_prefix="printing")
"""Always the same one: a press is warm, and its layouts in memory, in the thread that used it before."""


@get("/organiser/{code:str}/print/{name:str}", include_in_schema=False, guards=[by_password, limited("print", 30)])
async def print_scene(desk: NamedDependency[Desk], code: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """`poster.pdf`, `tent.pdf` or `stickers.pdf`; says what the scene offers at this moment."""
    scene = await scenarios.open_scene(code, today=estimates.today())
    await admit(desk.person_id, scene)
    if (kind := _KINDS.get(name)) is None:
        raise NoSuchPage
    matter = await matter_of(scene, desk.services.issuer)
    press, now = desk.services.press, desk.now
    async with _TURNS.turn(str(desk.person_id)):
        sheet = await asyncio.get_running_loop().run_in_executor(
            _THREAD, lambda: render(matter, kind, press=press(), at=now)
        )
    return Response(
        sheet,
        media_type="application/pdf",
        headers={
            "content-disposition": f'attachment; filename="{kind.value}-{scene.code}.pdf"',
            "cache-control": "no-store",
        },
    )


routes = Router(
    "/",
    route_handlers=[print_scene],
    dependencies={"services": Provide(provide_services), "desk": Provide(provide_desk)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
