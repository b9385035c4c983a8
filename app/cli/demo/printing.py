"""What the terminal shows: one line a step, at most 80 columns, Chinese first where the terminal is Chinese."""

import os
import sys
import time
from dataclasses import dataclass, field
from typing import Final

from app.cli.columns import columns, cut, padded, wrapped
from app.cli.output import read_language
from app.kernel.drawing import qr_lines

WIDTH: Final = 78
_DIM, _BOLD, _GREEN, _RED, _GOLD, _OFF = "\x1b[2m", "\x1b[1m", "\x1b[32m", "\x1b[31m", "\x1b[33m", "\x1b[0m"


@dataclass
class Printer:
    """Writes to the terminal; colours only where one is there."""

    is_colourful: bool = field(default_factory=lambda: sys.stdout.isatty() and "NO_COLOR" not in os.environ)
    is_chinese: bool = field(default_factory=lambda: read_language() == "zh")
    _began: float = field(default_factory=time.perf_counter)

    def say(self, zh: str, en: str) -> str:
        """The text in the terminal's language."""
        return zh if self.is_chinese else en

    def head(self, text: str) -> None:
        """A heading."""
        print(f"\n{self._paint(text, _BOLD)}", flush=True)

    def line(self, text: str = "") -> None:
        """A plain line."""
        for piece in wrapped(text):
            print(piece, flush=True)

    def faint(self, text: str) -> None:
        """A line of less weight."""
        for piece in wrapped(text):
            print(self._paint(piece, _DIM), flush=True)

    def step(self, label: str, what: str, seconds: float) -> None:
        """One step that went well: its name, what came of it, its time."""
        room = WIDTH - 20 - 10
        took = f"{seconds * 1000:,.0f} ms"
        tick = self._paint("✔", _GREEN)
        print(f" {tick} {padded(label, 16)} {padded(cut(what, room), room)} {took:>9}", flush=True)

    def fault(self, what: str) -> None:
        """Why it ends: one plain sentence."""
        for piece in wrapped(f" {self._paint('✘', _RED)} {what}"):
            print(piece, file=sys.stderr, flush=True)

    def link(self, number: int, label: str, url: str) -> None:
        """A page to open; 0 stands for no number. An address that does not fit beside its label stands below it."""
        head = f" {number or '·'} {padded(label, 24)} "
        if columns(head) + len(url) > WIDTH:
            print(head.rstrip(), flush=True)
            head = "   "
        print(f"{head}{self._paint(url, _GOLD)}", flush=True)

    def qr(self, text: str) -> None:
        """A QR code that a phone can scan from the terminal."""
        for cells in qr_lines(text):
            print(f"   {cells}", flush=True)

    def seconds(self) -> float:
        """Since this teller began."""
        return time.perf_counter() - self._began

    def _paint(self, text: str, colour: str) -> str:
        return f"{colour}{text}{_OFF}" if self.is_colourful else text
