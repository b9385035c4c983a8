"""A picture that a stranger sent, decoded and drawn anew: 256 × 256, WebP, nothing else of it left.

Stands alone: the standard library and Pillow, no module of ours. `bounded.py` runs this very file as a process of its own, with
bounds on memory and time, so that a decoder that goes wrong takes nobody with it.
"""

import io
import sys
import warnings
from typing import Final

from PIL import Image, ImageOps, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

SIDE: Final = 256
BYTES_MAX: Final = 2 * 1024 * 1024
SIDE_LEAST: Final = 16
SIDE_MOST: Final = 8192
PIXELS_MOST: Final = 26_000_000
"""A telephone's largest ordinary picture; decoded 78 MB."""
QUALITY: Final = 82
_READ_BY: Final = (JpegImagePlugin, PngImagePlugin, WebPImagePlugin)
"""Imported, so that no other decoder is: Pillow has some forty."""
_GROUND: Final = (247, 245, 238)
"""Our paper, behind what is transparent."""
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_MARKUP: Final = (b"<script", b"<svg ", b"<svg>", b"<html", b"<!doctype", b"<?php", b"%pdf-")
_ZIP: Final = b"PK\x05\x06"
MEMORY_MAX: Final = 768 * 1024 * 1024
CPU_MAX_S: Final = 5
REFUSED: Final = 3
"""The exit code that says: refused, for the reason on standard output."""


class Refused(Exception):
    """The picture is not taken; the message is the reason, in one word."""


def redraw(data: bytes) -> bytes:
    """The middle square of a picture, turned as it was held, as WebP without anything but its pixels.

    Raises:
        Refused: `size`, `type`, `animated`, `dimensions`, `polyglot`, `broken`.
    """
    if not data or len(data) > BYTES_MAX:
        raise Refused("size" if data else "broken")
    kind = _kind(data)
    if kind is None:
        raise Refused("type")
    _refuse_polyglot(data, kind)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=(kind,)) as picture:
                return _drawn(picture)
    except Refused:
        raise
    except Image.DecompressionBombError as trouble:
        raise Refused("dimensions") from trouble
    except Exception as trouble:  # of a decoder, whatever it is
        raise Refused("broken") from trouble


def _drawn(picture: Image.Image) -> bytes:
    if getattr(picture, "is_animated", False) or getattr(picture, "n_frames", 1) > 1:
        raise Refused("animated")
    width, height = picture.size
    if not (min(width, height) >= SIDE_LEAST and max(width, height) <= SIDE_MOST and width * height <= PIXELS_MOST):
        raise Refused("dimensions")
    picture.draft("RGB", (2 * SIDE, 2 * SIDE))  # a JPEG is decoded at an eighth of its size, where that is enough
    picture.load()
    upright = ImageOps.exif_transpose(picture)
    square = ImageOps.fit(_flat(upright), (SIDE, SIDE), Image.Resampling.LANCZOS)
    clean = Image.frombytes("RGB", square.size, square.tobytes())  # a new picture: no metadata to be written
    out = io.BytesIO()
    clean.save(out, "WEBP", quality=QUALITY, method=4)
    return out.getvalue()


def _flat(picture: Image.Image) -> Image.Image:
    """In plain colours, on our paper where it was transparent."""
    if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
        layered = picture.convert("RGBA")
        ground = Image.new("RGBA", layered.size, (*_GROUND, 255))
        return Image.alpha_composite(ground, layered).convert("RGB")
    if picture.mode.startswith("I") or picture.mode == "F":  # 16 bits a pixel: `convert` would clip instead of scaling
        return picture.point(lambda value: value / 256).convert("L").convert("RGB")
    return picture.convert("RGB")


def _kind(data: bytes) -> str | None:
    """By its first bytes; what the sender calls it is not asked."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(_PNG):
        return "PNG"
    return "WEBP" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else None


def _refuse_polyglot(data: bytes, kind: str) -> None:
    """Refuse what some other program would read as something else: markup, a PDF, an archive, bytes after the end."""
    lower = data.lower()
    if any(mark in lower for mark in _MARKUP) or (_ZIP in data and b"PK\x03\x04" in data):
        raise Refused("polyglot")
    if kind == "WEBP" and int.from_bytes(data[4:8], "little") + 8 < len(data):
        raise Refused("polyglot")
    if kind == "PNG" and _end_of_png(data) not in {None, len(data)}:
        raise Refused("polyglot")
    if kind == "JPEG":
        rest = data[_end_of_jpeg(data) :]
        # What telephones append: nothing but zeros, a second picture, a film, Samsung's own block.
        if rest.strip(b"\0") and not (rest.startswith(b"\xff\xd8") or rest[4:8] == b"ftyp" or rest.endswith(b"SEFT")):
            raise Refused("polyglot")


def _end_of_png(data: bytes) -> int | None:
    """Where its last chunk ends; None where it has none, which the decoder then says."""
    at = len(_PNG)
    while at + 12 <= len(data):
        name = data[at + 4 : at + 8]
        at += 12 + int.from_bytes(data[at : at + 4])
        if name == b"IEND":
            return at
    return None


def _end_of_jpeg(data: bytes) -> int:
    """Where its end marker stands; the end of the data where it has none, which the decoder then says."""
    at = 2
    while 0 <= (at := data.find(b"\xff", at)) < len(data) - 1:
        marker = data[at + 1]
        if marker == 0xD9:
            return at + 2
        if marker in {0x00, 0x01, 0xFF} or 0xD0 <= marker <= 0xD8:
            at += 1 if marker == 0xFF else 2  # a byte of the picture, a fill byte, a marker without a length
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return len(data)


def _bound() -> None:
    """So much memory and processor time and no more, and no file but the ones that are open."""
    try:
        import resource
    except ImportError:  # not everywhere
        return
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_MAX_S, CPU_MAX_S + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))


def _main() -> int:
    _bound()
    data = sys.stdin.buffer.read(BYTES_MAX + 1)
    try:
        sys.stdout.buffer.write(redraw(data))
    except Refused as why:
        sys.stdout.buffer.write(str(why).encode())
        return REFUSED
    except MemoryError:
        sys.stdout.buffer.write(b"broken")
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(_main())
