"""Our source as syntax trees, read once, and small questions about them."""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
FLOORS = {"foundation", "registry", "commerce", "programmes"}
"""Folders of app that hold rooms; a room may also stand in app itself."""


@cache
def rooms() -> dict[str, Path]:
    """The folder of everything with a front door, by its name: `{"ledger": app/registry/ledger, "web": app/web, …}`."""
    folders = [
        path.parent for path in sorted((PROJECT / "app").glob("*/__init__.py")) if path.parent.name not in FLOORS
    ]
    folders += [path.parent for floor in FLOORS for path in sorted((PROJECT / "app" / floor).glob("*/__init__.py"))]
    return {folder.name: folder.relative_to(PROJECT) for folder in sorted(folders)}


def room_of(path: Path) -> str:
    """The room that a file of app stands in; "app" for those above all rooms, and elsewhere the first folder."""
    if path.parts[0] != "app":
        return path.parts[0]
    depth = 2 if path.parts[1] in FLOORS else 1
    return path.parts[depth] if len(path.parts) > depth + 1 else "app"


def dotted(path: Path) -> str:
    """The module's name, or the package's."""
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


@cache
def trees(*folders: str) -> dict[Path, ast.Module]:
    """Every Python file below these folders, by its path in the project."""
    return {
        path.relative_to(PROJECT): _tree(path)
        for folder in folders
        for path in sorted((PROJECT / folder).rglob("*.py"))
    }


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


@cache
def nodes(tree: ast.AST) -> tuple[ast.AST, ...]:
    """Every node, however deep; walking a million of them is what these tests cost, so each tree is walked once."""
    return tuple(ast.walk(tree))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function, however deep."""
    return (node for node in nodes(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """The names a function takes."""
    given = function.args
    return {argument.arg for argument in (*given.posonlyargs, *given.args, *given.kwonlyargs)}


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    """Every call, however deep."""
    return (node for node in nodes(tree) if isinstance(node, ast.Call))


def imported(tree: ast.Module) -> set[str]:
    """The modules a file imports at its top."""
    whole = {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
    return whole | {node.module or "" for node in tree.body if isinstance(node, ast.ImportFrom)}


def spelled(node: ast.AST) -> str:
    """The expression as its source would say it."""
    return ast.unparse(node)


@cache
def names_of_tests(path: Path) -> frozenset[str]:
    """The names of a file's tests; none where there is no such file. As lines: a tree of every test takes seconds."""
    return frozenset(_TEST.findall(path.read_text("utf-8"))) if path.is_file() else frozenset()


_TEST = re.compile(r"^ *(?:async )?def (test_\w+)\(", re.MULTILINE)


@cache
def tracked() -> tuple[Path, ...]:
    """Every file that is, or would be, under version control; without git, every file outside the ignored folders."""
    done = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=PROJECT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode == 0:
        return tuple(path for name in done.stdout.split("\0") if name and (path := PROJECT / name).is_file())
    ignored = {".venv", ".data", "demo", "artifacts", "__pycache__", ".git", "build", "dist"}
    return tuple(path for path in PROJECT.rglob("*") if path.is_file() and not ignored & set(path.parts))
