"""Who may act for whom, asked when it is used: a role that was withdrawn a moment ago is none."""

from typing import Final
from uuid import UUID

from app.foundation.identity.errors import RoleMissing
from app.foundation.identity.rules import Role
from app.gateways.database import Tx, fetch_value

ORDERING: Final = (Role.OPERATOR, Role.SPONSOR)
"""Whoever has one of these in an organisation orders, pays, cancels and takes back for it."""


async def acts_for(person_id: UUID, party_id: UUID, *roles: Role, tx: Tx | None = None) -> bool:
    """Whether the person is this party, or has one of these roles in it now; with none named, whether they are a member."""
    wanted = [role.value for role in roles] or None
    return bool(await fetch_value("SELECT identity.acts_for($1, $2, $3)", person_id, party_id, wanted, tx=tx))


async def demand_role(
    person_id: UUID, party_id: UUID, *roles: Role, field: str | None = None, tx: Tx | None = None
) -> None:
    """Refuse whoever has none of these roles in this very organisation now; a person always acts for themselves.

    Raises:
        RoleMissing: they have none of them.
    """
    if not await acts_for(person_id, party_id, *roles, tx=tx):
        raise RoleMissing(field=field)


async def demand_platform_role(person_id: UUID, *roles: Role, tx: Tx | None = None) -> None:
    """Refuse whoever has none of these roles in the verified organisation that runs the platform now.

    Raises:
        RoleMissing: they have none of them, or only in somebody else's organisation.
    """
    found = await fetch_value(
        "SELECT EXISTS (SELECT FROM membership m JOIN organisation o ON o.id = m.organisation_id"
        " WHERE m.person_id = $1 AND m.role = ANY($2::text[]) AND o.kind = 'exchange' AND o.is_verified)",
        person_id, [role.value for role in roles], tx=tx,
    )  # fmt: skip
    if not found:
        raise RoleMissing
