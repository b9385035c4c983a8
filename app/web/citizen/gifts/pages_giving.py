"""Giving grams of one's account to another person: `/me/give` for whoever gives, `/take` for whoever holds the code."""

from typing import Any, Final

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Redirect

from app import scenarios
from app.foundation import identity
from app.kernel import ids
from app.kernel.errors import DomainError
from app.kernel.text import Language
from app.programmes import gifts
from app.programmes.gifts.rules import OFFER_LASTS
from app.views import estimates
from app.views.errors import FormExpired
from app.views.giving import offers
from app.views.giving.collecting import gift_id, public_id
from app.views.giving.offers import GivePage, OfferPage, OfferShown, Source, TakePage
from app.views.services import Services
from app.web.citizen.gifts.pages_held import UNFIT, grams_of
from app.web.kit.responses import html, problems
from app.web.kit.security import forms, guards
from app.web.kit.security.guards import Session
from app.web.kit.security.limits import limited
from app.web.kit.security.scanning import GIFT_CODES
from app.web.kit.services import provide_services

_TYPED_MOST: Final = 60
_OFFERS: Final = limited("give_on", 30, is_exact=True)
_TAKES: Final = limited("take_gift", 30, is_exact=True)


@get("/me/give", include_in_schema=False, guards=[guards.signed_in, limited("look", 240)])
async def show_giving(
    request: Request[Any, Any, Any],
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes]:
    """What may be given on, and what was."""
    typed = {"gift": request.query_params.get("gift", "")[:_TYPED_MOST]}
    return html.page(await _give_page(session, language, services, typed), language)


@post("/me/give", include_in_schema=False, guards=[guards.signed_in, forms.own_pages_only], status_code=303)
async def offer(
    request: Request[Any, Any, Any],
    data: forms.Fields,
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes] | Redirect:
    """A code is made for as many kilograms as were typed; what cannot be is said at its field, and what was typed stays."""
    kg, intent = data.get("kg", ""), data.get("intent", "")
    try:
        if (counted := _OFFERS(request, request.scope["route_handler"])) is not None:
            await counted
        _demand_own(data, services)
        mass_g = grams_of(kg)
        if mass_g is None:
            page = await _give_page(session, language, services, data, kg_fault=UNFIT.in_(language))
            return html.page(page, language, status=422)
        made = await gifts.offer(
            gift_id(data.get("gift", "")), mass_g, by=session.person_id, key=intent, keyring=services.keyring
        )
    except DomainError as fact:
        said, at_field = fact.message().in_(language), fact.field == "/grams"
        page = await _give_page(
            session, language, services, data, kg_fault=said if at_field else None, notice=None if at_field else said
        )
        return html.page(page, language, status=problems.status_of(type(fact)))
    return Redirect(f"/me/give/{offers.public_id(made)}", status_code=303)


@get("/me/give/{offer:str}", include_in_schema=False, guards=[guards.signed_in, limited("look", 240)])
async def show_offer(
    offer: FromPath[str],
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes]:
    """The code and its link, as long as it stands; else what became of it."""
    return html.page(await _offer_page(offer, session, language, services), language)


@post(
    "/me/give/{offer:str}/take-back",
    include_in_schema=False,
    guards=[guards.signed_in, limited("give_on", 30, is_exact=True)],
    status_code=303,
)
async def take_back(
    offer: FromPath[str],
    data: forms.Fields,
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes] | Redirect:
    """The code opens nothing any more; where somebody was faster the page says so."""
    _demand_own(data, services)
    try:
        await gifts.take_offer_back(offers.offer_id(offer), by=session.person_id)
    except gifts.OfferTaken as fact:
        page = await _offer_page(offer, session, language, services, notice=fact.message().in_(language))
        return html.page(page, language, status=409)
    return Redirect(f"/me/give/{offer}", status_code=303)


@get("/take", include_in_schema=False, guards=[limited("look", 240), GIFT_CODES.guard])
async def show_take(
    request: Request[Any, Any, Any], language: NamedDependency[Language], services: NamedDependency[Services]
) -> Response[bytes]:
    """A field for the code; with one in the address, what it offers. Nothing is taken by looking."""
    code = request.query_params.get("code", "")[:_TYPED_MOST]
    if not code.strip():
        return html.page(_take_page(services), language)
    try:
        page = await _offered(request, code, language, services)
    except DomainError as fact:
        page = _take_page(services, code, fault=fact.message().in_(language))
        return html.page(page, language, status=problems.status_of(type(fact)))
    return html.page(page, language)


