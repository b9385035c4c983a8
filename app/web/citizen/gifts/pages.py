"""The H5 page of what was collected: it is yours already; whose name stands on the paper, and then the paper."""

from dataclasses import dataclass
from typing import Any, ClassVar, Final

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Redirect
from markupsafe import Markup

from app.kernel import ids
from app.kernel.errors import DomainError
from app.kernel.mass import to_retire_g
from app.kernel.text import Language
from app.programmes import gifts
from app.views import estimates
from app.views.errors import FormExpired
from app.views.giving import collecting as given
from app.views.giving import logos
from app.views.giving.collecting import GiftPhase, Standing, gift_id
from app.views.page import Amount, Page
from app.views.prices import offers
from app.views.scene import LogoShown
from app.views.services import Services
from app.web.citizen.gifts import pages_held
from app.web.kit.responses import html, problems
from app.web.kit.security import forms, guards
from app.web.kit.security.guards import Session
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services

_REFRESH_S: Final = 3
_NAME_TYPED_MAX: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftPage(Page):
    """What somebody collected. The form goes by POST to `here` with `name` and `csrf_token`; `name` empty declines."""

    template: ClassVar[str] = "citizen/gift.html"

    gift_id: str
    phase: GiftPhase
    title: str
    scene_url: str
    giver: str
    logo: LogoShown | None = None
    no: int
    mass_g: int
    covers_all: bool
    """Of the figure that it was collected for."""
    emission_g: int
    rest: Amount | None
    """What the rest of the figure costs now; None where there is none, or no price."""
    is_named: bool
    name: str = ""
    name_fault: str | None = None
    notice: str | None = None
    csrf_token: str
    refresh_s: int | None
    """For readers without a script; None while a name is asked for."""
    ring: Markup
    landscape: Markup


@get("/g/{gift:str}", include_in_schema=False, guards=[guards.signed_in, limited("look", 240)])
async def show_gift(
    gift: FromPath[str],
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes] | Redirect:
    """It is theirs; the name is asked now. Once the paper is written, this is the way to it. Of one that went into their
    account: what is left."""
    uuid = gift_id(gift)
    try:
        at = await given.standing(await gifts.find_collection(uuid, by=session.person_id))
    except gifts.CollectionUnknown:  # what somebody gave them is no collection of theirs
        one = await pages_held.find_held(uuid, by=session.person_id)
        return html.page(await pages_held.page_of(one, session.person_id, language, services), language)
    if at.held is not None:
        page = await pages_held.page_of(at.held, session.person_id, language, services, logo=at.collection.logo)
        return html.page(page, language)
    if at.certificate_id is not None:
        return Redirect(f"/c/{ids.public('crt', at.certificate_id)}", status_code=303)
    return html.page(await _page(at, language, services), language)


@post("/g/{gift:str}", include_in_schema=False, guards=[guards.signed_in, forms.own_pages_only], status_code=303)
async def name_gift(
    request: Request[Any, Any, Any],
    gift: FromPath[str],
    data: forms.Fields,
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes] | Redirect:
    """Write the name on the paper, or none; what cannot stand there is said at the field."""
    uuid, name = gift_id(gift), data.get("name", "")
    at = await given.standing(await gifts.find_collection(uuid, by=session.person_id))
    try:
        if (counted := _NAMES(request, request.scope["route_handler"])) is not None:
            await counted
        if not forms.is_genuine(data.get(forms.FIELD, ""), given.public_id(uuid), key=services.form_key):
            raise FormExpired
        await given.say_name(uuid, name, by=session.person_id, services=services)
    except gifts.NameSettled:
        pass  # the paper says what it says: the page leads to it
    except DomainError as fact:
        said = fact.message().in_(language)
        notice, fault = (None, said) if fact.field == "/name" else (said, None)
        page = await _page(at, language, services, name=name[:_NAME_TYPED_MAX], notice=notice, name_fault=fault)
        return html.page(page, language, status=422 if fault else problems.status_of(type(fact)))
    return Redirect(f"/g/{given.public_id(uuid)}", status_code=303)


_NAMES: Final = limited("name", 30, is_exact=True)


async def _page(
    at: Standing,
    language: Language,
    services: Services,
    *,
    name: str = "",
    notice: str | None = None,
    name_fault: str | None = None,
) -> GiftPage:
    one, scene = at.collection, at.scene
    shown = given.public_id(one.id)
    step_g = scene.setup.step_g if scene.setup else 1
    rest_g = max(0, to_retire_g(one.emission_g, step_g=step_g) - one.mass_g)
    offered = await offers.offer(scene.setup.programme, today=estimates.today()) if scene.setup else None
    is_waiting = one.is_named or at.phase is GiftPhase.CERTIFYING
    return GiftPage(
        here=f"/g/{shown}",
        sandbox=services.issuer.is_sandbox,
        gift_id=shown,
        phase=at.phase,
        title=scene.title.in_(language),
        scene_url=f"/s/{scene.code}",
        giver=at.giver.in_(language),
        logo=logos.shown(one.logo),
        no=one.no,
        mass_g=one.mass_g,
        covers_all=rest_g == 0,
        emission_g=one.emission_g,
        rest=offered.price(rest_g) if offered is not None and offered.is_open else None,
        is_named=is_waiting,
        name=name,
        name_fault=name_fault,
        notice=notice,
        csrf_token=forms.token(shown, key=services.form_key),
        refresh_s=_REFRESH_S if is_waiting else None,
        ring=estimates.ring(str(one.id), 100),
        landscape=estimates.landscape(scene.code),
    )


routes = Router(
    "/",
    route_handlers=[show_gift, name_gift],
    dependencies={"services": Provide(provide_services)},
    include_in_schema=False,
)
