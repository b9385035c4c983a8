"""The dot year-ring (点点年轮): one fingerprint of dots per scenario, person and certificate.

Dots fill from the heart outward with the progress; a few of the last filled ones are ginkgo gold.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import cos, floor, pi, sin
from typing import Final, Literal, NamedTuple

from app.kernel.drawing.pen import Uniform, opening, short

Use = Literal["phone", "wall", "certificate", "poster", "mini", "gift", "tile", "year"]
State = Literal["on", "off", "gold"]

_BREADTHS: Final = 5
"""Dot sizes that are drawn apart. Five steps look as free as a continuum and let dots share a path."""
_GOLD_AMONG: Final = 60
_GOLD_PAST: Final = 70


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """How a ring is cut for one use; lengths in px of its own box."""

    size: int
    rings: int
    inner: float
    dot: float
    wobble: float
    gold: int
    on: str
    off: str
    gilt: str
    opacity: float = 1


CUTS: Final[Mapping[Use, Cut]] = {
    "phone": Cut(
        size=116, rings=7, inner=6, dot=2.7, wobble=0.05, gold=4, on="#0B6B50", off="#D5E0D5", gilt="#E9A820"
    ),
    "wall": Cut(
        size=800, rings=23, inner=24, dot=5, wobble=0.045, gold=34, on="#4FBF8B", off="#1E4A3B", gilt="#F2C14E"
    ),
    "certificate": Cut(
        size=560, rings=16, inner=16, dot=4.4, wobble=0.05, gold=24,
        on="#0B6B50", off="#C9D8CC", gilt="#E9A820", opacity=0.15,
    ),
    "poster": Cut(
        size=520, rings=9, inner=158, dot=3.1, wobble=0.03, gold=16, on="#0B6B50", off="#C9D8CC", gilt="#E9A820"
    ),
    # The phone's, at night: in the corner of a tile of the big screen.
    "tile": Cut(
        size=116, rings=7, inner=6, dot=2.7, wobble=0.05, gold=4, on="#4FBF8B", off="#1E4A3B", gilt="#F2C14E"
    ),
    # Below 44 px the phone's seven rows turn to a blot.
    "mini": Cut(size=100, rings=4, inner=13, dot=3.9, wobble=0.04, gold=0, on="#0B6B50", off="#D5E0D5", gilt="#E9A820"),
    # Of an account: twelve rows, one a month.
    "year": Cut(
        size=300, rings=12, inner=22, dot=4.4, wobble=0.04, gold=0, on="#0B6B50", off="#D5E0D5", gilt="#E9A820"
    ),
    # A giver's, round the gift: gold is still there, pale is given out.
    "gift": Cut(size=112, rings=3, inner=35, dot=3.3, wobble=0.03, gold=0, on="#E9A820", off="#F3D583", gilt="#E9A820"),
}  # fmt: skip


class Dot(NamedTuple):
    """One dot: centre, radius, the ring it sits on (0 is the heart) and its size class."""

    x: float
    y: float
    radius: float
    ring: int
    state: State


def ring_dots(seed: str, *, use: Use, progress: float) -> list[Dot]:
    """The dots of a ring from the heart outward; `progress` in [0, 1] says how many are filled.

    Where the dots lie depends on the seed alone. Every dot lies inside the box.
    """
    assert 0 <= progress <= 1, progress
    cut, draw = CUTS[use], Uniform(seed)
    waves = _waves(cut, draw)
    gap = ((cut.size / 2 - 1.4 * cut.dot) / (1 + 1.9 * cut.wobble) - cut.inner) / (cut.rings - 1)
    # `_swing` and the sums of one dot are written out: two thousand calls would be half of a ring's cost.
    (f0, a0, p0), (f1, a1, p1), (f2, a2, p2), (f3, a3, p3) = waves
    half, dot, turn = cut.size / 2, cut.dot, 2 * pi
    places: list[tuple[float, float, float, int]] = []
    for ring in range(cut.rings):
        radius, swings = cut.inner + ring * gap, min(1, ring / 4)
        count, start = max(1, round(turn * radius / (0.92 * gap))), turn * draw()
        for step in range(count):
            angle = start + turn * step / count
            low = a0 * sin(f0 * angle + p0) + a1 * sin(f1 * angle + p1)
            reach = radius * (1 + swings * (low + a2 * sin(f2 * angle + p2) + a3 * sin(f3 * angle + p3)))
            breadth = (floor(draw() * _BREADTHS) + 0.5) / _BREADTHS
            places.append((half + reach * cos(angle), half + reach * sin(angle), dot * (0.72 + 0.5 * breadth), ring))
    filled = floor(len(places) * progress)
    gold = _gold(cut, draw, filled)
    thick = dot * 1.3
    return [
        Dot(x, y, min(radius * 1.25, thick), ring, "gold")
        if index in gold
        else Dot(x, y, radius, ring, "on" if index < filled else "off")
        for index, (x, y, radius, ring) in enumerate(places)
    ]


@cache
def count_dots(use: Use) -> int:
    """How many dots a ring of this use has, whatever its seed."""
    return len(ring_dots("any", use=use, progress=0))


def ring_svg(seed: str, *, use: Use, progress: float, label: str | None = None, clear: float = 0) -> str:
    """The ring as an SVG picture without any id, so that any number of them share a page.

    Three groups of class `off`, `on` and `gold`, in them one group of class `k0`, `k1` … per ring: a
    script fills a ring by changing classes. `label` names it for a screen reader; without, it is hidden. Dots that touch
    the square of `clear` px around the centre are left out, so that a card there cuts none of them.
    """
    cut = CUTS[use]
    half, reach = cut.size / 2, clear / 2
    dots = [
        dot
        for dot in ring_dots(seed, use=use, progress=progress)
        if not clear or max(abs(dot.x - half), abs(dot.y - half)) - dot.radius > reach
    ]
    faint = f' opacity="{short(cut.opacity, 2)}"' if cut.opacity < 1 else ""
    parts = [opening(cut.size, cut.size, label=label), f'<g fill="none" stroke-linecap="round"{faint}>']
    colours: tuple[tuple[State, str], ...] = (("off", cut.off), ("on", cut.on), ("gold", cut.gilt))
    for state, colour in colours:
        kind = [dot for dot in dots if dot.state == state]
        if kind:
            parts += [f'<g class="{state}" stroke="{colour}">', *_rings(cut, kind, state), "</g>"]
    return "".join([*parts, "</g></svg>"])


def year_ring_svg(seed: str, months: Sequence[tuple[float, float]], *, label: str) -> str:
    """A year's ring: row k is month k + 1, of each (share of its dots that is lit, share of these that is gold).

    Where a row begins to be lit follows from the seed, too.
    """
    cut = CUTS["year"]
    assert len(months) == cut.rings, len(months)
    rows: defaultdict[int, list[Dot]] = defaultdict(list)
    for dot in ring_dots(seed, use="year", progress=0):
        rows[dot.ring].append(dot)
    draw, kinds = Uniform(f"year:{seed}"), defaultdict[State, list[Dot]](list)
    for ring, dots in rows.items():
        lit = round(len(dots) * months[ring][0])
        gold, begins = round(lit * months[ring][1]), floor(draw() * len(dots))
        for place, dot in enumerate(dots):
            at = (place - begins) % len(dots)
            kinds["gold" if at < gold else "on" if at < lit else "off"].append(dot)
    parts = [opening(cut.size, cut.size, label=label), '<g fill="none" stroke-linecap="round">']
    colours: tuple[tuple[State, str], ...] = (("off", cut.off), ("on", cut.on), ("gold", cut.gilt))
    for state, colour in colours:
        if kinds[state]:
            parts += [f'<g stroke="{colour}">', *_rings(cut, kinds[state], state), "</g>"]
    return "".join([*parts, "</g></svg>"])


def _waves(cut: Cut, draw: Uniform) -> list[tuple[int, float, float]]:
    """Four sines (frequency, amplitude, phase); their sum is tamed to 1.9 wobbles, what the gap allows for."""
    waves = []
    for index in range(4):
        phase = 2 * pi * draw()
        waves.append((index + 2, cut.wobble * (0.6 + 0.8 * draw()) / (index + 1), phase))
    peak = max(_swing(waves, 2 * pi * step / 360) for step in range(360))
    tame = min(1, 1.9 * cut.wobble / peak)
    return [(frequency, amplitude * tame, phase) for frequency, amplitude, phase in waves]


def _swing(waves: list[tuple[int, float, float]], angle: float) -> float:
    # Written out: this is most of a ring's cost, and a generator would double it.
    (f0, a0, p0), (f1, a1, p1), (f2, a2, p2), (f3, a3, p3) = waves
    low = a0 * sin(f0 * angle + p0) + a1 * sin(f1 * angle + p1)
    return low + a2 * sin(f2 * angle + p2) + a3 * sin(f3 * angle + p3)


def _gold(cut: Cut, draw: Uniform, filled: int) -> set[int]:
    """Which dots are gold: some of the last filled ones, none while the ring is young."""
    if filled <= _GOLD_PAST:
        return set()
    late = list(range(filled - _GOLD_AMONG, filled))
    for index in range(cut.gold):
        other = index + floor(draw() * (len(late) - index))
        late[index], late[other] = late[other], late[index]
    return set(late[: cut.gold])


def _rings(cut: Cut, dots: Iterable[Dot], state: State) -> list[str]:
    """One group per ring, one path per size: a dot is a line of no length with round ends (12 bytes)."""
    rings: defaultdict[int, defaultdict[float, list[str]]] = defaultdict(lambda: defaultdict(list))
    for dot in dots:
        rings[dot.ring][dot.radius].append(f"M{dot.x:.1f} {dot.y:.1f}h0")
    parts = []
    for ring, sizes in rings.items():
        pale = f' stroke-opacity="{short(0.55 + 0.45 * ring / cut.rings, 2)}"' if state == "on" else ""
        paths = "".join(f'<path stroke-width="{short(2 * r)}" d="{_trimmed(d)}"/>' for r, d in sorted(sizes.items()))
        parts.append(f'<g class="k{ring}"{pale}>{paths}</g>')
    return parts


def _trimmed(moves: list[str]) -> str:
    # All at once: number by number it would take as long as the whole rest of the ring.
    return "".join(moves).replace(".0h", "h").replace(".0 ", " ")
