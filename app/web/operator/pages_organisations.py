"""Organisations for the platform's people: written down by one, verified by another."""

from collections.abc import Awaitable, Callable
from typing import Any, Final
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Redirect

from app.foundation import identity
from app.foundation.identity import OrganisationCard, OrganisationKind, Role, Verification
from app.foundation.identity.applications.rules import Application
from app.kernel import ids
from app.kernel.errors import DomainError
from app.kernel.text import Language, Text
from app.views import listing
from app.views.console import age
from app.views.errors import NotSignedIn
from app.web.kit.desk import Desk, provide_desk
from app.web.kit.responses import pages
from app.web.kit.security import forms
from app.web.kit.security.limits import limited
from app.web.kit.security.signing_in import ORGANISATION_READERS, shown_name, staff, to_sign_in
from app.web.kit.services import provide_services
from app.web.operator.access_views import ApplicationCard, OrganisationRow, OrganisationsPage, VerificationCard

_HERE: Final = "/operator/organisations"
_MAKERS: Final = frozenset({Role.ADMINISTRATOR, Role.OPERATOR})
_CHECKERS: Final = frozenset({Role.ADMINISTRATOR, Role.REVIEWER})
_STEP: Final = [staff(*ORGANISATION_READERS), limited("organisations", 60, is_exact=True)]
_MOST: Final = 1000
_STATES: Final = {
    "all": Text(zh="全部", en="All"),
    "verified": Text(zh="已核验", en="Verified"),
    "unverified": Text(zh="待核验", en="Not verified"),
}
_FIELDS: Final = ("name_zh", "name_en", "kind", "country", "register_number", "papers")


@get(_HERE, include_in_schema=False, guards=[staff(*ORGANISATION_READERS)])
async def list_organisations(desk: NamedDependency[Desk]) -> Response[bytes]:
    """What waits for a second person, and who there is."""
    return desk.page(await _page(desk))


@post(_HERE, include_in_schema=False, guards=_STEP, status_code=303)
async def add_organisation(desk: NamedDependency[Desk], data: forms.Fields) -> Response[bytes] | Redirect:
    """Write one down and propose it."""
    typed = {name: data.get(name, "")[:600] for name in _FIELDS}

    async def add() -> None:
        await identity.add_organisation(
            Text(zh=typed["name_zh"], en=typed["name_en"]),
            kind=_kind_of(typed["kind"]),
            register=identity.read_register(typed["country"], typed["register_number"]),
            papers=typed["papers"],
            by=desk.person_id,
            now=desk.now,
        )

    return await _step(desk, data, add, typed=typed)


@post(f"{_HERE}/{{verification:uuid}}/verify", include_in_schema=False, guards=_STEP, status_code=303)
async def verify(
    desk: NamedDependency[Desk], verification: FromPath[UUID], data: forms.Fields
) -> Response[bytes] | Redirect:
    """The second person agrees to exactly what the page showed."""
    return await _step(
        desk,
        data,
        lambda: identity.verify_organisation(verification, seen=data.get("seen", ""), by=desk.person_id),
        opened=verification,
    )


@post(f"{_HERE}/{{verification:uuid}}/return", include_in_schema=False, guards=_STEP, status_code=303)
async def send_back(
    desk: NamedDependency[Desk], verification: FromPath[UUID], data: forms.Fields
) -> Response[bytes] | Redirect:
    """The second person says no; or the maker withdraws it."""
    reason = data.get("reason", "")[:1000]
    return await _step(
        desk,
        data,
        lambda: identity.end_verification(verification, reason=reason, by=desk.person_id),
        opened=verification,
        typed={"reason": reason},
    )


@post(f"{_HERE}/applications/{{organisation:str}}/propose", include_in_schema=False, guards=_STEP, status_code=303)
async def propose(
    desk: NamedDependency[Desk], organisation: FromPath[str], data: forms.Fields
) -> Response[bytes] | Redirect:
    """One of ours has seen the papers of an organisation that signed itself up."""
    return await _step(
        desk,
        data,
        lambda: identity.propose_verification(
            _known(organisation), papers=data.get("papers", "")[:600], by=desk.person_id
        ),
        typed={"of": organisation, "seen": data.get("papers", "")[:600]},
    )


@post(f"{_HERE}/applications/{{organisation:str}}/return", include_in_schema=False, guards=_STEP, status_code=303)
async def return_application(
    desk: NamedDependency[Desk], organisation: FromPath[str], data: forms.Fields
) -> Response[bytes] | Redirect:
    """It is not proposed, and why; its own people mend it."""
    return await _step(
        desk,
        data,
        lambda: identity.applications.send_back(
            _known(organisation), reason=data.get("reason", "")[:600], by=desk.person_id, now=desk.now
        ),
        typed={"of": organisation, "sent_back": data.get("reason", "")[:600]},
    )


def _known(shown: str) -> UUID:
    organisation_id = ids.parse("org", shown)
    if organisation_id is None:
        raise identity.OrganisationUnknown
    return organisation_id


