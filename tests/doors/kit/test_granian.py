"""The kit under the real server: what only sockets can show."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from litestar import Request, get, post
from litestar.params import FromPath, JSONBody

from app.cli.operations.serving import BUFFER_BYTES
from app.web.kit import assembling


class Wish(msgspec.Struct):
    name: str


@get("/s/{code:str}")
async def scene(code: FromPath[str]) -> str:
    return code


@post("/wish")
async def wish(data: JSONBody[Wish]) -> Wish:
    return data


@post("/raw")
async def raw(request: Request[Any, Any, Any]) -> int:
    return len(await request.body())


def create() -> assembling.Litestar:
    """What granian starts."""
    return assembling.assemble([scene, wish, raw], version="1", hosts=["*"], is_secure=False, state={}, body_s=1.0)


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = free.getsockname()[1]
    server = subprocess.Popen(
        [
            Path(sys.executable).parent / "granian", "--interface", "asgi", "--factory", "--no-ws",
            "--port", str(number), "--log-level", "error",
            "--http1-buffer-size", str(BUFFER_BYTES), f"{Path(__file__).stem}:create",
        ],
        env=os.environ | {"PYTHONPATH": f"{Path(__file__).parent}:{Path(__file__).parents[3]}"},
        cwd=tmp_path_factory.mktemp("granian"),
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", number), timeout=1).close()
                break
            except OSError:
                if server.poll() is not None:
                    break
                time.sleep(0.1)
        yield number
    finally:
        server.terminate()
        server.wait(10)


async def exchange(port: int, *pieces: bytes) -> tuple[int, bytes]:
    """Status and everything read until the server closes or says its whole body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        async with asyncio.timeout(120):
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            return int(head.split(b" ")[1]), head + await reader.readexactly(length)
    finally:
        writer.close()


