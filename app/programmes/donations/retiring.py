"""What was given to a zone is retired for its event: all at once, above the limit by two of its owner's people."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import asyncpg
from tortoise.exceptions import BaseORMException

from app import scenarios
from app.foundation.approvals import Approval
from app.gateways.database import constraint
from app.kernel.text import Language
from app.programmes import zones
from app.programmes.donations.errors import AccountChanged, EventUnknown, GivenStays, NothingGiven
from app.programmes.zones import Zone
from app.registry import credits, holdings, retirements
from app.registry.claims import NewClaim, Purpose
from app.registry.holdings import Mix
from app.registry.retirements import HeldRetirement
from app.scenarios import ScenarioKind

_SUBJECT_MOST = 120
_FACTS = {
    "donation_retired_whole": AccountChanged,
    "donation_retired_for_its_event": GivenStays,
    "donation_leaves_by_retirement": GivenStays,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the zone's account is retired for."""

    today: date
    language: str
    profile: str | None = None
    """The rule profile that the event is judged by; None: the platform's own."""


async def retire(zone: Zone, asked: Asked, *, by: UUID, key: str, limit_g: int) -> str:
    """Retire all of the zone's account for its event; answers the cause.

    One certificate follows, with every range; those of the donors refer to it.

    Raises:
        NothingGiven: the account is empty.
        EventUnknown: the zone has no scene of an event.
        AccountChanged: something came into it meanwhile.
        TwoPeopleNeeded, AccountUnknown, RoleMissing, HeldKeyUsedOtherwise: as `retirements.retire_held`.
    """
    with refusals():
        return await retirements.retire_held(await _whole(zone, asked), by=by, key=key, limit_g=limit_g)


async def propose(zone: Zone, asked: Asked, *, by: UUID, key: str) -> Approval:
    """Write the same down for another of the owner's people to agree to.

    Raises:
        NothingGiven, EventUnknown: as `retire`.
        ApprovalPending, ApprovalRoleMissing, AccountUnknown, RoleMissing: as `retirements.propose_held`.
    """
    return await retirements.propose_held(await _whole(zone, asked), by=by, key=key)


async def agree(approval_id: UUID, *, seen: str, by: UUID) -> str:
    """Agree to it as the second of them: all is retired in the same transaction; answers the cause.

    Raises:
        AccountChanged: something came in since it was proposed: it is proposed anew, over all there is.
        ApprovalUnknown, ApprovalDecided, ApprovalChanged, SamePerson, ApprovalRoleMissing: as `retirements.approve_held`.
    """
    with refusals():
        return await retirements.approve_held(approval_id, seen=seen, by=by)


async def _whole(zone: Zone, asked: Asked) -> HeldRetirement:
    account = (await holdings.find_account(zone.account_id)).account
    by_programme: Counter[credits.Programme] = Counter()
    for one in await holdings.balances(account):
        by_programme[one.programme] += one.mass_g
    if not by_programme:
        raise NothingGiven
    document = zone.document
    return HeldRetirement(
        account_id=zone.account_id,
        claim=NewClaim(
            purpose=Purpose.EVENT,
            scenario_id=await _event_of(zone, asked.today),
            subject=document.name.in_(Language(asked.language))[:_SUBJECT_MOST],
            beneficiary_id=zone.owner_id,
            period_from=document.starts_on,
            period_to=document.ends_on,
            emission_g=document.emissions.mass_g if document.emissions else 0,
            profile=asked.profile,
            language=asked.language,
        ),
        mass_g=sum(by_programme.values()),
        mix=Mix.only(*by_programme) if len(by_programme) == 1 else Mix.by_mass(by_programme),
    )


async def _event_of(zone: Zone, today: date) -> UUID:
    """The first scene of the zone that is an event's."""
    ids = await zones.scenes_of(zone.id)
    found = await scenarios.find_many(ids, today=today)
    event = next((id_ for id_ in ids if found[id_].kind is ScenarioKind.EVENT), None)
    if event is None:
        raise EventUnknown
    return event


@contextmanager
def refusals() -> Iterator[None]:
    """Tells what PostgreSQL refuses about a zone's account as the fact it is, whichever door asked."""
    try:
        yield
    except (asyncpg.PostgresError, BaseORMException) as refusal:
        if (fact := _FACTS.get(constraint(refusal) or "")) is not None:
            raise fact from refusal
        raise
