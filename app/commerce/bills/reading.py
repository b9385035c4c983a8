"""What people see of bills: days and channels, one day, and the differences as a list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from app.commerce.bills.errors import DifferenceUnknown
from app.commerce.bills.rules import BillFacts, BillState, Difference, Side, Sums
from app.gateways.database import Row, fetch, fetch_as, fetch_one
from app.kernel.money import Currency

_BILLS: Final = (
    "SELECT b.id, b.channel, b.day, b.state, b.due_at, b.tries, b.last_word, b.opened_at, b.answered_at,"
    " encode(f.digest, 'hex') AS digest, f.id AS file_id, f.size, coalesce(f.lines, 0) AS lines, f.unfit, f.unfit_line,"
    " (SELECT coalesce(jsonb_agg(to_jsonb(s) ORDER BY s.currency), '[]')"
    "  FROM channel_bill_sum s WHERE s.bill_id = b.id)::text AS sums,"
    " (SELECT count(*) FROM bill_difference x WHERE x.channel = b.channel AND x.day = b.day AND x.state = 'open') AS open,"
    " (SELECT count(*) FROM bill_difference x WHERE x.channel = b.channel AND x.day = b.day) AS differences"
    " FROM channel_bill b LEFT JOIN channel_bill_file f ON f.bill_id = b.id"
    " AND f.no = coalesce(b.file_no, (SELECT max(q.no) FROM channel_bill_file q WHERE q.bill_id = b.id))"
)
_DIFFERENCES: Final = (
    "SELECT x.id, x.channel, x.day, x.nature, x.moved, x.key, x.state, x.theirs_minor, x.ours_minor, x.currency, x.at,"
    " x.reference, x.transaction_id, x.refund_reference, x.payment_id, p.subject AS paid_for, x.owner_id, x.found_at, x.asks,"
    " x.next_ask_at, x.asked_at, x.last_word, x.closed_at, x.closed_by_id AS closed_by, x.reason, x.evidence"
    " FROM bill_difference x LEFT JOIN payment p ON p.id = x.payment_id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayState:
    """How far a day is."""

    day: date
    missing: int
    """Bills that are not there, or cannot be read."""
    open: int
    """Differences that are neither settled nor explained."""

    @property
    def is_ready(self) -> bool:
        """Whether it can be signed."""
        return not self.missing and not self.open


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedDay:
    """A day that two people signed."""

    day: date
    signed_at: datetime
    approval_id: UUID
    maker_id: UUID
    proposed_at: datetime
    decider_id: UUID
    sha256: str
    """Of what both saw."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """What of a channel's bills waits, for a watcher."""

    channel: str
    open: int
    """Differences that are neither settled nor explained."""
    oldest_s: float
    """Since the oldest of them was found; 0: there is none."""
    missing_s: float
    """Since the end of the oldest day whose bill is not there, or cannot be read; 0: all are there."""


async def list_bills(
    *, channel: str | None = None, state: BillState | None = None, limit: int, offset: int = 0
) -> list[BillFacts]:
    """Bills, the latest day first."""
    rows = await fetch(
        f"{_BILLS} WHERE ($1::text IS NULL OR b.channel = $1) AND ($2::text IS NULL OR b.state = $2)"
        " ORDER BY b.day DESC, b.channel LIMIT $3 OFFSET $4",
        channel, state and state.value, limit, offset,
    )  # fmt: skip
    return [_facts(row) for row in rows]


async def count_bills(*, channel: str | None = None) -> dict[BillState, int]:
    """How many of each state."""
    rows = await fetch(
        "SELECT state, count(*) AS rows FROM channel_bill WHERE $1::text IS NULL OR channel = $1 GROUP BY state",
        channel,
    )
    return {BillState(row["state"]): row["rows"] for row in rows}


async def list_day(day: date) -> list[BillFacts]:
    """Every channel's bill of a day."""
    return [_facts(row) for row in await fetch(f"{_BILLS} WHERE b.day = $1 ORDER BY b.channel", day)]


