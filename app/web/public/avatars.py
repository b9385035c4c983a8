"""Pictures of people under their addresses: only what has passed its check, else a default drawn by us.

A browser asks each time whether it may still show what it has, so that what is hidden or taken down is gone with the next
look. An address tells nothing: an unknown one, one that waits and one that was refused look alike.
"""

from typing import Any, Final
from uuid import UUID

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from app.foundation import avatars
from app.kernel.drawing import avatar_svg
from app.views.errors import NoSuchPage
from app.views.services import Services
from app.web.kit.services import provide_services

_DIGEST_LENGTH: Final = 64
_SUFFIX: Final = ".webp"
_ALWAYS_ASKED: Final = {"cache-control": "public, no-cache", "content-security-policy": "default-src 'none'"}


@get("/avatars/{name:str}", include_in_schema=False)
async def picture(
    request: Request[Any, Any, Any], name: FromPath[str], services: NamedDependency[Services]
) -> Response[bytes]:
    """A picture by its digest, `<64 hexadecimal digits>.webp`."""
    written = name.removesuffix(_SUFFIX)
    try:
        digest = bytes.fromhex(written)
    except ValueError:
        raise NoSuchPage from None
    if not name.endswith(_SUFFIX) or written != digest.hex() or len(written) != _DIGEST_LENGTH:
        raise NoSuchPage
    data = await avatars.fetch_shown(digest, keyring=services.keyring)
    tag = f'"{written[:32]}{"" if data else "-default"}"'
    headers = _ALWAYS_ASKED | {"etag": tag}
    if request.headers.get("if-none-match") == tag:
        return Response(b"", status_code=304, headers=headers)
    if data is None:
        return Response(avatar_svg(written, "").encode(), media_type="image/svg+xml", headers=headers)
    return Response(data, media_type="image/webp", headers=headers)


@get("/avatars/check/{check_id:uuid}/{name:str}", include_in_schema=False)
async def picture_to_check(
    check_id: FromPath[UUID], name: FromPath[str], services: NamedDependency[Services]
) -> Response[bytes]:
    """For WeChat while it looks at a picture: an address that nobody can guess, good for an hour or two."""
    is_ours = avatars.is_check_seal(
        check_id, name.removesuffix(_SUFFIX), services.gateways.clock(), keyring=services.keyring
    )
    data = await avatars.fetch_checked(check_id, keyring=services.keyring) if is_ours else None
    if data is None:
        raise NoSuchPage
    return Response(data, media_type="image/webp", headers={"cache-control": "no-store"})


routes = Router(
    "/",
    route_handlers=[picture, picture_to_check],
    dependencies={"services": Provide(provide_services)},
    include_in_schema=False,
)
