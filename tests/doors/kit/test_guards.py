"""Who may enter, how a guest is made, and which pages a form may come from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.testing import AsyncTestClient

from app.gateways.counting import Count
from app.kernel.text import Language
from app.web.kit import assembling
from app.web.kit.requests import cookies
from app.web.kit.security import forms, guards
from app.web.kit.security.guards import Session, ensure_guest, of_kind, signed_in
from app.web.kit.security.limiter import Limiter


@dataclass(frozen=True)
class Known:
    """As the identity room gives it."""

    person_id: UUID
    kind: str = "citizen"
    roles: frozenset[str] = frozenset()
    language: Language = Language.ZH


@dataclass
class Register:
    """Sessions by token, and how often they were looked up."""

    sessions: dict[str, Known] = field(default_factory=dict)
    asked: int = 0

    async def find(self, token: str) -> Known | None:
        self.asked += 1
        return self.sessions.get(token)

    async def open_guest(self, _language: Language, _device: str | None) -> tuple[str, Known]:
        token, session = f"guest-{len(self.sessions)}", Known(uuid4(), kind="guest")
        self.sessions[token] = session
        return token, session

    async def count(self, counts: Sequence[Count]) -> list[float]:
        """Nobody comes too often."""
        return [0.0] * len(counts)


CITIZEN = Known(UUID(int=7))
REVIEWER = Known(UUID(int=8), kind="operator", roles=frozenset({"reviewer"}), language=Language.EN)
KEY = b"k" * 32


@get("/me", guards=[signed_in])
async def me(person_id: NamedDependency[UUID], session: NamedDependency[Session]) -> str:
    return f"{person_id} {session.kind}"


@get("/maybe")
async def maybe(visitor: NamedDependency[Session | None], language: NamedDependency[Language]) -> str:
    return f"{visitor is not None} {language}"


@get("/review", guards=[of_kind("operator")])
async def review() -> str:
    return "open"


@post("/act")
async def act(request: Request[Any, Any, Any]) -> Response[str]:
    session, cookie = await ensure_guest(request)
    return Response(str(session.person_id), cookies=[cookie] if cookie else None)


@post("/approve", guards=[of_kind("operator"), forms.sealed_form])
async def approve() -> str:
    return "done"


@post("/anonymous", guards=[forms.own_pages_only])
async def anonymous() -> str:
    return "done"


def house(register=None, **more):
    register = register or Register({"tok": CITIZEN, "rev": REVIEWER})
    limiter = Limiter(None, count_exactly=register.count)
    state = {"sessions": register.find, "open_guest": register.open_guest, "form_key": KEY, "limiter": limiter}
    options = {"version": "1", "hosts": ["*"], "is_secure": False, "state": state} | more
    return AsyncTestClient(assembling.assemble([me, maybe, review, act, approve, anonymous], **options))


def cookie(token: str) -> dict[str, str]:
    return {"cookie": f"{cookies.SESSION}={token}"}


@pytest.mark.parametrize("headers", [{"authorization": "Bearer tok"}, {"authorization": "bearer tok"}, cookie("tok")])
async def test_a_citizen_is_known_by_token_or_cookie(headers):
    async with house() as browser:
        answer = await browser.get("/me", headers=headers)

    assert answer.text == f"{CITIZEN.person_id} citizen"


@pytest.mark.parametrize(
    "headers",
    [{}, {"authorization": "Basic tok"}, cookie("other"), cookie("")],
)
async def test_nobody_is_refused_with_401(headers):
    async with house() as browser:
        answer = await browser.get("/me", headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (401, "SESSION_MISSING")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_token_that_is_over_says_so_to_programs():
    async with house() as browser:
        answer = await browser.get("/me", headers={"authorization": "Bearer other"})

    assert (answer.status_code, answer.json()["code"]) == (401, "TOKEN_EXPIRED")


async def test_a_wrong_token_does_not_fall_back_to_the_cookie():
    async with house() as browser:
        answer = await browser.get("/me", headers=cookie("tok") | {"authorization": "Bearer other"})

    assert answer.status_code == 401


async def test_a_console_opens_to_its_kind_of_session_and_a_citizen_stays_out():
    async with house() as browser:
        allowed = await browser.get("/review", headers={"authorization": "Bearer rev"})
        refused = await browser.get("/review", headers={"authorization": "Bearer tok"})
        nobody = await browser.get("/review")

    assert allowed.text == "open"
    assert (refused.status_code, refused.json()["code"]) == (403, "SESSION_ROLE_MISSING")
    assert nobody.status_code == 401


async def test_a_session_is_looked_up_once_per_request():
    register = Register({"tok": CITIZEN})
    async with house(register) as browser:
        await browser.get("/me", headers={"authorization": "Bearer tok"})

    assert register.asked == 1


async def test_the_persons_own_language_counts_once_known():
    async with house() as browser:
        answer = await browser.get("/review", headers={"authorization": "Bearer nobody", "accept-language": "zh"})
        own = await browser.post("/approve", headers={"authorization": "Bearer rev", "accept-language": "zh"})

    assert answer.headers["content-language"] == "zh-CN"
    assert own.headers["content-language"] == "en"


async def test_reading_a_page_opens_no_session():
    register = Register()
    async with house(register) as browser:
        answer = await browser.get("/maybe")

    assert answer.text.startswith("False")
    assert register.sessions == {}
    assert "set-cookie" not in answer.headers


async def test_the_first_post_makes_a_guest_and_the_second_finds_him():
    register = Register()
    async with house(register) as browser:
        first = await browser.post("/act")
        second = await browser.post("/act")

    assert first.text == second.text
    assert len(register.sessions) == 1
    assert "set-cookie" not in second.headers


@pytest.mark.parametrize("is_secure", [True, False])
async def test_the_session_cookie_has_its_flags(is_secure):
    async with house(is_secure=is_secure) as browser:
        flags = (await browser.post("/act")).headers["set-cookie"].lower()

    assert flags.startswith("dd_session=guest-")
    assert "httponly" in flags
    assert "samesite=lax" in flags
    assert ("secure" in flags) == is_secure


FOREIGN = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "cross-site", "origin": "http://testserver.local"},
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "http://testserver.local.evil"},
    {"origin": "http://[::1"},
    {"referer": "https://evil.example/testserver.local"},
]
OURS = [
    {"sec-fetch-site": "same-origin"},
    {"sec-fetch-site": "none"},
    {"origin": "http://testserver.local"},
    {"referer": "http://testserver.local/s/X"},
    {},
]


@pytest.mark.parametrize("evidence", FOREIGN)
@pytest.mark.parametrize("path", ["/act", "/anonymous"])
@pytest.mark.parametrize("known", [{}, cookie("tok")])
async def test_a_foreign_page_moves_nothing(evidence, path, known):
    register = Register({"tok": CITIZEN})
    async with house(register) as browser:
        answer = await browser.post(path, headers=known | evidence)

    assert (answer.status_code, answer.json()["code"]) == (403, "REQUEST_FOREIGN_ORIGIN")
    assert list(register.sessions) == ["tok"]


@pytest.mark.parametrize("evidence", OURS)
async def test_our_own_page_may_post(evidence):
    async with house() as browser:
        answer = await browser.post("/act", headers=cookie("tok") | evidence)

    assert answer.text == str(CITIZEN.person_id)


async def test_a_bearer_token_needs_no_origin():
    async with house() as browser:
        answer = await browser.post(
            "/act", headers={"authorization": "Bearer tok", "origin": "https://servicewechat.com"}
        )

    assert answer.status_code == 201


async def test_a_consoles_form_carries_a_token_of_its_session():
    ours = forms.token("rev", key=KEY)
    async with house() as browser:
        in_field = await browser.post("/approve", headers=cookie("rev"), data={forms.FIELD: ours})
        in_header = await browser.post("/approve", headers=cookie("rev") | {forms.HEADER: ours})

    assert (in_field.text, in_header.text) == ("done", "done")


@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        "x",
        forms.token("tok", key=KEY),
        forms.token("rev", key=b"other"),
        forms.token("rev", key=KEY)[:-1],
        "ü" * 80,
    ],
    ids=["none", "empty", "short", "another-session", "another-key", "cut-off", "not-ascii"],
)
async def test_a_form_without_its_sessions_token_is_refused(given):
    async with house() as browser:
        answer = await browser.post("/approve", headers=cookie("rev"), data={forms.FIELD: given} if given else {})

    assert (answer.status_code, answer.json()["code"]) == (403, "REQUEST_FORM_EXPIRED")


def test_a_form_token_differs_on_every_page():
    assert forms.token("s", key=KEY) != forms.token("s", key=KEY)


def test_identitys_session_fits():
    from app.foundation.identity.rules import Session as Real

    assert {"person_id", "kind", "roles", "language"} <= set(Real.__dataclass_fields__)
    assert guards.Session
