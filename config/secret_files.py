"""Reading knobs from files: one secret in a file of its own, or several together in the common one."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from config.faults import Fault, unreadable

COMMON_FILE: Final = "DIANDIAN_SECRET_FILE"
_LINE: Final = re.compile(r"(?:export )?([A-Z][A-Z0-9]*_[A-Z0-9_]+)=(.*)")
"""A line of the common file that begins a knob; base64 and PEM have no underscore, so their lines do not."""


def common_file(environment: Mapping[str, str], faults: list[Fault]) -> dict[str, str]:
    """The knobs of the file that `DIANDIAN_SECRET_FILE` names, by their variables' names."""
    if not (path := environment.get(COMMON_FILE)):
        return {}
    text = text_of(path, COMMON_FILE, faults)
    found: dict[str, list[str]] = {}
    lines: list[str] | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("#") or not line.strip():
            continue
        if begun := _LINE.fullmatch(line):
            lines = found.setdefault(begun[1], [])
            lines[:] = [begun[2]]
        elif lines is not None:
            lines.append(line)
        else:
            faults.append(_no_knob(number))  # the line itself may be a secret
    return {name: _unquoted("\n".join(lines).strip()) for name, lines in found.items()}


def text_of(path: str, name: str, faults: list[Fault]) -> str:
    """What a file says; where it cannot be read, nothing and a fault."""
    try:
        return Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as trouble:
        faults.append(unreadable(name, path, trouble))
        return ""


def _no_knob(number: int) -> Fault:
    return Fault(
        en=f"{COMMON_FILE}, line {number}: not NAME=value",
        zh=f"{COMMON_FILE} 第 {number} 行不是 NAME=value",
        fix_en="write NAME=value on a line; a PEM begins on the line of its name",
        fix_zh="每行写 NAME=value；PEM 从其名字所在的行开始",
    )


def _unquoted(value: str) -> str:
    is_quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    return value[1:-1] if is_quoted else value
