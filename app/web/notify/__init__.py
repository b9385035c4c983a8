"""The door of the channels: raw bytes in, their own dialect out; no login, no form, no framework reading the body."""

from typing import Any, Final

from litestar import Request, Response, Router, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from app.commerce import payments
from app.gateways.channels.base import RawRequest
from app.views.errors import NoSuchPage
from app.views.services import Services
from app.web.kit.services import provide_services

NOTICE_BYTES_MAX = 64 * 1024


@post("/{channel:str}", operation_id="noticeOfChannel", include_in_schema=False, request_max_body_size=NOTICE_BYTES_MAX)
async def notice(
    request: Request[Any, Any, Any], channel: FromPath[str], services: NamedDependency[Services]
) -> Response[bytes]:
    """A notice of one of our channels. What is on its wire: docs/wire; what happens inside: docs/flow.md."""
    one = services.gateways.channels.get(channel)
    if one is None:
        raise NoSuchPage  # this installation takes no money this way; nothing here may look like a yes
    raw = RawRequest(
        body=await request.body(), headers={name.lower(): value for name, value in request.headers.items()}
    )
    answer = await payments.receive(raw, channel=one)
    return Response(answer.body, status_code=answer.status, media_type=answer.media_type)


routes: Final[tuple[ControllerRouterHandler, ...]] = (
    Router("/notify", route_handlers=[notice], dependencies={"services": Provide(provide_services)}),
)
