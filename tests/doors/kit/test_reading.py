"""Bodies, forms and queries reach a handler strict, shallow, without NUL and in NFC."""

import contextlib
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
import pytest
from litestar import Request, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromQuery, JSONBody, MultipartBody, URLEncodedBody
from litestar.testing import AsyncTestClient

from app.views import decoding, errors
from app.web.kit import assembling
from tests import effort

NFD = "café"
NFC = "café"


class Name(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    n: Annotated[int, msgspec.Meta(ge=0, le=9)] = 0


class Upload(msgspec.Struct):
    name: str
    file: UploadFile


@post("/json")
async def take_json(data: JSONBody[Name]) -> Name:
    return data


@post("/any")
async def take_any(request: Request[Any, Any, Any]) -> Any:
    return await request.json()


@post("/form")
async def take_form(data: URLEncodedBody[Name]) -> Name:
    return data


@post("/upload")
async def take_upload(data: MultipartBody[Upload]) -> list[str]:
    return [data.name, (await data.file.read()).hex()]


@post("/by-hand")
async def take_by_hand(request: Request[Any, Any, Any]) -> dict[str, Any]:
    return dict(await request.form())


@post("/callback")
async def callback(request: Request[Any, Any, Any]) -> str:
    return (await request.body()).hex()


@get("/search")
async def search(q: FromQuery[str]) -> str:
    return q


def client():
    doors = [take_json, take_any, take_form, take_upload, take_by_hand, callback, search]
    return AsyncTestClient(assembling.assemble(doors, version="1", hosts=["*"], is_secure=False, state={}))


async def posted(path: str, content: bytes, kind: str = "application/json"):
    async with client() as browser:
        return await browser.post(path, content=content, headers={"content-type": kind})


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


async def test_thirty_two_levels_are_read_and_thirty_three_are_not():
    assert (await posted("/any", nested(32))).status_code == 201
    refused = await posted("/any", nested(33))

    assert (refused.status_code, refused.json()["code"]) == (400, "REQUEST_TOO_DEEP")


async def test_a_bomb_of_brackets_is_refused_and_never_a_500():
    refused = await posted("/json", b'{"name":' + nested(100_000) + b"}")

    assert (refused.status_code, refused.json()["code"]) == (400, "REQUEST_TOO_DEEP")


async def test_brackets_in_a_text_are_no_depth():
    answer = await posted("/json", msgspec.json.encode({"name": '["{' * 50 + "\\"}))

    assert answer.status_code == 201


@pytest.mark.parametrize("filler", [b'"\\', b'\\"', b'["', b'"[', b'"\\\\"['])
def test_measuring_depth_takes_linear_time(filler):
    body = filler * (256 * 1024 // len(filler))

    assert (
        effort.pieces(lambda: decoding.depth(body)) < 200
    )  # looked at once for each byte it would be a hundred thousand


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"name": "a\\u0000b"}', "/name"),
        (b'{"name": "a", "x": [1, {"y": "\\u0000"}]}', "/x/1/y"),
        (b'{"na\\u0000me": "a"}', None),
    ],
)
async def test_a_nul_is_refused_and_its_field_named(body, field):
    refused = await posted("/json", body)

    assert (refused.status_code, refused.json()["code"]) == (400, "REQUEST_CHARACTER_REFUSED")
    assert refused.json()["detail"]["field"] == field


async def test_the_letters_of_an_escape_are_no_nul():
    answer = await posted("/json", b'{"name": "a\\\\u0000b"}')

    assert answer.json()["name"] == "a\\u0000b"


@pytest.mark.parametrize("body", [f'{{"name": "{NFD}"}}'.encode(), b'{"name": "cafe\\u0301"}'])
async def test_a_text_arrives_composed(body):
    assert (await posted("/json", body)).json()["name"] == NFC


@pytest.mark.parametrize(
    "body", [b'{"name": "\xff"}', b'{"name": "\\ud800"}', b'{"name": NaN}', b"", b"\xef\xbb\xbf{}"]
)
async def test_what_no_text_can_hold_is_refused(body):
    assert (await posted("/json", body)).status_code == 400


@pytest.mark.parametrize("number", ['"1"', "true", "1.0", "1e0", str(2**70)])
async def test_a_number_is_a_number_and_in_range(number):
    refused = await posted("/json", b'{"name": "a", "n": ' + number.encode() + b"}")

    assert refused.status_code == 400
    assert refused.json()["detail"]["field"] == "/n"


async def test_a_form_is_guarded_like_json():
    kind = "application/x-www-form-urlencoded"
    composed = await posted("/form", b"name=cafe%CC%81&n=3", kind)
    refused = await posted("/form", b"name=a%00b", kind)

    assert composed.json() == {"name": NFC, "n": 3}
    assert (refused.status_code, refused.json()["detail"]["field"]) == (400, "/name")


async def test_a_form_read_by_hand_is_guarded_too():
    kind = "application/x-www-form-urlencoded"

    assert (await posted("/by-hand", b"name=cafe%CC%81", kind)).json() == {"name": NFC}
    assert (await posted("/by-hand", b"name=%00", kind)).status_code == 400


