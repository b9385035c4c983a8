"""Signing a day off (签认): one person of finance proposes it as it stands, another agrees to exactly that."""

from datetime import date
from typing import Final
from uuid import UUID

import asyncpg
import msgspec
from tortoise.exceptions import BaseORMException

from app.commerce.bills.comparing import compare_day
from app.commerce.bills.errors import BillUnknown, DayChanged, DayOpen, DaySigned
from app.foundation import approvals, identity
from app.foundation.approvals import Approval, Proposal
from app.foundation.identity import Role
from app.gateways.database import again, constraint, fetch, fetch_one, fetch_value, transaction
from app.kernel.ids import uuid7

BILL_DAY: Final = "bill_day"
"""Of the approvals, whose subject is the day: `2026-11-28`."""
_FACTS: Final = {
    "bill_day_as_shown": DayChanged,
    "bill_day_is_whole": DayChanged,
    "bill_day_once_key": DaySigned,
}


async def propose_day(day: date, *, by: UUID) -> Approval:
    """Compare the day once more, and propose it as it stands: its files, its sums, its differences and what was said of them.

    Raises:
        RoleMissing: `by` is nobody of the platform's finance, now.
        BillUnknown: no bill of this day is expected.
        DaySigned: see there.
        DayOpen: a bill is missing or cannot be read, or a difference is open.
        NotTheMaker: another person has proposed it, and it waits; one's own is proposed anew.
    """

    async def use_case() -> Approval | None:
        async with transaction() as tx:
            await identity.demand_platform_role(by, Role.FINANCE, tx=tx)
            if await fetch_value("SELECT 1 FROM bill_day WHERE day = $1", day, tx=tx):
                raise DaySigned
            await compare_day(day, tx=tx)
            state = await fetch_one(_STANDS, day, tx=tx)
            assert state is not None, day
            if not state["bills"]:
                raise BillUnknown
            if state["missing"] or state["open"]:
                return None
            payload = msgspec.json.decode(await fetch_value("SELECT bills.content($1)::text", day, tx=tx))
            wanted = Proposal(subject=day.isoformat(), payload=payload)
            return await approvals.propose(BILL_DAY, wanted, by=by, replaces=True, tx=tx)

    proposed = await again(use_case)
    if proposed is None:  # what was found just now is kept, so this is said outside of the transaction
        state = await fetch_one(_STANDS, day)
        assert state is not None, day
        raise DayOpen(missing=state["missing"], open=state["open"])
    return proposed


async def sign_day(approval_id: UUID, *, seen: str, by: UUID) -> None:
    """Agree, as a second person, to the day as it was proposed. It is signed once, and for good.

    Raises:
        ApprovalUnknown, ApprovalDecided, ApprovalChanged, SamePerson, ApprovalRoleMissing: of `approvals.approve`.
        DayChanged: it is not what was proposed any more.
        DaySigned: see there.
    """

    async def use_case() -> None:
        async with transaction() as tx:
            approved = await approvals.approve(approval_id, seen=seen, by=by, tx=tx)
            await fetch("SELECT bills.sign_day($1, $2)", uuid7(), approved.id, tx=tx)

    try:
        await again(use_case)
    except (asyncpg.PostgresError, BaseORMException) as refusal:
        if (fact := _FACTS.get(constraint(refusal) or "")) is not None:
            raise fact from refusal
        raise


_STANDS: Final = (
    "SELECT count(*) AS bills, count(*) FILTER (WHERE b.state NOT IN ('read', 'none')) AS missing,"
    " (SELECT count(*) FROM bill_difference x WHERE x.day = $1 AND x.state = 'open') AS open"
    " FROM channel_bill b WHERE b.day = $1"
)
