"""How a scene goes, and what to print. Only for sponsors of the scene's own organisation."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from markupsafe import Markup

from app import identity, scenarios
from app.kernel import ids
from app.kernel.drawing import qr_svg
from app.kernel.text import Language
from app.views import figuring
from app.views.errors import NotSignedIn
from app.views.figuring import Offer
from app.views.house import House
from app.web.kit.house import provide_house
from app.web.kit.responses import html
from app.web.kit.security.guards import Session
from app.web.kit.security.signing_in import by_password, form_token, to_sign_in
from app.web.organiser.views import OrganiserPage, OwnOrganisation, OwnPage, OwnScene


@get("/organiser", include_in_schema=False, guards=[by_password])
async def show_own(
    request: Request[Any, Any, Any],
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    house: NamedDependency[House],
) -> Response[bytes]:
    """The organisations somebody acts for, and their scenes."""
    own = await identity.own_organisations(session.person_id)
    found = await scenarios.of_organisations(
        [card.id for card, roles in own if identity.Role.SPONSOR in roles], today=figuring.today()
    )
    page = OwnPage(
        here="/organiser",
        sandbox=house.issuer.is_sandbox,
        roles=(),
        csrf_token=form_token(request, house),
        door="organiser",
        organisations=tuple(
            [
                OwnOrganisation(
                    name=card.name.in_(language),
                    roles=tuple(role.value for role in roles),
                    members_url=f"/members/{ids.public('org', card.id)}"
                    if await identity.may_give(session.person_id, card.id)
                    else "",
                )
                for card, roles in own
            ]
        ),
        scenes=tuple(
            OwnScene(url=f"/organiser/{scene.code}", title=scene.title.in_(language), code=scene.code)
            for scene in found
        ),
    )
    return html.page(page, language)


@get("/organiser/{code:str}", include_in_schema=False, guards=[by_password])
async def show_scene(
    code: FromPath[str],
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    house: NamedDependency[House],
) -> Response[bytes]:
    """How the scene goes. Somebody of another organisation is refused."""
    day = figuring.today()
    scene = await scenarios.open_scene(code, today=day)
    await _admit(session.person_id, scene)
    offered = await figuring.offer(scene.setup.programme, today=day) if scene.setup else None
    return html.page(_view(scene, offered, language, house), language)


async def _admit(person_id: UUID, scene: scenarios.Scene) -> None:
    if scene.organisation_id is None:
        raise identity.RoleMissing
    await identity.demand_role(person_id, scene.organisation_id, identity.Role.SPONSOR)


def _view(scene: scenarios.Scene, offered: Offer | None, language: Language, house: House) -> OrganiserPage:
    scan_url = f"{house.issuer.public_url}/s/{scene.code}"
    return OrganiserPage(
        here=f"/organiser/{scene.code}",
        sandbox=house.issuer.is_sandbox,
        code=scene.code,
        title=scene.title.in_(language),
        organiser=scene.organiser.in_(language),
        phase=scene.phase.value,
        neutralised=scene.retirements,
        mass_g=scene.mass_g,
        open_g=offered.supply.open_g if offered else 0,
        programme=offered.programme.text.in_(language) if offered else "",
        scene_url=f"/s/{scene.code}",
        scan_url=scan_url,
        qr=Markup(qr_svg(scan_url, label=scan_url)),  # noqa: S704 - drawn by us
        ring=figuring.ring(scene.code, min(100, 10 + scene.retirements)),
    )


routes = Router(
    "/",
    route_handlers=[show_own, show_scene],
    dependencies={"house": Provide(provide_house)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