async def test_an_uploads_texts_are_guarded_and_its_bytes_are_not():
    async with client() as browser:
        answer = await browser.post("/upload", data={"name": NFD}, files={"file": ("a.bin", b"\0\1")})
        refused = await browser.post("/upload", data={"name": "\0"}, files={"file": ("a.bin", b"x")})

    assert answer.json() == [NFC, "0001"]
    assert (refused.status_code, refused.json()["detail"]["field"]) == (400, "/name")


async def test_a_callbacks_bytes_stay_as_they_came():
    body = b"subject=cafe%CC%81&x=%00"
    answer = await posted("/callback", body, "application/x-www-form-urlencoded")

    assert bytes.fromhex(answer.text) == body


async def test_a_query_is_guarded():
    async with client() as browser:
        composed = await browser.get("/search?q=cafe%CC%81&z=1")
        refused = await browser.get("/search?a=1&q=x%00")
        path = await browser.get("/sea%00rch")

    assert composed.text == NFC
    assert (refused.status_code, refused.json()["detail"]["field"]) == (400, "/q")
    assert path.status_code == 400


async def test_a_body_too_large_is_refused():
    refused = await posted("/json", b'{"name": "' + b"a" * 300_000 + b'"}')

    assert (refused.status_code, refused.json()["code"]) == (413, "REQUEST_TOO_LARGE")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"name": "a", "name": "b"}', "/name"),
        (b'{"name": "a", "n": 1, "n": 1}', "/n"),
        (b'{"name": "a", "n\\u0061me": "b", "na\\u006de": "c"}', "/name"),
        (b'{"outer": {"a": [1, {"b": 1, "c": 2, "b": 3}]}}', "/outer/a/1/b"),
        (b'[{"a": 1}, {"a": 1, "a": 1}]', "/1/a"),
        ('{"caf\u00e9": 1, "cafe\u0301": 2}'.encode(), "/caf\u00e9"),
    ],
)
async def test_a_name_that_stands_twice_in_one_object_is_refused_and_named(body, field):
    async with client() as browser:
        answer = await browser.post("/any", content=body, headers={"content-type": "application/json"})

    assert answer.status_code == 400
    assert answer.json()["code"] == "REQUEST_KEY_REPEATED"
    assert answer.json()["detail"]["field"] == field
    assert field.rpartition("/")[2] in answer.json()["message"]


async def test_a_name_may_stand_in_each_of_several_objects():
    body = b'{"a": {"b": 1}, "c": [{"b": 1}, {"b": 1}], "b": "\\"b\\": 1, \\"b\\": 2"}'
    async with client() as browser:
        answer = await browser.post("/any", content=body, headers={"content-type": "application/json"})

    assert answer.status_code == 201


async def test_looking_for_repeated_names_takes_no_longer_than_reading():
    bodies = [
        b"[" + b",".join(b'{"x":1,"y":2}' for _ in range(17_000)) + b"]",
        b"{" + b",".join(f'"k{number}":{number}'.encode() for number in range(17_000)) + b"}",
        b'{"a":1,"b":' + b"9" * 200_000 + b"}",
    ]

    def read(body: bytes) -> None:
        with contextlib.suppress(errors.Malformed, errors.JsonMalformed, msgspec.DecodeError):
            decoding.decode(body)

    for body in bodies:
        assert effort.pieces(lambda body=body: read(body)) < 50


@pytest.mark.parametrize(
    ("path", "body", "kind"),
    [
        ("/form", b"name=a&name=b", "application/x-www-form-urlencoded"),
        ("/form", b"name=a&n=1&name=a", "application/x-www-form-urlencoded"),
        ("/form", b"name=a&%6eame=", "application/x-www-form-urlencoded"),
        ("/by-hand", b"name=a&name=b", "application/x-www-form-urlencoded"),
        ("/upload", b"".join(
            b'--x\r\ncontent-disposition: form-data; name="name"\r\n\r\n' + value + b"\r\n" for value in (b"a", b"b")
        ) + b"--x--\r\n", "multipart/form-data; boundary=x"),
    ],
)  # fmt: skip
async def test_a_field_that_stands_twice_in_one_form_is_refused_and_named(path, body, kind):
    refused = await posted(path, body, kind)

    assert (refused.status_code, refused.json()["code"]) == (400, "REQUEST_KEY_REPEATED")
    assert refused.json()["detail"] == {"field": "/name", "issue": "key_repeated", "location": "body"}
    assert "name" in refused.json()["message"]


async def test_a_field_that_is_the_same_only_when_composed_stands_twice():
    refused = await posted("/by-hand", f"{quote(NFD)}=a&{quote(NFC)}=b".encode(), "application/x-www-form-urlencoded")

    assert (refused.status_code, refused.json()["detail"]["field"]) == (400, f"/{NFC}")


@pytest.mark.parametrize("query", ["q=a&q=b", "q=a&x=1&%71=a", "q=&q=b"])
async def test_a_name_of_ours_that_stands_twice_in_an_address_is_refused_and_named(query):
    async with client() as browser:
        refused = await browser.get(f"/search?{query}")

    assert (refused.status_code, refused.json()["code"]) == (400, "REQUEST_KEY_REPEATED")
    assert refused.json()["detail"] == {"field": "/q", "issue": "key_repeated", "location": "query"}


async def test_what_others_put_into_our_addresses_may_stand_there_twice():
    async with client() as browser:
        answer = await browser.get("/search?from=timeline&q=a&from=singlemessage&isappinstalled=0")

    assert (answer.status_code, answer.text) == (200, "a")
