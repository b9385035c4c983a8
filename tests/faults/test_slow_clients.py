"""S16: clients that are slow on purpose, and requests that two servers would read differently."""

import asyncio
import contextlib
from urllib.parse import urlsplit

import httpx

from tests.stack import Stack

SLOW = 100


async def _open(stack: Stack) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    parts = urlsplit(stack.base)
    return await asyncio.open_connection(parts.hostname, parts.port)


def _head(stack: Stack, line: str, *headers: str) -> bytes:
    return "\r\n".join([f"{line} HTTP/1.1", f"host: {urlsplit(stack.base).netloc}", *headers, "", ""]).encode()


async def _all_of(reader: asyncio.StreamReader, within_s: float = 30) -> bytes:
    """Everything until the server hangs up."""
    got = b""
    with contextlib.suppress(ConnectionError, TimeoutError):
        async with asyncio.timeout(within_s):
            while piece := await reader.read(65_536):
                got += piece
    return got


async def test_a_hundred_slow_ones_are_held_and_ended_while_others_are_served(undrawn: Stack) -> None:
    """Half of them trickle their headers, half their bodies; each ends with an answer or a hang-up, none is served."""
    ended: list[bytes] = []
    stop = asyncio.Event()

    async def slow(number: int) -> None:
        reader, writer = await _open(undrawn)
        headers_only = number % 2 == 0
        start = b"GET /livez HTTP/1.1\r\nhost: x\r\nx-" if headers_only else _head(
            undrawn, "POST /notify/wechatpay", "content-type: application/json", "content-length: 10000"
        ) + b'{"a":"'  # fmt: skip
        reading = asyncio.create_task(_all_of(reader, 40))
        with contextlib.suppress(ConnectionError):
            writer.write(start)
            while not reading.done() and not stop.is_set():
                writer.write(b"a")
                await writer.drain()
                await asyncio.sleep(0.5)
        ended.append(await reading)
        writer.close()

    slow_ones = [asyncio.create_task(slow(number)) for number in range(SLOW)]
    await asyncio.sleep(1.0)
    async with httpx.AsyncClient(base_url=undrawn.base, trust_env=False, verify=False, timeout=20) as client:
        served = [(await client.get(f"/api/v1/scenes/{undrawn.code}")).status_code for _ in range(10)]
    async with undrawn.phone() as phone:
        order = await phone.order()
        await phone.pay(order)
        await phone.certificate(order)
    await asyncio.wait(slow_ones, timeout=30)
    stop.set()
    await asyncio.gather(*slow_ones)

    assert served == [200] * 10
    assert len(ended) == SLOW
    statuses = {answer.split(b" ", 2)[1] for answer in ended if answer}
    assert statuses <= {b"400", b"408"}, statuses


async def test_requests_in_a_row_on_one_connection_are_answered_in_their_order_or_not_at_all(undrawn: Stack) -> None:
    reader, writer = await _open(undrawn)
    paths = [f"/api/v1/scenes/{undrawn.code}", "/livez", "/api/v1/scenes/ZZZZZZ", "/livez"]
    pieces = [_head(undrawn, f"GET {path}") for path in paths[:-1]] + [
        _head(undrawn, f"GET {paths[-1]}", "connection: close")
    ]
    writer.write(b"".join(pieces))
    await writer.drain()
    got = await _all_of(reader)
    writer.close()
    statuses = [int(part.split(b" ", 1)[0]) for part in got.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [200, 200, 404, 200][: len(statuses)]
    assert statuses


async def test_what_two_servers_would_cut_differently_is_one_request_and_the_connection_ends(undrawn: Stack) -> None:
    """A request hidden in another's body: whatever lengths say, it is never answered as a request of its own."""
    hidden = _head(undrawn, "GET /api/v1/errors")
    tries = {
        "both lengths": _head(
            undrawn, "POST /notify/wechatpay", f"content-length: {len(hidden) + 5}", "transfer-encoding: chunked"
        ) + b"0\r\n\r\n" + hidden,
        "two lengths": _head(undrawn, "POST /notify/wechatpay", "content-length: 0", f"content-length: {len(hidden)}")
        + hidden,
        "an odd coding": _head(
            undrawn, "POST /notify/wechatpay", f"content-length: {len(hidden)}", "transfer-encoding : chunked"
        ) + hidden,
        "a folded header": _head(undrawn, "POST /notify/wechatpay", "content-length: 0\r\n 7", "x: y") + hidden,
        "a bare line end": f"POST /notify/wechatpay HTTP/1.1\nhost: x\ncontent-length: {len(hidden)}\n\n".encode() + hidden,
    }  # fmt: skip
    answers = {}
    for name, bytes_ in tries.items():
        reader, writer = await _open(undrawn)
        with contextlib.suppress(ConnectionError):
            writer.write(bytes_)
            await writer.drain()
            writer.write_eof()
        answers[name] = await _all_of(reader)
        writer.close()
    smuggled = {name for name, answer in answers.items() if b"ORDER_UNKNOWN" in answer}
    assert not smuggled
    assert not {name for name, answer in answers.items() if b" 500 " in answer}


async def test_two_hundred_kilobytes_of_headers_and_an_endless_one_are_refused(undrawn: Stack) -> None:
    for size in (200_000, 2_000_000):
        reader, writer = await _open(undrawn)
        with contextlib.suppress(ConnectionError):
            writer.write(b"GET /livez HTTP/1.1\r\nhost: x\r\nx-long: " + b"a" * size + b"\r\n\r\n")
            await writer.drain()
        answer = await _all_of(reader)
        writer.close()
        assert not answer or answer.split(b" ", 2)[1] in {b"400", b"413", b"431"}, answer[:100]
    async with httpx.AsyncClient(base_url=undrawn.base, trust_env=False, verify=False) as client:
        assert (await client.get("/livez")).status_code == 200
