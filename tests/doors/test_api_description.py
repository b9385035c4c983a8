"""The API's description is whole: every operation has its name, its example and its refusals, and the page shows them."""

from typing import Any

import msgspec
import pytest
from litestar import Litestar

from app.scenarios import ScenarioKind
from app.views.certificates.record_form import Record
from app.web.kit.responses.problems import catalogue
from tests.doors.conftest import PAGE, Door

VERBS = ("get", "post", "put", "patch", "delete")


@pytest.fixture(scope="session")
def description(application: Litestar) -> dict[str, Any]:
    return application.openapi_schema.to_schema()


def operations(description: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (verb, path, one) for path, item in description["paths"].items() for verb, one in item.items() if verb in VERBS
    ]


def misfits(value: Any, schema: dict[str, Any], schemas: dict[str, Any], at: str = "$") -> list[str]:  # noqa: PLR0911 - a table
    """Where a value is not of a schema: the part of JSON Schema that our documents use."""
    if "$ref" in schema:
        return misfits(value, schemas[schema["$ref"].removeprefix("#/components/schemas/")], schemas, at)
    if "oneOf" in schema:
        fits = [one for one in schema["oneOf"] if not misfits(value, one, schemas, at)]
        return [] if fits else [f"{at}: {value!r} is none of the choices"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{at}: {value!r} is no member"]
    kind = {
        "string": str, "number": (int, float), "integer": int, "boolean": bool, "array": list, "object": dict,
        "null": type(None),
    }  # fmt: skip
    if "type" in schema and not isinstance(value, kind[schema["type"]]):
        return [f"{at}: {value!r} is no {schema['type']}"]
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        return [fault for one in value for fault in misfits(one, schema["items"], schemas, f"{at}[]")]
    if isinstance(value, dict) and "properties" in schema:
        properties = schema["properties"]
        # The library leaves a null of an example out.
        named = [name for name in schema.get("required", ()) if misfits(None, properties[name], schemas)]
        faults = [f"{at}: {name} is missing" for name in named if name not in value]
        faults += [f"{at}: {name} is unknown" for name in value if name not in properties]
        return faults + [
            fault
            for name, one in value.items()
            if name in properties
            for fault in misfits(one, properties[name], schemas, f"{at}.{name}")
        ]
    return []


def test_every_api_route_is_described_under_a_name_of_its_own(
    application: Litestar, description: dict[str, Any]
) -> None:
    served = {
        (method.lower(), route.path_format)
        for route in application.routes
        if route.path.startswith("/api/")
        for method in route.methods - {"OPTIONS"}
    }
    told = {(verb, path) for verb, path, _ in operations(description)}
    assert served <= told
    names = [one["operationId"] for _, _, one in operations(description)]
    assert len(names) == len(set(names))
    for verb, path, one in operations(description):
        assert one["operationId"][0].islower() and one["operationId"].isalnum(), path
        assert len(one["summary"]) > 8, (verb, path)
        assert one["description"].strip(), (verb, path)
        assert one["tags"], (verb, path)


def test_every_answer_has_a_type_and_an_example_that_fits_it(description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"]
    for verb, path, one in operations(description):
        good = {status: answer for status, answer in one["responses"].items() if status < "300"}
        assert good, (verb, path)
        for answer in good.values():
            content = answer.get("content", {}).get("application/json")
            if content is None:
                continue  # a file, or nothing
            assert content["schema"], (verb, path)
            examples = content.get("examples")
            assert examples, (verb, path)
            for example in examples.values():
                assert not misfits(example["value"], content["schema"], schemas), (verb, path)


def test_every_refusal_is_a_problem_document_with_known_codes(description: dict[str, Any]) -> None:
    known = {entry.code: entry.status for entry in catalogue()}
    for verb, path, one in operations(description):
        refusals = {status: answer for status, answer in one["responses"].items() if status >= "400"}
        if one.get("security"):
            assert "401" in refusals, (verb, path)
        if one.get("parameters") or one.get("requestBody"):
            assert "400" in refusals, (verb, path)
        for status, answer in refusals.items():
            if (path, status) == ("/api/v1/scenes/{code}", "410"):
                continue  # a closed scene with its results
            assert list(answer["content"]) == ["application/problem+json"], (verb, path, status)
            for code in answer["description"].split(", "):
                assert known[code] == int(status), (verb, path, code)


def test_what_needs_a_session_and_what_needs_a_key_says_so(description: dict[str, Any]) -> None:
    secured = {one["operationId"] for _, _, one in operations(description) if one.get("security")}
    assert secured >= {"placeOrder", "getOrder", "payOrder", "cancelOrder", "listCertificates", "getCertificateFile"}
    keyed = {
        one["operationId"]
        for _, _, one in operations(description)
        for parameter in one.get("parameters", [])
        if parameter["name"] == "Idempotency-Key" and parameter["required"]
    }
    assert keyed >= {"placeOrder", "payOrder"}


def test_the_document_is_sound_in_itself(description: dict[str, Any]) -> None:
    assert description["openapi"].startswith("3.1")
    schemas = description["components"]["schemas"]

    def references(value: Any) -> list[str]:
        if isinstance(value, dict):
            own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
            return own + [found for entry in value.values() for found in references(entry)]
        return [found for entry in value for found in references(entry)] if isinstance(value, list) else []

    for reference in references(description["paths"]) + references(schemas):
        assert reference.removeprefix("#/components/schemas/") in schemas
    for name, schema in schemas.items():
        assert set(schema.get("required", ())) <= set(schema.get("properties", ())), name
    for verb, path, one in operations(description):
        wanted = set(path.replace("}", "{").split("{")[1::2])
        given = {parameter["name"] for parameter in one.get("parameters", []) if parameter["in"] == "path"}
        assert given == wanted, (verb, path)


def test_every_refusal_shows_an_example_of_each_of_its_codes(description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"]
    for verb, path, one in operations(description):
        for status, answer in one["responses"].items():
            content = answer.get("content", {}).get("application/problem+json")
            if status < "400" or content is None or not content.get("examples"):
                assert status < "400" or (path, status) == ("/api/v1/scenes/{code}", "410") or status in {"400", "500"}
                continue
            told = [example["value"]["code"] for example in content["examples"].values()]
            assert told == answer["description"].split(", "), (verb, path, status)
            for example in content["examples"].values():
                assert not misfits(example["value"], content["schema"], schemas), (verb, path, status)
                assert example["value"]["status"] == int(status)


def test_a_form_that_takes_no_other_field_says_so(description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"]

    def forms(schema: dict[str, Any]) -> list[str]:
        """The names of this schema and of all that it holds."""
        found: list[str] = []
        for value in schema.values():
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, dict):
                    found += forms(one)
        if isinstance(reference := schema.get("$ref"), str):
            name = reference.removeprefix("#/components/schemas/")
            found += [name, *forms(schemas[name])]
        return found

    asked = [one["requestBody"] for *_, one in operations(description) if "requestBody" in one]
    # What is no JSON is an upload, which takes a file under its name and reads nothing else.
    bodies = [told["schema"] for body in asked if (told := body["content"].get("application/json"))]
    names = {name for body in bodies for name in forms(body) if schemas[name].get("type") == "object"}
    assert len(names) >= 6
    assert [name for name in sorted(names) if schemas[name].get("additionalProperties") is not False] == []


INTEGERS = {
    "mass_text": ("grams", "mass_g"),
    "emission_text": ("emission_grams",),
    "amount_text": ("amount_minor",),
    "price_text": ("amount_minor",),
    "collected_text": ("collected_grams",),
    "left_text": ("left_grams",),
    "gift_text": ("gift_grams",),
    "rest_text": ("rest_grams",),
    "buys_text": ("buys_grams",),
    "rest_buys_text": ("rest_buys_grams",),
    "rest_price_text": ("rest_minor",),
}
"""A figure in words, and the integer it stands beside."""


def test_no_figure_is_told_in_words_or_as_a_fraction_without_its_integer(description: dict[str, Any]) -> None:
    def fractions(value: Any, at: str) -> list[str]:
        if isinstance(value, list):
            return [found for one in value for found in fractions(one, at)]
        if not isinstance(value, dict):
            return []
        own = [at] if value.get("type") == "number" else []
        return own + [found for name, one in value.items() for found in fractions(one, f"{at}/{name}")]

    told = set()
    for name, schema in description["components"]["schemas"].items():
        for field, one in schema.get("properties", {}).items():
            if field.endswith("_text"):
                beside = {schema["properties"].get(integer, {}).get("type") for integer in INTEGERS[field]}
                assert "integer" in beside, (name, field)
                told.add(field)
            if field.endswith(("_minor", "grams", "_g")):
                assert one.get("type", "integer") == "integer", (name, field)  # without a type: or null
            if field.endswith("_minor"):
                assert "currency" in schema["properties"], (name, field)
    assert told == INTEGERS.keys()
    found = {one for part in ("components", "paths") for one in fractions(description[part], "")}
    assert found == {
        "/schemas/OrderForm/properties/km",
        "/schemas/CollectForm/properties/km",
        "/schemas/VisitForm/properties/km",
    }


def test_every_amount_stands_with_its_currency_and_its_text(description: dict[str, Any]) -> None:
    for name, schema in description["components"]["schemas"].items():
        fields = set(schema.get("properties", ()))
        if "amount_minor" in fields and name.endswith(("View", "Estimate")):
            assert "currency" in fields, name
            assert fields & {"amount_text", "price_text"}, name


async def test_every_code_has_its_page_and_the_list_has_every_code(door: Door) -> None:
    # Facts that other tests make are left out: the collector takes them away whenever it likes.
    entries = [entry for entry in catalogue() if not entry.code.startswith("KITTEST")]
    async with door.caller() as anybody:
        items = (await anybody.get("/api/v1/errors")).json()["items"]
        assert [item["code"] for item in items if not item["code"].startswith("KITTEST")] == [
            entry.code for entry in entries
        ]
        page = (await anybody.get("/errors", headers=PAGE)).text
        assert all(f'id="{entry.code}"' in page for entry in entries)
        unknown = (await anybody.get("/api/v1/scenes/ZZZZZZ")).json()
        one = await anybody.get(unknown["type"], headers=PAGE)
        assert (one.status_code, unknown["code"] in one.text) == (200, True)
        assert (await anybody.get("/errors/NO_SUCH_CODE", headers=PAGE)).status_code == 404


async def test_no_sentence_holds_the_name_of_a_field(door: Door) -> None:
    async with door.guest() as citizen:
        for changed in ({"km": "x"}, {"mode": 7}, {"name": "长" * 81}, {"scene": "x"}, {"extra_field": 1}):
            for language in ("zh-CN", "en"):
                citizen.headers["accept-language"] = language
                refused = (await citizen.order(door.live, **changed)).json()
                (name,) = changed
                assert refused["detail"]["field"] == f"/{name}"
                sentences = [refused["message"], *(error["message"] for error in refused["errors"])]
                assert not any(name in sentence for sentence in sentences), sentences


async def test_every_record_is_of_the_form_that_the_description_tells(door: Door, description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"]
    async with door.guest() as citizen:
        certificate_id = await door.paid((await citizen.order(door.live)).json()["id"])
        mine = (await citizen.get(f"/api/v1/certificates/{certificate_id}")).json()
        found = (await citizen.get(f"/api/v1/verify/{mine['verify_code']}")).json()
    assert found["record"] == mine["record"]
    read = msgspec.convert(found["record"], Record)
    assert (read.mass_g, read.lines[0].mass_g, read.kind) == (mine["grams"], mine["grams"], "honorary")
    for view in ("CertificateView", "VerifiedView"):
        assert schemas[view]["properties"]["record"] == {"$ref": "#/components/schemas/Record"}
    for view in ("SceneView", "CaseView"):
        kind = schemas[view]["properties"]["kind"]["$ref"].removeprefix("#/components/schemas/")
        assert schemas[kind]["enum"] == [one.value for one in ScenarioKind]
    assert set(schemas["Record"]["properties"]["kind"]["enum"]) == {"honorary", "statement"}
    known = schemas["Record"]["properties"].keys()
    assert found["record"].keys() <= known, found["record"].keys() - known
    assert found["record"]["lines"][0].keys() == schemas["RecordLine"]["properties"].keys()
