"""Every door that lets somebody order says how much may be set aside without being paid."""

import ast

from tests.architecture.reading_source import trees

PLACING = {"orders.place", "orders.place_joint"}


def test_every_order_of_a_door_is_placed_within_bounds() -> None:
    calls = [
        (path.name, call)
        for path, tree in trees("app").items()
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and ast.unparse(call.func) in PLACING
    ]
    assert len(calls) >= 3
    assert [place for place, call in calls if "bounds" not in {keyword.arg for keyword in call.keywords}] == []
