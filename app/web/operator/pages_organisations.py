"""Organisations for the platform's people: written down by one, verified by another."""

from typing import Any, Final
from uuid import UUID

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Redirect

from app import identity
from app.identity import OrganisationCard, OrganisationKind, Role, Verification
from app.kernel import ids
from app.kernel.errors import DomainError
from app.kernel.text import Language, Text
from app.views.errors import NotSignedIn
from app.views.house import House
from app.web.kit.house import provide_house
from app.web.kit.responses import html, pages, problems
from app.web.kit.security import forms
from app.web.kit.security.guards import Session
from app.web.kit.security.limits import limited
from app.web.kit.security.signing_in import form_token, staff, to_sign_in
from app.web.operator.access_views import OrganisationRow, OrganisationsPage, VerificationCard

_HERE: Final = "/operator/organisations"
_READERS: Final = (Role.ADMINISTRATOR, Role.OPERATOR, Role.REVIEWER, Role.AUDITOR)
_MAKERS: Final = frozenset({Role.ADMINISTRATOR, Role.OPERATOR})
_CHECKERS: Final = frozenset({Role.ADMINISTRATOR, Role.REVIEWER})
_STEP: Final = [staff(*_READERS), forms.sealed_form, limited("organisations", 60, is_exact=True)]
_SHOWN_MOST: Final = 200
_FIELDS: Final = ("name_zh", "name_en", "kind", "country", "register_number", "papers")


@get(_HERE, include_in_schema=False, guards=[staff(*_READERS)])
async def list_organisations(
    request: Request[Any, Any, Any],
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    house: NamedDependency[House],
) -> Response[bytes]:
    """What waits for a second person, and who there is."""
    return html.page(await _page(request, session, language, house), language)


@post(_HERE, include_in_schema=False, guards=_STEP, status_code=303)
async def add_organisation(
    request: Request[Any, Any, Any],
    data: forms.Fields,
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    house: NamedDependency[House],
) -> Response[bytes] | Redirect:
    """Write one down and propose it."""
    typed = {name: data.get(name, "")[:600] for name in _FIELDS}
    try:
        kind = OrganisationKind(typed["kind"])
    except ValueError:
        kind = OrganisationKind.COMPANY
    try:
        await identity.add_organisation(
            Text(zh=typed["name_zh"], en=typed["name_en"]),
            kind=kind if kind is not OrganisationKind.EXCHANGE else OrganisationKind.COMPANY,
            register=identity.read_register(typed["country"], typed["register_number"]),
            papers=typed["papers"],
            by=session.person_id,
            now=house.gateways.clock(),
        )
    except DomainError as fact:
        return await _refused(fact, request, session, language, house, typed)
    return Redirect(_HERE, status_code=303)


@post(f"{_HERE}/{{verification:uuid}}/verify", include_in_schema=False, guards=_STEP, status_code=303)
async def verify(
    request: Request[Any, Any, Any],
    verification: FromPath[UUID],
    data: forms.Fields,
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    house: NamedDependency[House],
) -> Response[bytes] | Redirect:
    """The second person agrees to exactly what the page showed."""
    try:
        await identity.verify_organisation(verification, seen=data.get("seen", ""), by=session.person_id)
    except DomainError as fact:
        return await _refused(fact, request, session, language, house)
    return Redirect(_HERE, status_code=303)


@post(f"{_HERE}/{{verification:uuid}}/return", include_in_schema=False, guards=_STEP, status_code=303)
async def send_back(
    request: Request[Any, Any, Any],
    verification: FromPath[UUID],
    data: forms.Fields,
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    house: NamedDependency[House],
) -> Response[bytes] | Redirect:
    """The second person says no; or the maker withdraws it."""
    try:
        await identity.end_verification(verification, reason=data.get("reason", ""), by=session.person_id)
    except DomainError as fact:
        return await _refused(fact, request, session, language, house)
    return Redirect(_HERE, status_code=303)


async def _refused(
    fact: DomainError,
    request: Request[Any, Any, Any],
    session: Session,
    language: Language,
    house: House,
    typed: dict[str, str] | None = None,
) -> Response[bytes]:
    page = await _page(
        request, session, language, house, notice=fact.message().in_(language),
        fault_field=(fact.field or "").lstrip("/"), typed=typed or {},
    )  # fmt: skip
    return html.page(page, language, status=problems.status_of(type(fact)))


async def _page(
    request: Request[Any, Any, Any],
    session: Session,
    language: Language,
    house: House,
    **more: Any,  # noqa: ANN401 - fields of the page
) -> OrganisationsPage:
    roles = await identity.house_roles(session.person_id)
    waiting = await identity.open_verifications()
    cards = await identity.list_organisations(limit=_SHOWN_MOST + 1)
    return OrganisationsPage(
        here=_HERE,
        sandbox=house.issuer.is_sandbox,
        roles=(),
        csrf_token=form_token(request, house),
        waiting=tuple([await _waiting(one, session.person_id, roles, language, house) for one in waiting]),
        organisations=tuple(_row(card, language, may_open=Role.ADMINISTRATOR in roles) for card in cards[:_SHOWN_MOST]),
        is_cut=len(cards) > _SHOWN_MOST,
        may_add=bool(roles & _MAKERS),
        kinds=tuple(kind.value for kind in OrganisationKind if kind is not OrganisationKind.EXCHANGE),
        **more,
    )


def _row(card: OrganisationCard, language: Language, *, may_open: bool) -> OrganisationRow:
    return OrganisationRow(
        url=f"/members/{ids.public('org', card.id)}" if may_open else "",
        name=card.name.in_(language),
        kind=_kind(card, language),
        number=_number(card),
        is_verified=card.is_verified,
    )


async def _waiting(
    one: Verification, reader: UUID, roles: frozenset[Role], language: Language, house: House
) -> VerificationCard:
    is_own = one.maker_id == reader
    maker = await identity.name_of(one.maker_id, keyring=house.keyring)
    return VerificationCard(
        id=str(one.id),
        name_zh=one.organisation.name.zh,
        name_en=one.organisation.name.en,
        kind=_kind(one.organisation, language),
        number=_number(one.organisation),
        papers=one.papers,
        sha256=one.sha256,
        maker=maker or f"#{ids.public('per', one.maker_id)[-5:]}",
        proposed_at=one.proposed_at,
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
    route_handlers=[list_organisations, add_organisation, verify, send_back],
    dependencies={"house": Provide(provide_house)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
