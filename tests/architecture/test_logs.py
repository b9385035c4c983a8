"""What our own lines may hold: an event name, and fields of the allow-list."""

import ast
import re
from collections.abc import Iterator
from functools import lru_cache

from config.logging import FIELDS
from tests.architecture.reading_source import calls, functions, imported, nodes, spelled, trees

LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
ALWAYS_TAKEN = {"exc_info"}


@lru_cache
def lines() -> list[tuple[str, ast.Call]]:
    """Every call that writes a line by structlog."""
    return list(_lines())


def _lines() -> Iterator[tuple[str, ast.Call]]:
    for path, tree in trees("app", "workers", "config").items():
        if "structlog" not in imported(tree) or path.as_posix() == "config/logging.py":
            continue
        for call in calls(tree):
            if (
                isinstance(call.func, ast.Attribute)
                and call.func.attr in LEVELS
                and re.search(r"log", spelled(call.func.value))
            ):
                yield f"{path}:{call.lineno}", call


def test_there_are_lines_to_look_at() -> None:
    assert len(lines()) > 15


def test_a_line_begins_with_an_event_name_and_never_with_a_sentence() -> None:
    for place, call in lines():
        name = call.args[0] if call.args else None
        assert isinstance(name, ast.Constant), place
        assert isinstance(name.value, str), place
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*", name.value), place
        assert len(call.args) == 1, place


def test_a_line_holds_only_fields_of_the_allow_list() -> None:
    found = {
        f"{place}: {keyword.arg}"
        for place, call in lines()
        for keyword in call.keywords
        if keyword.arg is not None and keyword.arg not in FIELDS | ALWAYS_TAKEN
    }
    assert not found, "such a field would be dropped; list it in config/logging.py, or leave it out"


def test_fields_spread_from_a_mapping_are_on_the_list_too() -> None:
    spread = {(place, spelled(k.value)) for place, call in lines() for k in call.keywords if k.arg is None}
    assert {name for _, name in spread} <= {"done"}, spread  # only the sweeper does: what its round answers

    (round_,) = [
        f
        for f in functions(trees("workers")[next(p for p in trees("workers") if p.name == "sweep.py")])
        if f.name == "sweep_once"
    ]
    (answer,) = [node for node in nodes(round_) if isinstance(node, ast.Dict)]
    assert {key.value for key in answer.keys if isinstance(key, ast.Constant)} <= FIELDS


def test_the_allow_list_names_nothing_personal() -> None:
    personal = {
        "openid",
        "unionid",
        "nickname",
        "avatar",
        "email",
        "phone",
        "ip",
        "token",
        "secret",
        "key",
        "signature",
        "body",
    }

    assert not FIELDS & personal
