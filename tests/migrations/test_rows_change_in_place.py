"""A row that changes does so on its own page (HOT) only where no index holds a column that changes, in key or condition."""

from typing import Final

import pytest

from tests import migrated
from tests.conftest import Stand
from tests.rooms.conftest import connected

CHANGING: Final = {
    "outbox_message": {"due_at", "attempts", "failures", "tries", "last_error", "done_at"},
    "payment": {"state", "opening", "transaction_id", "paid_at", "was_late", "next_query_at", "queries", "last_word"},
    "purchase_order": {"state", "closed_at", "expires_at", "payment_id", "sale_cause"},
    "credit_reservation": {"state", "expires_at"},
    "retirement": {"state", "settled_at"},
}
"""What an ordinary order changes of its rows. A `dead_at`, or the `cause` of what is given back, changes where something
went wrong."""
_INDEXED: Final = """
SELECT DISTINCT a.attname FROM pg_index i JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = d.refobjsubid AND d.refobjid = i.indrelid
WHERE i.indrelid = $1::regclass
UNION SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
WHERE i.indrelid = $1::regclass
"""


@pytest.mark.parametrize("table", sorted(CHANGING))
async def test_no_index_holds_a_column_that_changes(stand: Stand, table: str):
    async with connected(migrated.untouched(stand)) as connection:
        indexed = {row["attname"] for row in await connection.fetch(_INDEXED, table)}
        room = await connection.fetchval(
            "SELECT bool_and(coalesce(c.reloptions::text ~ 'fillfactor=[5-9]', false)) FROM pg_class c"
            " WHERE c.relkind = 'r' AND c.oid IN (SELECT t.relid FROM pg_partition_tree($1::regclass) t"
            " UNION SELECT $1::regclass)",
            table,
        )
    assert indexed
    assert indexed & CHANGING[table] == set()
    assert room, f"pages of {table} are full before its rows change"
