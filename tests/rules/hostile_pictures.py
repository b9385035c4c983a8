"""Two hundred pictures that mean harm, made by code from a seed: what each is, and the reason it must be refused for.

None as the reason: it may be taken or refused, but nothing may break.
"""

import io
import random
import struct
import zlib
from collections.abc import Iterator
from functools import cache

from PIL import Image

Hostile = tuple[str, bytes, str | None]
SEED = 20_261_130


@cache
def hostile_pictures() -> tuple[Hostile, ...]:
    """All of them, the same in every run; made when first asked for, which takes half a second."""
    return (*_of_other_kinds(), *_bombs(), *_moving(), *_polyglots(), *_cut_short(), *_bent())


def plain(kind: str = "JPEG", size: tuple[int, int] = (64, 48), seed: int = 1) -> bytes:
    """An ordinary picture."""
    dice = random.Random(seed)
    picture = Image.frombytes("RGB", size, dice.randbytes(3 * size[0] * size[1]))
    out = io.BytesIO()
    picture.save(out, kind)
    return out.getvalue()


def png(width: int, height: int, *, chunks: bytes = b"", body: bytes = b"", depth: int = 8, colour: int = 2) -> bytes:
    """A PNG that says it is so large, whatever it holds."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunks + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _of_other_kinds() -> Iterator[Hostile]:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
    for name, data in {
        "svg": svg, "svg after a mark": b"\xef\xbb\xbf" + svg, "svg in xml": b'<?xml version="1.0"?>' + svg,
        "page": b"<!doctype html><script>alert(1)</script>", "pdf": b"%PDF-1.7\n", "script": b"alert(1)//",
        "zip": b"PK\x03\x04" + bytes(60), "elf": b"\x7fELF" + bytes(60), "one byte": b"\xff",
        "heic": b"\x00\x00\x00\x18ftypheic" + bytes(40), "ico": b"\x00\x00\x01\x00" + bytes(40),
        "bmp": b"BM" + bytes(60), "tiff": b"II*\x00" + bytes(60), "psd": b"8BPS" + bytes(60), "eps": b"%!PS-Adobe\n",
        "fits": b"SIMPLE  =" + bytes(60), "xbm": b"#define x_width 4\n", "ppm": b"P6 9999999 9999999 255\n",
        "riff of sound": b"RIFF\x24\x00\x00\x00WAVEfmt ", "zeros": bytes(4096),
    }.items():  # fmt: skip
        yield name, data, "type"
    for kind in ("GIF", "BMP", "TIFF", "ICO", "PPM", "TGA", "PCX", "SGI", "JPEG2000"):
        yield f"a real {kind}", plain(kind), "type"
    yield "nothing", b"", "broken"
    yield "too many bytes", plain() + bytes(2 * 1024 * 1024), "size"


def _bombs() -> Iterator[Hostile]:
    zeros = zlib.compress(bytes(3 * 20_000 + 1) * 400, 9)
    for width, height in (
        (20_000, 20_000), (65_535, 65_535), (2**31 - 1, 1), (1, 2**31 - 1), (8193, 16), (16, 8193), (8000, 8000),
        (2**31 - 1, 2**31 - 1), (5200, 5200),
    ):  # fmt: skip
        yield f"png of {width} x {height}", png(width, height, body=zeros), "dimensions"
    for width, height in ((1, 1), (15, 400), (400, 15)):
        yield f"png of {width} x {height}", plain("PNG", (width, height)), "dimensions"
    for width, height in ((0, 0), (0, 64), (64, 0)):
        yield f"png of {width} x {height}", png(width, height, body=zeros), None
    text = zlib.compress(bytes(60_000_000), 9)
    yield (
        "text that grows",
        png(64, 64, chunks=chunk(b"zTXt", b"x\0\0" + text), body=zlib.compress(bytes(64 * 193))),
        None,
    )
    yield (
        "profile that grows",
        png(64, 64, chunks=chunk(b"iCCP", b"x\0\0" + text), body=zlib.compress(bytes(64 * 193))),
        None,
    )
    yield (
        "itxt that grows",
        png(64, 64, chunks=chunk(b"iTXt", b"x\0\1\0\0\0" + text), body=zlib.compress(bytes(64 * 193))),
        None,
    )
    huge = bytearray(plain("JPEG"))
    at = huge.find(b"\xff\xc0")
    for height, width in ((65_500, 65_500), (65_500, 20), (8192, 8192)):
        huge[at + 5 : at + 9] = struct.pack(">HH", height, width)
        yield f"jpeg of {width} x {height}", bytes(huge), "dimensions"
    webp = b"VP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + b"\xff\xff\xff" * 2
    yield "webp of 16 777 216 squared", b"RIFF" + struct.pack("<I", 4 + len(webp)) + b"WEBP" + webp, None


def _moving() -> Iterator[Hostile]:
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "green", "blue")]
    for kind in ("PNG", "WEBP"):
        for count in (2, 3):
            out = io.BytesIO()
            frames[0].save(out, kind, save_all=True, append_images=frames[1:count], duration=50)
            yield f"{kind} of {count} pictures", out.getvalue(), "animated"
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=50)
    yield "moving gif", out.getvalue(), "type"


def _polyglots() -> Iterator[Hostile]:
    archive = b"PK\x03\x04" + bytes(26) + b"PK\x01\x02" + bytes(42) + b"PK\x05\x06" + bytes(18)
    for kind in ("JPEG", "PNG", "WEBP"):
        data = plain(kind)
        for name, tail in {
            "script": b"<script>alert(1)</script>", "page": b"\n<HTML><body onload=alert(1)>", "svg": b"<svg onload=x>",
            "php": b"<?php system($_GET[0]);", "archive": archive, "pdf": b"\n%PDF-1.7\n1 0 obj", "bytes": b"A" * 400,
        }.items():  # fmt: skip
            yield f"{kind} and {name}", data + tail, "polyglot"
    comment = b"<script>alert(1)</script>"
    jpeg = plain("JPEG")
    yield (
        "script in a comment of a jpeg",
        jpeg[:2] + b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment + jpeg[2:],
        "polyglot",
    )
    inside = chunk(b"tEXt", b"Comment\0" + comment)
    yield "script in a text of a png", png(64, 64, chunks=inside, body=zlib.compress(bytes(64 * 193))), "polyglot"


def _cut_short() -> Iterator[Hostile]:
    for kind in ("JPEG", "PNG", "WEBP"):
        data = plain(kind, (80, 80))
        for part in range(1, 9):
            yield f"{part}/9 of a {kind}", data[: len(data) * part // 9], None
    for name, data in {"PNG": plain("PNG"), "JPEG": plain("JPEG"), "WEBP": plain("WEBP")}.items():
        yield f"only the beginning of a {name}", data[:12], "broken"


def _bent() -> Iterator[Hostile]:
    dice = random.Random(SEED)
    for number in range(80):
        kind = ("JPEG", "PNG", "WEBP")[number % 3]
        data = bytearray(plain(kind, (40 + number, 40), number))
        for _ in range(1 + number % 24):
            data[dice.randrange(4, len(data))] = dice.randrange(256)
        yield f"bent {kind} {number}", bytes(data), None
    for number in range(12):
        yield (
            f"noise {number}",
            (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP")[number % 3] + dice.randbytes(900),
            None,
        )
