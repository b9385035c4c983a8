"""How a scene goes, and what to print. Only for sponsors of the scene's own organisation."""

from uuid import UUID

from litestar import Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from markupsafe import Markup

from app import scenarios
from app.foundation import identity
from app.foundation.webhooks import LOOKING_AFTER
from app.kernel import ids
from app.kernel.drawing import qr_svg
from app.programmes import gifts
from app.views import estimates
from app.views.errors import NotSignedIn
from app.views.prices import offers
from app.views.prices.offers import Offer
from app.web.kit.desk import Desk, provide_desk
from app.web.kit.security.signing_in import by_password, to_sign_in
from app.web.kit.services import provide_services
from app.web.organiser.views import OrganiserPage, OwnOrganisation, OwnPage, OwnScene

_UNOPENED = frozenset({scenarios.DraftState.DRAFT, scenarios.DraftState.WAITING, scenarios.DraftState.RETURNED})


@get("/organiser", include_in_schema=False, guards=[by_password])
async def show_own(desk: NamedDependency[Desk]) -> Response[bytes]:
    """The organisations somebody acts for, and their scenes."""
    own = await identity.own_organisations(desk.person_id)
    sponsored = [card.id for card, roles in own if identity.Role.SPONSOR in roles]
    found = await scenarios.of_organisations(sponsored, today=estimates.today())
    drafts = await scenarios.kept_of(sponsored, today=estimates.today())
    page = OwnPage(
        **desk.frame("/organiser"),
        roles=(),
        door="organiser",
        organisations=tuple(
            [
                OwnOrganisation(
                    name=card.name.in_(desk.language),
                    roles=tuple(role.value for role in roles),
                    members_url=f"/members/{ids.public('org', card.id)}"
                    if await identity.may_give(desk.person_id, card.id)
                    else "",
                )
                for card, roles in own
            ]
        ),
        is_applying=any(not card.is_verified for card, _ in own),
        scenes=tuple(
            OwnScene(url=f"/organiser/{scene.code}", title=scene.title.in_(desk.language), code=scene.code)
            for scene in found
        ),
        webhooks_url="/organiser/webhooks" if any(set(roles) & set(LOOKING_AFTER) for _, roles in own) else "",
        can_begin=bool(sponsored),
        drafts=sum(one.state in _UNOPENED for one in drafts),
    )
    return desk.page(page)


@get("/organiser/{code:str}", include_in_schema=False, guards=[by_password])
async def show_scene(desk: NamedDependency[Desk], code: FromPath[str]) -> Response[bytes]:
    """How the scene goes. Somebody of another organisation is refused."""
    day = estimates.today()
    scene = await scenarios.open_scene(code, today=day)
    await admit(desk.person_id, scene)
    offered = await offers.offer(scene.setup.programme, today=day) if scene.setup else None
    return desk.page(_view(scene, offered, desk))


async def giving_scene(code: str, person_id: UUID) -> scenarios.Scene:
    """The scene, for whoever gives in the name of its organiser.

    Raises:
        RoleMissing: it is nobody's, or they may not.
    """
    scene = await scenarios.open_scene(code, today=estimates.today())
    if scene.organisation_id is None:
        raise identity.RoleMissing
    await identity.demand_role(person_id, scene.organisation_id, *gifts.GIVING)
    return scene


async def admit(person_id: UUID, scene: scenarios.Scene) -> None:
    """Let whoever looks after a scene in.

    Raises:
        RoleMissing: it is nobody's, or they may not.
    """
    if scene.organisation_id is None:
        raise identity.RoleMissing
    await identity.demand_role(person_id, scene.organisation_id, identity.Role.SPONSOR)


def _view(scene: scenarios.Scene, offered: Offer | None, desk: Desk) -> OrganiserPage:
    language, scan_url = desk.language, f"{desk.services.issuer.public_url}/s/{scene.code}"
    return OrganiserPage(
        **desk.frame(f"/organiser/{scene.code}"),
        roles=(),
        door="organiser",
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
        ring=estimates.ring(scene.code, min(100, 10 + scene.retirements)),
    )


routes = Router(
    "/",
    route_handlers=[show_own, show_scene],
    dependencies={"services": Provide(provide_services), "desk": Provide(provide_desk)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
