"""How much work something is, whatever the machine: its processor time against that of a fixed piece of work beside it."""

import os
import time
from collections.abc import Callable
from functools import cache
from typing import Final

_STEPS: Final = 200_000
_ORDINARY_S: Final = 0.015
"""What the fixed piece takes an ordinary processor that nobody else wants."""


@cache
def moment_s(idle_s: float) -> float:
    """A deadline that silence runs out of and an answer does not: on an idle machine so long, elsewhere longer.

    Whatever is to last longer than something else does so for the whole process.
    """
    return idle_s * _first_slowness()


def slowness() -> float:
    """How many times longer everything takes here and now, by this processor and by those who want it; at least 1."""
    return _processor() * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


@cache
def _processor() -> float:
    return max(1.0, piece_s() / _ORDINARY_S)


_first_slowness: Final = cache(slowness)


def pieces(act: Callable[[], object]) -> float:
    """How many times the fixed piece of work `act` is: the less of two, since a moment's hindrance is no effort of it."""
    return min(_spent_s(act), _spent_s(act)) / piece_s()


def piece_s() -> float:
    """Processor time of the fixed piece on this machine, now; some ten milliseconds of an ordinary one."""
    return min(_spent_s(_piece) for _ in range(3))


def _piece() -> int:
    total = 0
    for number in range(_STEPS):
        total += number & 7
    return total


def _spent_s(act: Callable[[], object]) -> float:
    began = time.process_time()
    act()
    return time.process_time() - began
