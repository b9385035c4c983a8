"""An INSERT that passes over what is there: which keys it looks at first.

PostgreSQL looks before it writes only at the key that ON CONFLICT names. Who comes second in the same moment is refused by
any other key that the same row breaks; so where two keys say the same, none is named.
"""

import re
from pathlib import Path
from typing import Final

from config.settings import PROJECT
from tests import migrated
from tests.conftest import Stand
from tests.rooms.conftest import connected

LOCKED: Final = {
    "claim_figure": "whoever enters a figure has the lock of its claim",
}
"""Tables whose writers come one after the other, and why."""
_INSERT: Final = re.compile(
    r"INSERT INTO (\w+)\b(?:(?!INSERT INTO).){0,1500}?ON CONFLICT\s+(?:ON CONSTRAINT (\w+)|\(([\w, ]+)\))", re.DOTALL
)
_KEYS: Final = """
SELECT c.relname::text AS of, x.relname::text AS name, array_agg(a.attname::text ORDER BY k.at) AS columns
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid
JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (attnum, at)
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
WHERE i.indisunique AND n.nspname IN ('public', 'keys') GROUP BY 1, 2
"""


def named_conflicts() -> list[tuple[str, str, str | None, str | None]]:
    """Each INSERT of ours with a key it names: file, table, constraint, columns."""
    sources = [*(PROJECT / "migrations" / "living").rglob("*.sql")]
    for folder in ("app", "workers"):
        sources += (PROJECT / folder).rglob("*.py")
    return [
        (str(Path(source).relative_to(PROJECT)), *found)
        for source in sources
        for found in _INSERT.findall(source.read_text("utf-8"))
    ]


async def test_where_two_keys_say_the_same_an_insert_that_passes_over_names_neither(stand: Stand):
    async with connected(migrated.untouched(stand)) as connection:
        keys: dict[str, dict[str, set[str]]] = {}
        for row in await connection.fetch(_KEYS):
            keys.setdefault(row["of"], {})[row["name"]] = set(row["columns"])
    found = named_conflicts()
    wrong = []
    for source, table, name, listed in found:
        columns = keys[table].get(name) if name else {one.strip() for one in listed.split(",")}
        if columns is None or table in LOCKED:
            continue
        same = [key for key, those in keys[table].items() if those != columns and (those < columns or columns < those)]
        if same:
            wrong.append((source, table, sorted(columns), same))
    assert len(found) > 40
    assert wrong == []
