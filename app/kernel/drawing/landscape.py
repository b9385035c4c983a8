"""The landscape (川西 ridges, one ginkgo sun, a turquoise lake, a few firs): a ridge line per seed."""

from hashlib import sha256
from itertools import pairwise
from math import pi, sin
from typing import Final

from app.kernel.drawing.pen import Uniform, opening, pair, short

_RIDGES: Final = ("#DDEBE3", "#B7D6CB", "#7DB7A8", "#3C8C7A")
"""Far to near."""
_SUN: Final = 0.105
"""Radius of the sun, in heights of the picture."""
_SHORE: Final = 0.83
_TRIES: Final = 12

Ridge = list[tuple[float, float]]


def landscape_svg(
    seed: str,
    width: float = 390,
    height: float = 236,
    *,
    sky: str = "#F7F3E6",
    sun_top: float = 0.36,
    sun_within: tuple[float, float] = (0.14, 0.86),
    step: float = 6,
    label: str | None = None,
) -> str:
    """The landscape as SVG; it fills its box from the foot upward and is cut at the top where the box is lower.

    `sun_top` (in heights) is where the sun's upper edge lies: the default leaves room for a bar of 56 px
    under the 24 px that a hero of 212 px cuts off. `sun_within` (in widths) keeps its centre from what
    stands beside; within it the sun takes the lowest saddle. `step` is the distance of the ridges' points.
    Ids of gradients carry a hash of seed and size, so two pictures on a page never share one.
    """
    draw = Uniform(seed)
    radius, count = _SUN * height, max(2, round(width / step))
    centre_y = sun_top * height + radius
    ridges, centre_x = _place_sun(draw, width, height, count, within=sun_within, radius=radius, below=centre_y)
    mark = sha256(f"{seed} {width} {height} {sky}".encode()).hexdigest()[:6]
    shore = _SHORE * height
    parts = [
        opening(width, height, label=label, extra=' preserveAspectRatio="xMidYMax slice"'),
        _gradient(f"s{mark}", sky, "#E3EEE6"),
        _gradient(f"l{mark}", "#7FD0C2", "#1FA79F"),
        f'<path fill="url(#s{mark})" d="M0 0h{short(width)}v{short(height)}H0z"/>',
        f'<circle cx="{short(centre_x)}" cy="{short(centre_y)}" r="{short(radius)}" fill="#F3BE4B" opacity=".92"/>',
    ]
    for index, (ridge, colour) in enumerate(zip(ridges, _RIDGES, strict=True)):
        opacity = short(0.78 + 0.05 * index, 2)
        parts.append(f'<path fill="{colour}" fill-opacity="{opacity}" d="{_outline(ridge, height)}"/>')
    parts.append(f'<path fill="url(#l{mark})" d="M0 {short(shore)}H{short(width)}V{short(height)}H0z"/>')
    parts += [_glints(draw, width, height, shore), _firs(draw, width, height, shore), "</svg>"]
    return "".join(parts)


def _gradient(id_: str, top: str, foot: str) -> str:
    stops = f'<stop stop-color="{top}"/><stop offset="1" stop-color="{foot}"/>'
    return f'<linearGradient id="{id_}" x2="0" y2="1">{stops}</linearGradient>'


def _place_sun(
    draw: Uniform,
    width: float,
    height: float,
    count: int,
    *,
    within: tuple[float, float],
    radius: float,
    below: float,
) -> tuple[list[Ridge], float]:
    """Ridges of this seed and where the sun stands over them.

    Ridges that would hide more than half of the sun wherever it stood are drawn again, up to a bound;
    then the lowest saddle seen is taken.
    """
    best: tuple[float, list[Ridge], float] | None = None
    for _ in range(_TRIES):
        ridges = [_ridge(draw, index, width, height, count) for index in range(4)]
        sky_line = [min(ridge[at][1] for ridge in ridges) for at in range(count + 1)]
        reach = max(1, round(radius / width * count))
        low, high = (round(share * count) for share in within)
        # The mean over the sun's breadth is how much of it is seen; a single deep notch would not show it.
        saddle, at = max(
            (sum(seen := sky_line[max(0, i - reach) : i + reach + 1]) / len(seen), i) for i in range(low, high + 1)
        )
        if best is None or saddle > best[0]:
            best = (saddle, ridges, width * at / count)
        if saddle >= below:
            break
    assert best is not None
    return best[1], best[2]


def _ridge(draw: Uniform, index: int, width: float, height: float, count: int) -> Ridge:
    phases = [2 * pi * draw() for _ in range(6)]
    swing, pace, middle = height * (0.13 - 0.018 * index), 1.1 + 0.45 * index, height * (0.50 + 0.085 * index)

    def level(t: float) -> float:
        waves = (swing / 1.7**j * sin(2 * pi * (j + 1) * pace * t + phase) for j, phase in enumerate(phases))
        return middle - sum(waves)

    return [(width * at / count, level(at / count)) for at in range(count + 1)]


def _outline(ridge: Ridge, height: float) -> str:
    """The ridge closed along the foot; steps are taken between rounded points, so errors do not add up."""
    points = [(round(x, 1), round(y, 1)) for x, y in ridge]
    steps = [pair(after[0] - before[0], after[1] - before[1]) for before, after in pairwise(points)]
    line = "".join(step if step.startswith("-") or not at else " " + step for at, step in enumerate(steps))
    return f"M0 {short(points[0][1])}l{line}V{short(height)}H0z"


def _glints(draw: Uniform, width: float, height: float, shore: float) -> str:
    """26 short lines of light on the water, in three strengths."""
    strengths: tuple[list[str], ...] = ([], [], [])
    for _ in range(26):
        x, y = draw() * width, draw.between(shore + 3, height - 3)
        strengths[int(draw() * 3)].append(f"M{pair(x, y)}h{short(draw.between(4, 24))}")
    paths = (
        f'<path stroke-opacity="{opacity}" d="{"".join(lines)}"/>'
        for opacity, lines in zip((".32", ".45", ".58"), strengths, strict=True)
        if lines
    )
    return f'<g fill="none" stroke="#FFF" stroke-width="1.4">{"".join(paths)}</g>'


def _firs(draw: Uniform, width: float, height: float, shore: float) -> str:
    """15 firs on the shore, as tall in a larger picture as their share of it."""
    scale, trees = height / 236, []
    for _ in range(15):
        tall = draw.between(10, 30) * scale
        half, foot = tall * 0.22, shore + draw.between(0, 4) * scale
        trees.append(f"M{pair(draw() * width - half, foot)}l{pair(half, -tall)} {pair(half, tall)}z")
    return f'<path fill="#0B5D46" fill-opacity=".92" d="{"".join(trees)}"/>'
