"""The form for the logo beside a scene's gift."""

from typing import Annotated, Any, Final

from litestar import Response, Router, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency, Provide
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath
from litestar.response import Redirect

from app.programmes import gifts
from app.views.errors import NotSignedIn
from app.web.kit.desk import Desk, provide_desk
from app.web.kit.security.limits import limited
from app.web.kit.security.signing_in import by_password, to_sign_in
from app.web.kit.services import provide_services
from app.web.organiser.gifts.api_logo import BODY_BYTES_MOST
from app.web.organiser.gifts.page import latest_campaign, page_of
from app.web.organiser.scenes import giving_scene

_DROP: Final = "drop"


@post(
    "/organiser/{code:str}/gift/logo",
    include_in_schema=False,
    guards=[by_password, limited("gift_change", 60, is_exact=True)],
    status_code=303,
    request_max_body_size=BODY_BYTES_MOST,
)
async def change_logo(
    desk: NamedDependency[Desk],
    code: FromPath[str],
    data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)],
) -> Response[bytes] | Redirect:
    """Shown, or taken away; why a file is no logo is said beside its field."""
    scene = await giving_scene(code, desk.person_id)
    file = data.get("logo")

    async def do() -> None:
        if (campaign := await latest_campaign(scene)) is None:
            raise gifts.CampaignUnknown
        if data.get("do") == _DROP:
            return await gifts.drop_logo(campaign.id, by=desk.person_id)
        picture = await file.read() if isinstance(file, UploadFile) else b""
        return await gifts.set_logo(campaign.id, picture, by=desk.person_id, files=desk.services.gateways.files)

    return await desk.step(
        data, do, onward=f"/organiser/{scene.code}/gift", again=lambda fact: page_of(desk, scene, fact)
    )


routes = Router(
    "/",
    route_handlers=[change_logo],
    dependencies={"services": Provide(provide_services), "desk": Provide(provide_desk)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
