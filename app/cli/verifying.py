"""Whether the books add up: every invariant asked of PostgreSQL in one snapshot, whatever else goes on.

Each statement gives one sentence for each thing that is broken, and none while all is well. It needs no more
than the application's role may read.
"""

from typing import Final

from app import wiring
from app.cli.reporting import Check
from config.settings import Settings

SHOWN: Final = 5
"""Sentences told of one invariant; the rest is counted."""
_FIX: Final = "stop the workers, keep the database as it is, and compare with the last good backup"

INVARIANTS: Final[tuple[tuple[str, str], ...]] = (
    (
        "sums are zero",
        """
        SELECT format('%s: %s', unit, sum(balance)) FROM ledger_account GROUP BY unit HAVING sum(balance) <> 0
        """,
    ),
    (
        "no account below its floor",
        """
        SELECT format('%s holds %s %s', path, balance, unit) FROM ledger_account
        WHERE kind <> 'external' AND balance < floor
        """,
    ),
    (
        "transfers are whole",
        """
        SELECT format('%s has %s of %s legs', t.cause, count(e.id), t.legs)
        FROM ledger_transfer t LEFT JOIN ledger_entry e ON e.transfer_id = t.id
        GROUP BY t.id HAVING count(e.id) <> t.legs
        UNION ALL
        SELECT format('%s does not balance in %s: %s', t.cause, a.unit, sum(e.amount))
        FROM ledger_transfer t JOIN ledger_entry e ON e.transfer_id = t.id JOIN ledger_account a ON a.id = e.account_id
        GROUP BY t.id, a.unit HAVING sum(e.amount) <> 0
        """,
    ),
    (
        "balances are their entries",
        """
        SELECT format('%s: %s %s, its entries say %s', a.path, a.balance, a.unit, coalesce(sum(e.amount), 0))
        FROM ledger_account a LEFT JOIN ledger_entry e ON e.account_id = a.id
        GROUP BY a.id HAVING a.balance <> coalesce(sum(e.amount), 0)
        """,
    ),
    (
        "slices have no gap",
        """
        SELECT format('lot %s: %s follows %s', lot_id, start_g, before) FROM (
            SELECT lot_id, start_g, coalesce(lag(stop_g) OVER (PARTITION BY lot_id ORDER BY start_g), 0) AS before
            FROM retirement_slice) AS s
        WHERE start_g <> before
        """,
    ),
    (
        "slices are the retired grams",
        """
        WITH cut AS (SELECT lot_id, sum(mass_g) AS grams FROM retirement_slice GROUP BY lot_id),
             held AS (SELECT substr(path, 9)::bigint AS lot_id, balance FROM ledger_account
                      WHERE path ~ '^retired:[0-9]+$' AND unit = 'g:' || substr(path, 9))
        SELECT format('lot %s: slices %s, ledger %s, cursor %s', lot_id, coalesce(cut.grams, 0),
                      coalesce(held.balance, 0), coalesce(c.next_g, 0))
        FROM cut FULL JOIN held USING (lot_id) FULL JOIN retirement_cursor c USING (lot_id)
        WHERE coalesce(cut.grams, 0) <> coalesce(held.balance, 0) OR coalesce(cut.grams, 0) <> coalesce(c.next_g, 0)
        """,
    ),
    (
        "retirements are their slices",
        """
        SELECT format('%s: %s g %s, slices of %s g', r.number, r.mass_g, r.state, coalesce(sum(s.mass_g), 0))
        FROM retirement r LEFT JOIN retirement_slice s ON s.retirement_id = r.id
        GROUP BY r.id
        HAVING coalesce(sum(s.mass_g), 0) <> CASE r.state WHEN 'settled' THEN r.mass_g ELSE 0 END
        """,
    ),
    (
        "orders are their retirements",
        """
        SELECT format('order %s is %s: %s g in %s parts, %s g retired for it in %s', o.id, o.state, o.mass_g, count(p.id),
                      coalesce(sum(r.mass_g), 0), count(r.id))
        FROM purchase_order o LEFT JOIN purchase_order_part p ON p.order_id = o.id
        LEFT JOIN retirement r ON r.cause = p.cause AND r.state <> 'withdrawn'
        GROUP BY o.id
        HAVING CASE o.state WHEN 'paid' THEN count(p.id) <> count(r.id) OR coalesce(sum(r.mass_g), 0) <> o.mass_g
                            ELSE count(r.id) > 0 END
        """,
    ),
    (
        "orders are their lines",
        """
        SELECT format('order %s of %s g for %s %s: lines of %s g for %s', o.id, o.mass_g, o.amount_minor, o.currency,
                      coalesce(sum(l.mass_g), 0), coalesce(sum(l.amount_minor), 0))
        FROM purchase_order o LEFT JOIN purchase_order_part p ON p.order_id = o.id
        LEFT JOIN purchase_order_line l ON l.part_id = p.id
        GROUP BY o.id
        HAVING coalesce(sum(l.mass_g), 0) <> o.mass_g OR coalesce(sum(l.amount_minor), 0) <> o.amount_minor
        """,
    ),
    (
        "a certificate each",
        # One that is settled and has its job still before it is on its way, not broken.
        """
        SELECT format('%s is settled and has no certificate', r.number)
        FROM retirement r
        WHERE r.state = 'settled' AND NOT EXISTS (SELECT FROM certificate c WHERE c.retirement_id = r.id)
          AND NOT EXISTS (
              SELECT FROM outbox_message m
              WHERE m.kind = 'retirement.settled' AND m.job = 'issue_certificates' AND m.done_at IS NULL
                AND m.dead_at IS NULL AND m.payload->>'retirement_id' = r.id::text)
        UNION ALL
        SELECT format('%s certifies %s, which is %s', c.number, r.number, r.state)
        FROM certificate c JOIN retirement r ON r.id = c.retirement_id WHERE r.state <> 'settled'
        """,
    ),
    (
        "the register has no gap",
        """
        SELECT format('%s: %s certificates, numbers %s to %s, next %s', s.name, count(c.id), min(c.register_no),
                      max(c.register_no), s.next_no)
        FROM certificate_series s LEFT JOIN certificate c ON c.series = s.name
        GROUP BY s.name
        HAVING count(c.id) <> s.next_no - 1 OR min(c.register_no) <> 1 OR max(c.register_no) <> s.next_no - 1
        """,
    ),
    (
        "records are what was hashed",
        """
        SELECT format('%s was changed after it was issued', number) FROM certificate
        WHERE record_sha256 <> sha256(convert_to(record, 'UTF8'))
        """,
    ),
)
"""Names with a statement each. Source: the invariants I1 to I4 and I7 of the platform's reliability rules."""


async def verify(settings: Settings) -> list[Check]:
    """Ask every invariant in one snapshot.

    Raises:
        OSError, asyncpg.PostgresError: the database does not answer, or is not migrated.
    """
    connection = await wiring.connect(settings)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return [_check(name, [row[0] for row in await connection.fetch(sql)]) for name, sql in INVARIANTS]
    finally:
        await connection.close(timeout=2)


def _check(name: str, broken: list[str]) -> Check:
    if not broken:
        return Check(name, "good", "holds")
    more = f" and {len(broken) - SHOWN} more" if len(broken) > SHOWN else ""
    return Check(name, "fault", "; ".join(broken[:SHOWN]) + more, _FIX)
