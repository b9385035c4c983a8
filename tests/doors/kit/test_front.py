"""What every answer carries, whoever asks and whatever comes of it."""

from typing import Any

import httpx
import pytest
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.testing import AsyncTestClient
from structlog.testing import capture_logs

from app import main
from app.kernel import ids
from app.web.kit import assembling, middleware
from app.web.kit.middleware import TrustedProxy
from app.web.kit.requests.language import Language
from config.logging import FIELDS
from config.settings import Settings


@get("/s/{code:str}")
async def scene(code: FromPath[str]) -> str:
    return code


@get("/spoken")
async def spoken(language: NamedDependency[Language]) -> str:
    return language


@get("/who")
async def who(request: Request[Any, Any, Any]) -> str:
    assert request.client is not None
    return f"{request.client.host} {request.scope['scheme']}"


@get("/own-policy")
async def own_policy() -> Response[str]:
    return Response("x", headers={"content-security-policy": "default-src 'none'"})


@post("/submit")
async def submit() -> None:
    return None


def client(**more):
    options = {"version": "1", "hosts": ["testserver.local"], "is_secure": False, "state": {}} | more
    return AsyncTestClient(assembling.assemble([scene, spoken, who, own_policy, submit], **options))


async def test_every_answer_carries_the_safety_headers():
    async with client(is_secure=True) as browser:
        answers = [await browser.get("/s/X"), await browser.get("/nowhere"), await browser.put("/submit")]

    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert "geolocation=()" in answer.headers["permissions-policy"]
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["strict-transport-security"].startswith("max-age=")
        assert ids.parse("req", answer.headers["x-request-id"]) is not None


async def test_a_stricter_policy_of_a_handler_stays():
    async with client() as browser:
        answer = await browser.get("/own-policy")

    assert answer.headers.get_list("content-security-policy") == ["default-src 'none'"]


def test_a_channels_page_may_be_where_a_form_ends():
    assert "form-action 'self' https://pay.example" in middleware.content_policy(form_targets=["https://pay.example"])


async def test_each_request_has_an_id_of_its_own():
    async with client() as browser:
        seen = {(await browser.get("/s/X")).headers["x-request-id"] for _ in range(20)}

    assert len(seen) == 20


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("testserver.local", 200), ("TESTSERVER.local:8000", 200), ("a.sub.example", 200), ("[::1]:8000", 200),
        ("evil.example", 400), ("sub.example.evil", 400), ("testserver.local.evil", 400), ("", 400),
    ],
)  # fmt: skip
async def test_only_our_own_names_are_answered(host, status):
    async with client(hosts=["testserver.local", "*.sub.example", "[::1]"]) as browser:
        answer = await browser.get("/s/X", headers={"host": host})

    assert answer.status_code == status


async def test_a_probe_may_come_by_any_name():
    async with client() as browser:
        assert (await browser.get("/livez", headers={"host": "10.0.0.7"})).status_code == 200


PROXY = TrustedProxy(networks=["127.0.0.0/8"], hops=2)


@pytest.mark.parametrize(
    ("forwarded", "seen"),
    [
        ("203.0.113.9, 198.51.100.1", "203.0.113.9"),
        ("6.6.6.6, 203.0.113.9, 198.51.100.1", "203.0.113.9"),
        ("203.0.113.9", "127.0.0.1"),
        ("nonsense, 198.51.100.1", "127.0.0.1"),
        ("2001:db8::1, 198.51.100.1", "2001:db8::1"),
        ("[2001:db8::1]:443, 198.51.100.1", "2001:db8::1"),
        ("203.0.113.9:51234, 198.51.100.1", "203.0.113.9"),
        ("::ffff:203.0.113.9, 198.51.100.1", "203.0.113.9"),
    ],
)
async def test_the_address_is_the_nth_from_the_right(forwarded, seen):
    app = assembling.assemble([who], version="1", hosts=["*"], is_secure=False, state={}, proxy=PROXY)
    assert await asked(app, "127.0.0.1", forwarded) == f"{seen} https"


async def test_a_stranger_cannot_choose_his_address():
    app = assembling.assemble([who], version="1", hosts=["*"], is_secure=False, state={}, proxy=PROXY)
    assert await asked(app, "203.0.113.50", "1.1.1.1, 2.2.2.2") == "203.0.113.50 http"


