"""Every kind of row has its word in the glossary, with the Chinese term beside it."""

import importlib
import inspect
import re

from tortoise.models import Model

from config.database import MODELS
from tests.architecture.reading_source import PROJECT

GLOSSARY = PROJECT / "docs" / "glossary.md"


def tables() -> dict[str, str]:
    """Every table by its model's name."""
    return {
        name: model._meta.db_table or model.Meta.table
        for module in MODELS
        for name, model in inspect.getmembers(importlib.import_module(module), inspect.isclass)
        if issubclass(model, Model) and model.__module__ == module
    }


def test_every_table_is_in_the_glossary() -> None:
    assert GLOSSARY.exists(), "docs/glossary.md is not written yet"
    text = GLOSSARY.read_text("utf-8")

    missing = {table for name, table in tables().items() if not re.search(rf"\b({table}|{name})\b", text)}
    assert not missing


def test_every_room_with_tables_is_known_to_the_database() -> None:
    rooms = {f"app.{path.parent.name}.models" for path in (PROJECT / "app").glob("*/models.py")}

    assert rooms == set(MODELS)
