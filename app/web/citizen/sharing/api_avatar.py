"""JSON for mini-programs: one's own picture, given by upload and never by an address."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from litestar import Response, Router, delete, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency, Provide
from litestar.enums import RequestEncodingType
from litestar.params import Body

from app.foundation import avatars
from app.foundation.avatars import Kept
from app.foundation.moderation import CheckState
from app.views.errors import FieldsInvalid, RequestsTooMany, Silent, TooLarge
from app.views.services import Services
from app.views.sharing.avatar import AvatarView
from app.web.kit.responses.answers import BEARER, SIGNED_IN, answers
from app.web.kit.security import guards
from app.web.kit.security.guards import Session
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services

UPLOAD_BYTES_MAX = avatars.BYTES_MAX + 64 * 1024
"""With what stands around the file in a form."""
UPLOADS = limited("avatar", 20, is_exact=True)
"""Guard of whatever takes a picture: each costs a process."""
REFUSALS = (
    avatars.AvatarTooLarge, avatars.AvatarTypeUnknown, avatars.AvatarAnimated, avatars.AvatarDimensions,
    avatars.AvatarPolyglot, avatars.AvatarBroken, avatars.AvatarPersonGone,
)  # fmt: skip
_EXAMPLE = AvatarView(state="waiting")


@dataclass
class AvatarForm:
    """The form that `wx.uploadFile` sends: the file under the name `picture`."""

    picture: UploadFile


@get(
    "/me/avatar",
    operation_id="getAvatar",
    summary="My picture / 我的头像",
    guards=[guards.signed_in],
    security=BEARER,
    responses=answers(_EXAMPLE, *SIGNED_IN),
)
async def get_avatar(person_id: NamedDependency[UUID]) -> Response[AvatarView]:
    """Whether there is one, and whether others see it."""
    return _answer(await avatars.own(person_id))


@post(
    "/me/avatar",
    operation_id="putAvatar",
    summary="Upload my picture / 上传头像",
    guards=[guards.signed_in, UPLOADS],
    security=BEARER,
    status_code=200,
    request_max_body_size=UPLOAD_BYTES_MAX,
    responses=answers(_EXAMPLE, FieldsInvalid, TooLarge, *SIGNED_IN, RequestsTooMany, *REFUSALS, Silent),
)
async def put_avatar(
    data: Annotated[AvatarForm, Body(media_type=RequestEncodingType.MULTI_PART)],
    session: NamedDependency[Session],
    services: NamedDependency[Services],
) -> Response[AvatarView]:
    """JPEG, PNG or WebP of at most 2 MB; drawn anew as a square of 256 pixels. Others see it once it has passed its check."""
    kept = await avatars.put(
        session.person_id, await data.picture.read(), by_wechat=session.kind == "citizen", keyring=services.keyring
    )
    return _answer(kept)


@delete(
    "/me/avatar",
    operation_id="deleteAvatar",
    summary="Take my picture down / 删除头像",
    guards=[guards.signed_in, limited("avatar_remove", 30, is_exact=True)],
    security=BEARER,
    status_code=200,
    responses=answers(AvatarView(state="none"), *SIGNED_IN, RequestsTooMany),
)
async def delete_avatar(person_id: NamedDependency[UUID]) -> Response[AvatarView]:
    """It is gone at once, everywhere; again it changes nothing."""
    await avatars.remove(person_id)
    return _answer(None)


def address_of(kept: Kept | None) -> str | None:
    """Where everybody sees a picture; None while it has not passed."""
    return f"/avatars/{kept.digest.hex()}.webp" if kept and kept.state is CheckState.PASSED else None


def _answer(kept: Kept | None) -> Response[AvatarView]:
    told = AvatarView(
        state=kept.state.value if kept else "none",
        reason=kept.reason.value if kept and kept.reason else None,
        url=address_of(kept),
    )
    return Response(told, headers={"cache-control": "no-store"})


routes = Router(
    "/api/v1",
    route_handlers=[get_avatar, put_avatar, delete_avatar],
    dependencies={"services": Provide(provide_services)},
    tags=["people"],
)
