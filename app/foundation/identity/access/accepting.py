"""Accepting an invitation: as somebody new, with a name, an email and a password, or with the account one has."""

from datetime import datetime
from uuid import UUID

from app.foundation import audit
from app.foundation.identity import rules
from app.foundation.identity.access.enrolling import membership_of
from app.foundation.identity.access.inviting import find_invitation, may_give
from app.foundation.identity.access_errors import (
    InvitationOver,
    InvitationWaiting,
    NameMissing,
    OwnInvitation,
)
from app.foundation.identity.access_rules import Invited, LinkState
from app.foundation.identity.admitting import admit, keep_datum
from app.foundation.identity.credentials.hashing_passwords import hash_password
from app.foundation.identity.credentials.signing_in_operators import open_pending
from app.foundation.identity.envelope import Keyring
from app.foundation.identity.errors import EmailTaken, EmailUnreadable, OperatorUnknown
from app.foundation.identity.models import Operator, Person
from app.foundation.identity.naming import set_name
from app.foundation.identity.rules import DatumKind, PersonState, SignedIn
from app.gateways.database import TROUBLE, Tx, constraint, fetch, transaction
from app.kernel.graphemes import graphemes, tidied
from app.kernel.text import Language

NAME_MOST = 60
"""Characters as a reader counts them."""
_POINTS_MOST = 800


async def accept_invitation(
    token: str,
    *,
    name: str,
    email: str,
    password: str,
    language: Language,
    keyring: Keyring,
    now: datetime,
) -> SignedIn:
    """A new person with a password and the invitation's roles; a pending session, in which the second factor is set up.

    Raises:
        NameMissing, NotPrintable, EmailUnreadable, PasswordUnfit, EmailTaken: nothing was written, the link is as good as
            before.
        InvitationUnknown, InvitationOver, InvitationWaiting: the link opens nothing, or nothing yet.
        PasswordsCrowded: too many passwords at once.
    """
    name = tidied(name)
    if not 1 <= len(graphemes(name)) <= NAME_MOST or len(name) > _POINTS_MOST:
        raise NameMissing
    if (plain := rules.plain_email(email)) is None:
        raise EmailUnreadable
    rules.check_password(password)
    _refuse_over(await find_invitation(token, now=now))  # before the slow part
    password_hash = await hash_password(password, cost=keyring.password_cost)
    async with transaction() as tx:
        invited = await find_invitation(token, now=now, tx=tx)
        person_id = await admit(language=language, keyring=keyring, now=now, tx=tx)
        if not await keep_datum(person_id, DatumKind.EMAIL, plain, keyring=keyring, now=now, tx=tx):
            raise EmailTaken
        await set_name(person_id, name, keyring=keyring, now=now, tx=tx)
        await Operator.create(using_db=tx, person_id=person_id, password_hash=password_hash, created_at=now)
        await _take(invited, person_id, now=now, tx=tx)
        return await open_pending(person_id, language, now=now, tx=tx)


async def join_as(token: str, person_id: UUID, *, now: datetime) -> Invited:
    """Take the invitation's roles with an account that is there.

    Raises:
        InvitationUnknown, InvitationOver, InvitationWaiting: the link opens nothing, or nothing yet.
        OwnInvitation: they made it themselves, or agreed to it.
        OperatorUnknown: there is no such person, or they are being forgotten.
    """
    async with transaction() as tx:
        invited = await find_invitation(token, now=now, tx=tx)
        await _take(invited, person_id, now=now, tx=tx)
    return invited


async def _take(invited: Invited, person_id: UUID, *, now: datetime, tx: Tx) -> None:
    _refuse_over(invited)
    if invited.inviter_id == person_id:
        raise OwnInvitation
    # Power is asked for when it is used: whoever invited must still be allowed to.
    if invited.inviter_id is not None and not set(invited.roles) <= await may_give(
        invited.inviter_id, invited.organisation.id, tx=tx
    ):
        raise InvitationOver
    if not await Person.filter(id=person_id, state=PersonState.ACTIVE).using_db(tx).exists():
        raise OperatorUnknown
    # The roles are given by a trigger of this very statement, and by nothing else.
    try:
        await fetch(
            "UPDATE invitation SET accepted_at = $2, acceptor_id = $3 WHERE id = $1", invited.id, now, person_id, tx=tx
        )
    except TROUBLE as refusal:
        if constraint(refusal) == "invitation_decider_apart":
            raise OwnInvitation from refusal
        raise
    about = membership_of(person_id, invited.organisation.id)
    for role in invited.roles:
        await audit.record(
            "role.granted", about, before=None, after={"role": role}, by=invited.inviter_id or person_id, tx=tx
        )


def _refuse_over(invited: Invited) -> None:
    if invited.state is LinkState.WAITING:
        raise InvitationWaiting
    if invited.state is not LinkState.OPEN:
        raise InvitationOver
