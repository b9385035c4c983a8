"""The current text of every function, view and trigger, by room: what the migrations made of them, with their comments.

A function that three migrations replaced stands in three files of `migrations/sql`, and two of them are history.
`python -m tests.migrations.living` writes what PostgreSQL holds after all of them to `migrations/living/<room>/`;
`test_living.py` holds the folder equal to the database.
"""

import asyncio
import importlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from typing import Any, Final

import asyncpg
from tortoise.migrations.operations import RunSQL

from app.cli.operations.migrating import FRESH
from app.embedded import start
from tests.architecture.owning_tables import owners
from tests.migrations.reading_sql import Statement, body, statements
from tests.scratch import scratch

MIGRATIONS: Final = FRESH.parent
LIVING: Final = MIGRATIONS / "living"
COMMAND: Final = "python -m tests.migrations.living"
_FUNCTION: Final = re.compile(r"CREATE (?:OR REPLACE )?(FUNCTION|PROCEDURE) ([\w.]+)", re.IGNORECASE)
_VIEW: Final = re.compile(r"CREATE (?:OR REPLACE )?VIEW (?:public\.)?(\w+)", re.IGNORECASE)
_TRIGGER: Final = re.compile(
    r"CREATE (?:CONSTRAINT )?TRIGGER (\w+)\s.*?\sON (?:public\.)?(\w+)", re.IGNORECASE | re.DOTALL
)
_DROPPED: Final = re.compile(r"DROP (?:FUNCTION|PROCEDURE|TRIGGER|VIEW) ", re.IGNORECASE)
_AS_BEFORE: Final = re.compile(r"-- [^.\n]*\bas before\b", re.IGNORECASE)
_OURS: Final = "n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'"

FUNCTIONS: Final = f"""
    SELECT p.oid, n.nspname AS schema, p.proname AS name, oidvectortypes(p.proargtypes) AS arguments,
           CASE p.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END AS kind, p.prosrc AS body,
           pg_get_functiondef(p.oid) AS definition, p.proacl IS NULL AS is_default_acl,
           ARRAY(SELECT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END
                 FROM aclexplode(p.proacl) a WHERE a.grantee <> p.proowner ORDER BY 1) AS grantees
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE p.prokind IN ('f', 'p') AND {_OURS}
    ORDER BY n.nspname, p.proname, oidvectortypes(p.proargtypes)"""
VIEWS: Final = f"""
    SELECT c.relname AS name, pg_get_viewdef(c.oid) AS definition,
           ARRAY(SELECT a.privilege_type || ' TO ' || CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END
                 FROM aclexplode(c.relacl) a WHERE a.grantee <> c.relowner ORDER BY 1)
           || ARRAY(SELECT a.privilege_type || ' (' || b.attname || ') TO ' || a.grantee::regrole
                    FROM pg_attribute b, aclexplode(b.attacl) a WHERE b.attrelid = c.oid AND b.attacl IS NOT NULL ORDER BY 1)
               AS grants
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'v' AND {_OURS} ORDER BY c.relname"""
TRIGGERS: Final = f"""
    SELECT t.tgname AS name, c.relname AS table, f.nspname AS schema, p.proname AS function,
           pg_get_triggerdef(t.oid) AS definition, t.tgenabled::text AS enabled
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_namespace f ON f.oid = p.pronamespace
    WHERE NOT t.tgisinternal AND {_OURS} ORDER BY c.relname, t.tgname"""


@dataclass(frozen=True, slots=True)
class Source:
    """A statement of a migration that defines something."""

    migration: str
    comment: str
    text: str


async def living(connection: asyncpg.Connection) -> dict[str, str]:
    """Every file's name below `migrations/living`, and its text, of a database that is migrated."""
    named: dict[tuple[str, str], list[str]] = {}
    origins: dict[tuple[str, str], list[str]] = {}

    def add(room: str, name: str, origin: str, text: str) -> None:
        named.setdefault((room, name), []).append(text)
        origins.setdefault((room, name), []).append(origin)

    for row in await connection.fetch(FUNCTIONS):
        origin, text = _function(row)
        # In `public` stands what is asked of a table's rows as if it were a column.
        room = _room(row["arguments"]) if row["schema"] == "public" else row["schema"]
        add(room, row["name"], origin, text)
    for row in await connection.fetch(VIEWS):
        origin, text = _view(row)
        add(_room(row["name"]), row["name"], origin, text)
    for row in await connection.fetch(TRIGGERS):
        origin, text = _trigger(row)
        room = _room(row["table"])
        if row["schema"] == room:
            add(room, row["function"], origin, text)
        else:  # another room's function: the trigger stands under the name of the table
            add(room, row["table"], origin, text)
    return {f"{room}/{name}.sql": _file(texts, origins[room, name]) for (room, name), texts in sorted(named.items())}


def _room(table: str) -> str:
    assert table in owners(), f"{table} belongs to no room: tests/architecture/owning_tables.py"
    return owners()[table]


def _file(texts: list[str], origins: list[str]) -> str:
    """Statements of one name: a trigger follows its function closely, what carries a comment stands by itself."""
    migrations = ", ".join(sorted({origin for origin in origins if origin}))
    head = f"-- Generated by `{COMMAND}` from {migrations or 'the catalogue'}; not edited.\n"
    told = "".join(text if text.startswith("CREATE TRIGGER") else f"\n{text}" for text in texts)
    return f"{head}\n{told.lstrip()}"


