"""Every door that lets somebody order says how much may be set aside without being paid."""

import ast

from tests.architecture.reading_source import calls, spelled, trees

PLACING = {"orders.place", "orders.place_joint"}
_NAMES = {name.rpartition(".")[2] for name in PLACING}


def test_every_order_of_a_door_is_placed_within_bounds() -> None:
    placed = [
        (path.name, call)
        for path, tree in trees("app").items()
        for call in calls(tree)
        # By the last name first: spelling every call there is out took three seconds.
        if isinstance(call.func, ast.Attribute) and call.func.attr in _NAMES and spelled(call.func) in PLACING
    ]
    assert len(placed) >= 3
    assert [place for place, call in placed if "bounds" not in {keyword.arg for keyword in call.keywords}] == []
