"""What is kept of a person is a list that every foreign key is held against; all of it goes into their export."""

from app.foundation import privacy, retention
from app.gateways.database import fetch

KEYS = """
    SELECT c.conrelid::regclass || '.' || a.attname AS key
    FROM pg_constraint c CROSS JOIN LATERAL unnest(c.conkey, c.confkey) AS pair (source, target)
    JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = pair.source
    JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = pair.target AND b.attname = 'id'
    WHERE c.contype = 'f' AND c.confrelid IN ('person'::regclass, 'party'::regclass) AND c.conparentid = 0"""


async def test_every_row_that_names_a_person_stands_in_the_list_and_nothing_else_does(database) -> None:
    wanted = {row["key"] for row in await fetch(KEYS)}
    listed = {f"{rows.table}.{rows.column}" for group in privacy.kept() for rows in group.rows if rows.column}
    assert sorted(wanted - listed) == [], "a table without a line in rows.toml"
    assert sorted(listed - wanted - {"person.id", "party.id"}) == []
    assert len(wanted) > 60


def test_whatever_is_deleted_by_time_stands_with_what_it_is_kept_for() -> None:
    named = [kind for group in privacy.kept() for kind in group.kinds]
    assert sorted(named) == sorted(retention.Kind)
