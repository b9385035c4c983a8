"""What many tests begin with is laid down once by the application's own ways, and copied for each of them.

Opening a scene takes a hundred statements: two people, their roles, a proposal, a decision. Copying the rows that they
left takes one.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar, cast

from app.kernel.clock import beijing_day, utc_now
from tests.conftest import KEPT_TABLES, TABLES, Stand
from tests.lending import unguarded

T = TypeVar("T")
_COPIED: Final[dict[tuple[str, str, str], Any]] = {}


async def copied(name: str, build: Callable[[], Awaitable[T]], stand: Stand) -> T:
    """What `build` answers, with the rows that it writes in empty tables; ids and times are those of the first time.

    Built anew for each database and each day, since prices and scenes begin today. What a process keeps in memory or in
    Valkey by such an id meets it again in the next test: `build` makes nobody who signs in or is counted.
    """
    key = name, stand.super_url, beijing_day(utc_now()).isoformat()
    admin = await unguarded(stand.super_url)
    if key in _COPIED:
        await admin.fetchval(f"SELECT laid.{name}()")
        return cast("T", _COPIED[key])
    built = await build()
    await _keep(admin, name)
    _COPIED[key] = built
    return built


async def _keep(admin: Any, name: str) -> None:
    """Copy every row that is there into a schema of ours, and write the function that brings them back."""
    await admin.execute("CREATE SCHEMA IF NOT EXISTS laid")
    statements = []
    for table in [row["name"] for row in await admin.fetch(TABLES) if row["name"] not in KEPT_TABLES]:
        if not await admin.fetchval(f"SELECT EXISTS (SELECT FROM {table})"):
            continue
        columns = await admin.fetchval(_COLUMNS, table)
        kept = f"laid.{name}_{table.replace('.', '_')}"
        await admin.execute(f"DROP TABLE IF EXISTS {kept}; CREATE TABLE {kept} AS SELECT {columns} FROM {table}")
        statements += [
            f"DELETE FROM {table}",
            f"INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM {kept}",
        ]
    for row in await admin.fetch(_COUNTERS, list(KEPT_TABLES)):
        statements.append(f"PERFORM setval('{row['name']}', {row['last_value']})")
    body = "; ".join(statements)
    await admin.execute(
        f"CREATE OR REPLACE FUNCTION laid.{name}() RETURNS void LANGUAGE plpgsql AS $$ BEGIN {body}; END $$;"
        f" REVOKE ALL ON FUNCTION laid.{name}() FROM PUBLIC"
    )


_COLUMNS: Final = (
    "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute"
    " WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"
)
_COUNTERS: Final = (
    "SELECT format('%I.%I', schemaname, sequencename) AS name, last_value FROM pg_sequences"
    " WHERE schemaname = 'public' AND last_value IS NOT NULL AND NOT EXISTS ("
    "  SELECT FROM pg_depend d JOIN pg_class t ON t.oid = d.refobjid WHERE d.deptype IN ('a', 'i') AND t.relname = ANY($1)"
    "  AND d.objid = format('%I.%I', schemaname, sequencename)::regclass)"
)
"""Not those of tables whose rows stay: a number taken since would be given again."""
