"""`diandian setup`, `invite`, `join`, `operator …`: the first day at the terminal, and the days after it."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import click
from tortoise import Tortoise

from app import wiring
from app.cli.listing import Listed
from app.cli.output import line, read_language, say
from app.cli.setup import database
from app.cli.signing_in import SECOND_CODE, Credentials, acting, enter
from app.foundation import identity
from app.foundation.identity import FactorOffer, Link, Member, PendingInvitation, Role, SetUp
from app.kernel import ids
from app.kernel.clock import utc_now
from app.kernel.drawing import qr_lines
from app.kernel.text import Language, Text
from config.database import owner_config
from config.settings import Settings

JOIN, RESET = "/join/", "/reset/"


@dataclass(frozen=True, slots=True)
class Joined:
    """What a link led to."""

    email: str | None
    codes: Sequence[str]
    """To be shown once; none where no second factor was set up."""


async def set_up(owner_url: str, name: Text, country: str, number: str) -> SetUp:
    """Set up on the owner's connection.

    Raises:
        CountryUnfit, RegisterNumberUnfit, OrganisationNameMissing, ExchangeKnown: nothing was written.
    """
    register = identity.read_register(country, number)
    await _open_as_owner(owner_url)
    try:
        return await identity.set_up(name, register, now=utc_now())
    finally:
        await Tortoise.close_connections()


async def renew(owner_url: str) -> SetUp:
    """New links for administrators who never came.

    Raises:
        ExchangeUnknown, AdministratorsComplete: nothing was written.
    """
    await _open_as_owner(owner_url)
    try:
        return await identity.renew_links(now=utc_now())
    finally:
        await Tortoise.close_connections()


async def invite(
    settings: Settings, organisation: str | None, roles: Sequence[str], label: str, who: Credentials
) -> Link:
    """A link into an organisation; None stands for the one that runs the platform."""
    async with database(settings), acting(settings, who) as by:
        return await identity.invite(
            await organisation_of(organisation),
            {Role(role) for role in roles},
            by=by,
            label=label,
            keyring=wiring.keyring(settings),
            now=utc_now(),
        )


async def invitations(
    settings: Settings, organisation: str | None, who: Credentials, *, limit: int
) -> Listed[PendingInvitation]:
    """Those that nobody has used."""
    async with database(settings), acting(settings, who) as by:
        where = await organisation_of(organisation)
        found = await identity.pending_invitations(
            where, by=by, keyring=wiring.keyring(settings), now=utc_now(), limit=limit
        )
        return Listed(found, await identity.count_pending_invitations(where))


async def revoke(settings: Settings, shown: str, who: Credentials) -> None:
    """Take one back."""
    invitation_id = ids.parse("inv", shown)
    if invitation_id is None:
        raise identity.InvitationUnknown
    async with database(settings), acting(settings, who) as by:
        await identity.revoke_invitation(invitation_id, by=by, now=utc_now())


async def members(settings: Settings, organisation: str | None, who: Credentials, *, limit: int) -> Listed[Member]:
    """Who acts for an organisation."""
    async with database(settings), acting(settings, who) as by:
        where = await organisation_of(organisation)
        found = await identity.list_members(where, by=by, keyring=wiring.keyring(settings), limit=limit)
        return Listed(found, await identity.count_members(where))


async def take_role(settings: Settings, organisation: str | None, email: str, role: str, who: Credentials) -> None:
    """Take a role away."""
    async with database(settings), acting(settings, who) as by:
        person_id = await identity.find_operator(email, keyring=wiring.keyring(settings))
        await identity.take_role(person_id, await organisation_of(organisation), Role(role), by=by)


async def reset(settings: Settings, email: str, who: Credentials, second: Credentials) -> Link:
    """A reset link, by an administrator and a second person at one terminal."""
    async with database(settings):
        person_id = await identity.find_operator(email, keyring=wiring.keyring(settings))
        async with acting(settings, who) as by, acting(settings, second, code_from=SECOND_CODE) as other:
            return await identity.reset_operator(person_id, by=by, second=other, now=utc_now())


async def shut_out(settings: Settings, email: str, who: Credentials) -> None:
    """Disable an operator."""
    async with database(settings), acting(settings, who) as by:
        person_id = await identity.find_operator(email, keyring=wiring.keyring(settings))
        await identity.shut_out(person_id, by=by, now=utc_now())


async def open_day(settings: Settings, who: Credentials) -> str:
    """A session for the shell; its token."""
    async with database(settings):
        return (await enter(settings, who)).token


async def end_day(settings: Settings, token: str) -> None:
    """The shell's session ends."""
    async with database(settings):
        await identity.sign_out(token, utc_now())


