"""Making a key: by a member, for their organisation, with no more than they may do themselves."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from app.foundation import audit, fonts
from app.foundation.identity.access_errors import RolesMissing
from app.foundation.identity.keeping_sessions import hash_token
from app.foundation.identity.keys import rules
from app.foundation.identity.keys.errors import KeyCountMost, KeyLifetimeUnfit, KeyNameMissing, KeyPowerMissing
from app.foundation.identity.keys.rules import MadeKey
from app.foundation.identity.rules import Role
from app.gateways.database import TROUBLE, constraint, fetch, transaction
from app.kernel import ids
from app.kernel.graphemes import tidied


async def make(
    organisation_id: UUID, name: str, roles: Collection[Role], *, days: int = rules.DAYS_USUAL, by: UUID, now: datetime
) -> MadeKey:
    """A key that acts for this organisation alone, for so many days.

    Raises:
        KeyNameMissing, NotPrintable, RolesMissing, KeyLifetimeUnfit: nothing was written.
        KeyPowerMissing: `by` may not make it, with these roles, there, now.
        KeyCountMost: the organisation has fifty that are good.
    """
    name = tidied(name)
    if not 1 <= len(name) <= rules.NAME_MOST:
        raise KeyNameMissing(most=rules.NAME_MOST)
    await fonts.demand({"/name": name})
    if not roles:
        raise RolesMissing
    if not set(roles) <= set(rules.GIVABLE):
        raise KeyPowerMissing
    if not 1 <= days <= rules.DAYS_MOST:
        raise KeyLifetimeUnfit(most=rules.DAYS_MOST)
    key_id = ids.uuid7()
    made = MadeKey(key_id, rules.written(key_id), now + timedelta(days=days))
    given = sorted(role.value for role in set(roles))
    try:
        async with transaction() as tx:
            await fetch(
                "SELECT identity.make_key($1, $2, $3, $4, $5, $6, $7, $8)",
                key_id, organisation_id, by, name, given, hash_token(made.text), now, made.expires_at, tx=tx,
            )  # fmt: skip
            await audit.record(
                "key.made", about(key_id, organisation_id), before=None,
                after={"name": name, "roles": given, "expires_at": made.expires_at.isoformat()}, by=by, tx=tx,
            )  # fmt: skip
    except TROUBLE as refusal:
        if constraint(refusal) == "api_key_power":
            raise KeyPowerMissing from refusal
        if constraint(refusal) == "api_key_count_check":
            raise KeyCountMost from refusal
        raise
    return made


def about(key_id: UUID, organisation_id: UUID) -> str:
    """What the history of keys is told about: which, and whose."""
    return f"{ids.public('key', key_id)} {ids.public('org', organisation_id)}"
