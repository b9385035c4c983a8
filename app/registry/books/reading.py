"""Where the grams are, and what watches the books from outside: both cheap, neither a scan."""

from dataclasses import dataclass
from typing import Final

from app.foundation import retention
from app.gateways.database import fetch, fetch_value
from app.kernel.clock import utc_now
from app.registry.books.recording import status
from app.registry.books.rules import LotBalance

LOTS_MOST: Final = 10_000
_STANDING: Final = """
SELECT l.id AS lot_id, l.code, l.programme, extract(year FROM l.vintage_end)::int AS vintage, l.mass_g AS issued_g,
       coalesce(o.balance, 0) AS open_g, coalesce(r.balance, 0) AS reserved_g, coalesce(d.balance, 0) AS retired_g,
       coalesce(c.tonnes, 0)::bigint * 1000000 AS cancelled_g, gap.since AS gap_since
FROM credit_lot l
LEFT JOIN ledger_account o ON o.path = 'inventory:' || l.id AND o.unit = 'g:' || l.id
LEFT JOIN ledger_account r ON r.path = 'reserved:' || l.id AND r.unit = 'g:' || l.id
LEFT JOIN ledger_account d ON d.path = 'retired:' || l.id AND d.unit = 'g:' || l.id
LEFT JOIN books.cancelled() c ON c.lot_id = l.id
LEFT JOIN LATERAL (
    SELECT a.allocated_at AS since FROM retirement_slice s JOIN retirement_allocation a ON a.id = s.allocation_id
    WHERE s.lot_id = l.id AND s.stop_g > coalesce(c.tonnes, 0) * 1000000 ORDER BY s.stop_g LIMIT 1) AS gap ON true
ORDER BY l.programme, l.vintage_end DESC, l.id DESC LIMIT $1
"""


# Each from a partial index of what is open, never from the table.
_OPEN: Final = """
WITH open AS (
    SELECT 'payment' AS what, '' AS kind, created_at AS since FROM payment
    WHERE next_query_at IS NOT NULL AND state IN ('created', 'pending', 'closing')
    UNION ALL SELECT 'refund', '', requested_at FROM payment_refund
    WHERE next_query_at IS NOT NULL AND state = 'requested'
    UNION ALL SELECT 'reservation', '', held_at FROM credit_reservation WHERE state = 'held'
    UNION ALL SELECT 'paper', '', m.recorded_at FROM outbox_open o JOIN outbox_message m ON m.id = o.message_id
    WHERE o.queue = 'render'
    UNION ALL SELECT 'notice', coalesce(fact, ''), received_at FROM payment_notice WHERE fate = 'parked'
    UNION ALL SELECT 'approval', kind, proposed_at FROM approval WHERE state = 'proposed')
SELECT what, kind, count(*)::int AS number, extract(epoch FROM clock_timestamp() - min(since))::float8 AS oldest_s
FROM open GROUP BY what, kind ORDER BY what, kind
"""
OPEN: Final = ("payment", "refund", "reservation", "paper", "notice", "approval")
"""What may be open: a payment that a channel has not decided, a refund likewise, grams set aside, a paper that somebody asked
for and nobody has drawn, a channel's message that fits nothing here, a proposal that waits for a second person."""


@dataclass(frozen=True, slots=True)
class Open:
    """How many of one kind of thing are open."""

    what: str
    kind: str
    """Of an approval, which; of a message, why it fits nothing; else empty."""
    number: int
    oldest_s: float


@dataclass(frozen=True, slots=True)
class Waiting:
    """The messages of one job that wait for it."""

    job: str
    queue: str
    number: int
    oldest_s: float
    dead: int
    """Set aside after too many failures."""


@dataclass(frozen=True, slots=True)
class Gauges:
    """What a watcher is told."""

    units: dict[str, int]
    """The sum of every unit; each is zero, or the books are broken."""
    differences: int | None
    """As `status` says; None before the first look."""
    run_age_s: float | None
    proof_age_s: float | None
    """Of the newest proof of everything, or of a day."""
    whole_proof_age_s: float | None
    waiting: tuple[Waiting, ...]
    open: tuple[Open, ...]
    """Without those of which there is none."""
    days_ahead: int
    """Days after today for whose messages there is a place."""
    purged: dict[str, int]
    """Rows of each kind of information that were deleted when their time was over."""


async def balances() -> list[LotBalance]:
    """Where the grams of each lot are now: by programme, youngest vintage first. A few index reads a lot."""
    return [LotBalance(**row) for row in await fetch(_STANDING, LOTS_MOST)]


async def gauges() -> Gauges:
    """What a watcher asks every few seconds."""
    units = await fetch("SELECT unit, sum(balance)::bigint AS total FROM ledger_account GROUP BY unit")
    told = await status()
    now = utc_now()
    whole = told.proof.finished_at if told and told.proof else None
    of_day = await fetch_value("SELECT max(finished_at) FROM books_run WHERE scope LIKE 'day:%'")
    proved = max((at for at in (whole, of_day) if at is not None), default=None)
    waiting = await fetch(
        "SELECT job, queue, count(*) FILTER (WHERE NOT is_dead)::int AS number, count(*) FILTER (WHERE is_dead)::int AS dead,"
        " coalesce(extract(epoch FROM clock_timestamp() - min(recorded_at) FILTER (WHERE NOT is_dead)), 0)::float8 AS oldest_s"
        " FROM (SELECT m.job, m.queue, m.recorded_at, false AS is_dead FROM outbox_open o"
        "   JOIN outbox_message m ON m.id = o.message_id"
        "   UNION ALL SELECT job, queue, recorded_at, true FROM outbox_message WHERE dead_at IS NOT NULL AND done_at IS NULL) w"
        " GROUP BY job, queue ORDER BY job"
    )
    return Gauges(
        units={row["unit"]: row["total"] for row in units},
        differences=told.differences if told else None,
        run_age_s=(now - told.as_of).total_seconds() if told else None,
        proof_age_s=(now - proved).total_seconds() if proved else None,
        whole_proof_age_s=(now - whole).total_seconds() if whole else None,
        waiting=tuple(Waiting(**row) for row in waiting),
        open=tuple(Open(**row) for row in await fetch(_OPEN)),
        days_ahead=await fetch_value(
            "SELECT count(*) FROM outbox.days() AS d (day) WHERE d.day > (clock_timestamp() AT TIME ZONE 'UTC')::date"
        ),
        purged=await retention.purged(),
    )
