"""A zone (专区) for anybody: its page, and the same as JSON."""

from typing import Final

from litestar import Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from app.kernel.text import Language
from app.programmes.zones import ZoneUnknown
from app.views import estimates
from app.views.errors import FieldsInvalid, RequestsTooMany
from app.views.services import Services
from app.views.zones import zone_json, zone_story
from app.views.zones.zone_json import ZoneView, zone_view
from app.web.kit.responses import html
from app.web.kit.responses.answers import answers
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services


@get(
    "/zones/{slug:str}",
    operation_id="readZone",
    summary="A zone / 专区",
    guards=[limited("zone", 240)],
    responses=answers(zone_json.EXAMPLE, FieldsInvalid, ZoneUnknown, RequestsTooMany),
)
async def read_zone(slug: FromPath[str]) -> ZoneView:
    """The zone as its newest version says: its scenes, what is neutralised, what is stated, its boards."""
    return zone_view(await zone_story.read(slug, today=estimates.today()))


@get("/z/{slug:str}", include_in_schema=False, guards=[limited("zone", 240)])
async def show_zone(
    slug: FromPath[str], language: NamedDependency[Language], services: NamedDependency[Services]
) -> Response[bytes]:
    """The page; it says the same to everybody."""
    story = await zone_story.read(slug, today=estimates.today())
    view = await zone_story.page(story, language, sandbox=services.issuer.is_sandbox, origin=services.issuer.public_url)
    return html.page(view, language, is_kept=True)


routes: Final = Router("/api/v1", route_handlers=[read_zone], tags=["public"])
page_routes: Final = Router(
    "/", route_handlers=[show_zone], dependencies={"services": Provide(provide_services)}, include_in_schema=False
)
