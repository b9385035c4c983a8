"""A far side as every process has it: its calls timed, and left alone while it is silent."""

from typing import TypeVar

from app.gateways.breaker import guarded
from app.gateways.timing import timed

T = TypeVar("T")


def watched(name: str, far_side: T) -> T:
    """The same far side under the name that `/metrics` tells."""
    return guarded(name, timed(name, far_side))
