"""The import contracts of the house hold, and none of our rooms or rule files stands outside them."""

import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
NO_ROOMS = {"cli", "web", "views", "sandbox", "embedded", "kernel", "gateways"}
PURE_NAMES = ("rules", "_rules", "_form", "form_")


def contracts() -> ConfigParser:
    config = ConfigParser()
    config.read(PROJECT / ".importlinter", encoding="utf-8")
    return config


def lines(contract: str, option: str) -> set[str]:
    return set(contracts()[f"importlinter:contract:{contract}"][option].split())


def packages() -> set[str]:
    return {path.parent.name for path in (PROJECT / "app").glob("*/__init__.py")}


def test_the_import_contracts_are_kept() -> None:
    # In a process of its own: import-linter silences every logger there is, and other tests listen to them.
    asked = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    done = subprocess.run([sys.executable, "-c", asked], cwd=PROJECT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_room_has_its_floor() -> None:
    layers = contracts()["importlinter:contract:floors"]["layers"].replace("|", " ").split()

    rooms = packages() - NO_ROOMS
    assert {f"app.{room}" for room in rooms} <= set(layers), "a room without a floor, or still in parentheses"
    assert {"app.kernel", "app.gateways", "app.views", "app.web", "app.cli"} <= set(layers)


def test_every_room_is_kept_from_the_web() -> None:
    rooms = {f"app.{room}" for room in packages() - {"cli", "web", "views", "sandbox", "embedded"}}

    assert rooms | {"workers"} == lines("rooms", "source_modules")


def test_every_room_with_tables_keeps_them() -> None:
    rooms = {path.parent.name for path in (PROJECT / "app").glob("*/models.py")}

    assert {f"importlinter:contract:tables_{room}" for room in rooms} <= set(contracts().sections())
    for room in rooms:
        assert lines(f"tables_{room}", "protected_modules") == {f"app.{room}.models"}
        assert lines(f"tables_{room}", "allowed_importers") <= {f"app.{room}", "app.reports"}


def test_every_file_named_as_pure_is_bound_to_be() -> None:
    named = {
        f"app.{path.parent.name}.{path.stem}"
        for path in (PROJECT / "app").glob("*/*.py")
        if path.stem.endswith(PURE_NAMES[:3]) or path.stem.startswith(PURE_NAMES[3])
    }
    named -= {name for name in named if name.endswith(".rules")}  # by the contract's own pattern
    # A door may have a `_form` of its own, which is no rule.
    named -= {name for name in named if name.split(".")[1] in {"web", "views", "sandbox"}}

    assert named <= lines("pure", "source_modules")
    assert "app.*.rules" in lines("pure", "source_modules")
