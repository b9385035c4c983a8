"""Who of the staff saw what a person typed: asked for with a reason, written down before it is shown."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.foundation import audit, identity
from app.foundation.identity import Keyring, Role
from app.gateways.database import transaction

_ACTION: Final = "person.unmasked"
_SHOWN: Final = 100


class LookReason(StrEnum):
    """Why. One of these words and no text: a text would hold a name again."""

    ASKED = "asked"
    """The person asked for help with what is theirs."""
    COMPLAINT = "complaint"
    """Somebody complained about what is shown."""
    AUTHORITY = "authority"
    """An authority asked, with its papers."""
    FAULT = "fault"
    """Something is broken and cannot be mended otherwise."""


@dataclass(frozen=True, slots=True)
class Look:
    """One look, as its person is shown it."""

    at: datetime
    reason: LookReason


async def unmask(person_id: UUID, *, by: UUID, reason: LookReason, keyring: Keyring) -> str | None:
    """The name a person gave, for an operator or reviewer of the platform; written down first, each time.

    Raises:
        RoleMissing: `by` is neither, now.
    """
    async with transaction() as tx:
        await identity.demand_platform_role(by, Role.OPERATOR, Role.REVIEWER, tx=tx)
        await audit.record(
            _ACTION, _about(person_id), before=None, after={"reason": reason.value, "what": "name"}, by=by, tx=tx
        )
    return await identity.name_of(person_id, keyring=keyring)


async def looks_at(person_id: UUID) -> tuple[Look, ...]:
    """The latest hundred looks at a person, the latest first. Who looked is known to us; the person is shown that it was us."""
    entries = [
        entry
        for one in await identity.links.same_persons(person_id)
        for entry in await audit.history(noun="person", about=_about(one), limit=_SHOWN)
        if entry.action == _ACTION
    ]
    latest = sorted(entries, key=lambda one: one.at, reverse=True)[:_SHOWN]
    return tuple(Look(one.at, LookReason((one.after or {})["reason"])) for one in latest)


def _about(person_id: UUID) -> str:
    return f"person:{person_id}"
