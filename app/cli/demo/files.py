"""Files beside the demo's data: for a terminal an environment to read in and an order to place; the token of its screen."""

import json
import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from config.settings import environment_name

SHELL: Final = "shell"
ORDER: Final = "joint.json"
_SCREEN: Final = "screen"
_ADDRESSES: Final = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL")


def write_shell(data: Path, environment: Mapping[str, str], *, email: str) -> None:
    """Lines to read into a shell (`. .data/shell`): the demo's settings, somebody's email and password, our programs.

    Only for the user who runs the demo: it holds the demo's keys.
    """
    ours = {name: value for name, value in environment.items() if name.startswith("DIANDIAN_") or name in _ADDRESSES}
    ours |= {
        "DIANDIAN_OPERATOR_EMAIL": email,
        "DIANDIAN_OPERATOR_PASSWORD": environment[environment_name("demo_key")],
    }
    lines = [f"export {name}={shlex.quote(value)}" for name, value in sorted(ours.items())]
    lines.append(f'export PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH"')
    path = data / SHELL
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write("\n".join(lines) + "\n")


def write_order(data: Path, order: Mapping[str, Any] | None) -> None:
    """The joint order of two invented banks, for `diandian order place`; a file that is there stays as it is."""
    path = data / ORDER
    if order is not None and not path.exists():
        path.write_text(json.dumps(order, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def read_screen(data: Path) -> str:
    """The token of the demo's big screen, which the product tells once; empty where none is kept."""
    path = data / _SCREEN
    return path.read_text() if path.exists() else ""


def write_screen(data: Path, token: str) -> None:
    """Keep it for the next start; only for the user who runs the demo."""
    path = data / _SCREEN
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(token)
