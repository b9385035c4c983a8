"""Giving grams of one's account or card to another person: `/me/give` for whoever gives, `/take` for whoever holds the code."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

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
from app.views.giving import cards, offers
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
        made = await _offer(data.get("gift", ""), mass_g, by=session.person_id, key=intent, services=services)
    except DomainError as fact:
        said, at_field = fact.message().in_(language), fact.field == "/grams"
        page = await _give_page(
            session, language, services, data, kg_fault=said if at_field else None, notice=None if at_field else said
        )
        return html.page(page, language, status=problems.status_of(type(fact)))
    return Redirect(f"/me/give/{offers.public_id(made)}", status_code=303)


async def _offer(source: str, mass_g: int, *, by: UUID, key: str, services: Services) -> UUID:
    """Out of a card, or of a gift in the account."""
    if source.startswith("gcd_"):
        return await gifts.offer_card(cards.card_id(source), mass_g, by=by, key=key, keyring=services.keyring)
    return await gifts.offer(gift_id(source), mass_g, by=by, key=key, keyring=services.keyring)


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
    """The grams are theirs, in their account or on a card; a browser without an account gets a guest's."""
    code = data.get("code", "")[:_TYPED_MOST]
    try:
        if (counted := _TAKES(request, request.scope["route_handler"])) is not None:
            await counted
        _demand_own(data, services)
        session, cookie = await guards.ensure_guest(request)
        taking = _take(code, by=session.person_id, services=services)
        where = await GIFT_CODES.found(taking, request, unknown=gifts.CodeUnknown)
    except DomainError as fact:
        page = _take_page(services, code, fault=fact.message().in_(language))
        return html.page(page, language, status=problems.status_of(type(fact)))
    return Redirect(where, status_code=303, cookies=[cookie] if cookie else None)


async def _take(code: str, *, by: UUID, services: Services) -> str:
    """Where what was taken stands."""
    try:
        return f"/g/{public_id(await gifts.take(code, by=by, keyring=services.keyring))}"
    except gifts.OfferOfCard:
        await gifts.bind_card(gifts.code_hash(code, keyring=services.keyring), by=by)
        return "/card"


async def _give_page(
    session: Session,
    language: Language,
    services: Services,
    typed: dict[str, str],
    *,
    kg_fault: str | None = None,
    notice: str | None = None,
) -> GivePage:
    sources = await _sources(session, language, typed.get("gift", ""))
    return GivePage(
        here="/me/give",
        sandbox=services.issuer.is_sandbox,
        sources=sources,
        offers=tuple(await offers.shown(await gifts.offers_of(session.person_id), language, services, own=True)),
        lasts_days=OFFER_LASTS.days,
        is_closed=await identity.is_under_14(session.person_id),
        has_cards=any(one.card_until is not None for one in sources),
        kg=typed.get("kg", "")[:_TYPED_MOST],
        kg_fault=kg_fault,
        notice=notice,
        **_sealed(services),
    )


async def _sources(session: Session, language: Language, asked: str) -> tuple[Source, ...]:
    """Gifts in the account and cards that have something to give; what came from another person has not."""
    held = [one for one in await gifts.held_by(session.person_id) if one.is_there and not one.is_from_person]
    own = [one for one in await gifts.cards_of(session.person_id) if not one.is_from_person]
    found: list[tuple[str, UUID, UUID, int, datetime | None]] = [
        (public_id(one.id), one.scenario_id, one.sponsor_id, one.left_g, None) for one in held if one.left_g > 0
    ]
    found += [
        (cards.public_id(one.id), one.scenario_id, one.sponsor_id, one.free_g, one.ends_at)
        for one in own
        if one.free_g > 0
    ]
    scenes = await scenarios.find_many([one[1] for one in found], today=estimates.today()) if found else {}
    givers = await identity.introduce([one[2] for one in found]) if found else {}
    chosen = asked if any(one[0] == asked for one in found) else next((one[0] for one in found), "")
    return tuple(
        Source(
            id=shown_id,
            title=scenes[scenario_id].title.in_(language),
            giver=name.in_(language) if (name := givers[sponsor_id].name) else "",
            left_g=left_g,
            card_until=until,
            is_chosen=shown_id == chosen,
        )
        for shown_id, scenario_id, sponsor_id, left_g, until in found
    )


async def _offer_page(
    shown: str, session: Session, language: Language, services: Services, *, notice: str | None = None
) -> OfferPage:
    found = await gifts.find_offer(offers.offer_id(shown), by=session.person_id)
    (told,) = await offers.shown([found], language, services, own=True)
    return OfferPage(
        here=f"/me/give/{told.id}",
        sandbox=services.issuer.is_sandbox,
        offer=told,
        title=await offers.title_of(found, language),
        notice=notice,
        **_sealed(services),
    )


async def _offered(request: Request[Any, Any, Any], code: str, language: Language, services: Services) -> TakePage:
    looking = gifts.look_at_offer(code, keyring=services.keyring)
    found = await GIFT_CODES.found(looking, request, unknown=gifts.CodeUnknown)
    (told,) = await offers.shown([found], language, services, own=False)
    return _take_page(services, code, offer=told, title=await offers.title_of(found, language))


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
