"""Whatever goes wrong, the caller reads one kind of document, in both languages, and no more than is good to know."""

import importlib
import json
import pkgutil
from typing import Annotated, ClassVar

import msgspec
import pytest
from asyncpg.exceptions import (
    AdminShutdownError,
    CharacterNotInRepertoireError,
    ConnectionDoesNotExistError,
    DeadlockDetectedError,
    DiskFullError,
    InterfaceError,
    LockNotAvailableError,
    SerializationError,
    UndefinedTableError,
)
from litestar import get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.testing import AsyncTestClient
from structlog.testing import capture_logs
from tortoise.exceptions import OperationalError

import app
from app.kernel import errors as kernel
from app.kernel.errors import Conflict, Unavailable
from app.kernel.text import Text
from app.views import errors
from app.web.kit import assembling
from app.web.kit.responses import problems


class PoolEmpty(Conflict):
    """For these tests only."""

    code = "kittest.pool_empty"
    text = Text(zh="已领完，剩 {open_g} 克", en="All gone, {open_g} g left")


class Line(msgspec.Struct, forbid_unknown_fields=True):
    grams: Annotated[int, msgspec.Meta(ge=1, le=1000)]
    tags: Annotated[list[str], msgspec.Meta(max_length=2)] = []


class Form(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(max_length=5)]
    lines: list[Line]


class Raises:
    """What the handler raises next."""

    next: ClassVar[Exception] = Exception()


@get("/api/v1/fault")
async def fault() -> None:
    raise Raises.next


@get("/page/{code:str}")
async def page(code: FromPath[str]) -> None:
    raise Raises.next


@post("/api/v1/forms")
async def take(data: JSONBody[Form]) -> Form:
    return data


@get("/api/v1/list")
async def listed(limit: Annotated[int, QueryParameter(ge=1, le=100)]) -> int:
    return limit


def client(**state):
    return AsyncTestClient(
        assembling.assemble([fault, page, take, listed], version="1", hosts=["*"], is_secure=False, state=state)
    )


async def told(exc: Exception, path="/api/v1/fault", **headers):
    Raises.next = exc
    async with client() as browser:
        return await browser.get(path, headers=headers)


async def test_a_fact_becomes_a_problem_document_with_all_its_members():
    answer = await told(PoolEmpty(open_g=7, field="/scenario"), **{"accept-language": "en-GB"})

    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body.pop("request_id") == answer.headers["x-request-id"]
    assert body == {
        "type": "/errors/KITTEST_POOL_EMPTY",
        "title": "Kittest pool empty",
        "status": 409,
        "instance": "/api/v1/fault",
        "code": "KITTEST_POOL_EMPTY",
        "message": "All gone, 7 g left",
        "detail": {"field": "/scenario", "issue": "pool_empty", "location": "body"},
        "errors": [],
    }


async def test_a_problem_speaks_the_readers_language():
    answer = await told(PoolEmpty(open_g=7), **{"accept-language": "zh-CN,zh;q=0.9"})

    assert answer.json()["message"] == "已领完，剩 7 克"
    assert answer.headers["content-language"] == "zh-CN"


@pytest.mark.parametrize(
    ("family", "status"),
    [
        (kernel.NotFound, 404), (kernel.Gone, 410), (kernel.Conflict, 409), (kernel.RuleBroken, 422),
        (kernel.Invalid, 400), (kernel.Unauthenticated, 401), (kernel.Forbidden, 403), (kernel.TooMany, 429),
    ],
)  # fmt: skip
async def test_each_family_has_its_status(family, status):
    fact = type("Fact", (family,), {"code": f"kittest.fact_{status}", "text": Text(zh="甲", en="A")})

    assert (await told(fact(retry_after_s=3))).status_code == status


async def test_waiting_is_told_in_the_header():
    fact = type("Fast", (kernel.TooMany,), {"code": "kittest.fast", "text": Text(zh="慢", en="Slow")})

    assert (await told(fact(retry_after_s=3))).headers["retry-after"] == "3"


@pytest.mark.parametrize(
    ("body", "field", "issue"),
    [
        ({"name": "abc"}, "/lines", "missing"),
        ({"name": "abcdef", "lines": []}, "/name", "too_long"),
        ({"name": "abc", "lines": [{"grams": 1}, {"grams": 0}]}, "/lines/1/grams", "too_small"),
        ({"name": "abc", "lines": [{"grams": 2**70}]}, "/lines/0/grams", "too_large"),
        ({"name": "abc", "lines": [{"grams": "1"}]}, "/lines/0/grams", "type"),
        ({"name": "abc", "lines": [{"grams": True}]}, "/lines/0/grams", "type"),
        ({"name": "abc", "lines": [{"grams": 1.0}]}, "/lines/0/grams", "type"),
        ({"name": "abc", "lines": [{"grams": 1, "a/b~c": 2}]}, "/lines/0/a~1b~0c", "unknown"),
        ({"name": "abc", "lines": [{"grams": 1, "tags": ["a", "b", "c"]}]}, "/lines/0/tags", "too_many"),
        ([], None, "type"),
    ],
)
async def test_a_wrong_field_is_named_by_its_pointer(body, field, issue):
    async with client() as browser:
        answer = await browser.post("/api/v1/forms", json=body)

    assert answer.status_code == 400
    assert answer.json()["code"] == "REQUEST_INVALID"
    assert answer.json()["detail"] == {"field": field, "issue": issue, "location": "body"}


async def test_a_wrong_field_is_told_in_both_languages():
    async with client() as browser:
        body = {"name": "abcdef", "lines": []}
        zh = await browser.post("/api/v1/forms", json=body)
        en = await browser.post("/api/v1/forms?lang=en", json=body)

    assert zh.json()["message"] == "填写的内容有误：最多 5 个字符。"
    assert en.json()["message"] == "Something in the request is wrong: at most 5 characters."
    assert en.json()["errors"][0]["message"] == "at most 5 characters"


