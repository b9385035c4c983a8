"""Whose tables a room names, in Python and in SQL: its own, or what foreign_tables.toml allows with a reason."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tests.architecture.naming_tables import LIVING, named, referenced
from tests.architecture.owning_tables import MADE_BY_SQL, floor, owners
from tests.architecture.reading_source import PROJECT

LIST: Final = Path(__file__).with_name("foreign_tables.toml")
READS_EVERYTHING: Final = {"books", "reports"}
Use = tuple[str, str, bool]


def allowed(*directions: str) -> Iterator[Use]:
    """Room, table, and whether it may be written, for every line of the list."""
    for entry in _entries(*directions):
        for kind in ("reads", "writes"):
            yield from ((entry["room"], table, kind == "writes") for table in entry.get(kind, []))


def _entries(*directions: str) -> list[dict[str, Any]]:
    found = tomllib.loads(LIST.read_text("utf-8"))
    assert found.keys() == {"downward", "upward"}
    return [entry for direction in directions for entry in found[direction]]


def foreign() -> set[Use]:
    """What is named across rooms; what may read everything is looked at where it writes."""
    return {
        (room, table, is_written)
        for room, table, is_written in named()
        if owners()[table] != room and (is_written or room not in READS_EVERYTHING)
    }


def test_there_are_statements_to_look_at():
    rooms = {room for room, _, _ in named()}
    assert {"ledger", "orders", "books", "retirements", "cli"} <= rooms
    assert len(named()) > 100
    # Which releases the tables work for is said by a function that names no table.
    assert {path.name for path in LIVING.iterdir()} <= rooms | set(owners().values()) | {"books", "releases"}


def test_every_statement_names_tables_of_its_own_room_or_of_the_list():
    refused = sorted(foreign() - set(allowed("downward", "upward")))
    assert refused == [], f"ask the other room's front door, or give the reason in {LIST.relative_to(PROJECT)}"


def test_every_line_of_the_list_is_still_needed():
    assert sorted(set(allowed("downward", "upward")) - foreign()) == []


def test_every_line_of_the_list_gives_its_reason_and_the_direction_it_has():
    assert [entry for entry in _entries("downward", "upward") if len(entry["because"]) < 30] == []
    assert [use for use in allowed("downward") if floor(owners()[use[1]]) > floor(use[0])] == []
    assert [use for use in allowed("upward") if floor(owners()[use[1]]) <= floor(use[0])] == []


def test_every_foreign_key_points_to_its_own_room_or_down():
    assert len(referenced()) > 30
    assert sorted((room, table) for room, table in referenced() if floor(owners()[table]) > floor(room)) == []


def test_what_sql_made_is_no_models_business():
    assert {name for name in MADE_BY_SQL if not any(name in path.read_text("utf-8") for path in _sql())} == set()


def _sql() -> list[Path]:
    return [*sorted((PROJECT / "migrations").glob("sql/*.sql")), PROJECT / "migrations" / "fresh.sql"]
