"""The contribution boards of a zone (特别贡献榜) for anybody: the page, the same as JSON, and as a sheet."""

from typing import Any, Final

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from app.kernel.text import Language
from app.programmes.zones import ZoneUnknown
from app.views.errors import FieldsInvalid, RequestsTooMany
from app.views.services import Services
from app.views.zones import board_json, board_sheet, board_story
from app.views.zones.board_json import BoardsView, boards_view
from app.web.kit.responses import html
from app.web.kit.responses.answers import answers
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services
from app.web.public.looking_up import reader_of


@get(
    "/zones/{slug:str}/board",
    operation_id="readBoards",
    summary="A zone's contribution boards / 特别贡献榜",
    guards=[limited("board", 240)],
    responses=answers(board_json.EXAMPLE, FieldsInvalid, ZoneUnknown, RequestsTooMany),
)
async def read_boards(
    request: Request[Any, Any, Any], slug: FromPath[str], services: NamedDependency[Services]
) -> BoardsView:
    """Who gave how much, by each board's live definition, and what it covers."""
    return boards_view(await reader_of(request, services).ask(lambda: board_story.read(slug, services)))


@get("/z/{slug:str}/board", include_in_schema=False, guards=[limited("board", 240)])
async def show_boards(
    request: Request[Any, Any, Any],
    slug: FromPath[str],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes]:
    """The page; it says the same to everybody."""
    story = await reader_of(request, services).ask(lambda: board_story.read(slug, services))
    view = board_story.page(story, language, sandbox=services.issuer.is_sandbox, origin=services.issuer.public_url)
    return html.page(view, language, is_kept=True)


@get("/z/{slug:str}/board.xlsx", include_in_schema=False, guards=[limited("export", 20)])
async def export_boards(
    slug: FromPath[str], language: NamedDependency[Language], services: NamedDependency[Services]
) -> Response[bytes]:
    """The same as a sheet, of which no spreadsheet computes anything."""
    story = await board_story.read(slug, services)
    return Response(
        await board_sheet.as_sheet(story, language),
        media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        headers={
            "content-disposition": f'attachment; filename="board-{story.zone.slug}.xlsx"',
            "cache-control": "no-store",
        },
    )


routes: Final = Router(
    "/api/v1", route_handlers=[read_boards], dependencies={"services": Provide(provide_services)}, tags=["public"]
)
page_routes: Final = Router(
    "/",
    route_handlers=[show_boards, export_boards],
    dependencies={"services": Provide(provide_services)},
    include_in_schema=False,
)
