"""Who acts for an organisation: its members, open invitations, a link for somebody new. For administrators and sponsors."""

from typing import Any, Final
from uuid import UUID

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Redirect

from app import identity
from app.identity import LinkState, Member, Role
from app.kernel import ids
from app.kernel.errors import DomainError
from app.kernel.text import Language
from app.views.errors import NoSuchPage, NotSignedIn
from app.views.house import House
from app.web.kit.house import provide_house
from app.web.kit.responses import html, problems
from app.web.kit.security import forms
from app.web.kit.security.guards import Session
from app.web.kit.security.limits import limited
from app.web.kit.security.signing_in import by_password, form_token, staff, to_sign_in
from app.web.operator.access_views import InvitationRow, MemberRow, MembersPage

_ALL: Final = (Role.ADMINISTRATOR, Role.OPERATOR, Role.REVIEWER, Role.FINANCE, Role.AUDITOR, Role.SPONSOR, Role.COURT)
"""In the order shown."""
_STEP: Final = [by_password, forms.sealed_form, limited("members", 60, is_exact=True)]


@get("/operator/people", include_in_schema=False, guards=[staff(Role.ADMINISTRATOR)])
async def own_people() -> Redirect:
    """The platform's own people."""
    exchange = await identity.find_exchange()
    assert exchange is not None, "somebody administers it"
    return Redirect(_url(exchange), status_code=303)


@get("/members/{organisation:str}", include_in_schema=False, guards=[by_password])
async def show_members(
    request: Request[Any, Any, Any],
    organisation: FromPath[str],
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    house: NamedDependency[House],
) -> Response[bytes]:
    """Members and open invitations."""
    return html.page(await _page(request, _known(organisation), session, language, house), language)


@post("/members/{organisation:str}", include_in_schema=False, guards=_STEP, status_code=200)
async def invite(
    request: Request[Any, Any, Any],
    organisation: FromPath[str],
    data: forms.Fields,
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    house: NamedDependency[House],
) -> Response[bytes]:
    """A link, shown this once."""
    organisation_id = _known(organisation)
    label, roles = data.get("label", "")[:200], frozenset(role for role in Role if f"role_{role.value}" in data)
    try:
        link = await identity.invite(
            organisation_id, roles, by=session.person_id, label=label, keyring=house.keyring,
            now=house.gateways.clock(),
        )  # fmt: skip
    except DomainError as fact:
        typed = {"label": label, "chosen": frozenset(role.value for role in roles)}
        return await _refused(fact, request, organisation_id, session, language, house, **typed)
    page = await _page(
        request, organisation_id, session, language, house, link=f"{house.issuer.public_url}/join/{link.token}"
    )
    return html.page(page, language)


@post("/members/{organisation:str}/revoke", include_in_schema=False, guards=_STEP, status_code=303)
async def revoke(
    organisation: FromPath[str],
    data: forms.Fields,
    session: NamedDependency[Session],
    house: NamedDependency[House],
) -> Redirect:
    """Take an invitation back."""
    invitation_id = ids.parse("inv", data.get("invitation", ""))
    if invitation_id is None:
        raise identity.InvitationUnknown
    await identity.revoke_invitation(invitation_id, by=session.person_id, now=house.gateways.clock())
    return Redirect(_url(_known(organisation)), status_code=303)


@post("/members/{organisation:str}/take-role", include_in_schema=False, guards=_STEP, status_code=303)
async def take_role(
    request: Request[Any, Any, Any],
    organisation: FromPath[str],
    data: forms.Fields,
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    house: NamedDependency[House],
) -> Response[bytes] | Redirect:
    """Take a role away."""
    organisation_id = _known(organisation)
    person_id, role = ids.parse("per", data.get("person", "")), data.get("role", "")
    if person_id is None or role not in {one.value for one in Role}:
        raise NoSuchPage
    try:
        await identity.take_role(person_id, organisation_id, Role(role), by=session.person_id)
    except (identity.OwnRole, identity.LastAdministrator) as fact:
        return await _refused(fact, request, organisation_id, session, language, house)
    return Redirect(_url(organisation_id), status_code=303)


async def _refused(
    fact: DomainError,
    request: Request[Any, Any, Any],
    organisation_id: UUID,
    session: Session,
    language: Language,
    house: House,
    **typed: Any,  # noqa: ANN401 - fields of the page
) -> Response[bytes]:
    page = await _page(request, organisation_id, session, language, house, notice=fact.message().in_(language), **typed)
    return html.page(page, language, status=problems.status_of(type(fact)))


async def _page(
    request: Request[Any, Any, Any],
    organisation_id: UUID,
    session: Session,
    language: Language,
    house: House,
    **more: Any,  # noqa: ANN401 - fields of the page
) -> MembersPage:
    """The page for this reader.

    Raises:
        NoSuchPage: there is no such organisation.
        InviterMissing: they have no say there.
    """
    card = await identity.find_organisation(organisation_id)
    if card is None:
        raise NoSuchPage
    reader, now = session.person_id, house.gateways.clock()
    givable = await identity.may_give(reader, organisation_id)
    members = await identity.list_members(organisation_id, by=reader, keyring=house.keyring)
    open_ = await identity.pending_invitations(organisation_id, by=reader, keyring=house.keyring, now=now)
    here = _url(organisation_id)
    return MembersPage(
        here=here,
        sandbox=house.issuer.is_sandbox,
        roles=(),
        csrf_token=form_token(request, house),
        door="operator" if await identity.house_roles(reader) else "organiser",
        organisation=card.name.in_(language),
        is_verified=card.is_verified,
        givable=tuple(role.value for role in _ALL if role in givable),
        members=tuple(_member(one, reader, givable) for one in members),
        invitations=tuple(
            InvitationRow(
                id=ids.public("inv", one.id),
                label=one.label or "",
                roles=tuple(role.value for role in one.roles),
                is_open=one.state is LinkState.OPEN,
                expires_at=one.expires_at,
            )
            for one in open_
        ),
        take_action=f"{here}/take-role",
        revoke_action=f"{here}/revoke",
        **more,
    )


def _member(one: Member, reader: UUID, givable: frozenset[Role]) -> MemberRow:
    return MemberRow(
        id=ids.public("per", one.person_id),
        name=one.name or f"#{ids.public('per', one.person_id)[-5:]}",
        email=one.email or "",
        roles=tuple(role.value for role in one.roles),
        takable=tuple(role.value for role in one.roles if role in givable and one.person_id != reader),
        has_factor=one.has_factor,
        is_disabled=one.is_disabled,
    )


def _known(shown: str) -> UUID:
    organisation_id = ids.parse("org", shown)
    if organisation_id is None:
        raise NoSuchPage
    return organisation_id


def _url(organisation_id: UUID) -> str:
    return f"/members/{ids.public('org', organisation_id)}"


routes = Router(
    "/",
    route_handlers=[own_people, show_members, invite, revoke, take_role],
    dependencies={"house": Provide(provide_house)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
