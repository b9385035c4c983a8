"""The import contracts of the house hold, and none of our rooms or rule files stands outside them."""

import ast
import re
import subprocess
import sys
from configparser import ConfigParser
from functools import cache

import pytest

from tests.architecture.reading_source import PROJECT, dotted, nodes, room_of, rooms, trees

NO_ROOMS = {"cli", "web", "views", "sandbox", "embedded", "kernel", "gateways"}
PURE = re.compile(r"(^|_)rules$|_form$|^form_")
_IMPURE = {"tortoise", "asyncpg", "litestar", "arq", "redis", "httpx"}


@cache
def contracts() -> ConfigParser:
    config = ConfigParser()
    config.read(PROJECT / ".importlinter", encoding="utf-8")
    return config


def lines(contract: str, option: str) -> set[str]:
    return set(contracts()[f"importlinter:contract:{contract}"][option].split())


def test_the_import_contracts_are_kept() -> None:
    # In a process of its own: import-linter silences every logger there is, and other tests listen to them.
    asked = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    done = subprocess.run([sys.executable, "-c", asked], cwd=PROJECT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_room_has_its_floor() -> None:
    """In "floors", or in the contract of its floor, whose layers stand below a container."""
    layers: set[str] = set()
    for section in contracts().sections():
        if contracts()[section].get("type") == "layers":
            names = contracts()[section]["layers"].replace("|", " ").split()
            within = contracts()[section].get("containers", "").split() or [""]
            layers |= {f"{container}.{name}".lstrip(".") for container in within for name in names}

    floors = {dotted(folder) for room, folder in rooms().items() if room not in NO_ROOMS}
    assert floors <= layers, "a room without a floor, or still in parentheses"
    assert {"app.kernel", "app.gateways", "app.views", "app.web", "app.cli"} <= layers


def test_every_room_is_kept_from_the_web() -> None:
    kept = lines("rooms", "source_modules")
    mine = {
        dotted(folder) for room, folder in rooms().items() if room not in {"cli", "web", "views", "sandbox", "embedded"}
    }

    assert {"workers"} <= kept
    assert {room for room in mine if not any(f"{room}.".startswith(f"{name}.") for name in kept)} == set()


@pytest.mark.parametrize(
    "room", sorted(rooms().keys() - {"web", "views", "sandbox"})
)  # a door may have a `_form` of its own
def test_every_file_named_as_pure_is(room: str) -> None:
    """No tables, no web, no queue, no network, no gateway: whatever is called `…rules`, `…_form` or `form_…`."""
    found = {
        f"{path}:{node.lineno} {module}"
        for path, tree in trees("app").items()
        if room_of(path) == room and PURE.search(path.stem)
        for node in nodes(tree)
        for module in _modules(node)
        if module.split(".")[0] in _IMPURE or module.startswith("app.gateways") or module.endswith(".models")
    }
    assert not found


def _modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
