"""Who may ask persons for their accounts: an organisation by two of ours, then its keys by its own people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg
from tortoise.exceptions import BaseORMException

from app.foundation import approvals, audit, identity
from app.foundation.approvals import Approval, Proposal
from app.foundation.identity import OrganisationKind, Role
from app.gateways.database import constraint, fetch, fetch_as, fetch_value, transaction
from app.kernel import ids
from app.kernel.graphemes import tidied
from app.programmes.sharing.errors import ReaderGroundUnfit, ReaderUnfit, ReaderUnknown, SharePowerMissing
from app.programmes.sharing.rules import GROUND_MOST

KIND: Final = "share_reader"
"""Of the approvals, whose subject is the organisation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """An organisation that may ask, or that might once."""

    id: UUID
    organisation_id: UUID
    ground: str
    enrolled_at: datetime
    ended_at: datetime | None


async def propose_reader(organisation_id: UUID, ground: str, *, by: UUID) -> Approval:
    """Propose that an organisation may ask, as an operator of the platform. The same again is what waits already.

    Raises:
        RoleMissing: `by` is no operator of the platform.
        ReaderGroundUnfit: it does not say why.
        ReaderUnfit: there is none, it is not verified, is the platform, or may ask already.
        ApprovalPending: another proposal about it waits.
    """
    await identity.demand_platform_role(by, Role.OPERATOR)
    ground = tidied(ground)
    if not 2 <= len(ground) <= GROUND_MOST:
        raise ReaderGroundUnfit(most=GROUND_MOST)
    card = await identity.find_organisation(organisation_id)
    if card is None or not card.is_verified or card.kind is OrganisationKind.EXCHANGE:
        raise ReaderUnfit
    if await reader_of(organisation_id) is not None:
        raise ReaderUnfit
    payload = {"applicant": organisation_id, "name": card.name, "ground": ground}
    async with transaction() as tx:
        return await approvals.propose(
            KIND, Proposal(subject=ids.public("org", organisation_id), payload=payload), by=by, replaces=True, tx=tx
        )


async def approve_reader(approval_id: UUID, *, seen: str, by: UUID) -> UUID:
    """Agree, as a reviewer: its keys may be let ask from now on. Answers the enrolment's id.

    Raises:
        ApprovalUnknown, ApprovalDecided, ApprovalChanged, SamePerson, DeciderInterested, ApprovalRoleMissing: of
            `approvals.approve`.
        ReaderUnfit: it was enrolled meanwhile.
    """
    reader_id = ids.uuid7()
    try:
        async with transaction() as tx:
            approved = await approvals.approve(approval_id, seen=seen, by=by, tx=tx)
            await fetch_value("SELECT sharing.enrol($1, $2)", approved.id, reader_id, tx=tx)
            await audit.record(
                "reader.enrolled", approved.subject, before=None, after={"reader": str(reader_id)}, by=by, tx=tx
            )
    except (asyncpg.PostgresError, BaseORMException) as refusal:
        if constraint(refusal) == "share_reader_one_key":
            raise ReaderUnfit from refusal
        raise
    return reader_id


async def end_reader(reader_id: UUID, *, by: UUID) -> None:
    """End an enrolment at once, by one person of the platform: no key of it asks or reads any more. Repeated: nothing.

    Raises:
        RoleMissing: `by` has no role at the platform that may.
    """
    await identity.demand_platform_role(by, Role.OPERATOR, Role.REVIEWER, Role.ADMINISTRATOR)
    async with transaction() as tx:
        if await fetch_value("SELECT sharing.end_reader($1, $2)", reader_id, by, tx=tx):
            await audit.record(
                "reader.ended", str(reader_id), before={"may_ask": True}, after={"may_ask": False}, by=by, tx=tx
            )


async def let_ask(key_id: UUID, organisation_id: UUID, *, by: UUID) -> None:
    """Let a key of an enrolled organisation ask and read, until the key ends. Repeated: nothing.

    Raises:
        ReaderUnknown: the organisation is not enrolled now.
        SharePowerMissing: `by` gives no roles there, or the key is not its own or has ended.
    """
    reader = await reader_of(organisation_id)
    if reader is None:
        raise ReaderUnknown
    try:
        await fetch("SELECT sharing.let_ask($1, $2, $3)", key_id, reader.id, by)
    except (asyncpg.PostgresError, BaseORMException) as refusal:
        if constraint(refusal) == "share_reader_key_power":
            raise SharePowerMissing from refusal
        raise


async def reader_of(organisation_id: UUID) -> Reader | None:
    """The enrolment of an organisation that stands now."""
    found = await fetch_as(
        Reader, f"SELECT {_COLUMNS} WHERE organisation_id = $1 AND ended_at IS NULL", organisation_id
    )
    return found[0] if found else None


async def reader_of_key(key_id: UUID) -> Reader | None:
    """The enrolment by which a key may ask now; None where it may not."""
    found = await fetch_as(
        Reader,
        f"SELECT {_COLUMNS} WHERE id = (SELECT reader_id FROM share_reader_key WHERE key_id = $1)"
        " AND sharing.may_ask($1, id)",
        key_id,
    )
    return found[0] if found else None


async def list_readers() -> list[Reader]:
    """Every enrolment, those that stand first, then the latest."""
    return await fetch_as(Reader, f"SELECT {_COLUMNS} ORDER BY ended_at IS NOT NULL, enrolled_at DESC LIMIT 500")


async def keys_that_ask(key_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these keys were let ask."""
    rows = await fetch("SELECT key_id FROM share_reader_key WHERE key_id = ANY($1::uuid[])", list(key_ids))
    return {row["key_id"] for row in rows}


_COLUMNS: Final = "id, organisation_id, ground, enrolled_at, ended_at FROM share_reader"
