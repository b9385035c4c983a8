"""The folder of living SQL says what PostgreSQL holds, and no more."""

import re
from collections.abc import AsyncIterator
from secrets import token_hex
from urllib.parse import urlsplit

import asyncpg
import pytest

from tests import migrated
from tests.architecture.reading_source import PROJECT, tracked
from tests.conftest import Stand
from tests.migrations import catalogue
from tests.migrations.living import COMMAND, FUNCTIONS, LIVING, TRIGGERS, VIEWS, living
from tests.rooms.conftest import connected

_LINK = re.compile(r"\]\(([^)#\s]+\.sql)(?:#[^)]*)?\)")
_DEFINITIONS = re.compile(r"CREATE (?:OR REPLACE )?(?:CONSTRAINT )?(?:FUNCTION|PROCEDURE|VIEW|TRIGGER)\b")
_DEPENDENTS = """
    SELECT d.refobjid FROM pg_depend d JOIN pg_proc p ON p.oid = d.refobjid
    WHERE d.refclassid = 'pg_proc'::regclass AND d.classid IN ('pg_class'::regclass, 'pg_constraint'::regclass,
        'pg_attrdef'::regclass, 'pg_type'::regclass)
        AND NOT EXISTS (SELECT FROM pg_class v WHERE v.oid = d.objid AND v.relkind = 'v')"""
"""Functions that a table itself asks: in an index, a constraint, a default."""


def _files() -> dict[str, str]:
    return {path.relative_to(LIVING).as_posix(): path.read_text("utf-8") for path in LIVING.rglob("*.sql")}


async def test_each_file_holds_what_the_migrations_made_of_it(stand: Stand):
    async with connected(migrated.untouched(stand)) as connection:
        wanted = await living(connection)
    found = _files()
    assert sorted(found.keys() ^ wanted.keys()) == [], f"the folder is older than the migrations: {COMMAND}"
    assert [name for name in wanted if found[name] != wanted[name]] == [], f"a migration has changed: {COMMAND}"


async def test_the_tables_with_the_living_files_are_the_migrated_database(
    stand: Stand, only_tables: asyncpg.Connection
):
    async with connected(migrated.untouched(stand)) as connection:
        wanted = await _catalogue(connection)
    before = await _catalogue(only_tables)
    await _load(only_tables, _files())
    found = await _catalogue(only_tables)
    assert len(set(wanted) - set(before)) > 200, "without the files a great deal is missing"
    assert sorted(set(wanted) ^ set(found)) == []


async def test_every_definition_stands_in_one_file(only_tables: asyncpg.Connection):
    await _load(only_tables, _files())
    made = [await only_tables.fetchval(f"SELECT count(*) FROM ({kind}) AS k") for kind in (FUNCTIONS, VIEWS, TRIGGERS)]
    written = sum(len(_DEFINITIONS.findall(text)) for text in _files().values())
    assert written == sum(made)


def test_every_link_to_sql_leads_to_the_living_text():
    """Migrations are history: what one says may be replaced in the next. Their own README lists them all."""
    links = {
        f"{page.relative_to(PROJECT).as_posix()}: {link}": (page.parent / link).resolve()
        for page in tracked()
        if page.suffix == ".md" and page.parent.name != "migrations"
        for link in _LINK.findall(page.read_text("utf-8"))
    }
    assert links
    assert sorted(told for told, path in links.items() if not path.is_file()) == []
    assert sorted(told for told, path in links.items() if not path.is_relative_to(LIVING)) == []


@pytest.fixture
async def only_tables(stand: Stand) -> AsyncIterator[asyncpg.Connection]:
    """A migrated database without its triggers, views and functions; what a table itself asks is an empty shell."""
    name, model = f"living_{token_hex(4)}", migrated.fresh(urlsplit(stand.super_url).path[1:])
    async with connected(stand.super_url) as admin:
        try:
            await admin.execute(f'CREATE DATABASE {name} OWNER "{urlsplit(stand.owner_url).username}" TEMPLATE {model}')
            # As the owner: whoever creates a function owns it, and grants are told by that.
            async with connected(migrated.other(stand.owner_url, name)) as connection:
                await _undress(connection)
                yield connection
        finally:
            await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


async def _undress(connection: asyncpg.Connection) -> None:
    for row in await connection.fetch(TRIGGERS):
        await connection.execute(f"DROP TRIGGER {row['name']} ON {row['table']}")
    asked = {row[0] for row in await connection.fetch(_DEPENDENTS)}
    functions = await connection.fetch(FUNCTIONS)
    for row in await connection.fetch(VIEWS):
        await connection.execute(f"DROP VIEW {row['name']} CASCADE")
    for row in functions:
        place = f"{row['kind']} {row['schema']}.{row['name']}({row['arguments']})"
        if row["oid"] in asked:
            shell = re.sub(r"(?s)\n LANGUAGE .*", " LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'", row["definition"])
            await connection.execute(f"{shell}; GRANT ALL ON {place} TO PUBLIC; REVOKE ALL ON {place} FROM ddt_app")
    free = [row for row in functions if row["oid"] not in asked]
    while free:
        kept = [row for row in free if not await _is_done(connection, _drop(row))]
        assert len(kept) < len(free), f"cannot be dropped: {[row['name'] for row in kept]}"
        free = kept


def _drop(row: asyncpg.Record) -> str:
    return f"DROP {row['kind']} IF EXISTS {row['schema']}.{row['name']}({row['arguments']})"


async def _load(connection: asyncpg.Connection, files: dict[str, str]) -> None:
    """In whatever order they need each other."""
    await connection.execute("SET check_function_bodies = off")
    waiting = dict(files)
    while waiting:
        late = {name: text for name, text in waiting.items() if not await _is_done(connection, text)}
        if len(late) == len(waiting):
            await connection.execute(next(iter(late.values())))  # says why
        waiting = late


async def _is_done(connection: asyncpg.Connection, statement: str) -> bool:
    try:
        async with connection.transaction():
            await connection.execute(statement)
    except (asyncpg.UndefinedObjectError, asyncpg.UndefinedTableError, asyncpg.UndefinedFunctionError,
            asyncpg.DependentObjectsStillExistError):  # fmt: skip
        return False
    return True


async def _catalogue(connection: asyncpg.Connection) -> list[str]:
    """Everything the list of the schema tells, and every definition to the letter."""
    rows = [row for query in (FUNCTIONS, VIEWS, TRIGGERS) for row in await connection.fetch(query)]
    return [*await catalogue.lines(connection), *(row["definition"] for row in rows)]
