"""A sponsor's logo: which files may come, and the PNG that we draw anew of one. Pure, and 0.2 s of processor at most.

Nothing of the file that came is kept but its pixels: what else stood in it (EXIF, colour profiles, texts, further
pictures) is not drawn. What a file says of itself, its name and its content type, is not looked at.
"""

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from io import BytesIO
from typing import Final

from PIL import Image
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from app.programmes.gifts.errors import LogoUnfit
from app.programmes.gifts.rules import Logo

UPLOAD_BYTES_MOST: Final = 1024 * 1024
PIXELS_MOST: Final = 4_000_000
"""Of what comes: 16 MB once it is unpacked, and never more than three times that at once."""
WIDTH_MOST: Final = 480
HEIGHT_MOST: Final = 160
SIDE_LEAST: Final = 16
"""Of what is drawn: a logo that is longer than thirty times its height is a line."""
DRAWN_BYTES_MOST: Final = 32 * 1024
"""A second at most over a weak network. Photographs lose colours until they fit."""
_SCANS_MOST: Final = 50
"""Of a JPEG; each takes as long as a whole picture, and usual ones have ten."""
_CHUNKS_DRAWN: Final = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_ORIENTATION: Final = 0x0112
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_LYING: Final = frozenset({5, 6, 7, 8})
"""Turned by a quarter: width and height change places."""
_LADDER: Final = ((None, 1), (256, 1), (64, 1), (64, 2), (32, 4))
"""How many colours are kept, and by how much it is made smaller, until the file is small enough; the last always is."""


class PictureKind(StrEnum):
    """What may come, told by its first bytes."""

    PNG = "png"
    JPEG = "jpeg"
    WEBP = "webp"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A logo as we keep it."""

    png: bytes
    logo: Logo


def kind_of(data: bytes) -> PictureKind:
    """What the bytes are, whatever their name says.

    Raises:
        LogoUnfit: no file, too many bytes, or nothing that we draw.
    """
    if not data:
        raise _unfit("请选择一张图片", "please choose a picture")
    if len(data) > UPLOAD_BYTES_MOST:
        raise _unfit("文件不得超过 1 MB", "the file may have at most 1 MB")
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PictureKind.PNG
    if data.startswith(b"\xff\xd8\xff"):
        return PictureKind.JPEG
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return PictureKind.WEBP
    if b"<svg" in data[:4096].lower():
        raise _unfit("SVG 是可以带脚本的文件，请导出为 PNG 再上传", "an SVG can hold programs; please export it as PNG")
    raise _unfit(
        "请上传 PNG、JPEG 或 WebP 图片，按文件内容判断，不看扩展名",
        "please upload a PNG, JPEG or WebP picture; its content decides, not its name",
    )


def draw(data: bytes) -> Drawn:
    """The picture drawn anew as a PNG of at most 480 × 160 pixels, never enlarged; the same bytes give the same.

    Of an animation the first picture.

    Raises:
        LogoUnfit: it cannot be read, is too large, too small or nothing but transparent; which of these is said.
    """
    kind = kind_of(data)
    try:
        picture = _read(data, kind)
    except LogoUnfit:
        raise
    except Exception as trouble:  # a broken file makes Pillow raise anything, a struct.error or a TypeError too
        raise _unfit("图片已损坏或不完整，读不出来", "the picture is broken or not whole") from trouble
    if min(picture.size) < SIDE_LEAST:
        raise _unfit(
            f"图片太小或太细长，缩放后宽高都应不少于 {SIDE_LEAST} 像素",
            f"it is too small or too thin: fitted, each side needs at least {SIDE_LEAST} pixels",
        )
    if picture.mode == "RGBA":
        least, most = picture.getchannel("A").getextrema()
        if most == 0:
            raise _unfit("图片是全透明的", "nothing is drawn on it, it is transparent all over")
        if least == 255:
            picture = picture.convert("RGB")
    return _encoded(picture)


def fitted(width: int, height: int, *, width_most: int = WIDTH_MOST, height_most: int = HEIGHT_MOST) -> tuple[int, int]:
    """The largest size of the same shape within the bounds; never larger than it was."""
    if width <= width_most and height <= height_most:
        return width, height
    if width * height_most >= height * width_most:
        return width_most, max(1, round(height * width_most / width))
    return max(1, round(width * height_most / height)), height_most


def _read(data: bytes, kind: PictureKind) -> Image.Image:
    """The pixels, fitted, as RGB or RGBA and nothing else."""
    with _opened(data, kind) as file:
        _demand_pixels(*file.size)
        turn = _turn_of(file, kind)
        width, height = fitted(*(file.size[::-1] if turn in _LYING else file.size))
        if turn in _LYING:
            width, height = height, width
        file.draft("RGB", (2 * width, 2 * height))  # a JPEG is unpacked no larger than it is needed
        file.load()
        small = _plain(file).resize((width, height), Image.Resampling.LANCZOS, reducing_gap=2.0)
    if turn in _TURNS:
        small = small.transpose(_TURNS[turn])
    clean = Image.new(small.mode, small.size)
    clean.paste(small)
    return clean


def _opened(data: bytes, kind: PictureKind) -> ImageFile:
    """By its own reader, of which none unpacks pixels yet: Pillow's general one tries others, and warns of sizes only."""
    match kind:
        case PictureKind.PNG:
            return PngImageFile(BytesIO(_only_drawn(data)))
        case PictureKind.JPEG:
            if data.count(b"\xff\xda") > _SCANS_MOST:
                raise _unfit("JPEG 的扫描层数过多", "the JPEG has too many scans")
            return JpegImageFile(BytesIO(data))
        case PictureKind.WEBP:
            _demand_pixels(*_webp_size(data))  # its reader takes the memory for a whole picture at once
            return WebPImageFile(BytesIO(data))


