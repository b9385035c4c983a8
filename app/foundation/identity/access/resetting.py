"""An operator who lost password or authenticator gets a new start: by an administrator and a second person together."""

from datetime import datetime
from uuid import UUID

from app.foundation.identity import rules
from app.foundation.identity.access.enrolling import disable_operator, platform_roles
from app.foundation.identity.access_errors import (
    InvitationOver,
    InvitationUnknown,
    PowerMissing,
    SecondPersonNeeded,
)
from app.foundation.identity.access_rules import RESET_LIFETIME, Link, LinkState, link_state
from app.foundation.identity.admitting import index_of
from app.foundation.identity.by_wechat.linking import end_link
from app.foundation.identity.credentials.hashing_passwords import hash_password
from app.foundation.identity.credentials.proving_factor import drop_factor
from app.foundation.identity.credentials.signing_in_operators import open_pending
from app.foundation.identity.envelope import Keyring
from app.foundation.identity.errors import OperatorUnknown
from app.foundation.identity.keeping_sessions import hash_token, new_token, sign_out_everywhere
from app.foundation.identity.rules import DatumKind, Role, SignedIn
from app.gateways.database import Tx, fetch, fetch_one, transaction
from app.kernel.ids import uuid7
from app.kernel.text import Language


async def find_operator(email: str, *, keyring: Keyring) -> UUID:
    """The person who signs in with this email.

    Raises:
        OperatorUnknown: nobody does.
    """
    account = index_of(DatumKind.EMAIL, rules.plain_email(email) or "", keyring=keyring)
    row = await fetch_one(
        "SELECT o.person_id FROM person_pii d JOIN operator o ON o.person_id = d.person_id WHERE d.blind_index = $1",
        account,
    )
    if row is None:
        raise OperatorUnknown
    person_id: UUID = row["person_id"]
    return person_id


async def reset_operator(person_id: UUID, *, by: UUID, second: UUID, now: datetime) -> Link:
    """A link, good once and for a day, under which they choose a new password and authenticator. It ends their sessions.

    Until it is used, what they had still lets them in.

    Raises:
        SecondPersonNeeded: the three are not three different persons.
        PowerMissing: `by` is no administrator of the platform, or `second` none of its people.
        OperatorUnknown: they do not sign in with a password, or were disabled.
    """
    if len({person_id, by, second}) != 3:
        raise SecondPersonNeeded
    if Role.ADMINISTRATOR not in await platform_roles(by) or not await platform_roles(second):
        raise PowerMissing
    link = Link(uuid7(), new_token(), now + RESET_LIFETIME)
    async with transaction() as tx:
        await _lock_enabled(person_id, tx)
        await fetch(
            "INSERT INTO operator_reset (id, token_hash, person_id, maker_id, checker_id, made_at, expires_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7)",
            link.id, hash_token(link.token), person_id, by, second, now, link.expires_at, tx=tx,
        )  # fmt: skip
        await sign_out_everywhere(person_id, now, tx=tx)
    return link


async def shut_out(person_id: UUID, *, by: UUID, now: datetime) -> None:
    """Disable an operator: signed out everywhere, never let in again; what they did stays. Repeated: nothing happens.

    Raises:
        SecondPersonNeeded: nobody disables themselves, so an administrator is always left.
        PowerMissing: `by` is no administrator of the platform.
        OperatorUnknown: they do not sign in with a password.
    """
    if person_id == by:
        raise SecondPersonNeeded
    async with transaction() as tx:
        # One after the other: of two administrators who disable each other at once, the second has no power any more.
        await fetch("SELECT pg_advisory_xact_lock(hashtext('identity.take_role'))", tx=tx)
        able = await fetch(
            "SELECT 1 FROM membership m JOIN organisation o ON o.id = m.organisation_id"
            " JOIN operator p ON p.person_id = m.person_id WHERE m.person_id = $1 AND m.role = 'administrator'"
            " AND o.kind = 'exchange' AND o.is_verified AND p.disabled_at IS NULL",
            by, tx=tx,
        )  # fmt: skip
        if not able:
            raise PowerMissing
        await disable_operator(person_id, now=now, tx=tx)


async def look_at_reset(token: str, *, now: datetime, tx: Tx | None = None) -> UUID:
    """Whose reset it is. With `tx` its row is locked.

    Raises:
        InvitationUnknown, InvitationOver: the link opens nothing.
    """
    row = await fetch_one(
        "SELECT person_id, used_at, expires_at FROM operator_reset WHERE token_hash = $1"
        f"{' FOR UPDATE' if tx else ''}",
        hash_token(token), tx=tx,
    )  # fmt: skip
    if row is None:
        raise InvitationUnknown
    state = link_state(used_at=row["used_at"], revoked_at=None, expires_at=row["expires_at"], now=now)
    if state is not LinkState.OPEN:
        raise InvitationOver
    person_id: UUID = row["person_id"]
    return person_id


async def use_reset(token: str, password: str, *, keyring: Keyring, now: datetime) -> SignedIn:
    """The new password; old authenticator, recovery codes, sessions and other open resets end. Gives a pending session.

    Raises:
        PasswordUnfit: nothing changed.
        InvitationUnknown, InvitationOver: the link opens nothing.
        OperatorUnknown: they were disabled meanwhile.
        PasswordsCrowded: too many passwords at once.
    """
    rules.check_password(password)
    await look_at_reset(token, now=now)
    password_hash = await hash_password(password, cost=keyring.password_cost)
    async with transaction() as tx:
        person_id = await look_at_reset(token, now=now, tx=tx)
        await _lock_enabled(person_id, tx)
        await fetch(
            "UPDATE operator_reset SET used_at = $2 WHERE person_id = $1 AND used_at IS NULL", person_id, now, tx=tx
        )
        await fetch("UPDATE operator SET password_hash = $2 WHERE person_id = $1", person_id, password_hash, tx=tx)
        await drop_factor(person_id, tx=tx)
        await end_link(person_id, now=now, tx=tx)
        await sign_out_everywhere(person_id, now, tx=tx)
        row = await fetch_one("SELECT language FROM person WHERE id = $1", person_id, tx=tx)
        assert row is not None, "a foreign key"
        return await open_pending(person_id, Language(row["language"]), now=now, tx=tx)


async def _lock_enabled(person_id: UUID, tx: Tx) -> None:
    if not await fetch(
        "SELECT 1 FROM operator WHERE person_id = $1 AND disabled_at IS NULL FOR UPDATE", person_id, tx=tx
    ):
        raise OperatorUnknown