async def _step(
    desk: Desk,
    data: forms.Fields,
    doing: Callable[[], Awaitable[Any]],
    *,
    opened: UUID | None = None,
    typed: dict[str, str] | None = None,
) -> Response[bytes] | Redirect:
    return await desk.step(
        data, doing, onward=_HERE, again=lambda fact: _page(desk, fact, opened=opened, typed=typed or {})
    )


async def _page(
    desk: Desk, fact: DomainError | None = None, *, opened: UUID | None = None, typed: dict[str, str] | None = None
) -> OrganisationsPage:
    """The page; `opened` is what a refused step was about, `typed` what it holds again."""
    asked = listing.read(_HERE, desk.request.query_params, {"state": tuple(_STATES)}, has_words=True)
    roles = await desk.roles()
    waiting = [await _waiting(one, asked, roles, desk) for one in await identity.open_verifications()]
    cards = await identity.list_organisations(asked.words, limit=_MOST)
    counts = {state: sum(_is_of(card, state) for card in cards) for state in _STATES}
    shown = [card for card in cards if _is_of(card, asked.chosen["state"])]
    chosen = str(opened) if opened else asked.open
    return OrganisationsPage(
        **desk.frame(asked.here, fact),
        roles=(),
        filters=tuple(
            asked.filter("state", one, label.in_(desk.language), counts[one]) for one, label in _STATES.items()
        ),
        search=asked.search,
        waiting=tuple(waiting),
        open=next((one for one in waiting if one.id == chosen), waiting[0] if waiting and not chosen else None),
        is_asked=bool(chosen),
        closed_url=asked.closed,
        applications=tuple(
            [_application(one, desk) for one in await identity.applications.list_waiting(keyring=desk.services.keyring)]
            if roles & _MAKERS
            else ()
        ),
        organisations=tuple(
            _row(card, desk.language, may_open=Role.ADMINISTRATOR in roles)
            for card in shown[asked.offset : asked.offset + listing.PIECE]
        ),
        paging=asked.paging(len(shown)),
        may_add=bool(roles & _MAKERS),
        kinds=tuple(kind.value for kind in OrganisationKind if kind is not OrganisationKind.EXCHANGE),
        typed=typed or {},
    )


def _is_of(card: OrganisationCard, state: str) -> bool:
    return state == "all" or card.is_verified == (state == "verified")


def _kind_of(typed: str) -> OrganisationKind:
    """What was chosen; a company where that is none, or the platform's own kind."""
    known = {kind.value: kind for kind in OrganisationKind if kind is not OrganisationKind.EXCHANGE}
    return known.get(typed, OrganisationKind.COMPANY)


def _row(card: OrganisationCard, language: Language, *, may_open: bool) -> OrganisationRow:
    return OrganisationRow(
        url=f"/members/{ids.public('org', card.id)}" if may_open else "",
        name=card.name.in_(language),
        kind=_kind(card, language),
        number=_number(card),
        is_verified=card.is_verified,
    )


def _application(one: Application, desk: Desk) -> ApplicationCard:
    shown = ids.public("org", one.organisation.id)
    return ApplicationCard(
        id=shown,
        name_zh=one.organisation.name.zh,
        name_en=one.organisation.name.en,
        kind=_kind(one.organisation, desk.language),
        number=_number(one.organisation),
        purpose=one.purpose,
        contact=one.applicant or "",
        email=one.email or "",
        age=age(one.sent_at, desk.now),
        propose_action=f"{_HERE}/applications/{shown}/propose",
        return_action=f"{_HERE}/applications/{shown}/return",
    )


async def _waiting(one: Verification, asked: listing.Asked, roles: frozenset[Role], desk: Desk) -> VerificationCard:
    is_own = one.maker_id == desk.person_id
    return VerificationCard(
        id=str(one.id),
        url=asked.opening(str(one.id)),
        name_zh=one.organisation.name.zh,
        name_en=one.organisation.name.en,
        kind=_kind(one.organisation, desk.language),
        number=_number(one.organisation),
        papers=one.papers,
        sha256=one.sha256,
        maker=await shown_name(one.maker_id, desk.services),
        proposed_at=one.proposed_at,
        age=age(one.proposed_at, desk.now),
        is_own=is_own,
        may_verify=not is_own and bool(roles & _CHECKERS),
        verify_action=f"{_HERE}/{one.id}/verify",
        return_action=f"{_HERE}/{one.id}/return",
    )


def _kind(card: OrganisationCard, language: Language) -> str:
    return pages.phrase(f"access.kind.{card.kind.value}", language)


def _number(card: OrganisationCard) -> str:
    return f"{card.register.country} {card.register.number}" if card.register else ""


routes = Router(
    "/",
    route_handlers=[list_organisations, add_organisation, verify, send_back, propose, return_application],
    dependencies={"services": Provide(provide_services), "desk": Provide(provide_desk)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