def _demand_pixels(width: int, height: int) -> None:
    if width * height > PIXELS_MOST or not width * height:
        raise _unfit(
            f"图片太大，最多 {PIXELS_MOST // 10_000} 万像素",
            f"it has too many pixels, at most {PIXELS_MOST:,} are read",
        )


def _only_drawn(data: bytes) -> bytes:
    """A PNG without what is not drawn: packed texts and profiles unpack to much more than the picture."""
    kept, at = [data[:8]], 8
    while at + 8 <= len(data):
        length, name = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        if name in _CHUNKS_DRAWN:
            kept.append(data[at : at + 12 + length])
        if name == b"IEND":
            break
        at += 12 + length
    return b"".join(kept)


def _webp_size(data: bytes) -> tuple[int, int]:
    """As its header says, of the canvas or of the one picture; (0, 0) where it has none of the three forms."""
    match data[12:16]:
        case b"VP8X":
            return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
        case b"VP8L":
            bits = int.from_bytes(data[21:25], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF
        case _:
            return 0, 0


def _turn_of(file: ImageFile, kind: PictureKind) -> int:
    """How a camera held it; a PNG has lost that with its other words."""
    return 0 if kind is PictureKind.PNG else file.getexif().get(_ORIENTATION, 0)


def _plain(file: Image.Image) -> Image.Image:
    if file.mode.startswith("I"):  # 16 bits of grey
        file = file.point(lambda value: value * (1 / 256)).convert("L")
    wanted = "RGBA" if file.has_transparency_data else "RGB"
    return file if file.mode == wanted else file.convert(wanted)


def _encoded(picture: Image.Image) -> Drawn:
    for colours, parts in _LADDER:
        small = picture if parts == 1 else picture.reduce(parts)
        if colours is not None:
            # The one that takes transparency, and a hundred times as fast as the others where every pixel has its own colour.
            small = small.quantize(colours, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        written = BytesIO()
        small.save(written, "PNG", optimize=True)
        png = written.getvalue()
        if len(png) <= DRAWN_BYTES_MOST:
            break
    assert len(png) <= DRAWN_BYTES_MOST, len(png)
    return Drawn(png, Logo(sha256(png).digest(), *small.size))


def _unfit(zh: str, en: str) -> LogoUnfit:
    return LogoUnfit(problem_zh=zh, problem_en=en)
