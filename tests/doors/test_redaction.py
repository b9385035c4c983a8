"""S13: every route is asked with personal data in every place, logs at DEBUG; none of it stands in any line."""

import asyncio
import io
import logging
from collections.abc import Iterator

import pytest
import structlog

from app.gateways.wechat import WeChatLogin
from config import logging as house_logging
from tests.doors.conftest import OWN_PAGE, Door
from tests.doors.test_routes_matrix import MATRIX, ask
from tests.loopback import serving

NAME, OPENID, PHONE, EMAIL = "欧阳听雨", "oTESTopenid0123456789abcdefgh", "13900001234", "tingyu@personal.example"
PASSWORD, TOKEN, PAY = "correct-horse-battery-staple", "tok" + "Z" * 40, "6222021234567890123"
CANARIES = (NAME, OPENID, PHONE, EMAIL, PASSWORD, TOKEN, PAY)


@pytest.fixture
def output() -> Iterator[io.BytesIO]:
    """All that is logged, with every logger talking as much as it can."""
    before = structlog.get_config()
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    levels = {name: logging.getLogger(name).level for name in (*house_logging.QUIET, "")}
    stream = io.BytesIO()
    house_logging.configure_logging(level="DEBUG", stream=stream)
    for name in levels:
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield stream
    for name, was in levels.items():
        logging.getLogger(name).setLevel(was)
    structlog.configure(**before)
    root.handlers, root.level = handlers, level


def _hits(stream: io.BytesIO, *more: str) -> list[str]:
    house_logging.flush()
    text = stream.getvalue().decode()
    return [canary for canary in (*CANARIES, *more) if canary in text]


async def test_no_route_lets_personal_data_or_a_key_into_any_line(door: Door, output: io.BytesIO) -> None:
    headers = {
        "user-agent": f"Mozilla/5.0 {PHONE}", "referer": f"https://dd.example.org/?name={EMAIL}",
        "x-openid": OPENID, "x-request-id": f"req-{PHONE}",
    }  # fmt: skip
    async with door.caller(**(OWN_PAGE | headers)) as citizen:
        await citizen.enter()
        order_id = (await citizen.order(door.live, name=NAME)).json()["id"]
        words = {
            "live": door.live, "order_id": order_id, "certificate_id": "crt_00000000000000000000000000",
            "verify_code": "7K3M9QFX2R",
        }  # fmt: skip
        own = citizen.headers.get("authorization", "").removeprefix("Bearer ")
        for (method, path), entry in MATRIX.items():
            await door.as_superuser("DELETE FROM limit_count")
            await ask(citizen, method, path, entry, words)
            url = path.replace(":str", "").replace(":uuid", "")
            for part in ("code", "order_id", "certificate_id", "name", "given", "role", "token", "reference", "folder",
                         "path", "organisation", "verification"):  # fmt: skip
                url = url.replace(f"{{{part}}}", f"{TOKEN}-{PHONE}")
            personal = {
                "name": NAME, "openid": OPENID, "phone": PHONE, "email": EMAIL, "password": PASSWORD, "code": TOKEN,
                "scene": NAME, "mode": EMAIL, "km": PAY, "reason": f"{NAME} {PHONE}", "intent": TOKEN,
            }  # fmt: skip
            query = {"q": NAME, "code": OPENID, "state": TOKEN, "cursor": EMAIL}
            bearer = {"authorization": f"Bearer {TOKEN}", "idempotency-key": f"{EMAIL}-{PAY}"}
            if method == "GET":
                await citizen.get(url, params=query, headers=bearer)
            else:
                await citizen.request(method, url, params=query, json=personal, headers=bearer)
                await citizen.request(method, url, data=personal)
    house_logging.flush()
    assert output.getvalue().count(b"request.done") > 2 * len(MATRIX)
    assert _hits(output, *((own,) if own else ())) == []


async def test_what_wechat_is_asked_and_answers_stands_in_no_line_though_its_library_talks(output: io.BytesIO) -> None:
    """The far side answers with an openid and a session key, and once with an error that repeats the code."""
    bodies = [
        f'{{"openid":"{OPENID}","session_key":"{PASSWORD}","unionid":"{PAY}"}}',
        f'{{"errcode":40029,"errmsg":"invalid code {TOKEN} of {NAME}"}}',
        "not json " + EMAIL,
    ]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = bodies.pop(0).encode()
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n")
        writer.write(b"content-length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()

    async with serving(answer) as port:
        login = WeChatLogin(appid="wx0123456789abcdef", secret=f"secret{PASSWORD}", base_url=f"http://127.0.0.1:{port}")
        for _ in range(3):
            try:
                await login.exchange(TOKEN)
            except Exception:
                logging.getLogger("wechatpy.client").exception("exchange failed for %s", OPENID)
                structlog.get_logger().exception("login.failed", openid=OPENID)
        await login.aclose()
    assert bodies == []
    assert output.getvalue()
    assert _hits(output) == []
