"""Logos of those who give, for whoever sees their gift."""

from typing import Final

from litestar import Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath

from app.programmes import gifts
from app.views.answer_cache import Answer, AnswerCache
from app.views.errors import FieldsInvalid, NoSuchPage, RequestsTooMany
from app.views.giving import logos
from app.views.services import Services
from app.web.kit.responses.problems import documented
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services

_PNG: Final = "image/png"
_kept: Final = AnswerCache(most=64)
"""A crowd that scans at once asks for one picture."""


@get(
    f"{logos.PLACE}/{{name:str}}",
    operation_id="getGiftLogo",
    summary="Logo of whoever gives / 赠予方标志",
    media_type=_PNG,
    guards=[limited("logo", 600)],
    responses={
        200: ResponseSpec(bytes, description="PNG", media_type=_PNG, generate_examples=False),
        **documented(FieldsInvalid, NoSuchPage, RequestsTooMany),
    },
)
async def get_logo(name: FromPath[str], services: NamedDependency[Services]) -> Response[bytes]:
    """As long as a gift names it; its address changes with its content. Who took it away is gone from caches within a day."""
    sha256 = logos.digest_of(name)
    if sha256 is None:
        raise NoSuchPage

    async def ask() -> Answer:
        found = await gifts.read_logo(sha256, files=services.gateways.files)
        if found is None:
            raise NoSuchPage
        return Answer(200, found)

    answer = await _kept.get(name, ask)
    return Response(
        answer.body,
        media_type=_PNG,
        headers={
            "cache-control": "public, max-age=86400, immutable",
            "content-security-policy": "default-src 'none'; sandbox",
        },
    )


routes = Router("/", route_handlers=[get_logo], dependencies={"services": Provide(provide_services)}, tags=["gifts"])
