"""What may not happen inside a transaction, and what a signature says about it."""

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from tests.architecture.reading_source import calls, functions, nodes, parameters, spelled, trees

WIRES = re.compile(
    r"(\bchannels\[|\bchannel\.|\bregistries\[|\bregistry\.|\bgateways\.(?!clock\b)|\bhttpx\.|\bredis\.|\bwechat\.|\bfiles\.|\bstudio\.|\bpress\.)"
)
ELSEWHERE = re.compile(
    r"(\bcreate_task|\bensure_future|\bcreate_subprocess|\bto_thread|\brun_in_executor|\benqueue_job|\bnudge|\bsleep|\badd_task)$"
)
TOOLS = {"gateways", "channels", "registries", "studio", "redis"}
TOOL_TYPES = re.compile(r"\b(Gateways|Channel|Registry|FileStore|Studio|Redis|WeChatLogin)\b")


def rooms() -> dict[Path, ast.Module]:
    """Our side: the sandbox has a far side's own transactions."""
    return {path: tree for path, tree in trees("app", "workers").items() if "sandbox" not in path.parts}


@lru_cache
def inside_transactions() -> list[tuple[str, ast.stmt]]:
    """Every statement that runs in a transaction: in the block of one, or in a function that is given one."""
    return list(_inside_transactions())


def _inside_transactions() -> Iterator[tuple[str, ast.stmt]]:
    for path, tree in rooms().items():
        for node in nodes(tree):
            if isinstance(node, ast.AsyncWith) and any(
                re.search(r"\b(in_)?transaction\(", spelled(item.context_expr)) for item in node.items
            ):
                yield from ((f"{path}:{statement.lineno}", statement) for statement in node.body)
        for function in functions(tree):
            if "tx" in parameters(function) and path.as_posix() != "app/gateways/database.py":
                yield from ((f"{path}:{statement.lineno}", statement) for statement in function.body)


def test_there_are_transactions_to_look_at() -> None:
    assert len(inside_transactions()) > 100


def test_nothing_on_a_wire_happens_inside_a_transaction() -> None:
    found = {
        f"{place}: {spelled(call.func)}"
        for place, statement in inside_transactions()
        for call in calls(statement)
        if WIRES.search(spelled(call.func)) or TOOLS & {keyword.arg for keyword in call.keywords}
    }
    assert not found


def test_no_task_is_begun_and_no_bell_is_rung_inside_a_transaction() -> None:
    found = {
        f"{place}: {spelled(call.func)}"
        for place, statement in inside_transactions()
        for call in calls(statement)
        if ELSEWHERE.search(spelled(call.func))
    }
    assert not found


def test_no_function_takes_both_a_transaction_and_a_wire() -> None:
    found = {
        f"{path}:{function.lineno} {function.name}"
        for path, tree in rooms().items()
        for function in functions(tree)
        if "tx" in parameters(function) and (parameters(function) & TOOLS or TOOL_TYPES.search(spelled(function.args)))
    }
    assert not found


def test_a_row_is_saved_with_the_fields_that_changed() -> None:
    found = {
        f"{path}:{node.lineno}"
        for path, tree in rooms().items()
        for node in nodes(tree)
        if isinstance(node, ast.Await)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Attribute)
        and node.value.func.attr == "save"
        and "update_fields" not in {keyword.arg for keyword in node.value.keywords}
    }
    assert not found, "a bare save() writes every column and undoes a concurrent change"


def test_rows_are_locked_only_where_a_transaction_is_open() -> None:
    covered = {id(call) for _, statement in inside_transactions() for call in calls(statement)}
    found = {
        f"{path}:{call.lineno}"
        for path, tree in rooms().items()
        for call in calls(tree)
        if isinstance(call.func, ast.Attribute) and call.func.attr == "select_for_update" and id(call) not in covered
    }
    assert not found, "select_for_update() outside a transaction locks nothing, silently"


def test_no_foreign_key_cascades() -> None:
    found = {
        f"{path}:{call.lineno}"
        for path, tree in rooms().items()
        if path.name == "models.py"
        for call in calls(tree)
        if spelled(call.func) in {"fields.ForeignKeyField", "fields.OneToOneField"}
        and "OnDelete.RESTRICT"
        not in {spelled(keyword.value) for keyword in call.keywords if keyword.arg == "on_delete"}
    }
    assert not found
