"""Whatever somebody can type is decided on: sealed, or kept in clear for a reason that stands in `typed.toml`.

What there is to decide comes from the API's description, the templates and the database, so that a field, an input or a
column that is new fails here until it stands in the list.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from app.gateways.database import fetch
from tests.architecture.reading_source import PROJECT
from tests.doors.conftest import Door
from tests.doors.test_typed_words_are_sealed import WORDS

DECIDED: Final = tomllib.loads(Path(__file__).with_name("typed.toml").read_text("utf-8"))
TEMPLATES: Final = PROJECT / "app/web/templates"
ELSEWHERE: Final = frozenset(["openid", "avatar", "agreement"])
"""Words that are planted in other tests: what WeChat tells and a picture in tests/rooms/foundation/privacy, the file of an
agreement in tests/rooms/programmes/donations."""
COLUMNS: Final = """
    SELECT CASE n.nspname WHEN 'public' THEN '' ELSE n.nspname || '.' END || c.relname || '.' || a.attname AS name,
           format_type(a.atttypid, NULL) AS type
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped
      AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname NOT IN ('information_schema', 'laid')
      AND format_type(a.atttypid, NULL) ~ '^(text|character|json|bytea|inet|xml|hstore|citext)'"""
_CALL: Final = re.compile(r"\b(?:field|text_area)\(\s*((?:[^,()\n]|\([^()]*\))+),([^\n]*)")
_TAG: Final = re.compile(r"<(?:input|textarea)\b([^>]*)>")
_NOT_TYPED: Final = frozenset(["hidden", "checkbox", "radio", "submit", "date", "datetime-local"])
_SHAPES: Final = frozenset(["uuid", "date", "date-time", "binary"])


def listed(what: str) -> list[str]:
    """Everything that the list decides on: columns, inputs or fields."""
    found: list[str] = []
    for group in DECIDED["kept"]:
        for line in group.get(what, ()):
            if what == "fields":
                found.append(line)
                continue
            for part in line.split("; "):
                place, _, names = part.partition(": ")
                found += [f"{place}.{name}" if what == "columns" else f"{place} {name}" for name in names.split(" ")]
    return found + list(DECIDED["sealed"].get(what, ()))


def typed_fields(description: Mapping[str, Any]) -> set[str]:
    """Every field of a body that takes a text of one's own: not a choice, a date or an id."""
    schemas, seen, found = description["components"]["schemas"], set[str](), set[str]()
    bodies = [
        (body["schema"], operation["operationId"])
        for operations in description["paths"].values()
        for operation in operations.values()
        for body in operation.get("requestBody", {}).get("content", {}).values()
    ]
    while bodies:
        schema, name = bodies.pop()
        if "$ref" in schema:
            reference = schema["$ref"].rpartition("/")[2]
            if reference not in seen:
                seen.add(reference)
                bodies.append((schemas[reference], reference.rpartition(".")[2]))
        elif not {"enum", "const"} & schema.keys():
            if _is_text(schema):
                found.add(name)
            bodies += _parts(schema, name)
    return found


def _is_text(schema: Mapping[str, Any]) -> bool:
    kind = schema.get("type")
    return "string" in (kind if isinstance(kind, list) else [kind]) and schema.get("format") not in _SHAPES


def _parts(schema: Mapping[str, Any], name: str) -> Iterator[tuple[Mapping[str, Any], str]]:
    for which in ("oneOf", "anyOf", "allOf"):
        yield from ((one, name) for one in schema.get(which, ()))
    yield from ((one, f"{name}.{key}") for key, one in schema.get("properties", {}).items())
    if "items" in schema:
        yield schema["items"], f"{name}[]"
    if isinstance(schema.get("additionalProperties"), dict):
        yield schema["additionalProperties"], f"{name}{{}}"


def typed_inputs() -> Iterator[str]:
    """Every input of a page that takes a text, a number or a file: `template: name`, without blanks."""
    for file in sorted(TEMPLATES.rglob("*.html")):
        place, text = file.relative_to(TEMPLATES).as_posix(), file.read_text("utf-8")
        if place == "kit/forms.html":
            continue  # the macros themselves
        for call in _CALL.finditer(text):
            if (kind := re.search(r'type="([^"]+)"', call[2])) is None or kind[1] not in _NOT_TYPED:
                yield f"{place} {_plain(call[1])}"
        for tag in _TAG.finditer(text):
            name, kind = re.search(r'\bname="([^"]+)"', tag[1]), re.search(r'\btype="([^"]+)"', tag[1])
            if name and (kind is None or kind[1] not in _NOT_TYPED):
                yield f"{place} {_plain(name[1])}"


def _plain(name: str) -> str:
    bare = name.strip()
    return bare[1:-1] if re.fullmatch(r'"\w+"', bare) else re.sub(r"\s", "", bare)


def test_every_field_of_the_api_is_sealed_or_has_its_reason(door: Door) -> None:
    wanted = typed_fields(door.app.openapi_schema.to_schema())
    assert "TakeBackForm.reason" in wanted and len(wanted) > 80
    assert sorted(wanted - set(listed("fields"))) == [], "decide on it in typed.toml"
    assert sorted(set(listed("fields")) - wanted) == []


def test_every_input_of_a_page_is_sealed_or_has_its_reason() -> None:
    wanted = set(typed_inputs())
    assert "operator/bank/transfers.html payer_name" in wanted and len(wanted) > 120
    assert sorted(wanted - set(listed("inputs"))) == [], "decide on it in typed.toml"
    assert sorted(set(listed("inputs")) - wanted) == []


async def test_every_column_that_can_hold_a_text_is_sealed_or_has_its_reason(database: object) -> None:
    wanted = {row["name"] for row in await fetch(COLUMNS)}
    assert len(wanted) > 500
    assert sorted(wanted - set(listed("columns"))) == [], "decide on it in typed.toml"
    assert sorted(set(listed("columns")) - wanted) == []


@pytest.mark.parametrize("what", ["columns", "fields", "inputs"])
def test_nothing_is_decided_twice_and_nothing_without_a_reason(what: str) -> None:
    found = listed(what)
    assert sorted({one for one in found if found.count(one) > 1}) == []
    assert all(len(group["because"]) > 20 for group in DECIDED["kept"])


async def test_what_is_sealed_is_bytes_and_whatever_is_called_sealed_is_among_it(database: object) -> None:
    (group,) = [one for one in DECIDED["kept"] if one["as"] == "sealed"]
    sealed = {
        f"{table}.{name}"
        for line in group["columns"]
        for table, _, names in (part.partition(": ") for part in line.split("; "))
        for name in names.split(" ")
    }
    types = {row["name"]: row["type"] for row in await fetch(COLUMNS)}
    assert {types[name] for name in sealed} == {"bytea"}
    assert {name for name in types if name.endswith("sealed")} <= sealed


def test_every_word_that_names_or_reaches_a_person_is_planted() -> None:
    named = {word for fields in DECIDED["sealed"].values() for word in fields.values()}
    assert sorted(named - set(WORDS) - ELSEWHERE) == []
    assert sorted(ELSEWHERE - named) == []
