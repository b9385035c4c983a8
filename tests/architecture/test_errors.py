"""Every refusal has a code, both languages with the same figures, and one status."""

import ast
import importlib
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

from app.kernel import errors as kernel
from app.kernel.errors import DomainError
from app.web.kit.responses import problems
from tests.architecture.reading_source import calls, nodes, trees

PROJECT = Path(__file__).resolve().parents[2]
FAMILIES = (
    kernel.NotFound, kernel.Gone, kernel.Conflict, kernel.RuleBroken, kernel.Invalid, kernel.Unauthenticated,
    kernel.Forbidden, kernel.TooMany, kernel.Overloaded,
)  # fmt: skip


def subclasses(family: type[DomainError]) -> Iterator[type[DomainError]]:
    for fact in family.__subclasses__():
        yield fact
        yield from subclasses(fact)


def all_facts() -> list[type[DomainError]]:
    """Every kind of refusal with a code, of every room and door."""
    for path in sorted((PROJECT / "app").rglob("*.py")):
        if "DomainError" in path.read_text("utf-8") or path.name == "errors.py":
            importlib.import_module(".".join(path.relative_to(PROJECT).with_suffix("").parts))
    found = {fact for fact in subclasses(DomainError) if "code" in vars(fact) and fact.__module__.startswith("app.")}
    return sorted(found, key=lambda fact: fact.code)


FACTS = all_facts()


def placeholders(sentence: str, language: str = "") -> set[str]:
    """The figures a sentence wants; with a language, `label_zh` and `label_en` count as one `label`."""
    return {name.removesuffix(f"_{language}") for name in _wanted(sentence)}


def _wanted(sentence: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", sentence))


def test_there_are_refusals_to_look_at() -> None:
    assert len(FACTS) > 50


def test_no_two_refusals_share_a_code() -> None:
    by_code = defaultdict(list)
    for fact in FACTS:
        by_code[fact.code].append(fact)

    assert not {code: facts for code, facts in by_code.items() if len(facts) > 1}


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.code)
def test_a_refusal_says_the_same_in_both_languages_with_one_status(fact: type[DomainError]) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*\.[a-z0-9]+(_[a-z0-9]+)*", fact.code)
    assert fact.__doc__, "what the caller can do with it"
    assert re.search(r"[\u4e00-\u9fff]", fact.text.zh), fact.text.zh
    assert not re.search(r"[\u4e00-\u9fff]", fact.text.en), fact.text.en
    assert placeholders(fact.text.zh, "zh") == placeholders(fact.text.en, "en")
    assert 400 <= problems.status_of(fact) <= 503
    families = [family for family in FAMILIES if issubclass(fact, family)]
    assert len(families) == 1 or fact in problems.STATUS, "a refusal of one family, or named with its status"


@lru_cache
def calls_by_name() -> dict[str, list[ast.Call]]:
    """Every call in our source by the last word of what is called; `super().__init__` by its class."""
    found = defaultdict(list)
    for path, tree in trees("app").items():
        for call in calls(tree):
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            found[name].append(call)
        for owner in (node for node in nodes(tree) if isinstance(node, ast.ClassDef)):
            module = ".".join(path.with_suffix("").parts)
            found[f"{module}.{owner.name}"] += [c for c in calls(owner) if getattr(c.func, "attr", "") == "__init__"]
    return found


@pytest.mark.parametrize(
    "fact",
    [fact for fact in FACTS if placeholders(fact.text.zh) and "message" not in vars(fact)],
    ids=lambda fact: fact.code,
)
def test_a_refusal_is_always_raised_with_its_figures(fact: type[DomainError]) -> None:
    needed = placeholders(fact.text.zh) | placeholders(fact.text.en)
    has_own = "__init__" in vars(fact)
    raised = calls_by_name()[f"{fact.__module__}.{fact.__name__}" if has_own else fact.__name__]

    assert raised, "nobody raises it"
    for call in raised:
        given = {keyword.arg for keyword in call.keywords}
        assert None in given or needed <= given, f"{ast.unparse(call)} lacks {needed - given}"