@post("/take", include_in_schema=False, guards=[forms.own_pages_only, GIFT_CODES.guard], status_code=303)
async def take(
    request: Request[Any, Any, Any],
    data: forms.Fields,
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes] | Redirect:
    """The grams are theirs; a browser without an account gets a guest's."""
    code = data.get("code", "")[:_TYPED_MOST]
    try:
        if (counted := _TAKES(request, request.scope["route_handler"])) is not None:
            await counted
        _demand_own(data, services)
        session, cookie = await guards.ensure_guest(request)
        taking = gifts.take(code, by=session.person_id, keyring=services.keyring)
        taken = await GIFT_CODES.found(taking, request, unknown=gifts.CodeUnknown)
    except DomainError as fact:
        page = _take_page(services, code, fault=fact.message().in_(language))
        return html.page(page, language, status=problems.status_of(type(fact)))
    return Redirect(f"/g/{public_id(taken)}", status_code=303, cookies=[cookie] if cookie else None)


async def _give_page(
    session: Session,
    language: Language,
    services: Services,
    typed: dict[str, str],
    *,
    kg_fault: str | None = None,
    notice: str | None = None,
) -> GivePage:
    held = [
        one
        for one in await gifts.held_by(session.person_id)
        if one.is_there and one.left_g > 0 and not one.is_from_person
    ]
    scenes = await scenarios.find_many([one.scenario_id for one in held], today=estimates.today()) if held else {}
    givers = await identity.introduce([one.sponsor_id for one in held]) if held else {}
    given = await offers.views(await gifts.offers_of(session.person_id), language, services, own=True)
    ids = [public_id(one.id) for one in held]
    chosen = asked if (asked := typed.get("gift", "")) in ids else next(iter(ids), "")
    return GivePage(
        here="/me/give",
        sandbox=services.issuer.is_sandbox,
        sources=tuple(
            Source(
                id=public_id(one.id),
                title=scenes[one.scenario_id].title.in_(language),
                giver=name.in_(language) if (name := givers[one.sponsor_id].name) else "",
                left_g=one.left_g,
                is_chosen=public_id(one.id) == chosen,
            )
            for one in held
        ),
        offers=tuple(map(offers.shown, given)),
        lasts_days=OFFER_LASTS.days,
        is_closed=await identity.is_under_14(session.person_id),
        kg=typed.get("kg", "")[:_TYPED_MOST],
        kg_fault=kg_fault,
        notice=notice,
        **_sealed(services),
    )


async def _offer_page(
    shown: str, session: Session, language: Language, services: Services, *, notice: str | None = None
) -> OfferPage:
    found = await gifts.find_offer(offers.offer_id(shown), by=session.person_id)
    (told,) = await offers.views([found], language, services, own=True)
    return OfferPage(
        here=f"/me/give/{told.id}",
        sandbox=services.issuer.is_sandbox,
        offer=offers.shown(told),
        title=await offers.title_of(found, language),
        notice=notice,
        **_sealed(services),
    )


async def _offered(request: Request[Any, Any, Any], code: str, language: Language, services: Services) -> TakePage:
    looking = gifts.look_at_offer(code, keyring=services.keyring)
    found = await GIFT_CODES.found(looking, request, unknown=gifts.CodeUnknown)
    (told,) = await offers.views([found], language, services, own=False)
    return _take_page(services, code, offer=offers.shown(told), title=await offers.title_of(found, language))


def _take_page(
    services: Services, code: str = "", *, offer: OfferShown | None = None, title: str = "", fault: str | None = None
) -> TakePage:
    return TakePage(
        here="/take", sandbox=services.issuer.is_sandbox, code=code, offer=offer, title=title, fault=fault,
        **_sealed(services),
    )  # fmt: skip


def _sealed(services: Services) -> dict[str, str]:
    intent = str(ids.uuid7())
    return {"intent": intent, "csrf_token": forms.token(intent, key=services.form_key)}


def _demand_own(data: dict[str, str], services: Services) -> None:
    """Raises FormExpired where no page of ours showed the form."""
    if not forms.is_genuine(data.get(forms.FIELD, ""), data.get("intent", ""), key=services.form_key):
        raise FormExpired


routes = Router(
    "/",
    route_handlers=[show_giving, offer, show_offer, take_back, show_take, take],
    dependencies={"services": Provide(provide_services)},
    include_in_schema=False,
)