def _function(row: asyncpg.Record) -> tuple[str, str]:
    every = _sources()["function"].get(f"{row['schema']}.{row['name']}".removeprefix("public."), [])
    same = [source for source in every if body(source.text) == row["body"]]
    if same:
        last = same[-1]
        comment = _comment([source.comment for source in every[: every.index(last) + 1] if source.comment])
        origin, text = last.migration, re.sub(r"^CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", last.text)
    else:
        origin, comment, text = "", "", row["definition"].rstrip()
    lines = [comment] if comment else []
    lines.append(f"{text};")
    place = f"{row['kind']} {row['schema']}.{row['name']}({row['arguments']})"
    if not row["is_default_acl"]:
        if "PUBLIC" not in row["grantees"]:
            lines.append(f"REVOKE ALL ON {place} FROM PUBLIC;")
        lines += [f"GRANT EXECUTE ON {place} TO {role};" for role in row["grantees"] if role != "PUBLIC"]
    return origin, "\n".join(lines) + "\n"


def _comment(told: list[str]) -> str:
    """The last one; where that one says "as before", what was before stands above it."""
    first = len(told) - 1
    while first > 0 and _AS_BEFORE.match(told[first]):
        first -= 1
    return "\n".join(told[max(first, 0) :])


def _view(row: asyncpg.Record) -> tuple[str, str]:
    name = row["name"]
    every = _sources()["view"].get(name, [])
    if every:
        last = every[-1]
        text = re.sub(r"^CREATE VIEW", "CREATE OR REPLACE VIEW", last.text)
        origin, comment = last.migration, last.comment
    else:
        origin, comment, text = "", "", f"CREATE OR REPLACE VIEW {name} AS\n{row['definition'].rstrip('; ')}"
    lines = [comment] if comment else []
    lines.append(f"{text};")
    lines += [f"GRANT {grant.replace(' TO ', f' ON {name} TO ')};" for grant in row["grants"]]
    return origin, "\n".join(lines) + "\n"


def _trigger(row: asyncpg.Record) -> tuple[str, str]:
    every = _sources()["trigger"].get(f"{row['name']} {row['table']}", [])
    origin, comment, text = (
        (every[-1].migration, every[-1].comment, every[-1].text) if every else ("", "", row["definition"])
    )
    lines = [comment] if comment else []
    lines.append(f"{text};")
    if row["enabled"] != "O":
        how = {"D": "DISABLE", "A": "ENABLE ALWAYS", "R": "ENABLE REPLICA"}[row["enabled"]]
        lines.append(f"ALTER TABLE {row['table']} {how} TRIGGER {row['name']};")
    return origin, "\n".join(lines) + "\n"


@cache
def _sources() -> dict[str, dict[str, list[Source]]]:
    """Every definition by the kind and name of what it defines, in the order of the migrations."""
    found: dict[str, dict[str, list[Source]]] = {"function": {}, "view": {}, "trigger": {}}
    for migration in _in_order():
        module = importlib.import_module(f"migrations.{migration}")
        for operation in module.Migration.operations:
            if not isinstance(operation, RunSQL):
                continue
            carried = ""  # above a DROP stands why the next definition is another
            for one in statements(_sql(operation)):
                comment = one.comment or carried
                carried = comment if _DROPPED.match(one.text) else ""
                for kind, name in _defined(one):
                    found[kind].setdefault(name, []).append(Source(migration, comment, one.text))
    return found


def _sql(operation: RunSQL) -> str:
    given: Any = operation.sql
    return given if isinstance(given, str) else "\n;\n".join(given)


def _defined(one: Statement) -> Iterator[tuple[str, str]]:
    if match := _FUNCTION.match(one.text):
        yield "function", match[2].removeprefix("public.")
    elif match := _VIEW.match(one.text):
        yield "view", match[1]
    elif match := _TRIGGER.match(one.text):
        yield "trigger", f"{match[1]} {match[2]}"


def _in_order() -> Sequence[str]:
    """The migrations' names, each after those it depends on."""
    graph = {
        file.stem: [name for _, name in importlib.import_module(f"migrations.{file.stem}").Migration.dependencies]
        for file in sorted(MIGRATIONS.glob("[0-9]*.py"))
    }
    return tuple(TopologicalSorter(graph).static_order())


async def _migrated() -> dict[str, str]:
    """The files' texts, of servers of our own."""
    with scratch("living") as folder, start(folder) as servers:
        connection = await asyncpg.connect(servers.database_url("ddt_owner"))
        try:
            await connection.execute(FRESH.read_text("utf-8"))
            return await living(connection)
        finally:
            await connection.close()


def write(files: dict[str, str]) -> None:
    """Make the folder hold these files and no others."""
    for path in LIVING.rglob("*.sql"):
        if path.relative_to(LIVING).as_posix() not in files:
            path.unlink()
    for name, text in files.items():
        path = LIVING / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
    for folder in sorted((path for path in LIVING.rglob("*") if path.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()


def _main() -> None:
    write(asyncio.run(_migrated()))


if __name__ == "__main__":
    _main()
