"""What is kept, why and how long; consents in one place; who looked; under 14; and being erased."""

from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlsplit

from litestar import Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.response import Redirect

from app.foundation import identity, privacy
from app.foundation.privacy import After
from app.kernel.text import Language
from app.programmes import gifts
from app.views.privacy.page import ErasedPage, ErasePage, PrivacyPage, kept_lines, look_lines, open_to
from app.views.services import Services
from app.web.citizen import pages_consents
from app.web.citizen.privacy.own_forms import demand_own, sealed
from app.web.kit.requests import cookies
from app.web.kit.responses import html, pages, steps
from app.web.kit.security import forms, guards
from app.web.kit.security.guards import Session
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services

HERE: Final = pages_consents.PRIVACY
_ERASE: Final = f"{HERE}/erase"


@get(HERE, include_in_schema=False)
async def show(
    visitor: NamedDependency[Session | None], language: NamedDependency[Language], services: NamedDependency[Services]
) -> Response[bytes]:
    """For everybody what is kept; for somebody known their own switches too."""
    is_under_14 = visitor is not None and await identity.is_under_14(visitor.person_id)
    switches = await pages_consents.switches(visitor.person_id, language, services) if visitor else ()
    view = PrivacyPage(
        here=HERE,
        sandbox=services.issuer.is_sandbox,
        kept=kept_lines(privacy.kept(), services.keep),
        consents=open_to(switches, is_under_14=is_under_14),
        is_known=visitor is not None,
        is_under_14=is_under_14,
        looks=look_lines(await privacy.looks_at(visitor.person_id, keyring=services.keyring)) if visitor else (),
        **sealed(services),
    )
    return html.page(view, language)


@post(
    f"{HERE}/age",
    include_in_schema=False,
    guards=[guards.signed_in, limited("age", 30, is_exact=True)],
    status_code=303,
)
async def say_age(
    data: forms.Fields, session: NamedDependency[Session], services: NamedDependency[Services]
) -> Redirect:
    """Under 14, or not; what they had agreed to be shown in is taken back with it."""
    demand_own(data, services)
    await identity.set_under_14(session.person_id, is_under_14=data.get("under_14") == "yes")
    return Redirect(f"{HERE}#age", status_code=303)


@get(_ERASE, include_in_schema=False, guards=[guards.signed_in])
async def ask(
    session: NamedDependency[Session], language: NamedDependency[Language], services: NamedDependency[Services]
) -> Response[bytes]:
    """What goes, what stays and why."""
    return html.page(await _erase_page(session, services), language)


@post(
    _ERASE,
    include_in_schema=False,
    guards=[guards.signed_in, limited("erase", 10, window_s=600, is_exact=True)],
    status_code=200,
)
async def erase(
    data: forms.Fields,
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes]:
    """Erased, at once and for good; where the word was not typed, the page again."""
    demand_own(data, services)
    if data.get("sure", "").strip().casefold() != pages.phrase("erase.word", language).casefold():
        return html.page(replace(await _erase_page(session, services), is_wrong=True), language, status=422)
    try:
        await identity.erase(session.person_id, now=services.gateways.clock())
    except identity.StaffKeepsAccount as fact:
        page = await _erase_page(session, services, notice=fact.message().in_(language))
        return steps.refused(page, fact, language)
    answer = html.page(ErasedPage(here=HERE, sandbox=services.issuer.is_sandbox), language)
    answer.cookies.append(cookies.ended(secure=urlsplit(services.issuer.public_url).scheme == "https"))
    return answer


async def _erase_page(session: Session, services: Services, *, notice: str | None = None) -> ErasePage:
    by_fate: dict[After, list[str]] = {fate: [] for fate in After}
    for group in privacy.kept():
        by_fate[group.after].append(group.key)
    held: list[Any] = list(await gifts.held_by(session.person_id))
    cards = await gifts.cards_of(session.person_id)
    return ErasePage(
        here=_ERASE,
        sandbox=services.issuer.is_sandbox,
        deleted=tuple(by_fate[After.DELETED]),
        nameless=tuple(by_fate[After.NAMELESS]),
        held_g=sum(one.left_g for one in held),
        cards_g=sum(one.free_g + one.offered_g for one in cards),
        notice=notice,
        **sealed(services),
    )


routes = Router(
    "/",
    route_handlers=[show, say_age, ask, erase],
    dependencies={"services": Provide(provide_services)},
    include_in_schema=False,
)
