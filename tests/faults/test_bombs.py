"""S10: bodies that grow when they are opened, and bodies that never end. The API refuses them and stays small."""

import asyncio
import gzip
import io
import re
import struct
import zipfile
import zlib
from pathlib import Path

import httpx
import pytest

from tests.stack import Stack

GROWS_MOST_MB = 64
ZEROS = b"\0" * (8 << 20)


def _png(side: int) -> bytes:
    """A picture of that many pixels a side, all of one colour: 7.5 GB in memory, a few megabytes here."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack("!I", len(data)) + kind + data + struct.pack("!I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    body = b"".join(packer.compress(ZEROS) for _ in range(64)) + packer.flush()
    head = struct.pack("!IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def _workbook() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file, file.open("xl/worksheets/sheet1.xml", "w") as part:
        for _ in range(64):
            part.write(ZEROS)
    return out.getvalue()


BOMBS = {
    "compressed JSON": (gzip.compress(ZEROS * 8), {"content-type": "application/json", "content-encoding": "gzip"}),
    "a picture": (_png(50_000), {"content-type": "image/png"}),
    "a workbook": (_workbook(), {"content-type": "application/zip"}),
    "brackets": (b"[" * 200_000, {"content-type": "application/json"}),
    "a paper": (b"%PDF-1.7\n" + b"1 0 obj<</Kids[1 0 R 1 0 R]>>endobj\n" * 50_000, {"content-type": "application/pdf"}),
    "a thousand parts": (
        b"".join(b'--x\r\nContent-Disposition: form-data; name="f%d"\r\n\r\nv\r\n' % n for n in range(1_000)) + b"--x--\r\n",
        {"content-type": "multipart/form-data; boundary=x"},
    ),
    "XML that grows": (
        b'<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">' + b"".join(
            b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
        ) + b"]><l>&j;</l>",
        {"content-type": "application/xml"},
    ),
}  # fmt: skip
DOORS = (
    "/api/v1/orders",
    "/api/v1/footprints",
    "/notify/wechatpay",
    "/operator/cancellations/UC-1/report",
    "/s/{scene}",
)


@pytest.mark.parametrize("bomb", BOMBS)
async def test_a_bomb_is_refused_at_every_door_and_the_api_stays_small(undrawn: Stack, bomb: str) -> None:
    body, headers = BOMBS[bomb]
    async with undrawn.phone() as phone:
        await phone.enter()
        client = phone.client
        for path in DOORS:  # once, so that what a first request loads is no growth
            await client.post(path.format(scene=undrawn.code), content=b"{}", headers={"content-type": "text/plain"})
        before_mb = _memory_mb(undrawn)

        async def throw(path: str) -> int:
            given = headers | {"idempotency-key": "k" * 20}
            try:
                return (await client.post(path.format(scene=undrawn.code), content=body, headers=given)).status_code
            except httpx.TransportError:
                return 413  # cut off while we were still sending: refused, in the shortest words

        statuses = await asyncio.gather(*(throw(path) for path in DOORS for _ in range(4)))
        grown_mb = _memory_mb(undrawn) - before_mb
        assert {status // 100 for status in statuses} == {4}, statuses
        assert grown_mb < GROWS_MOST_MB, f"{grown_mb} MB more"
    async with undrawn.phone() as another:  # the lines of the first may be cut by what was refused
        assert (await another.client.get(f"/api/v1/scenes/{undrawn.code}")).status_code == 200


async def test_a_body_that_never_ends_is_cut_off_and_not_kept(undrawn: Stack) -> None:
    before_mb = _memory_mb(undrawn)

    async def endless():
        for _ in range(64):
            yield ZEROS[: 1 << 20]

    async with httpx.AsyncClient(base_url=undrawn.base, trust_env=False, verify=False, timeout=40) as client:
        for path in ("/api/v1/orders", "/notify/wechatpay"):
            try:
                answer = await client.post(path, content=endless(), headers={"content-type": "application/json"})
            except httpx.TransportError:
                continue  # it hung up on us
            assert answer.status_code in {401, 413}
    assert _memory_mb(undrawn) - before_mb < GROWS_MOST_MB


def _memory_mb(stack: Stack) -> int:
    """The most it has ever had, so that nothing is missed in between."""
    (kb,) = re.findall(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{stack.pid('serve')}/status").read_text())
    return int(kb) // 1024
