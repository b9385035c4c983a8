"""Logos: content tells what comes, what is kept is drawn anew, and hostile pictures cost little and harm nothing."""

import random
import struct
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from app.programmes.gifts.errors import LogoUnfit
from app.programmes.gifts.logo_rules import (
    DRAWN_BYTES_MOST,
    HEIGHT_MOST,
    PIXELS_MOST,
    UPLOAD_BYTES_MOST,
    WIDTH_MOST,
    PictureKind,
    draw,
    fitted,
    kind_of,
)
from tests.effort import piece_s

SECRET = b"13800138000 Chengdu"


def picture(size: tuple[int, int] = (600, 200), mode: str = "RGB") -> Image.Image:
    """A green disc on the left, so that one sees how it is turned."""
    made = Image.new("RGBA", size, (255, 255, 255, 0 if mode == "RGBA" else 255))
    ImageDraw.Draw(made).ellipse((0, 0, size[1] - 1, size[1] - 1), fill=(11, 93, 70, 255))
    return made if mode == "RGBA" else made.convert("RGB").convert(mode)


def written(made: Image.Image, form: str = "PNG", **more: Any) -> bytes:
    file = BytesIO()
    made.save(file, form, **more)
    return file.getvalue()


def read(png: bytes) -> Image.Image:
    with Image.open(BytesIO(png)) as opened:
        opened.load()
        return opened


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, body: bytes, *more: bytes, depth: int = 8, colour: int = 2) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(more) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@cache
def zeros(count: int) -> bytes:
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(count >> 20)) + packer.flush()


@contextmanager
def at_little_cost() -> Iterator[None]:
    """Half a second of an ordinary processor, and 64 MB above what this process had; the latter where the system tells it."""
    before, began = _peak_kib(anew=True), time.process_time()
    yield
    assert time.process_time() - began < 50 * piece_s()
    assert _peak_kib() - before < 64 * 1024


def _peak_kib(*, anew: bool = False) -> int:
    if sys.platform != "linux":
        return 0
    if anew:
        Path("/proc/self/clear_refs").write_text("5", "ascii")  # the peak begins at what there is now
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


@pytest.mark.parametrize(
    ("form", "kind"), [("PNG", PictureKind.PNG), ("JPEG", PictureKind.JPEG), ("WEBP", PictureKind.WEBP)]
)
def test_each_of_three_forms_is_drawn_within_the_bounds(form: str, kind: PictureKind) -> None:
    data = written(picture((1200, 300)), form)
    assert kind_of(data) is kind
    drawn = draw(data)
    assert (drawn.logo.width, drawn.logo.height) == read(drawn.png).size == (480, 120)
    assert drawn.png.startswith(b"\x89PNG")
    assert draw(data) == drawn


@pytest.mark.parametrize(
    ("size", "wanted"),
    [((480, 160), (480, 160)), ((200, 200), (160, 160)), ((2000, 100), (480, 24)), ((60, 40), (60, 40)),
     ((481, 160), (480, 160)), ((161, 161), (160, 160)), ((1, 9000), (1, 160))],
)  # fmt: skip
def test_a_logo_keeps_its_shape_and_is_never_enlarged(size: tuple[int, int], wanted: tuple[int, int]) -> None:
    assert fitted(*size) == wanted


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_mode_of_a_png_is_drawn(mode: str) -> None:
    made = picture(mode="I").point(lambda value: value * 256).convert("I;16") if mode == "I;16" else picture(mode=mode)
    shown = read(draw(written(made)).png).convert("RGB")
    dark, light = shown.getpixel((80, 80)), shown.getpixel((400, 80))
    assert isinstance(dark, tuple) and isinstance(light, tuple)
    assert sum(dark) < sum(light) or mode == "RGBA"


def test_transparency_stays() -> None:
    shown = read(draw(written(picture(mode="RGBA"))).png).convert("RGBA")
    assert shown.getpixel((400, 80))[3] == 0  # type: ignore[index]
    assert shown.getpixel((80, 80))[3] == 255  # type: ignore[index]


