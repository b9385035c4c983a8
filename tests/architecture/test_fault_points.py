"""Every fault point of the river stands in the source once, and a fault test kills there."""

import re

from app.gateways.faults import POINTS
from tests.conftest import PROJECT
from tests.faults.test_gifts_killed import COLLECT_POINTS, GIFT_POINTS
from tests.faults.test_killed_api import API_POINTS
from tests.faults.test_killed_workers import DRAW_POINTS, POISON_POINTS, SETTLE_POINTS

_CALL = re.compile(r'faults\.reach\("([^"]+)"[,)]')


def test_every_fault_point_is_reached_at_one_place_in_the_source() -> None:
    sources = [path for folder in ("app", "workers") for path in sorted((PROJECT / folder).rglob("*.py"))]
    reached = [name for path in sources for name in _CALL.findall(path.read_text("utf-8"))]
    assert sorted(reached) == sorted(POINTS)


def test_every_fault_point_is_killed_in_a_fault_test() -> None:
    killed = [*COLLECT_POINTS, *GIFT_POINTS, *API_POINTS, *SETTLE_POINTS, *DRAW_POINTS, *POISON_POINTS]
    assert sorted(killed) == sorted(POINTS)


def test_no_process_dies_of_a_point_it_was_not_given() -> None:
    """The variable is read once, when a process begins: this one was begun without."""
    from app.gateways import faults

    for point in POINTS:
        faults.reach(point)
