"""The yardstick of P2: pgbench writes the very rows that a drain wrote, in sets of 50 a transaction.

The rows go into copies of our tables with the same columns, checks, unique keys, exclusion constraints, indexes and
foreign keys, without our functions and triggers. They come from staging tables by set number, so that nothing but
writing is measured; what a drain changes in place (the order's state, the balances, the counters) is changed too.
One client, one prepared script, one transaction a set; three runs over emptied copies, of which the median counts.
"""

import statistics
from dataclasses import dataclass
from typing import Any, Final

from tests.benchmarks.harness import CannotRun
from tests.benchmarks.pgbench import transactions_per_s

SET: Final = 50
_RUNS: Final = 3
_RUN_S: Final = 120.0

INSERTED: Final = (
    "retirement", "retirement_line", "retirement_allocation", "retirement_slice", "ledger_transfer", "ledger_entry",
    "certificate", "outbox_message",
)  # fmt: skip
"""Tables that a drain adds rows to, in the order of their foreign keys."""
CHANGED: Final = (
    "purchase_order", "credit_reservation", "ledger_account", "retirement_cursor", "scenario_tally",
    "certificate_series",
)  # fmt: skip
"""Tables in which it changes rows that were there."""

_SCRIPT: Final = f"""\\set no :no + 1
BEGIN;
UPDATE yard.purchase_order o SET state = 'paid', payment_id = s.payment_id, sale_cause = s.sale_cause
    FROM yard.set_of s WHERE s.no = :no AND o.id = s.order_id;
UPDATE yard.credit_reservation r SET state = 'used' FROM yard.set_of s WHERE s.no = :no AND r.cause = s.cause;
UPDATE yard.outbox_message m SET done_at = clock_timestamp()
    FROM yard.set_of s WHERE s.no = :no AND m.subject = s.payment AND m.done_at IS NULL;
{{inserts}}
UPDATE yard.ledger_account a SET balance = e.balance FROM yard.src_ledger_entry e WHERE e.set_no = :no AND a.id = e.account_id;
UPDATE yard.retirement_cursor c SET next_g = t.stop_g
    FROM (SELECT lot_id, max(stop_g) AS stop_g FROM yard.src_retirement_slice WHERE set_no = :no GROUP BY lot_id) t
    WHERE c.lot_id = t.lot_id;
UPDATE yard.scenario_tally t SET retirements = t.retirements + {SET}, mass_g = t.mass_g + s.mass_g
    FROM (SELECT scenario_id, sum(mass_g) AS mass_g FROM yard.src_retirement WHERE set_no = :no GROUP BY 1) s
    WHERE t.scenario_id = s.scenario_id;
UPDATE yard.certificate_series SET next_no = next_no + {SET};
COMMIT;
"""


@dataclass(frozen=True, slots=True)
class Marks:
    """Where the growing tables end before a drain."""

    message: int
    transfer: int

    @classmethod
    async def now(cls, connection: Any) -> "Marks":
        """Kept just before the drain; also what it will change is kept as it is now."""
        await connection.execute("CREATE SCHEMA IF NOT EXISTS yard")
        for table in CHANGED:
            await connection.execute(f"DROP TABLE IF EXISTS yard.was_{table}")
            await connection.execute(f"CREATE TABLE yard.was_{table} AS SELECT * FROM public.{table}")
        await connection.execute("DROP TABLE IF EXISTS yard.was_outbox_message")
        await connection.execute(
            "CREATE TABLE yard.was_outbox_message AS SELECT * FROM public.outbox_message WHERE done_at IS NULL"
        )
        return cls(
            await connection.fetchval("SELECT coalesce(max(id), 0) FROM public.outbox_message"),
            await connection.fetchval("SELECT coalesce(max(id), 0) FROM public.ledger_transfer"),
        )


