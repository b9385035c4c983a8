"""Which tables each room's Python and SQL name, and whether they write there."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from tests.architecture.owning_tables import owners
from tests.architecture.reading_source import PROJECT, calls, nodes, room_of, spelled, trees
from tests.migrations.reading_sql import words

LIVING: Final = PROJECT / "migrations" / "living"
_COLUMNS_TOO: Final = {"account", "zone"}
"""Tables that share their name with another word: a sign-in is tried of an account, too, and an instant is of a time zone."""
_BEFORE_A_TABLE: Final = {"from", "join", "into", "update", "delete from"}
_SCHEMA: Final = "keys"
"""Before the name of a table that lies in a schema of its own."""
_SQL: Final = re.compile(r"\b(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|FROM|JOIN|TRUNCATE|LOCK TABLE)\b")


@cache
def named() -> frozenset[tuple[str, str, bool]]:
    """Room, table, and whether it is written, for every statement of every room; tables of its own included."""
    return frozenset(
        (room, table, is_written)
        for room, sql in (*_of_functions(), *_of_python())
        for table, is_written in _tables(sql)
    )


def referenced() -> set[tuple[str, str]]:
    """Room and table, for every foreign key of a model."""
    tables = _models()
    return {
        (room_of(path), tables[target])
        for path, tree in trees("app").items()
        if path.name == "models.py" or path.parent.name == "models"
        for call in calls(tree)
        if spelled(call.func) in {"fields.ForeignKeyField", "fields.OneToOneField"}
        and call.args
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
        for target in [call.args[0].value.removeprefix("models.")]
    }


def _of_functions() -> Iterator[tuple[str, str]]:
    for path in sorted(LIVING.rglob("*.sql")):
        yield path.parent.name, path.read_text("utf-8")


def _of_python() -> Iterator[tuple[str, str]]:
    for path, tree in trees("app", "workers").items():
        for node in nodes(tree):
            if (
                "sandbox" not in path.parts  # the far side has tables of its own, some by the same names
                and isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and _SQL.search(node.value)
            ):
                yield room_of(path), node.value


def _tables(sql: str) -> Iterator[tuple[str, bool]]:
    """Every word that is a table's name, and whether a row is written there."""
    before = ""
    for word in words(sql):
        if word == _SCHEMA and before in _BEFORE_A_TABLE:
            continue
        if word in owners() and (word not in _COLUMNS_TOO or before in _BEFORE_A_TABLE):
            yield word, before in {"into", "update"} or before == "delete from"
        before = f"{before} {word}" if word == "from" and before == "delete" else word


@cache
def _models() -> dict[str, str]:
    """The table of each model."""
    return {
        model.name: statement.value.value
        for path, tree in trees("app").items()
        if path.name == "models.py" or path.parent.name == "models"
        for model in nodes(tree)
        if isinstance(model, ast.ClassDef)
        for meta in model.body
        if isinstance(meta, ast.ClassDef) and meta.name == "Meta"
        for statement in meta.body
        if isinstance(statement, ast.Assign)
        and spelled(statement.targets[0]) == "table"
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    }
