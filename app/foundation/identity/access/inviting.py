"""Invitations: a link to copy, good once and for seven days. There is no gateway for mail: whoever invites sends it on.

A link to the platform opens once another administrator has agreed (`approving.py`).
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from app.foundation.identity.access.approving import LABEL, end_proposal, propose_roles
from app.foundation.identity.access.enrolling import card
from app.foundation.identity.access_errors import (
    InvitationUnknown,
    InviterMissing,
    OrganisationUnverified,
    RolesMissing,
)
from app.foundation.identity.access_rules import (
    INVITATION_LIFETIME,
    LABEL_MOST,
    Invited,
    Link,
    LinkState,
    PendingInvitation,
    givable,
    link_state,
)
from app.foundation.identity.envelope import Keyring
from app.foundation.identity.errors import OrganisationUnknown
from app.foundation.identity.keeping_sessions import hash_token, new_token
from app.foundation.identity.rules import OrganisationKind, Role
from app.foundation.identity.sealing import seal, unseal_many
from app.gateways.database import Row, Tx, fetch, fetch_one, fetch_value, transaction
from app.kernel.ids import uuid7

_SHOWN_MOST = 200


async def may_give(person_id: UUID, organisation_id: UUID, *, tx: Tx | None = None) -> frozenset[Role]:
    """The roles that somebody may give, or take away, in an organisation at this moment; none where they have no say.

    Raises:
        OrganisationUnknown: there is no such organisation.
    """
    row = await fetch_one(
        "SELECT o.kind,"
        " ARRAY(SELECT m.role FROM membership m WHERE m.person_id = $1 AND m.organisation_id = o.id"
        "       AND NOT EXISTS (SELECT FROM api_key k WHERE k.person_id = $1)) AS own,"
        " ARRAY(SELECT m.role FROM membership m JOIN organisation e ON e.id = m.organisation_id"
        "       WHERE m.person_id = $1 AND e.kind = 'exchange' AND e.is_verified) AS platform"
        " FROM organisation o WHERE o.id = $2",
        person_id, organisation_id, tx=tx,
    )  # fmt: skip
    if row is None:
        raise OrganisationUnknown
    return givable(OrganisationKind(row["kind"]), platform=_roles(row["platform"]), own=_roles(row["own"]))


async def invite(
    organisation_id: UUID, roles: Collection[Role], *, by: UUID, label: str = "", keyring: Keyring, now: datetime
) -> Link:
    """A link that lets one person into an organisation with these roles. `label`: for whom, for the list of those open.

    To the platform it waits for another administrator (`Link.waits`), unless PostgreSQL finds that there never was one.

    Raises:
        RolesMissing: no role is named.
        OrganisationUnknown, OrganisationUnverified: nobody is let in there.
        InviterMissing: `by` may not give all of these roles there.
    """
    if not roles:
        raise RolesMissing
    if not set(roles) <= await may_give(by, organisation_id):
        raise InviterMissing
    row = await fetch_one("SELECT is_verified FROM organisation WHERE id = $1", organisation_id)
    if row is None or not row["is_verified"]:
        raise OrganisationUnverified
    label = " ".join(label.split())[:LABEL_MOST]
    sealed = await seal(by, label, purpose=LABEL, keyring=keyring) if label else None
    async with transaction() as tx:
        return await write_invitation(organisation_id, roles, inviter_id=by, label=sealed, now=now, tx=tx)


async def write_invitation(
    organisation_id: UUID,
    roles: Collection[Role],
    *,
    inviter_id: UUID | None,
    label: bytes | None = None,
    now: datetime,
    tx: Tx,
) -> Link:
    """Keep an invitation that somebody may make, and propose it where it takes two; its token is told this once."""
    link = Link(uuid7(), new_token(), now + INVITATION_LIFETIME)
    (made,) = await fetch(
        "INSERT INTO invitation (id, token_hash, organisation_id, roles, inviter_id, label_sealed, made_at, expires_at)"
        " VALUES ($1, $2, $3, $4::varchar[], $5, $6, $7, $8)"
        " RETURNING approval_id, (SELECT kind FROM organisation WHERE id = organisation_id) AS kind",
        link.id, hash_token(link.token), organisation_id, sorted(roles), inviter_id, label, now, link.expires_at, tx=tx,
    )  # fmt: skip
    if made["kind"] != OrganisationKind.EXCHANGE or made["approval_id"] is not None:
        return link
    assert inviter_id is not None, "what the owner writes is approved"
    waits = await propose_roles(link.id, organisation_id, roles, expires_at=link.expires_at, by=inviter_id, tx=tx)
    return replace(link, waits=waits)


async def find_invitation(token: str, *, now: datetime, tx: Tx | None = None) -> Invited:
    """What a link opens, also when it is worth nothing any more. With `tx` its row is locked.

    Raises:
        InvitationUnknown: no invitation has this link.
    """
    row = await fetch_one(
        "SELECT i.id, i.roles, i.inviter_id, i.expires_at, i.accepted_at, i.revoked_at, i.approval_id, i.organisation_id"
        f" FROM invitation i WHERE i.token_hash = $1{' FOR UPDATE' if tx else ''}",
        hash_token(token), tx=tx,
    )  # fmt: skip
    if row is None:
        raise InvitationUnknown
    organisation = await fetch_one("SELECT * FROM organisation WHERE id = $1", row["organisation_id"], tx=tx)
    assert organisation is not None, "a foreign key"
    return Invited(
        row["id"], card(organisation), tuple(Role(role) for role in row["roles"]), _state(row, organisation, now),
        row["expires_at"], row["inviter_id"],
    )  # fmt: skip


async def pending_invitations(
    organisation_id: UUID, *, by: UUID, keyring: Keyring, now: datetime, limit: int = _SHOWN_MOST
) -> list[PendingInvitation]:
    """The organisation's invitations that are open or ran out unused, newest first.

    Raises:
        OrganisationUnknown, InviterMissing: `by` may not invite there.
    """
    if not await may_give(by, organisation_id):
        raise InviterMissing
    rows = await fetch(
        "SELECT id, roles, inviter_id, label_sealed, made_at, expires_at, accepted_at, revoked_at, approval_id FROM invitation"
        " WHERE organisation_id = $1 AND accepted_at IS NULL AND revoked_at IS NULL ORDER BY made_at DESC LIMIT $2",
        organisation_id, limit,
    )  # fmt: skip
    where = await fetch_one("SELECT kind FROM organisation WHERE id = $1", organisation_id)
    assert where is not None, "asked for above"
    labelled = [row for row in rows if row["label_sealed"] is not None]
    labels = await unseal_many(
        [(row["inviter_id"], row["label_sealed"]) for row in labelled], purpose=LABEL, keyring=keyring
    )
    by_id = {row["id"]: label for row, label in zip(labelled, labels, strict=True)}
    return [
        PendingInvitation(
            row["id"], tuple(Role(role) for role in row["roles"]), by_id.get(row["id"]), row["made_at"],
            row["expires_at"], _state(row, where, now),
        )
        for row in rows
    ]  # fmt: skip


async def count_pending_invitations(organisation_id: UUID) -> int:
    """How many there are, for whoever was shown some of them."""
    return int(
        await fetch_value(
            "SELECT count(*) FROM invitation WHERE organisation_id = $1 AND accepted_at IS NULL AND revoked_at IS NULL",
            organisation_id,
        )
    )


async def revoke_invitation(invitation_id: UUID, *, by: UUID, now: datetime) -> None:
    """Its link opens nothing any more, and what waits about it ends. Repeated, or used already: nothing happens.

    Raises:
        InvitationUnknown: there is none, or it is another organisation's.
    """
    async with transaction() as tx:
        row = await fetch_one(
            "SELECT organisation_id, accepted_at, revoked_at FROM invitation WHERE id = $1 FOR UPDATE",
            invitation_id, tx=tx,
        )  # fmt: skip
        if row is None or not await may_give(by, row["organisation_id"], tx=tx):
            raise InvitationUnknown
        if row["accepted_at"] is None and row["revoked_at"] is None:
            await fetch("UPDATE invitation SET revoked_at = $2 WHERE id = $1", invitation_id, now, tx=tx)
            await end_proposal(invitation_id, by=by, tx=tx)


def _state(row: Row, organisation: Row, now: datetime) -> LinkState:
    is_waiting = organisation["kind"] == OrganisationKind.EXCHANGE and row["approval_id"] is None
    return link_state(
        used_at=row["accepted_at"], revoked_at=row["revoked_at"], expires_at=row["expires_at"], is_waiting=is_waiting,
        now=now,
    )  # fmt: skip


def _roles(names: Collection[str]) -> frozenset[Role]:
    return frozenset(Role(name) for name in names)
