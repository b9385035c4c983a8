"""A room's front door: what its docstring promises is there, and it holds nothing else."""

import ast
import importlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.reading_source import dotted, nodes, room_of, rooms, trees

DOORLESS = {"web", "views", "gateways", "kernel", "cli"}
"""Folders that are not rooms: their modules are imported one by one."""
ROOMS = sorted(rooms().keys() - DOORLESS)


def promised(doc: str) -> set[str]:
    """Verbs at the beginning of a line, and verbs in backticks: `place()`."""
    return set(re.findall(r"^([\w.]+)\(\)", doc, re.MULTILINE)) | set(re.findall(r"`([\w.]+)\(\)`", doc))


@pytest.mark.parametrize("room", ROOMS)
def test_the_verbs_of_the_docstring_are_there(room: str) -> None:
    module = importlib.import_module(dotted(rooms()[room]))
    verbs = promised(module.__doc__ or "")

    assert verbs, "a front door says what can be done"
    for verb in verbs:
        owner, _, name = verb.rpartition(".")
        place = importlib.import_module(f"{module.__name__}.{owner}") if owner else module
        assert callable(getattr(place, name, None)), verb
        assert owner or name in module.__all__, f"{verb} is promised and not offered"


@pytest.mark.parametrize("room", ROOMS)
def test_the_door_offers_what_it_imports_and_holds_no_logic(room: str) -> None:
    tree = trees("app")[rooms()[room] / "__init__.py"]
    imported = {
        alias.asname or alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    offered = {
        element.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and ast.unparse(node.targets[0]) == "__all__"
        and isinstance(node.value, ast.List)
        for element in node.value.elts
        if isinstance(element, ast.Constant)
    }
    logic = [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.If | ast.For)
    ]

    assert imported == offered
    assert not logic
    assert not {name for name in offered if name.startswith("_")}


@pytest.mark.parametrize("room", ROOMS)
def test_others_come_in_by_the_door(room: str) -> None:
    """A file of a room is for the room; others may take its pure files, its events and its errors."""
    open_files = ("rules", "_rules", "events", "errors", "_form", "form_shapes", "rendering", "envelope")
    within = dotted(rooms()[room])
    found = {
        f"{path}:{line} {module}"
        for path in trees("app", "workers")
        if room_of(path) != room and room not in {"sandbox", "embedded"}
        for module, line in _imported(path)
        if module.startswith(f"{within}.") and not module.endswith(open_files)
    }
    assert not found


def test_tables_are_seen_by_their_own_room_only() -> None:
    """Books and reports look at others by SQL, not by their models."""
    found = {
        f"{path}:{line} {module}"
        for path in trees("app", "workers", "config")
        for module, line in _imported(path)
        if module.startswith("app.")
        and module.endswith(".models")
        and room_of(path) != room_of(Path(*module.split(".")).with_suffix(".py"))
    }
    assert not found


@cache
def _imported(path: Path) -> tuple[tuple[str, int], ...]:
    """Every module of ours that a file imports, anywhere in it; a name that is a module counts as one."""
    return tuple(_imports(trees("app", "workers", "config")[path]))


def _imports(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in nodes(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno
            yield from (
                (f"{node.module}.{alias.name}", node.lineno)
                for alias in node.names
                if Path(*node.module.split("."), f"{alias.name}.py") in trees("app", "workers")
            )
