"""`/card`: a gift card is typed here, and whoever did sees theirs: what each has left and where it went."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.response import Redirect

from app import scenarios
from app.foundation import identity
from app.kernel import ids
from app.kernel.errors import DomainError
from app.kernel.text import Language
from app.programmes import gifts
from app.programmes.gifts import CardEventKind, CardState
from app.views import estimates
from app.views.errors import FormExpired
from app.views.giving import cards
from app.views.giving.collecting import public_id
from app.views.page import Page
from app.views.services import Services
from app.web.kit.responses import html, problems
from app.web.kit.security import forms, guards
from app.web.kit.security.guards import Session
from app.web.kit.security.limits import limited
from app.web.kit.security.scanning import GIFT_CODES
from app.web.kit.services import provide_services

_TYPED_MAX: Final = 60


@dataclass(frozen=True, slots=True)
class CardLine:
    """A line of a card's history."""

    kind: CardEventKind
    mass_g: int
    at: datetime
    gift_url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardShown:
    """One card of whoever looks."""

    title: str
    giver: str
    scene_url: str
    state: CardState
    issued_g: int
    left_g: int
    given_g: int = 0
    offered_g: int = 0
    is_from_person: bool = False
    give_url: str | None = None
    """None: nothing of it can be given to another person."""
    ends_at: datetime
    lines: tuple[CardLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CardsPage(Page):
    """My gift cards. The form goes by POST to `/card` with `card`, `intent` and `csrf_token`."""

    template: ClassVar[str] = "citizen/cards.html"

    cards: tuple[CardShown, ...]
    typed: str = ""
    fault: str | None = None
    intent: str
    csrf_token: str


@get("/card", include_in_schema=False, guards=[limited("look", 240)])
async def show_cards(
    request: Request[Any, Any, Any], language: NamedDependency[Language], services: NamedDependency[Services]
) -> Response[bytes]:
    """The form, and the cards of whoever has some."""
    session = await guards.session_of(request)
    return html.page(await _page(session, language, services, request.query_params.get("card", "")), language)


@post("/card", include_in_schema=False, guards=[forms.own_pages_only, GIFT_CODES.guard], status_code=303)
async def bind_card(
    request: Request[Any, Any, Any],
    data: forms.Fields,
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes] | Redirect:
    """The card is theirs, and stands in the list; what stands in the way is said at the field."""
    typed = data.get("card", "")[:_TYPED_MAX]
    try:
        if (counted := _COUNTED(request, request.scope["route_handler"])) is not None:
            await counted
        if not forms.is_genuine(data.get(forms.FIELD, ""), data.get("intent", ""), key=services.form_key):
            raise FormExpired
        session, cookie = await guards.ensure_guest(request)
        binding = gifts.bind_card(gifts.code_hash(typed, keyring=services.keyring), by=session.person_id)
        await GIFT_CODES.found(binding, request, unknown=gifts.CodeUnknown)
    except DomainError as fact:
        known = await guards.session_of(request)
        page = await _page(known, language, services, typed, fault=fact.message().in_(language))
        return html.page(page, language, status=problems.status_of(type(fact)))
    return Redirect("/card", status_code=303, cookies=[cookie] if cookie else None)


_COUNTED: Final = limited("card", 30, is_exact=True)


async def _page(
    session: Session | None, language: Language, services: Services, typed: str, *, fault: str | None = None
) -> CardsPage:
    own = await gifts.cards_of(session.person_id) if session is not None else []
    told = await gifts.history_of([one.id for one in own])
    scenes = await scenarios.find_many([one.scenario_id for one in own], today=estimates.today())
    givers = await identity.introduce([one.sponsor_id for one in own])
    shown = []
    for one in own:
        giver = givers[one.sponsor_id].name
        assert giver is not None, one.sponsor_id
        shown.append(
            CardShown(
                title=scenes[one.scenario_id].title.in_(language),
                giver=giver.in_(language),
                scene_url=f"/s/{scenes[one.scenario_id].code}",
                state=one.state,
                issued_g=one.issued_g,
                left_g=one.free_g,
                given_g=one.given_g,
                offered_g=one.offered_g,
                is_from_person=one.is_from_person,
                give_url=f"/me/give?gift={cards.public_id(one.id)}" if one.free_g and not one.is_from_person else None,
                ends_at=one.ends_at,
                lines=tuple(
                    CardLine(
                        event.kind,
                        event.mass_g,
                        event.at,
                        f"/g/{public_id(event.collection_id)}" if event.collection_id else None,
                    )
                    for event in told[one.id]
                ),
            )
        )
    intent = str(ids.uuid7())
    return CardsPage(
        here="/card",
        sandbox=services.issuer.is_sandbox,
        cards=tuple(shown),
        typed=typed[:_TYPED_MAX],
        fault=fault,
        intent=intent,
        csrf_token=forms.token(intent, key=services.form_key),
    )


routes = Router(
    "/",
    route_handlers=[show_cards, bind_card],
    dependencies={"services": Provide(provide_services)},
    include_in_schema=False,
)