async def test_forwarded_is_never_believed_from_nobody():
    spoofed = [(b"forwarded", b"for=6.6.6.6;proto=https"), (b"x-real-ip", b"6.6.6.6"), (b"true-client-ip", b"6.6.6.6")]
    app = assembling.assemble([who], version="1", hosts=["*"], is_secure=False, state={}, proxy=PROXY)

    assert await asked(app, "127.0.0.1", "203.0.113.9, 198.51.100.1", *spoofed) == "203.0.113.9 https"
    assert await asked(app, "203.0.113.50", "", *spoofed) == "203.0.113.50 http"


@pytest.mark.parametrize("peer", ["::ffff:127.0.0.1", "127.0.0.1"])
async def test_a_proxy_is_known_by_its_address_however_it_is_written(peer):
    app = assembling.assemble([who], version="1", hosts=["*"], is_secure=False, state={}, proxy=PROXY)
    assert await asked(app, peer, "203.0.113.9, 198.51.100.1") == "203.0.113.9 https"


async def test_the_number_of_proxies_is_a_setting():
    for hops, seen in ((1, "198.51.100.1"), (2, "203.0.113.9"), (3, "6.6.6.6")):
        settings = Settings(trusted_proxies="127.0.0.0/8, ::1/128", proxy_hops=hops)
        app = assembling.assemble(
            [who], version="1", hosts=["*"], is_secure=False, state={}, proxy=main._proxy(settings)
        )
        assert await asked(app, "127.0.0.1", "6.6.6.6, 203.0.113.9, 198.51.100.1") == f"{seen} https"
    assert main._proxy(Settings()) is None


async def test_without_a_proxy_the_header_is_not_looked_at():
    app = assembling.assemble([who], version="1", hosts=["*"], is_secure=False, state={})
    assert await asked(app, "127.0.0.1", "1.1.1.1, 2.2.2.2") == "127.0.0.1 http"


async def asked(app, peer: str, forwarded: str, *more: tuple[bytes, bytes]) -> str:
    """The body of /who, for a peer the test client cannot be."""
    headers = [(b"host", b"x"), (b"x-forwarded-proto", b"https"), *more]
    headers += [(b"x-forwarded-for", part.strip().encode()) for part in forwarded.split(",")]
    body = b""

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        nonlocal body
        body += message.get("body", b"")

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": "/who", "raw_path": b"/who", "query_string": b"", "root_path": "", "headers": headers,
        "client": (peer, 5), "server": ("127.0.0.1", 80), "extensions": {},
    }  # fmt: skip
    await app(scope, receive, send)
    return body.decode()


@pytest.mark.parametrize(
    "name",
    ["host", "content-type", "authorization", "idempotency-key", "origin", "content-length", "transfer-encoding"],
)
async def test_a_header_that_decides_something_may_not_come_twice(name):
    app = assembling.assemble([scene], version="1", hosts=["testserver.local"], is_secure=False, state={})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://testserver.local") as browser:
        twice = [(name, "testserver.local"), (name, "evil.example")]
        answer = await browser.get("/s/X", headers=twice)

    assert answer.status_code == 400
    assert answer.json()["code"] == "REQUEST_HEADER_REPEATED"
    assert answer.json()["detail"] == {"field": f"/{name}", "issue": "header_repeated", "location": "header"}
    assert name in answer.json()["message"]


async def test_headers_that_may_come_twice_do():
    app = assembling.assemble([scene], version="1", hosts=["testserver.local"], is_secure=False, state={})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://testserver.local") as browser:
        answer = await browser.get(
            "/s/X", headers=[("cookie", "a=b"), ("cookie", "c=d"), ("accept", "a/b"), ("accept", "c/d")]
        )

    assert answer.status_code == 200