@pytest.mark.parametrize(("query", "issue"), [("?limit=0", "too_small"), ("?limit=x", "type"), ("", "missing")])
async def test_a_wrong_query_parameter_is_named(query, issue):
    async with client() as browser:
        answer = await browser.get("/api/v1/list" + query)

    assert answer.status_code == 400
    assert answer.json()["detail"] == {"field": "/limit", "issue": issue, "location": "query"}


async def test_what_is_not_json_says_where():
    async with client() as browser:
        answer = await browser.post("/api/v1/forms", content=b'{"name": }')

    assert answer.status_code == 400
    assert answer.json()["code"] == "REQUEST_JSON_MALFORMED"
    assert "9" in answer.json()["message"]


async def test_an_unknown_address_and_a_wrong_method_are_problems_too():
    async with client() as browser:
        missing, wrong = await browser.get("/nowhere"), await browser.put("/api/v1/list")

    assert (missing.status_code, missing.json()["code"]) == (404, "REQUEST_NOT_FOUND")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "REQUEST_METHOD_REFUSED")
    assert "content-security-policy" in missing.headers


def wrapped(cause: Exception) -> OperationalError:
    """As Tortoise hands on what asyncpg raised."""
    outer = OperationalError(cause)
    outer.__cause__ = cause
    return outer


@pytest.mark.parametrize(
    ("exc", "status", "code"),
    [
        (SerializationError(), 503, "SERVICE_BUSY"),
        (DeadlockDetectedError(), 503, "SERVICE_BUSY"),
        (LockNotAvailableError(), 503, "SERVICE_BUSY"),
        (wrapped(DeadlockDetectedError()), 503, "SERVICE_BUSY"),
        (ConnectionDoesNotExistError(), 503, "SERVICE_BUSY"),
        (AdminShutdownError(), 503, "SERVICE_BUSY"),
        (DiskFullError(), 503, "SERVICE_BUSY"),
        (InterfaceError("connection is closed"), 503, "SERVICE_BUSY"),
        (ConnectionRefusedError(), 503, "SERVICE_BUSY"),
        (TimeoutError(), 503, "SERVICE_BUSY"),
        (OSError(28, "No space left on device"), 503, "SERVICE_BUSY"),
        (Unavailable(), 503, "SERVICE_UNAVAILABLE"),
        (CharacterNotInRepertoireError(), 400, "REQUEST_CHARACTER_REFUSED"),
        (RecursionError(), 400, "REQUEST_TOO_DEEP"),
        (UndefinedTableError(), 500, "SERVICE_FAILED"),
        (InterfaceError("another operation is in progress"), 500, "SERVICE_FAILED"),
        (FileNotFoundError(2, "No such file"), 500, "SERVICE_FAILED"),
        (KeyError("x"), 500, "SERVICE_FAILED"),
    ],
)
async def test_trouble_below_is_sorted_by_what_the_caller_can_do(exc, status, code):
    answer = await told(exc)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert ("retry-after" in answer.headers) == (status == 503)


async def test_a_fault_of_ours_is_opaque_and_logged_once_with_its_request_id():
    with capture_logs() as lines:
        answer = await told(KeyError("openid oSecret"))

    failed = [line for line in lines if line["event"] == "request.failed"]
    assert len(failed) == 1
    assert failed[0]["request_id"] == answer.json()["request_id"]
    assert "oSecret" not in answer.text
    assert "KeyError" not in answer.text


async def test_a_refusal_is_not_logged_as_a_failure():
    with capture_logs() as lines:
        await told(PoolEmpty(open_g=1))

    assert [line["event"] for line in lines] == ["request.done"]


async def test_a_browser_gets_a_page_and_the_api_never_does():
    def render(view, language):
        return f"<h1>{view.problem.code} {language} {view.facts['open_g']}</h1>".encode()

    Raises.next = PoolEmpty(open_g=5)
    async with client(render_problem=render) as browser:
        html = await browser.get("/page/x", headers={"accept": "text/html,*/*", "accept-language": "en"})
        api = await browser.get("/api/v1/fault", headers={"accept": "text/html,*/*"})

    assert html.status_code == 409
    assert html.text == "<h1>KITTEST_POOL_EMPTY en 5</h1>"
    assert html.headers["content-type"].startswith("text/html")
    assert api.headers["content-type"] == "application/problem+json"


def test_every_fact_of_the_house_has_a_code_both_texts_and_one_status():
    for module in pkgutil.iter_modules(app.__path__):
        if module.ispkg and any(
            part.name == "errors" for part in pkgutil.iter_modules([f"{app.__path__[0]}/{module.name}"])
        ):
            importlib.import_module(f"app.{module.name}.errors")

    entries = [entry for entry in problems.catalogue() if not entry.code.startswith("KITTEST")]

    assert len(entries) > 20
    assert len({entry.code for entry in entries}) == len(entries)
    for entry in entries:
        assert entry.code == entry.code.upper()
        assert entry.text.zh
        assert entry.text.en
        assert entry.text.zh != entry.text.en
        assert 400 <= entry.status <= 503


def test_the_catalogue_can_be_told_as_json():
    assert json.loads(msgspec.json.encode(problems.catalogue()))


def test_a_handlers_refusals_stand_in_its_description():
    specs = problems.documented(PoolEmpty, errors.KeyInProgress, errors.KeyReused)

    assert {status: spec.description for status, spec in specs.items()} == {
        409: "KITTEST_POOL_EMPTY, IDEMPOTENCY_IN_PROGRESS",
        422: "IDEMPOTENCY_KEY_REUSED",
    }
