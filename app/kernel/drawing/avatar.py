"""The default avatar: a disc, a ring of 22 dots and one character of the name."""

import unicodedata
from math import cos, pi, sin
from typing import Final

from app.kernel.drawing.pen import Uniform, escaped, opening, short
from app.kernel.graphemes import graphemes

PAIRS: Final = (
    ("#F3BE4B", "#5B3F06"),
    ("#7FD0C2", "#0B4A46"),
    ("#F0B3A6", "#74271F"),
    ("#BFD98C", "#24532B"),
    ("#D9CDB4", "#4A3B22"),
    ("#A9C7E8", "#1F3E66"),
)
"""Ground and ink; every pair has a contrast of at least 5.6:1."""

_HAN: Final = (range(0x3400, 0xA000), range(0xF900, 0xFB00), range(0x20000, 0x34000))
_JOINER: Final = "\u200d"
_NOBODY: Final = "•"


def avatar_svg(person: str, name: str, *, label: str | None = None) -> str:
    """The avatar in a 50 px box; `person` (an id, never the name) chooses colours and dots."""
    draw = Uniform(person)
    ground, ink = PAIRS[int(draw() * len(PAIRS))]
    dots = []
    for index in range(22):
        angle = 2 * pi * index / 22
        x, y, radius = 25 + 20.5 * cos(angle), 25 + 20.5 * sin(angle), draw.between(0.9, 1.8)
        dots.append(f'<circle cx="{short(x)}" cy="{short(y)}" r="{short(radius)}"/>')
    letter = f'<text x="25" y="32.4" text-anchor="middle" font-size="21" font-weight="700">{escaped(monogram(name))}'
    body = f'<circle cx="25" cy="25" r="25" fill="{ground}"/><g fill="{ink}"><g opacity=".55">{"".join(dots)}</g>'
    return f"{opening(50, 50, label=label)}{body}{letter}</text></g></svg>"


def monogram(name: str) -> str:
    """The one character that stands for a name: its last if that is Han (林小川 → 川), else its first, upper-cased.

    A character is what a reader sees as one: an emoji with its joiners, a letter with its accents.
    """
    plain = "".join(c for c in unicodedata.normalize("NFC", name) if c == _JOINER or unicodedata.category(c)[0] != "C")
    plain = plain.strip().strip(_JOINER)
    if not plain:
        return _NOBODY
    if any(ord(plain[-1]) in block for block in _HAN):
        return plain[-1]
    first = graphemes(plain)[0]
    return first.upper() if len(first.upper()) == len(first) else first