def test_a_photograph_is_turned_as_its_camera_said() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera lay on its side: the disc, on the left, is shown above
    drawn = draw(written(picture((600, 200)), "JPEG", exif=exif))
    assert (drawn.logo.width, drawn.logo.height) == (53, 160)
    shown = read(drawn.png).convert("L")
    assert shown.getpixel((26, 20)) < 120 < shown.getpixel((26, 140))  # type: ignore[operator]


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_nothing_but_pixels_is_kept(form: str) -> None:
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    more: dict[str, Any] = {"exif": exif, "icc_profile": b"profile " + SECRET}
    if form == "PNG":
        from PIL.PngImagePlugin import PngInfo

        more["pnginfo"] = PngInfo()
        more["pnginfo"].add_text("Comment", SECRET.decode())
    data = written(picture(), form, **more)
    assert SECRET in data or form == "PNG"
    drawn = draw(data)
    assert SECRET not in drawn.png
    names, at = [], 8
    while at < len(drawn.png):
        names.append(drawn.png[at + 4 : at + 8])
        at += 12 + int.from_bytes(drawn.png[at : at + 4])
    assert set(names) <= {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
    assert drawn == draw(written(picture(), form))


def test_noise_loses_colours_until_it_fits() -> None:
    dice = random.Random(7)
    noise = Image.frombytes("RGBA", (480, 160), dice.randbytes(480 * 160 * 4))
    for made in (noise, noise.convert("RGB")):
        data = written(made)
        with at_little_cost():
            drawn = draw(data)
        assert len(drawn.png) <= DRAWN_BYTES_MOST
        assert (drawn.logo.width, drawn.logo.height) == read(drawn.png).size


def test_content_decides_and_no_name() -> None:
    assert kind_of(written(picture(), "JPEG")) is PictureKind.JPEG  # there is no name to look at
    for other in ("GIF", "BMP", "TIFF", "ICO", "PDF"):
        with pytest.raises(LogoUnfit, match="PNG, JPEG or WebP"):
            draw(written(picture((64, 64)), other))


def test_an_svg_is_refused_in_words_that_help() -> None:
    for head in (b"", b'<?xml version="1.0"?>\n<!-- a logo -->\n', b"\xef\xbb\xbf  "):
        with pytest.raises(LogoUnfit, match="please export it as PNG") as refused:
            draw(head + b'<SVG xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></SVG>')
        assert refused.value.field == "/logo"
        assert "SVG" in refused.value.message().zh


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_a_file_that_ends_too_early_is_refused(form: str) -> None:
    dice = random.Random(3)
    whole = written(Image.frombytes("RGB", (300, 100), dice.randbytes(90_000)), form)
    for share in (0.02, 0.3, 0.6, 0.9):
        with pytest.raises(LogoUnfit):
            draw(whole[: int(len(whole) * share)])


def _jpeg_of_many_scans() -> bytes:
    data = written(picture((2400, 2400)), "JPEG", progressive=True)
    scan = data.rfind(b"\xff\xda")
    return data[:scan] + data[scan:-2] * 500 + data[-2:]


def _jpeg_that_says(width: int, height: int) -> bytes:
    data = bytearray(written(picture((64, 64)), "JPEG"))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def _webp_that_says(width: int, height: int) -> bytes:
    data = bytearray(written(picture((64, 64), "RGBA"), "WEBP", exif=b"Exif\0\0MM\0*"))  # of the extended form
    assert data[12:16] == b"VP8X"
    data[24:30] = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return bytes(data)


def _webp_plain(width: int, height: int, *, lossless: bool) -> bytes:
    data = bytearray(written(picture((64, 64)), "WEBP", lossless=lossless))
    if lossless:
        bits = int.from_bytes(data[21:25], "little") & ~0xFFFFFFF
        data[21:25] = (bits | (width - 1) | (height - 1) << 14).to_bytes(4, "little")
    else:
        data[26:30] = struct.pack("<HH", width, height)
    return bytes(data)


def _gone_mad(seed: int, form: str) -> bytes:
    dice = random.Random(seed)
    data = bytearray(written(picture(), form))
    for _ in range(40):
        data[dice.randrange(16, len(data))] = dice.randrange(256)
    return bytes(data)


HOSTILE: dict[str, Callable[[], bytes]] = {
    "png of 50 000 × 50 000": lambda: png(50_000, 50_000, zeros(24 << 20)),
    "png of 2³¹ × 2³¹": lambda: png(2**31 - 1, 2**31 - 1, b""),
    "png without pixels": lambda: png(0, 0, b""),
    "png just too large": lambda: png(PIXELS_MOST // 1000 + 1, 1000, zeros(24 << 20)),
    "png of fewer pixels than it says": lambda: png(300, 100, zeros(1 << 20)[:60]),
    "png with a chunk longer than itself": lambda: b"\x89PNG\r\n\x1a\n" + b"\xff\xff\xff\xffIHDR",
    "png with a wrong sum": lambda: written(picture()).replace(b"IDAT", b"IDAT\0", 1),
    "png with nothing in it": lambda: b"\x89PNG\r\n\x1a\n",
    "png of a colour type there is not": lambda: png(300, 100, zeros(1 << 20), colour=5),
    "png transparent all over": lambda: written(Image.new("RGBA", (300, 100))),
    "png of one pixel": lambda: written(Image.new("RGB", (1, 1))),
    "png of a line": lambda: written(Image.new("RGB", (4000, 8))),
    "jpeg of 65 535 × 65 535": lambda: _jpeg_that_says(65_535, 65_535),
    "jpeg of five hundred scans": _jpeg_of_many_scans,
    "jpeg with nothing in it": lambda: b"\xff\xd8\xff\xd9",
    "jpeg that is a page": lambda: b"\xff\xd8\xff<script>alert(1)</script>",
    "webp of 2²⁴ × 2²⁴": lambda: _webp_that_says(2**24, 2**24),
    "webp of 16 383 × 16 383": lambda: _webp_plain(16_383, 16_383, lossless=False),
    "webp without loss of 16 384 × 16 384": lambda: _webp_plain(16_384, 16_384, lossless=True),
    "webp that says another size than it has": lambda: _webp_that_says(2000, 2000),
    "webp of no form": lambda: b"RIFF\x10\0\0\0WEBPNONE\0\0\0\0",
    "a page that begins like a png": lambda: b"\x89PNG\r\n\x1a\n<html><script>alert(1)</script>",
    "one byte too many": lambda: written(picture()) + bytes(UPLOAD_BYTES_MOST),
    "zip": lambda: b"PK\x03\x04" + bytes(100),
    "html": lambda: b"<!doctype html><script>alert(1)</script>",
    "nothing": lambda: b"",
    "postscript": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_picture_is_refused_at_once_and_costs_little(name: str) -> None:
    data = HOSTILE[name]()
    with at_little_cost(), pytest.raises(LogoUnfit) as refused:
        draw(data)
    assert refused.value.message().zh.startswith("标志没有保存：")


@pytest.mark.parametrize("colour", [4, 6])
def test_the_largest_picture_that_is_drawn_stays_within_its_memory(colour: int) -> None:
    data = png(PIXELS_MOST // 2000, 2000, zeros(24 << 20), colour=colour)  # transparent all over: seen at the end
    with at_little_cost(), pytest.raises(LogoUnfit, match="transparent all over"):
        draw(data)


def test_what_is_packed_beyond_the_picture_is_not_unpacked() -> None:
    data = png(
        300,
        100,
        zeros(40 << 20),
        chunk(b"iCCP", b"a\0\0" + zeros(40 << 20)),
        *[chunk(b"zTXt", b"a\0\0" + zeros(1 << 20))] * 200,
    )
    with at_little_cost():
        assert draw(data).logo.width == 300


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_a_broken_picture_is_refused_or_drawn_and_nothing_else(form: str) -> None:
    for seed in range(12):
        try:
            drawn = draw(_gone_mad(seed, form))
        except LogoUnfit:
            continue
        assert drawn.logo.width <= WIDTH_MOST
        assert drawn.logo.height <= HEIGHT_MOST