def request(path: str, body: bytes, *headers: str, kind: str = "application/json") -> bytes:
    lines = [f"POST {path} HTTP/1.1", "host: x", f"content-type: {kind}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def test_a_stalled_body_is_answered_with_408_and_closed(port):
    loop = asyncio.get_running_loop()
    began = loop.time()
    status, answer = await exchange(port, request("/wish", b'{"na', "content-length: 100"))

    assert status == 408
    assert b'"REQUEST_TOO_SLOW"' in answer
    assert b"connection: close" in answer.lower()
    assert 0.9 < loop.time() - began < 3


async def test_many_stalled_bodies_do_not_stop_others(port):
    slow = [asyncio.create_task(exchange(port, request("/raw", b"x", "content-length: 100"))) for _ in range(60)]
    await asyncio.sleep(0.2)
    status, _ = await exchange(port, b"GET /s/X HTTP/1.1\r\nhost: x\r\n\r\n")
    statuses = [status for status, _ in await asyncio.gather(*slow)]

    assert status == 200
    assert set(statuses) == {408}


async def test_a_body_too_large_in_chunks_is_refused(port):
    chunk = b"10000\r\n" + b"a" * 0x10000 + b"\r\n"
    status, answer = await exchange(
        port, request("/raw", b"", "transfer-encoding: chunked", kind="text/plain"), *[chunk] * 5, b"0\r\n\r\n"
    )

    assert status == 413
    assert b'"REQUEST_TOO_LARGE"' in answer


async def test_deep_json_is_refused(port):
    body = b"[" * 100_000
    status, answer = await exchange(port, request("/wish", body, f"content-length: {len(body)}"))

    assert status == 400
    assert b'"REQUEST_TOO_DEEP"' in answer


async def test_a_nul_is_refused(port):
    body = b'{"name": "\\u0000"}'
    status, answer = await exchange(port, request("/wish", body, f"content-length: {len(body)}"))

    assert status == 400
    assert b'"REQUEST_CHARACTER_REFUSED"' in answer


async def test_a_good_body_in_pieces_arrives(port):
    body = '{"name": "王𠮷 👟"}'.encode()
    status, answer = await exchange(
        port, request("/wish", body[:12], f"content-length: {len(body)}"), body[12:20], body[20:]
    )

    assert status == 201
    assert "王𠮷 👟".encode() in answer


async def head(
    port: int, *lines: str, target: str = "/s/X", method: str = "GET", body: bytes = b""
) -> tuple[int, bytes]:
    """The answer to a request written by hand."""
    return await exchange(port, "\r\n".join([f"{method} {target} HTTP/1.1", *lines, "", ""]).encode() + body)


async def test_a_second_host_is_refused_whichever_is_ours(port):
    for hosts in (("host: x", "host: evil.example"), ("host: evil.example", "host: x"), ("host: x", "host: x")):
        status, answer = await head(port, *hosts)
        assert (status, b'"REQUEST_HEADER_REPEATED"' in answer) == (400, True)
        assert b'"/host"' in answer


async def test_200_kb_of_headers_are_refused_in_our_own_words(port):
    status, answer = await head(port, "host: x", "cookie: " + "a" * 200_000)
    assert status == 431
    assert b'"REQUEST_HEADERS_TOO_LARGE"' in answer
    for lines in ([f"x-{number}: {'a' * 2_000}" for number in range(90)], [f"x-{number}: a" for number in range(500)]):
        status, _ = await head(port, "host: x", *lines)
        assert status == 431
    status, _ = await exchange(port, b"GET /s/X HTTP/1.1\r\nhost: x\r\n\r\n")
    assert status == 200


async def test_an_address_longer_than_any_of_ours_is_refused(port):
    status, answer = await head(port, "host: x", target="/s/" + "x" * 20_000)
    assert (status, b'"REQUEST_ADDRESS_TOO_LONG"' in answer) == (414, True)


async def test_a_target_with_another_host_changes_nothing_and_stands_in_no_answer(port):
    """The server keeps the authority of an absolute target to itself; the Host header alone says whom it is for."""
    status, answer = await head(port, "host: x", target="http://evil.example/s/X")
    assert (status, b"evil" in answer) == (200, False)
    status, answer = await head(port, "host: x", "host: evil.example", target="http://x/s/X")
    assert status == 400


async def test_lengths_that_contradict_each_other_are_refused(port):
    twice = ("host: x", "content-length: 2", "content-length: 3")
    assert (await head(port, *twice, target="/raw", method="POST", body=b"xxx"))[0] == 400
    assert (await head(port, "host: x", "content-length: 2, 3", target="/raw", method="POST", body=b"xxx"))[0] == 400
    assert (await head(port, "host: x", "transfer-encoding: nonsense", target="/raw", method="POST"))[0] == 400


async def test_a_body_with_a_length_and_chunks_is_read_as_chunks_and_the_connection_ends(port):
    lines = ("host: x", "content-type: text/plain", "content-length: 90", "transfer-encoding: chunked")
    body = b"2\r\nab\r\n0\r\n\r\nGET /s/smuggled HTTP/1.1\r\n"
    status, answer = await head(port, *lines, target="/raw", method="POST", body=body)
    assert status == 201
    assert answer.endswith(b"2")
    assert b"connection: close" in answer.lower()


async def test_a_name_that_stands_twice_in_json_is_refused(port):
    body = b'{"name": "a", "name": "b"}'
    status, answer = await exchange(port, request("/wish", body, f"content-length: {len(body)}"))
    assert (status, b'"REQUEST_KEY_REPEATED"' in answer) == (400, True)


async def test_invented_verbs_under_the_real_server_make_no_new_series(port):
    for number in range(40):
        assert (await head(port, "host: x", method=f"VERB{number}"))[0] == 405
    _, answer = await head(port, "host: x", target="/metrics")
    counted = [line for line in answer.splitlines() if line.startswith(b"http_requests_total{")]
    assert sum(b'method="other"' in line for line in counted) == 1
    assert b"VERB" not in answer
