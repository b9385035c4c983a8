"""The keys of an organisation, and ending one."""

from datetime import datetime
from uuid import UUID

from app.foundation import audit
from app.foundation.identity.access.inviting import may_give
from app.foundation.identity.access.keeping_members import own_organisations
from app.foundation.identity.access_errors import InviterMissing
from app.foundation.identity.envelope import Keyring
from app.foundation.identity.keys.errors import KeyUnknown
from app.foundation.identity.keys.making import about
from app.foundation.identity.keys.rules import MAKERS, KeyCard, state_of
from app.foundation.identity.naming import name_of
from app.foundation.identity.rules import OrganisationCard, OrganisationKind, Role
from app.gateways.database import TROUBLE, constraint, fetch, fetch_value, transaction

_SHOWN_MOST = 200


async def list_of(organisation_id: UUID, *, by: UUID, keyring: Keyring, now: datetime) -> list[KeyCard]:
    """Its keys, the newest first, for whoever may let people in there.

    Raises:
        OrganisationUnknown, InviterMissing: `by` has no say there.
    """
    if not await may_give(by, organisation_id):
        raise InviterMissing
    rows = await fetch(
        "SELECT * FROM api_key WHERE organisation_id = $1 ORDER BY made_at DESC, person_id DESC LIMIT $2",
        organisation_id, _SHOWN_MOST,
    )  # fmt: skip
    makers = {maker: await name_of(maker, keyring=keyring) for maker in {row["maker_id"] for row in rows}}
    return [
        KeyCard(
            row["person_id"], row["name"], tuple(Role(role) for role in row["roles"]), row["maker_id"],
            makers[row["maker_id"]], row["made_at"], row["expires_at"],
            row["last_used_on"].isoformat() if row["last_used_on"] else None, row["revoked_at"],
            state_of(
                expires_at=row["expires_at"], revoked_at=row["revoked_at"], revoker_id=row["revoked_by_id"], now=now
            ),
        )
        for row in rows
    ]  # fmt: skip


async def end(key_id: UUID, *, by: UUID) -> None:
    """End a key: its next request is refused. Repeated: nothing happens.

    Raises:
        KeyUnknown: there is no such key, or `by` may let nobody in where it acts.
    """
    organisation_id = await fetch_value("SELECT organisation_id FROM api_key WHERE person_id = $1", key_id)
    if organisation_id is None:
        raise KeyUnknown
    try:
        async with transaction() as tx:
            if await fetch_value("SELECT identity.end_key($1, $2, $3)", key_id, organisation_id, by, tx=tx):
                await audit.record(
                    "key.revoked", about(key_id, organisation_id), before={"good": True}, after=None, by=by, tx=tx
                )
    except TROUBLE as refusal:
        if constraint(refusal) == "api_key_power":
            raise KeyUnknown from refusal
        raise


async def keyed_organisations(person_id: UUID) -> list[OrganisationCard]:
    """The organisations for which somebody may make keys now."""
    return [
        card
        for card, roles in await own_organisations(person_id)
        if MAKERS & set(roles) and card.is_verified and card.kind is not OrganisationKind.EXCHANGE
    ]
