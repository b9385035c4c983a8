"""Who acts for an organisation: its members, open invitations, a link for somebody new. For administrators and sponsors."""

from typing import Any, Final
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Redirect

from app.foundation import identity
from app.foundation.identity import LinkState, Member, Role
from app.kernel import ids
from app.kernel.errors import DomainError
from app.views.errors import NoSuchPage, NotSignedIn
from app.web.kit.desk import Desk, provide_desk
from app.web.kit.security import forms
from app.web.kit.security.limits import limited
from app.web.kit.security.signing_in import by_password, shown_links, staff, to_sign_in
from app.web.kit.services import provide_services
from app.web.operator.access_views import InvitationRow, MemberRow, MembersPage

_ALL: Final = (Role.ADMINISTRATOR, Role.OPERATOR, Role.REVIEWER, Role.FINANCE, Role.AUDITOR, Role.SPONSOR, Role.COURT)
"""In the order shown."""
_PEOPLE: Final = "/operator/people"
_STEP: Final = [by_password, limited("members", 60, is_exact=True)]


@get(_PEOPLE, include_in_schema=False, guards=[staff(Role.ADMINISTRATOR)])
async def own_people() -> Redirect:
    """The platform's own people."""
    exchange = await identity.find_exchange()
    assert exchange is not None, "somebody administers it"
    return Redirect(_url(exchange), status_code=303)


@get("/members/{organisation:str}", include_in_schema=False, guards=[by_password])
async def show_members(desk: NamedDependency[Desk], organisation: FromPath[str]) -> Response[bytes]:
    """Members and open invitations."""
    return desk.page(await _page(desk, _known(organisation)))


@post("/members/{organisation:str}", include_in_schema=False, guards=_STEP, status_code=200)
async def invite(desk: NamedDependency[Desk], organisation: FromPath[str], data: forms.Fields) -> Response[bytes]:
    """A link, shown this once."""
    organisation_id = _known(organisation)
    label, roles = data.get("label", "")[:200], frozenset(role for role in Role if f"role_{role.value}" in data)
    try:
        desk.demand_seal(data)
        link = await identity.invite(
            organisation_id, roles, by=desk.person_id, label=label, keyring=desk.services.keyring, now=desk.now
        )
    except DomainError as fact:
        chosen = frozenset(role.value for role in roles)
        return desk.page(await _page(desk, organisation_id, fact, label=label, chosen=chosen), fact)
    return desk.page(
        await _page(
            desk,
            organisation_id,
            link=f"{desk.services.issuer.public_url}/join/{link.token}",
            waits_url=f"/operator/inbox/{link.waits.id}" if link.waits else None,
        )
    )


@post("/members/{organisation:str}/revoke", include_in_schema=False, guards=_STEP, status_code=303)
async def revoke(desk: NamedDependency[Desk], organisation: FromPath[str], data: forms.Fields) -> Redirect:
    """Take an invitation back."""
    desk.demand_seal(data)
    invitation_id = ids.parse("inv", data.get("invitation", ""))
    if invitation_id is None:
        raise identity.InvitationUnknown
    await identity.revoke_invitation(invitation_id, by=desk.person_id, now=desk.now)
    return Redirect(_url(_known(organisation)), status_code=303)


@post("/members/{organisation:str}/take-role", include_in_schema=False, guards=_STEP, status_code=303)
async def take_role(
    desk: NamedDependency[Desk], organisation: FromPath[str], data: forms.Fields
) -> Response[bytes] | Redirect:
    """Take a role away."""
    organisation_id = _known(organisation)
    person_id, role = ids.parse("per", data.get("person", "")), data.get("role", "")
    if person_id is None or role not in {one.value for one in Role}:
        raise NoSuchPage
    return await desk.step(
        data,
        lambda: identity.take_role(person_id, organisation_id, Role(role), by=desk.person_id),
        onward=_url(organisation_id),
        again=lambda fact: _page(desk, organisation_id, fact),
        refusals=(identity.OwnRole, identity.LastAdministrator),
    )


async def _page(
    desk: Desk,
    organisation_id: UUID,
    fact: DomainError | None = None,
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
    reader, now, keyring = desk.person_id, desk.now, desk.services.keyring
    givable = await identity.may_give(reader, organisation_id)
    members = await identity.list_members(organisation_id, by=reader, keyring=keyring)
    open_ = await identity.pending_invitations(organisation_id, by=reader, keyring=keyring, now=now)
    here, held = _url(organisation_id), await desk.roles()
    return MembersPage(
        **desk.frame(here, fact) | {"links": shown_links(held)},
        roles=(),
        door="operator" if held else "organiser",
        section=_PEOPLE if organisation_id == await identity.find_exchange() else "/operator/organisations",
        organisation=card.name.in_(desk.language),
        is_verified=card.is_verified,
        givable=tuple(role.value for role in _ALL if role in givable),
        members=tuple(_member(one, reader, givable) for one in members),
        invitations=tuple(
            InvitationRow(
                id=ids.public("inv", one.id),
                label=one.label or "",
                roles=tuple(role.value for role in one.roles),
                is_open=one.state is LinkState.OPEN,
                is_waiting=one.state is LinkState.WAITING,
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
    dependencies={"services": Provide(provide_services), "desk": Provide(provide_desk)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
