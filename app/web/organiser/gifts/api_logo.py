"""JSON for organisers: the logo beside their gift."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from litestar import Request, Router, delete, put
from litestar.di import NamedDependency, Provide
from litestar.openapi.spec import OpenAPIFormat, OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from litestar.params import FromPath

from app.foundation import identity
from app.programmes import gifts
from app.programmes.gifts.logo_rules import PictureKind
from app.views.errors import FieldsInvalid, RequestsTooMany, TooLarge
from app.views.giving.campaigns import EXAMPLE, CampaignView, campaign_id
from app.views.services import Services
from app.web.kit.responses.answers import KEYED, SIGNED_IN, answers
from app.web.kit.responses.problems import documented
from app.web.kit.services import provide_services
from app.web.organiser.gifts.api import CHANGE, shown

BODY_BYTES_MOST: Final = 2 * 1024 * 1024
"""Above what a logo may have, so that whoever sends a little too much is told so in its own words."""
_REFUSED: Final = (FieldsInvalid, *SIGNED_IN, RequestsTooMany, gifts.CampaignUnknown, identity.RoleMissing)


@dataclass
class _PictureOperation(Operation):
    """The body is the file itself."""

    def __post_init__(self) -> None:
        file = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY))
        self.request_body = RequestBody(
            required=True,
            description="PNG, JPEG or WebP of at most 1 MB and 4 million pixels; 不超过 1 MB、400 万像素的图片",
            content={f"image/{kind.value}": file for kind in PictureKind},
        )


@put(
    "/gift-campaigns/{campaign:str}/logo",
    operation_id="setGiftLogo",
    summary="Show a logo / 设置赠碳标志",
    guards=list(CHANGE),
    security=KEYED,
    request_max_body_size=BODY_BYTES_MOST,
    operation_class=_PictureOperation,
    responses=answers(EXAMPLE, *_REFUSED, TooLarge, gifts.LogoUnfit, gifts.CampaignOver),
)
async def set_logo(
    request: Request[Any, Any, Any],
    campaign: FromPath[str],
    person_id: NamedDependency[UUID],
    services: NamedDependency[Services],
) -> CampaignView:
    """The body is the file; its content tells what it is. It is drawn anew within 480 × 160 pixels, and nothing else of it is
    kept. It takes the place of another; sent again it changes nothing.
    """
    uuid = campaign_id(campaign)
    await gifts.set_logo(uuid, await request.body(), by=person_id, files=services.gateways.files)
    return await shown(uuid, services)


@delete(
    "/gift-campaigns/{campaign:str}/logo",
    operation_id="dropGiftLogo",
    summary="Show no logo / 移除赠碳标志",
    guards=list(CHANGE),
    security=KEYED,
    responses=documented(*_REFUSED),
)
async def drop_logo(campaign: FromPath[str], person_id: NamedDependency[UUID]) -> None:
    """Also after the end; a repeat changes nothing."""
    await gifts.drop_logo(campaign_id(campaign), by=person_id)


routes = Router(
    "/api/v1",
    route_handlers=[set_logo, drop_logo],
    dependencies={"services": Provide(provide_services)},
    tags=["gifts"],
)
