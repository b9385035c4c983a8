"""S16 on the sockets of `diandian serve`, alone and as several processes: what two readers could read differently is
refused, named, and moves nothing."""

import asyncio
import contextlib
import json
import random
import secrets
import signal
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from app.cli.demo.ports import free_port
from tests.effort import slowness
from tests.stack import Stack

Answer = tuple[int, dict[str, str], Any]
"""Status, headers and what the body says as JSON."""


@pytest.fixture(scope="module")
def together(stack: Stack) -> Iterator[int]:
    """Where two processes of one more `diandian serve` listen: granian begins them otherwise, with the same settings."""
    port = free_port(random.randrange(18_000, 30_000))
    log = stack.logs / "together.log"
    pid = stack.nursery.begin(["serve", "--port", str(port), "--processes", "2"], stack.environment, log)
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False, verify=False).is_success:
                    break
            assert stack.nursery.code(pid) is None, log.read_text()
            time.sleep(0.1)
        yield port
    finally:
        stack.nursery.signal(pid, signal.SIGTERM)
        if stack.nursery.wait(pid, 20) is None:
            stack.nursery.signal(pid, signal.SIGKILL)


@pytest.fixture(params=["alone", "together"])
def port(undrawn: Stack, request: pytest.FixtureRequest) -> int:
    """Where `diandian serve` listens."""
    return urlsplit(undrawn.base).port or 80 if request.param == "alone" else request.getfixturevalue("together")


async def ask(
    port: int, line: str, *headers: str, body: bytes = b"", hosts: tuple[str, ...] = ("127.0.0.1",)
) -> Answer:
    """One request written by hand, byte for byte, and its answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = [f"{line} HTTP/1.1", *(f"host: {host}" for host in hosts), *headers, "connection: close"]
    if body:
        lines.append(f"content-length: {len(body)}")
    try:
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        with contextlib.suppress(ConnectionError):  # it was answered before all of it was read
            await writer.drain()
        async with asyncio.timeout(20 * slowness()):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            said = dict(line.lower().split(": ", 1) for line in head[1:] if line)
            content = await reader.readexactly(int(said["content-length"]))
    finally:
        writer.close()
    return int(head[0].split()[1]), said, json.loads(content)


def refused(answer: Answer) -> tuple[int, str, str, str]:
    """Status, code, and where it says the fault is."""
    status, _, said = answer
    return status, said["code"], said["detail"]["location"], said["detail"]["field"]


async def test_a_name_that_comes_twice_in_json_is_refused_and_nothing_is_ordered(undrawn: Stack, port: int) -> None:
    async with undrawn.phone() as phone:
        await phone.insist(phone.enter)
        bearer = phone.client.headers["authorization"]
    before = await undrawn.sql("SELECT count(*) FROM purchase_order")
    body = b'{"scene": "%s", "mode": "metro", "km": 23, "name": "", "k\\u006d": 5}' % undrawn.code.encode()
    key = f"idempotency-key: {secrets.token_hex(12)}"
    sent = (f"authorization: {bearer}", "content-type: application/json", key)

    answer = await ask(port, "POST /api/v1/orders", *sent, body=body)
    assert refused(answer) == (400, "REQUEST_KEY_REPEATED", "body", "/km")
    assert await undrawn.sql("SELECT count(*) FROM purchase_order") == before


async def test_a_field_that_comes_twice_in_a_form_is_refused_and_nothing_is_ordered(undrawn: Stack, port: int) -> None:
    before = await undrawn.sql("SELECT count(*) FROM purchase_order")
    plain = ("content-type: application/x-www-form-urlencoded", "accept: application/json")
    for body in (b"mode=metro&km=23&km=5&pay=wechatpay.h5", b"mode=metro&km=23&pay=look&%6bm=23"):
        answer = await ask(port, f"POST /s/{undrawn.code}", *plain, body=body)
        assert refused(answer) == (400, "REQUEST_KEY_REPEATED", "body", "/km")
    assert await undrawn.sql("SELECT count(*) FROM purchase_order") == before


async def test_a_name_of_ours_that_comes_twice_in_an_address_is_refused_and_a_strangers_is_not(port: int) -> None:
    for query in ("limit=1&limit=100", "limit=1&x=2&%6cimit=1"):
        answer = await ask(port, f"GET /api/v1/cases?{query}")
        assert refused(answer) == (400, "REQUEST_KEY_REPEATED", "query", "/limit")
    status, _, _ = await ask(port, "GET /api/v1/cases?limit=1&from=timeline&from=singlemessage")
    assert status == 200


async def test_a_second_host_is_refused_whichever_is_ours(port: int) -> None:
    ours, theirs = f"127.0.0.1:{port}", "evil.example"
    for hosts in ((ours, theirs), (theirs, ours), (ours, ours)):
        answer = await ask(port, "GET /api/v1/cases", hosts=hosts)
        assert refused(answer) == (400, "REQUEST_HEADER_REPEATED", "header", "/host")
        assert theirs not in json.dumps(answer[2])
    status, _, _ = await ask(port, "GET /api/v1/cases", hosts=(ours,))
    assert status == 200


async def test_200_kb_of_headers_are_refused_in_our_own_words_and_32_kb_of_them_too(port: int) -> None:
    many = [f"x-{number}: {'a' * 2_000}" for number in range(20)]
    for headers in (["cookie: " + "a" * 200_000], many):
        status, said, problem = await ask(port, "GET /api/v1/cases", *headers)
        assert (status, problem["code"]) == (431, "REQUEST_HEADERS_TOO_LARGE")
        assert said["content-type"] == "application/problem+json"
    status, _, _ = await ask(port, "GET /api/v1/cases", "cookie: " + "a" * 12_000)
    assert status == 200


async def test_an_address_longer_than_any_of_ours_is_refused_in_our_own_words(port: int) -> None:
    status, _, problem = await ask(port, "GET /api/v1/cases?x=" + "x" * 20_000)
    assert (status, problem["code"]) == (414, "REQUEST_ADDRESS_TOO_LONG")
