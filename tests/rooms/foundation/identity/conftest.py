"""What the tests of identity share: a keyring, cheap passwords, WeChat's far side, and a count of statements."""

import asyncio
import contextlib
import json
import logging
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from app.foundation.identity import Keyring, PasswordCost
from app.gateways.wechat import WeChatLogin
from tests.loopback import serving

CHEAP = PasswordCost(memory_kib=64, passes=1, lanes=1)
"""Argon2id at a thousandth of its cost; the code is the same."""
SESSION_KEY = "c2Vzc2lvbiBrZXkgb2YgV2VDaGF0"


@pytest.fixture(autouse=True)
def _on_real_tables(database: object) -> None:
    """Every test of this room starts on empty tables."""


@pytest.fixture
def keyring() -> Keyring:
    return Keyring("2026-11", {"2026-11": b"n" * 32}, b"i" * 32, CHEAP)


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def new_id() -> Callable[[], str]:
    """Ids as WeChat gives them, never the same twice."""
    return lambda: "o" + secrets.token_hex(13)


class WeChatServer:
    """WeChat's end of `jscode2session`: a code is good once."""

    def __init__(self) -> None:
        self._answers: dict[str, dict[str, str]] = {}
        self.url = ""

    def code_for(self, openid: str, unionid: str | None = None) -> str:
        code = secrets.token_hex(16)
        self._answers[code] = {"openid": openid, "session_key": SESSION_KEY} | ({"unionid": unionid} if unionid else {})
        return code

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        query = parse_qs(urlsplit(head.split(b" ")[1].decode()).query)
        refusal = {"errcode": 40029, "errmsg": "invalid code"}
        body = json.dumps(self._answers.pop(query["js_code"][0], refusal)).encode()
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
        )
        with contextlib.suppress(ConnectionError):
            await writer.drain()


@pytest.fixture
async def wechat_server() -> AsyncIterator[WeChatServer]:
    far_side = WeChatServer()
    async with serving(far_side.answer) as port:
        far_side.url = f"http://127.0.0.1:{port}"
        yield far_side


@pytest.fixture
async def wechat(wechat_server: WeChatServer) -> AsyncIterator[WeChatLogin]:
    gateway = WeChatLogin(appid="wx1", secret="secret", base_url=wechat_server.url)
    yield gateway
    await gateway.aclose()


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """Every statement that Tortoise sends from here on."""
    sent: list[str] = []

    class Notebook(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.args:
                sent.append(str(record.args[0]))

    logger, notebook = logging.getLogger("tortoise.db_client"), Notebook()
    level = logger.level
    logger.addHandler(notebook)
    logger.setLevel(logging.DEBUG)
    yield sent
    logger.setLevel(level)
    logger.removeHandler(notebook)
