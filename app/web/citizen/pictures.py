"""A scene's code as a picture: for posters, tickets and slides."""

from typing import Annotated, Any, Final

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter

from app import scenarios
from app.gateways.waiting import Threads
from app.kernel.drawing import qr_png, qr_svg
from app.kernel.drawing.qr import QUIET, qr_modules
from app.views.errors import FieldsInvalid, RequestsTooMany
from app.views.services import Services
from app.web.kit.requests import addresses
from app.web.kit.responses.problems import documented
from app.web.kit.security.newcomers import host_of
from app.web.kit.security.scanning import scan
from app.web.kit.services import provide_services

_KEPT: Final = {"cache-control": "public, max-age=86400"}
_REFUSED: Final = documented(FieldsInvalid, scenarios.ScenarioUnknown, RequestsTooMany)
_DRAWING: Final = Threads(1, waiting_most=64)
"""A large picture takes as long as twenty pages: one at a time, each address behind its own."""
_SVG: Final = "image/svg+xml"
_PNG: Final = "image/png"
Size = Annotated[int, QueryParameter(ge=64, le=2048, description="Most pixels on a side; 边长上限（像素）")]


@get(
    "/s/{code:str}/qr.svg",
    operation_id="getSceneQrSvg",
    summary="QR code of a scene, SVG / 场景二维码",
    media_type=_SVG,
    responses={200: ResponseSpec(bytes, description="SVG", media_type=_SVG, generate_examples=False), **_REFUSED},
)
async def svg(
    request: Request[Any, Any, Any], code: FromPath[str], services: NamedDependency[Services]
) -> Response[bytes]:
    """Level M with four modules of quiet zone; scales to any size."""
    return Response(qr_svg(await _address(request, code, services)).encode(), media_type=_SVG, headers=_KEPT)


@get(
    "/s/{code:str}/qr.png",
    operation_id="getSceneQrPng",
    summary="QR code of a scene, PNG / 场景二维码",
    media_type=_PNG,
    responses={200: ResponseSpec(bytes, description="PNG", media_type=_PNG, generate_examples=False), **_REFUSED},
)
async def png(
    request: Request[Any, Any, Any], code: FromPath[str], services: NamedDependency[Services], size: Size = 512
) -> Response[bytes]:
    """The same as PNG. Each module has whole pixels, so the side is `size` or up to one pixel a module less."""
    address = await _address(request, code, services)
    picture = await _DRAWING.run(_png, address, size, account=addresses.accounts(host_of(request))[0][0])
    return Response(picture, media_type=_PNG, headers=_KEPT)


async def _address(request: Request[Any, Any, Any], code: str, services: Services) -> str:
    """What the printed code says; as it is written, since WeChat compares it with the prefix of its rule."""
    scene = await scan(code, request)
    return f"{services.issuer.public_url}/s/{scene.code}"


def _png(address: str, size: int) -> bytes:
    side = len(qr_modules(address)) + 2 * QUIET
    return qr_png(address, scale=max(1, size // side))


routes = Router("/", route_handlers=[svg, png], dependencies={"services": Provide(provide_services)}, tags=["scenes"])
