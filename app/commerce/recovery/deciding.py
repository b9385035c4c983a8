"""What lost time asks for, and two people who decide it."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg
import msgspec
from tortoise.exceptions import BaseORMException

from app.commerce.recovery.errors import CaseNotOpen, ReasonUnfit, SinceUnfit
from app.commerce.recovery.rules import DAYS_MOST, Finding, Marker, Plan, Range, days_between
from app.foundation import approvals, identity
from app.foundation.identity import Role
from app.gateways.channels.kinds import Kind
from app.gateways.channels.table import CHANNELS
from app.gateways.database import Tx, again, constraint, fetch, fetch_one, transaction
from app.kernel.clock import rfc3339

REASON_MOST: Final = 500
_RANGES: Final = """
SELECT q.kind, q.name, q.at AS start, q.bound AS stop, q.free FROM (
    SELECT 'lot' AS kind, l.name, coalesce(c.next_g, 0) AS at, least(l.bound, t.mass_g) AS bound, a.balance AS free
    FROM jsonb_to_recordset($1::jsonb->'lots') AS l (name text, bound bigint) JOIN credit_lot t ON t.id = l.name::bigint
    LEFT JOIN retirement_cursor c ON c.lot_id = t.id
    JOIN ledger_account a ON a.path = 'inventory:' || t.id AND a.unit = 'g:' || t.id
    UNION ALL
    SELECT 'register', r.name, s.next_no, r.bound, r.bound - s.next_no
    FROM jsonb_to_recordset($1::jsonb->'registers') AS r (name text, bound bigint)
    JOIN certificate_series s ON s.name = r.name) AS q
WHERE q.bound > q.at ORDER BY q.kind, q.name
"""


async def plan(since: datetime, *, asked: Collection[str], now: datetime, tx: Tx | None = None) -> Plan:
    """What deciding about the open case would do, for time that is lost since then. `asked`: the channels that are set up.

    Raises:
        CaseNotOpen: nothing waits for a decision.
        SinceUnfit: later than the last posting here, or too long ago.
    """
    row = await fetch_one(
        "SELECT k.id, k.noticed_at, k.marker::text AS marker, k.findings::text AS findings, k.last_posted_at"
        " FROM recovery_state s JOIN recovery_case k ON k.id = s.case_id",
        tx=tx,
    )
    if row is None:
        raise CaseNotOpen
    last = row["last_posted_at"]
    if (
        since > row["noticed_at"]
        or since < now - timedelta(days=DAYS_MOST)
        or (last is not None and since > last + timedelta(seconds=1))
    ):
        raise SinceUnfit(last=rfc3339(last) if last is not None else "–")
    open_payments = await fetch_one(
        "SELECT count(*)::int AS n FROM payment WHERE state IN ('created', 'pending', 'closing')", tx=tx
    )
    sessions = await fetch_one(
        "SELECT count(*)::int AS n FROM identity_session WHERE created_at <= $1 AND expires_at > $1", since, tx=tx
    )
    assert open_payments is not None
    assert sessions is not None
    return Plan(
        case_id=str(row["id"]),
        noticed_at=row["noticed_at"],
        marker=msgspec.json.decode(row["marker"], type=Marker),
        findings=tuple(Finding(**one) for one in msgspec.json.decode(row["findings"])),
        last_posted_at=last,
        since=since,
        ranges=tuple(Range(**one) for one in await fetch(_RANGES, row["marker"], tx=tx)),
        days=tuple(_days(since, now, asked, CHANNELS)),
        open_payments=open_payments["n"],
        sessions=sessions["n"],
    )


async def decide(
    since: datetime, *, by: UUID, second: UUID, reason: str, asked: Collection[str], now: datetime
) -> Plan:
    """Do what `plan` says, as an administrator and a second person: set aside what may have been given in the lost time, and
    settle again. Open payments are asked about at once by the sweeper, the channels' days by `go_on`. Done once.

    Raises:
        CaseNotOpen, SinceUnfit: as `plan`.
        ReasonUnfit: no reason, or one that does not fit on a line.
        RoleMissing: `by` is no administrator, or `second` has no role that may agree.
        SamePerson: one person is both.
    """
    if by == second:
        raise approvals.SamePerson
    if not 0 < len(reason) <= REASON_MOST or not reason.isprintable():
        raise ReasonUnfit

    async def use_case() -> Plan:
        async with transaction() as tx:
            await identity.demand_platform_role(by, Role.ADMINISTRATOR, tx=tx)
            await identity.demand_platform_role(second, Role.ADMINISTRATOR, Role.FINANCE, Role.REVIEWER, tx=tx)
            wanted = await plan(since, asked=asked, now=now, tx=tx)
            days = [{"channel": channel, "day": day.isoformat()} for channel, day in wanted.days]
            await fetch(
                "SELECT recovery.decide($1, $2, $3, $4, $5, $6::jsonb)",
                UUID(wanted.case_id), since, by, second, reason, msgspec.json.encode(days).decode(), tx=tx,
            )  # fmt: skip
            # A notice that was acknowledged in the lost time is not sent again.
            await fetch(
                "UPDATE payment SET next_query_at = clock_timestamp() WHERE state IN ('created', 'pending', 'closing')",
                tx=tx,
            )
            return wanted

    try:
        return await again(use_case)
    except (asyncpg.PostgresError, BaseORMException) as refusal:
        match constraint(refusal):
            case "recovery_case_two_people_check":
                raise approvals.SamePerson from refusal
            case "recovery_case_open":
                raise CaseNotOpen from refusal
        raise


def _days(since: datetime, now: datetime, asked: Collection[str], kinds: Sequence[Kind]) -> list[tuple[str, date]]:
    """Every channel that makes bills, each day from then until now."""
    return [
        (kind.name, day)
        for kind in kinds
        if kind.name in asked and kind.bill_after is not None
        for day in days_between(since, now)
    ]