async def join(settings: Settings, link: str, *, name: str, email: str, password: str, language: Language) -> Joined:
    """Take an invitation or a reset at the terminal: password, authenticator, recovery codes.

    Raises:
        NameMissing, EmailUnreadable, PasswordUnfit, EmailTaken, InvitationUnknown, InvitationOver: nothing changed.
    """
    keyring = wiring.keyring(settings)
    async with database(settings):
        if RESET in link:
            pending = await identity.use_reset(link.rpartition(RESET)[2], password, keyring=keyring, now=utc_now())
        else:
            pending = await identity.accept_invitation(
                link.rpartition(JOIN)[2], name=name, email=email, password=password, language=language,
                keyring=keyring, now=utc_now(),
            )  # fmt: skip
        try:
            return Joined(email or None, await _set_factor_up(settings, pending.session))
        finally:
            await identity.sign_out(pending.token, utc_now())


async def look(settings: Settings, link: str) -> str | None:
    """The organisation an invitation leads to; None for a reset.

    Raises:
        InvitationUnknown, InvitationOver, InvitationWaiting: the link opens nothing, or nothing yet.
    """
    async with database(settings):
        if RESET in link:
            await identity.look_at_reset(link.rpartition(RESET)[2], now=utc_now())
            return None
        invited = await identity.find_invitation(link.rpartition(JOIN)[2], now=utc_now())
        if invited.state is identity.LinkState.WAITING:
            raise identity.InvitationWaiting
        if invited.state is not identity.LinkState.OPEN:
            raise identity.InvitationOver
        return f"{invited.organisation.name.zh} / {invited.organisation.name.en}"


async def organisation_of(shown: str | None) -> UUID:
    """The id behind `org_…`; without one, who runs the platform.

    Raises:
        OrganisationUnknown, ExchangeUnknown: there is none.
    """
    if shown is None:
        found = await identity.find_exchange()
        if found is None:
            raise identity.ExchangeUnknown
        return found
    organisation_id = ids.parse("org", shown)
    if organisation_id is None:
        raise identity.OrganisationUnknown
    return organisation_id


async def _set_factor_up(settings: Settings, pending: identity.Session) -> Sequence[str]:
    keyring = wiring.keyring(settings)
    offer = await identity.offer_factor(pending.person_id, issuer=settings.issuer_en, keyring=keyring, now=utc_now())
    _show(offer)
    given = os.environ.get("DIANDIAN_OPERATOR_CODE")
    while True:
        code = given or str(click.prompt(say("验证码", "Code"), err=True))
        try:
            return await identity.set_factor_up(pending.person_id, code, keyring=keyring, now=utc_now())
        except identity.CodeWrong as wrong:
            if given:
                raise
            line(wrong.message().in_(read_language()), err=True)


def _show(offer: FactorOffer) -> None:
    """On standard error: it is no answer to keep."""
    for cells in qr_lines(offer.uri, quiet=4):
        click.echo(cells, err=True)
    line(offer.secret, err=True)


async def _open_as_owner(owner_url: str) -> None:
    await Tortoise.init(config=owner_config(owner_url), _enable_global_fallback=True)