async def list_days(days: Sequence[date]) -> Mapping[date, DayState]:
    """How far each of the days is that has a bill."""
    rows = await fetch_as(
        DayState,
        "SELECT b.day, count(*) FILTER (WHERE b.state NOT IN ('read', 'none'))::int AS missing,"
        " (SELECT count(*) FROM bill_difference x WHERE x.day = b.day AND x.state = 'open')::int AS open"
        " FROM channel_bill b WHERE b.day = ANY($1::date[]) GROUP BY b.day",
        list(days),
    )
    return {row.day: row for row in rows}


async def list_signed(days: Sequence[date]) -> Mapping[date, SignedDay]:
    """Those of the days that are signed, and by whom."""
    rows = await fetch(
        "SELECT d.day, d.signed_at, d.approval_id, a.maker_id, a.proposed_at, a.decider_id,"
        " encode(a.payload_sha256, 'hex') AS sha256"
        " FROM bill_day d JOIN approval a ON a.id = d.approval_id WHERE d.day = ANY($1::date[])",
        list(days),
    )
    return {row["day"]: SignedDay(**row) for row in rows}


async def list_differences(
    *,
    day: date | None = None,
    channel: str | None = None,
    is_open: bool | None = None,
    owner: UUID | None = None,
    is_unowned: bool = False,
    limit: int,
    offset: int = 0,
) -> list[Difference]:
    """Differences: open ones first, of these the oldest first."""
    return await fetch_as(
        Difference,
        f"{_DIFFERENCES} WHERE {_WHERE} ORDER BY x.state = 'open' DESC, x.found_at, x.id LIMIT $6 OFFSET $7",
        day, channel, is_open, owner, is_unowned, limit, offset,
    )  # fmt: skip


async def count_differences(
    *,
    day: date | None = None,
    channel: str | None = None,
    is_open: bool | None = None,
    owner: UUID | None = None,
    is_unowned: bool = False,
) -> int:
    """How many those are."""
    row = await fetch_one(
        f"SELECT count(*) AS rows FROM bill_difference x WHERE {_WHERE}", day, channel, is_open, owner, is_unowned
    )
    return int(row["rows"]) if row else 0


async def find_difference(difference_id: UUID) -> Difference:
    """One of them.

    Raises:
        DifferenceUnknown
    """
    found = await fetch_as(Difference, f"{_DIFFERENCES} WHERE x.id = $1", difference_id)
    if not found:
        raise DifferenceUnknown
    return found[0]


async def gauges() -> list[Gauge]:
    """By channel: how much is open, and since when something is missing."""
    return await fetch_as(
        Gauge,
        "SELECT b.channel, coalesce(max(x.open), 0)::int AS open, coalesce(max(x.oldest_s), 0)::float8 AS oldest_s,"
        " coalesce(max(extract(epoch FROM clock_timestamp() - bills.begins(b.day + 1)))"
        "  FILTER (WHERE b.state IN ('expected', 'unfit')), 0)::float8 AS missing_s"
        " FROM channel_bill b LEFT JOIN (SELECT channel, count(*) AS open,"
        "  extract(epoch FROM clock_timestamp() - min(found_at)) AS oldest_s FROM bill_difference WHERE state = 'open'"
        "  GROUP BY channel) x ON x.channel = b.channel GROUP BY b.channel ORDER BY b.channel",
    )


_WHERE: Final = (
    "($1::date IS NULL OR x.day = $1) AND ($2::text IS NULL OR x.channel = $2)"
    " AND ($3::boolean IS NULL OR (x.state = 'open') = $3) AND ($4::uuid IS NULL OR x.owner_id = $4)"
    " AND (NOT $5::boolean OR x.owner_id IS NULL)"
)


def _facts(row: Row) -> BillFacts:
    told = {name: row[name] for name in row if name not in {"sums", "file_id", "state"}}
    return BillFacts(
        **told, state=BillState(row["state"]), sums=tuple(_sums(one) for one in msgspec.json.decode(row["sums"]))
    )


def _sums(said: dict[str, Any]) -> Sums:
    def side(name: str) -> Side:
        return Side(
            payments=said[f"{name}_payments"],
            payments_minor=said[f"{name}_payments_minor"],
            refunds=said[f"{name}_refunds"],
            refunds_minor=said[f"{name}_refunds_minor"],
        )

    return Sums(
        currency=Currency(said["currency"]),
        bill=side("bill"),
        ours=side("our"),
        posted=side("posted"),
        fee_minor=said["fee_minor"],
    )
