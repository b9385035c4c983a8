"""The door of the channels and of WeChat's pushes: raw bytes in, their own dialect out; no login, no form, no framework
reading the body.
"""

from typing import Any, Final

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from app.commerce import payments
from app.foundation import moderation
from app.gateways.channels.base import RawRequest
from app.gateways.wechat import ANSWER, PushForged
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
    answer = await payments.receive(raw, channel=one, keyring=services.keyring)
    return Response(answer.body, status_code=answer.status, media_type=answer.media_type)


@get("/wechat/messages", include_in_schema=False)
async def greeting(request: Request[Any, Any, Any], services: NamedDependency[Services]) -> Response[bytes]:
    """WeChat's console asks whether the address is ours, when it is entered there."""
    push = services.gateways.push
    if push is None:
        raise NoSuchPage
    try:
        echo = push.read_greeting(dict(request.query_params), services.gateways.clock())
    except PushForged:
        return _refused()
    return Response(echo.encode(), media_type="text/plain")


@post("/wechat/messages", include_in_schema=False, request_max_body_size=NOTICE_BYTES_MAX, status_code=200)
async def message(request: Request[Any, Any, Any], services: NamedDependency[Services]) -> Response[bytes]:
    """A push of WeChat's: what it saw in a picture; every other message is acknowledged and forgotten."""
    push = services.gateways.push
    if push is None:
        raise NoSuchPage
    try:
        seen = push.read(dict(request.query_params), await request.body(), services.gateways.clock())
    except PushForged:
        return _refused()
    if seen is not None:
        await moderation.record_advice(seen)
    return Response(ANSWER, media_type="text/plain")


def _refused() -> Response[bytes]:
    return Response(b"", status_code=403, media_type="text/plain")


routes: Final[tuple[ControllerRouterHandler, ...]] = (
    Router("/notify", route_handlers=[notice, greeting, message], dependencies={"services": Provide(provide_services)}),
)
