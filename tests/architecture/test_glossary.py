"""Every kind of row has its word in the glossary, with the Chinese term beside it."""

import importlib
import inspect
import re

import pytest
from tortoise.models import Model

from config.database import MODELS
from tests.architecture.reading_source import PROJECT, dotted, trees

GLOSSARY = PROJECT / "docs" / "glossary.md"


def rows() -> set[str]:
    """The name of every kind of row: `CreditLot`."""
    return {
        name
        for module in MODELS
        for name, model in inspect.getmembers(importlib.import_module(module), inspect.isclass)
        if issubclass(model, Model) and model.__module__ == module
    }


def entries() -> list[tuple[str, str]]:
    """Word and Chinese term of every line of the glossary's tables."""
    cells = [line.split("|") for line in GLOSSARY.read_text("utf-8").splitlines() if line.startswith("|")]
    return [(line[1].lower(), line[2]) for line in cells if len(line) > 3 and not set(line[1]) <= set("- :")]


@pytest.mark.parametrize("name", sorted(rows()))
def test_every_kind_of_row_has_its_word(name: str) -> None:
    """By its last word: a `CreditLot` is a lot, a `SignInAttempt` an attempt."""
    word = re.findall(r"[A-Z][a-z]+", name)[-1].lower()

    terms = [term for words, term in entries() if re.search(rf"\b{word}(s|es)?\b", words)]
    assert terms, f"no line for {word} ({name})"
    assert any(re.search(r"[\u4e00-\u9fff]", term) for term in terms)


def test_every_room_with_tables_is_known_to_the_database() -> None:
    rooms = {dotted(path) for path in trees("app") if path.name == "models.py"}

    assert rooms == set(MODELS)
