"""A zone (专区) for anybody: its page, and the same as JSON."""

from typing import Any, Final

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from app.kernel.text import Language
from app.programmes.zones import ZoneUnknown
from app.views import estimates
from app.views.errors import FieldsInvalid, RequestsTooMany
from app.views.services import Services
from app.views.zones import zone_json, zone_story
from app.views.zones.page import ZonePage
from app.views.zones.zone_json import ZoneView, zone_view
from app.web.kit.responses import html
from app.web.kit.responses.answers import answers
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services
from app.web.public.looking_up import reader_of


@get(
    "/zones/{slug:str}",
    operation_id="readZone",
    summary="A zone / 专区",
    guards=[limited("zone", 240)],
    responses=answers(zone_json.EXAMPLE, FieldsInvalid, ZoneUnknown, RequestsTooMany),
)
async def read_zone(
    request: Request[Any, Any, Any], slug: FromPath[str], services: NamedDependency[Services]
) -> ZoneView:
    """The zone as its newest version says: its scenes, what is neutralised, what is stated, its boards."""
    return zone_view(await reader_of(request, services).ask(lambda: zone_story.read(slug, today=estimates.today())))


@get("/z/{slug:str}", include_in_schema=False, guards=[limited("zone", 240)])
async def show_zone(
    request: Request[Any, Any, Any],
    slug: FromPath[str],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes]:
    """The page; it says the same to everybody."""
    issuer = services.issuer

    async def tell() -> ZonePage:
        story = await zone_story.read(slug, today=estimates.today())
        return await zone_story.page(story, language, sandbox=issuer.is_sandbox, origin=issuer.public_url)

    return html.page(await reader_of(request, services).ask(tell), language, is_kept=True)


routes: Final = Router(
    "/api/v1", route_handlers=[read_zone], dependencies={"services": Provide(provide_services)}, tags=["public"]
)
page_routes: Final = Router(
    "/", route_handlers=[show_zone], dependencies={"services": Provide(provide_services)}, include_in_schema=False
)
