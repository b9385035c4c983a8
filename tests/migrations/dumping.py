"""Rows of a database as PostgreSQL's own COPY text, and back: what `pg_dump --data-only` would write, without it."""

import gzip
import io
from pathlib import Path
from typing import Final

import asyncpg

DATA: Final = Path(__file__).resolve().parents[1] / "data" / "release_before.sql.gz"
_LEFT_OUT: Final = ("tortoise_migrations",)


async def dump(connection: asyncpg.Connection) -> str:
    """Every row of every table and where every counter stands."""
    told = []
    for row in await connection.fetch(
        "SELECT n.nspname AS schema, c.relname AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns FROM pg_class c"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''"
        " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname IN ('public', 'keys') AND c.relkind IN ('r', 'p')"
        " AND NOT c.relispartition"  # what lies by day is one table, which the next release divides by its own days
        " GROUP BY n.nspname, c.relname ORDER BY c.relname"
    ):
        if row["name"] in _LEFT_OUT:
            continue
        text = io.BytesIO()
        columns = ", ".join(row["columns"])
        name = row["name"] if row["schema"] == "public" else f"{row['schema']}.{row['name']}"
        quoted = ", ".join(f'"{column}"' for column in row["columns"])
        await connection.copy_from_query(f"SELECT {quoted} FROM {name}", output=text)
        if text.getvalue():
            told.append(f"COPY {name} ({columns}) FROM stdin;\n{text.getvalue().decode()}\\.\n")
    counters = await connection.fetch(
        "SELECT sequencename AS name, last_value FROM pg_sequences WHERE last_value IS NOT NULL ORDER BY 1"
    )
    return "".join([*told, *(f"SELECT setval('{row['name']}', {row['last_value']});\n" for row in counters)])


async def load(connection: asyncpg.Connection, text: str) -> None:
    """Write the rows of a dump into a database of its schema, in place of those that are there.

    As a superuser, in replica mode: keys and triggers were asked when the rows were written first.
    """
    await connection.execute("SET session_replication_role = replica")
    lines = iter(text.splitlines(keepends=True))
    for line in lines:
        if not line.startswith("COPY "):
            await connection.execute(line)
            continue
        table, columns = line.removeprefix("COPY ").partition(") FROM")[0].split(" (")
        body = io.BytesIO("".join(iter(lambda: next(lines), "\\.\n")).encode())
        await connection.execute(f"DELETE FROM {table}")
        schema, _, name = table.rpartition(".")
        await connection.copy_to_table(name, schema_name=schema or "public", source=body, columns=columns.split(", "))
    await connection.execute("RESET session_replication_role")


def write(text: str) -> None:
    """Keep a dump; the same text gives the same bytes."""
    DATA.write_bytes(gzip.compress(text.encode(), mtime=0))


def read() -> str:
    """The dump of the release before."""
    return gzip.decompress(DATA.read_bytes()).decode()
