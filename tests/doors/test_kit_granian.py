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

from app.web import kit


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


def create() -> kit.Litestar:
    """What granian starts."""
    return kit.assemble([scene, wish, raw], version="1", hosts=["*"], is_secure=False, state={}, body_s=1.0)


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = free.getsockname()[1]
    server = subprocess.Popen(
        [
            Path(sys.executable).parent / "granian", "--interface", "asgi", "--factory", "--no-ws",
            "--port", str(number), "--log-level", "error", f"{Path(__file__).stem}:create",
        ],
        env=os.environ | {"PYTHONPATH": f"{Path(__file__).parent}:{Path(__file__).parents[2]}"},
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
        async with asyncio.timeout(10):
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
