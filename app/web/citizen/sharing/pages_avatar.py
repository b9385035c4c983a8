"""The page of one's own picture: upload it, see how far its check is, take it down. Works without a script."""

from typing import Annotated, Any

from litestar import Response, Router, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency, Provide
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect
from markupsafe import Markup

from app.foundation import avatars, identity
from app.kernel import ids
from app.kernel.drawing import avatar_svg
from app.kernel.errors import DomainError
from app.kernel.text import Language
from app.views.errors import FormExpired, NoSuchPage
from app.views.services import Services
from app.views.sharing.avatar import AvatarPage
from app.views.sharing.content_words import REASONS
from app.web.citizen.sharing.api_avatar import REFUSALS, UPLOAD_BYTES_MAX, UPLOADS
from app.web.kit.responses import html, steps
from app.web.kit.security import forms, guards
from app.web.kit.security.guards import Session
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services

_HERE = "/me/avatar"


@get(_HERE, include_in_schema=False, guards=[guards.signed_in])
async def show(
    session: NamedDependency[Session], language: NamedDependency[Language], services: NamedDependency[Services]
) -> Response[bytes]:
    """One's own picture, or what is drawn in its place."""
    return html.page(await _page(session, language, services), language)


@post(
    _HERE,
    include_in_schema=False,
    guards=[guards.signed_in, UPLOADS],
    status_code=303,
    request_max_body_size=UPLOAD_BYTES_MAX,
)
async def upload(
    data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)],
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes] | Redirect:
    """Keep the picture, and back to the page; what is refused is told there, and the picture before stays."""
    _demand_own_form(data, services)
    file = data.get("picture")
    picture = await file.read() if isinstance(file, UploadFile) else b""

    async def again(fact: DomainError) -> AvatarPage:
        return await _page(session, language, services, notice=fact.message().in_(language))

    return await steps.take(
        avatars.put(session.person_id, picture, by_wechat=session.kind == "citizen", keyring=services.keyring),
        onward=lambda _: Redirect(_HERE, status_code=303),
        again=again,
        language=language,
        refusals=REFUSALS,
    )


@post(
    f"{_HERE}/remove",
    include_in_schema=False,
    guards=[guards.signed_in, limited("avatar_remove", 30, is_exact=True)],
    status_code=303,
)
async def take_down(
    data: forms.Fields, session: NamedDependency[Session], services: NamedDependency[Services]
) -> Redirect:
    """Gone at once."""
    _demand_own_form(data, services)
    await avatars.remove(session.person_id)
    return Redirect(_HERE, status_code=303)


@get("/me/avatar.webp", include_in_schema=False, guards=[guards.signed_in])
async def own_picture(session: NamedDependency[Session], services: NamedDependency[Services]) -> Response[bytes]:
    """One's own picture, whatever its check says, for oneself alone."""
    picture = await avatars.fetch_own(session.person_id, keyring=services.keyring)
    if picture is None:
        raise NoSuchPage
    return Response(picture, media_type="image/webp", headers={"cache-control": "no-store"})


async def _page(session: Session, language: Language, services: Services, *, notice: str | None = None) -> AvatarPage:
    kept = await avatars.own(session.person_id)
    name = await identity.name_of(session.person_id, keyring=services.keyring)
    intent = str(ids.uuid7())
    return AvatarPage(
        here=_HERE,
        sandbox=services.issuer.is_sandbox,
        state=kept.state.value if kept else "none",
        reason=REASONS[kept.reason].in_(language) if kept and kept.reason else None,
        picture_url="/me/avatar.webp" if kept else None,
        default=Markup(avatar_svg(str(session.person_id), name or "")),  # noqa: S704 - our drawing, which escapes
        intent=intent,
        csrf_token=forms.token(intent, key=services.form_key),
        notice=notice,
    )


def _demand_own_form(data: dict[str, Any], services: Services) -> None:
    if not forms.is_genuine(str(data.get(forms.FIELD, "")), str(data.get("intent", "")), key=services.form_key):
        raise FormExpired


routes = Router(
    "/",
    route_handlers=[show, upload, take_down, own_picture],
    dependencies={"services": Provide(provide_services)},
    include_in_schema=False,
)
