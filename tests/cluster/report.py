"""What a step tells, its progress on the terminal, and the table at the end."""

import time
from dataclasses import dataclass, field
from typing import Final

_MET: Final = {True: "met", False: "NOT MET"}


@dataclass(slots=True)
class Shown:
    """One step: what it saw, in figures, and whether what was promised holds."""

    number: int
    name: str
    began: float = field(default_factory=time.monotonic)
    figures: list[str] = field(default_factory=list)
    failure: str = ""
    took_s: float = 0.0

    def say(self, text: str) -> None:
        """A line of progress."""
        print(f"  {self.number} · {time.monotonic() - self.began:5.1f} s · {text}", flush=True)

    def note(self, text: str) -> None:
        """A figure for the table, which is a line of progress too."""
        self.figures.append(text)
        self.say(text)


def table(steps: list[Shown], *, prepared_s: float, took_s: float) -> str:
    """The last word: a row for each step."""
    lines = ["", f"{'step':<58}{'':>8}  {'took':>6}"]
    for step in steps:
        lines.append(f"{step.number} {step.name:<56}{_MET[not step.failure]:>8}  {step.took_s:>4.0f} s")
        lines += [f"    {figure}" for figure in step.figures]
        lines += [f"    ✘ {line}" for line in step.failure.splitlines()[:6]]
    met = sum(not step.failure for step in steps)
    lines += ["", f"{met} of {len(steps)} met; {took_s:.0f} s, of which {prepared_s:.0f} s prepared the data"]
    return "\n".join(lines)
