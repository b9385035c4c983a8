"""How a list of findings is told: a line each for people, or one JSON document for programs."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final, Literal

import click

State = Literal["good", "note", "fault"]

_MARKS: Final = {"good": ("✔", "green"), "note": ("!", "yellow"), "fault": ("✘", "red")}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. A note is not well and runs all the same; a fault must be mended."""

    name: str
    state: State
    detail: str
    fix: str = ""
    """What to do; empty where all is well."""


def report(checks: Sequence[Check], *, as_json: bool) -> int:
    """Tell the findings on standard output; answers the exit code: 1 with a fault among them, else 0."""
    is_good = all(check.state != "fault" for check in checks)
    if as_json:
        told = {"ok": is_good, "checks": [asdict(check) for check in checks]}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return 0 if is_good else 1
    width = max(len(check.name) for check in checks)
    for check in checks:
        mark, colour = _MARKS[check.state]
        fix = f" → {check.fix}" if check.state != "good" and check.fix else ""
        click.echo(f" {click.style(mark, fg=colour)} {check.name:<{width}}  {check.detail}{fix}")
    return 0 if is_good else 1