class Yardstick:
    """The copies and the script; made once, filled anew each rotation."""

    def __init__(self, script: str) -> None:
        self._script = script

    @classmethod
    async def prepare(cls, connection: Any) -> "Yardstick":
        """Make the copies."""
        await connection.execute("DROP SCHEMA IF EXISTS yard CASCADE")
        await connection.execute("CREATE SCHEMA yard")
        copied = (*INSERTED, *CHANGED)
        for table in copied:
            await connection.execute(f"CREATE TABLE yard.{table} (LIKE public.{table} INCLUDING ALL)")
        keys = await connection.fetch(
            "SELECT relname, conname, pg_get_constraintdef(c.oid) AS definition FROM pg_constraint c"
            " JOIN pg_class t ON t.oid = c.conrelid WHERE c.contype = 'f' AND t.relnamespace = 'public'::regnamespace"
            " AND relname = ANY($1::text[])",
            list(copied),
        )
        async with connection.transaction():
            # A copy comes before its original: keys between copied tables stay among the copies.
            await connection.execute("SET LOCAL search_path = yard, public")
            for key in keys:
                await connection.execute(f"ALTER TABLE yard.{key[0]} ADD CONSTRAINT {key[1]} {key[2]}")
        inserts = []
        for table in INSERTED:
            columns = await _written(connection, table)
            inserts.append(
                f"INSERT INTO yard.{table} ({columns}) SELECT {columns} FROM yard.src_{table} WHERE set_no = :no;"
            )
        return cls(_SCRIPT.format(inserts="\n".join(inserts)))

    async def write_again(self, connection: Any, marks: Marks, *, url: str, orders: int) -> float:
        """Orders a second at which pgbench writes what the drain since `marks` wrote.

        Raises:
            CannotRun: pgbench failed, or wrote something else than the drain.
        """
        await self._stage(connection, marks)
        rates = []
        for _ in range(_RUNS):
            await self._reset(connection)
            rates.append(SET * await self._speed(url, orders // SET))
            for table in INSERTED:
                ours = await connection.fetchval(f"SELECT count(*) FROM yard.src_{table}")
                theirs = await connection.fetchval(f"SELECT count(*) FROM yard.{table}")
                if table == "outbox_message":
                    theirs -= orders
                if ours != theirs:
                    raise CannotRun(f"pgbench wrote {theirs} rows of {table} where we wrote {ours}")
        return statistics.median(rates)

    async def _stage(self, connection: Any, marks: Marks) -> None:
        """The rows of the drain by set number: those of an order in its set, those of a batch in the first it serves."""
        sources = {
            "retirement": "SELECT s.no AS set_no, r.*, c.scenario_id FROM yard.set_of s"
            " JOIN public.retirement r ON r.cause = s.cause JOIN public.claim c ON c.id = r.claim_id",
            "retirement_line": "SELECT r.set_no, l.* FROM yard.src_retirement r"
            " JOIN public.retirement_line l ON l.retirement_id = r.id",
            "retirement_slice": "SELECT r.set_no, l.* FROM yard.src_retirement r"
            " JOIN public.retirement_slice l ON l.retirement_id = r.id",
            "retirement_allocation": "SELECT f.set_no, a.* FROM (SELECT allocation_id, min(set_no) AS set_no"
            " FROM yard.src_retirement_slice GROUP BY 1) f JOIN public.retirement_allocation a ON a.id = f.allocation_id",
            "certificate": "SELECT r.set_no, c.* FROM yard.src_retirement r"
            " JOIN public.certificate c ON c.retirement_id = r.id",
            "ledger_transfer": "SELECT (row_number() OVER (ORDER BY t.id) - 1) % (SELECT max(no) + 1 FROM yard.set_of)"
            f" AS set_no, t.* FROM public.ledger_transfer t WHERE t.id > {marks.transfer}",
            "ledger_entry": "SELECT t.set_no, e.* FROM yard.src_ledger_transfer t"
            " JOIN public.ledger_entry e ON e.transfer_id = t.id",
            "outbox_message": "SELECT f.set_no, m.* FROM public.outbox_message m JOIN ("
            "SELECT 'retirement:' || id AS subject, set_no FROM yard.src_retirement UNION ALL"
            " SELECT 'certificate:' || id, set_no FROM yard.src_certificate) f USING (subject)"
            f" WHERE m.id > {marks.message}",
        }
        await connection.execute("DROP TABLE IF EXISTS yard.set_of")
        await connection.execute(
            f"CREATE TABLE yard.set_of AS SELECT (row_number() OVER (ORDER BY o.id) - 1) / {SET} AS no,"
            " o.id AS order_id, 'order:' || o.id AS cause, 'payment:' || p.id AS payment,"
            " o.payment_id, o.sale_cause FROM yard.was_outbox_message m"
            " JOIN public.payment p ON 'payment:' || p.id = m.subject"
            " JOIN public.purchase_order o ON 'order:' || o.id = p.subject"
        )
        await connection.execute("CREATE INDEX ON yard.set_of (no)")
        for table, source in sources.items():
            await connection.execute(f"DROP TABLE IF EXISTS yard.src_{table}")
            await connection.execute(f"CREATE TABLE yard.src_{table} AS {source}")
            await connection.execute(f"CREATE INDEX ON yard.src_{table} (set_no)")
            await connection.execute(f"ANALYZE yard.src_{table}")
        await connection.execute("ANALYZE yard.set_of")

    async def _reset(self, connection: Any) -> None:
        await connection.execute(f"TRUNCATE {', '.join(f'yard.{table}' for table in (*INSERTED, *CHANGED))}")
        for table in (*CHANGED, "outbox_message"):
            columns = await _written(connection, table)
            await connection.execute(f"INSERT INTO yard.{table} ({columns}) SELECT {columns} FROM yard.was_{table}")
            await connection.execute(f"ANALYZE yard.{table}")

    async def _speed(self, url: str, sets: int) -> float:
        options = ("-c", "1", "-t", str(sets), "-D", "no=-1")
        return await transactions_per_s(url, self._script, *options, most_s=_RUN_S)


async def _written(connection: Any, table: str) -> str:
    """The columns of a copy that are written, by name; those that PostgreSQL generates it generates here, too."""
    columns: str = await connection.fetchval(
        "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute"
        " WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''",
        f"yard.{table}",
    )
    return columns
