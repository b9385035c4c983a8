"""Ridges at night: the foot of the big screen, four lines of a seed from far to near."""

from math import pi, sin
from typing import Final

from app.kernel.drawing.pen import Uniform, opening, short

_RIDGES: Final = ("#123D30", "#0E3428", "#0A2A20", "#072018")
"""Far to near; every text of the screen is read on them."""
_STEP: Final = 8


def night_ridges_svg(seed: str, width: float = 1920, height: float = 300) -> str:
    """The ridges as SVG, stretched to whatever box it is put in."""
    paths = []
    for index, colour in enumerate(_RIDGES):
        draw = Uniform(f"{seed} night {index}")
        phases = [2 * pi * draw() for _ in range(6)]
        middle, swing, pace = height * (0.40 + 0.13 * index), height * (0.17 - 0.022 * index), 2.1 + 0.7 * index
        points = []
        for at in range(int(width / _STEP) + 1):
            share = at * _STEP / width
            waves = (swing / 1.7**j * sin(2 * pi * (j + 1) * pace * share + phase) for j, phase in enumerate(phases))
            points.append(f"{at * _STEP} {short(middle - sum(waves))}")
        paths.append(f'<path fill="{colour}" d="M0 {short(height)}L{"L".join(points)}V{short(height)}z"/>')
    head = opening(width, height, label=None, extra=' preserveAspectRatio="none"')
    return f"{head}{''.join(paths)}</svg>"