async def test_headers_of_200_kb_and_addresses_of_9_kb_are_refused():
    async with client() as browser:
        headers = await browser.get("/s/X", headers={"cookie": "a" * 200_000})
        many = await browser.get("/s/X", headers={f"x-{number}": "a" * 3000 for number in range(70)})
        path = await browser.get("/s/" + "x" * 9_000)
        query = await browser.get("/s/X?q=" + "x" * 9_000)
        honest = await browser.get("/s/X?q=" + "x" * 4_000, headers={"cookie": "a" * 12_000})

    assert [(one.status_code, one.json()["code"]) for one in (headers, many)] == [
        (431, "REQUEST_HEADERS_TOO_LARGE")
    ] * 2
    assert [(one.status_code, one.json()["code"]) for one in (path, query)] == [(414, "REQUEST_ADDRESS_TOO_LONG")] * 2
    assert len(path.content) < 2000
    assert honest.status_code == 200


async def test_invented_verbs_paths_and_hosts_make_no_new_series_and_no_new_values_in_logs():
    app = assembling.assemble([scene, submit], version="1", hosts=["*"], is_secure=False, state={})
    with capture_logs() as lines:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://x") as stranger:
            before = (await stranger.get("/metrics")).text
            for number in range(300):
                for path in (f"/s/C{number}", f"/nowhere/{number}", "/submit"):
                    headers = {
                        "host": f"h{number}.example",
                        "user-agent": f"agent {number}",
                        "x-request-id": f"r{number}",
                    }
                    await stranger.request(f"VERB{number}", path, headers=headers)
                    await stranger.get(path, headers=headers)
            series = (await stranger.get("/metrics")).text

    known = {line.rpartition(" ")[0] for line in before.splitlines()}
    new = [
        line
        for line in series.splitlines()
        if line.startswith("http_requests") and line.rpartition(" ")[0] not in known
    ]
    assert len(new) < 20, new
    told = {(line["method"], line["route"], line["status"]) for line in lines if line["event"] == "request.done"}
    assert {method for method, _, _ in told} == {"other", "GET"}
    assert len(told) <= 6
    assert {key for line in lines for key in line} <= FIELDS | {"log_level"}


async def test_the_access_line_names_the_route_and_never_the_path():
    with capture_logs() as lines:
        async with client() as browser:
            answer = await browser.get("/s/SECRETCODE?openid=oSecret", headers={"user-agent": "Zhang San"})

    (line,) = [line for line in lines if line["event"] == "request.done"]
    assert line["route"] == "/s/{code}"
    assert (line["method"], line["status"]) == ("GET", 200)
    assert line["request_id"] == answer.headers["x-request-id"]
    assert not [hidden for hidden in ("SECRETCODE", "oSecret", "Zhang") if hidden in str(line)]


@pytest.mark.parametrize(
    ("query", "headers", "tag"),
    [
        ("", {}, "zh-CN"),
        ("", {"accept-language": "en-US,en"}, "en"),
        ("", {"accept-language": "fr"}, "en"),
        ("", {"accept-language": "en", "cookie": "a=b; lang=zh"}, "zh-CN"),
        ("", {"accept-language": "en", "cookie": "xlang=zh"}, "en"),
        ("?lang=en", {"accept-language": "zh", "cookie": "lang=zh"}, "en"),
    ],
)
async def test_the_language_is_the_strongest_wish(query, headers, tag):
    async with client() as browser:
        answer = await browser.get("/spoken" + query, headers=headers)

    assert answer.headers["content-language"] == tag
    assert answer.headers["vary"] == "Accept-Language, Cookie"
    assert ("set-cookie" in answer.headers) == bool(query)


async def test_a_chosen_language_is_kept_in_a_cookie():
    async with client(is_secure=True) as browser:
        cookie = (await browser.get("/spoken?lang=en")).headers["set-cookie"]

    assert cookie.startswith("lang=en; Path=/; Max-Age=")
    assert "SameSite=Lax" in cookie
    assert "Secure" in cookie


async def test_a_wish_cannot_write_into_the_header():
    async with client() as browser:
        cookie = (await browser.get("/spoken?lang=x%0d%0aSet-Cookie:a=b")).headers["set-cookie"]

    assert cookie.startswith("lang=en;")


async def test_an_answer_without_language_stays_the_same_for_everybody():
    async with client() as browser:
        answer = await browser.get("/s/X?lang=en", headers={"cookie": "lang=en"})

    assert not {"vary", "set-cookie", "content-language"} & set(answer.headers)
