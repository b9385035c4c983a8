"""QR codes: their modules, and as SVG: level M, four modules of quiet zone, one path."""

import math
from io import BytesIO
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import zxingcpp
from PIL import Image

from app.kernel.drawing.pen import opening

QUIET: Final = 4
"""Modules of quiet zone on each side (ISO/IEC 18004 asks four)."""
Level = Literal["L", "M"]
"""How much may be damaged: 7 % or 15 %."""


def scan_text(url: str) -> str:
    """The shortest text that leads to `url`: in capitals where only scheme and host change by it.

    Capitals, digits and `:/.-` take 5.5 bits instead of 8, which saves a version: larger modules. A path
    or query with small letters keeps the address as it is, since a server may tell them apart.
    """
    parts = urlsplit(url)
    rest = parts.path + parts.query + parts.fragment
    return url.upper() if rest == rest.upper() else url


def qr_modules(text: str, *, level: Level = "M") -> list[list[bool]]:
    """The modules of the smallest QR code of `text`, row by row without quiet zone; True is dark."""
    symbol = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level=level)
    pixels: Any = symbol.to_image(scale=1, add_quiet_zones=False)  # a buffer, which its types do not say
    flat = memoryview(pixels).tobytes()
    side = math.isqrt(len(flat))
    return [[grey == 0 for grey in flat[start : start + side]] for start in range(0, side * side, side)]


def qr_svg(text: str, *, ink: str = "#10261D", ground: str | None = "#FFFFFF", label: str | None = None) -> str:
    """The QR code of `text`; one unit of its viewBox is one module, quiet zone included.

    `ground` None leaves the paper showing through, for a card that is light already.
    """
    rows = qr_modules(text)
    side = len(rows) + 2 * QUIET
    runs: list[str] = []
    for y, row in enumerate(rows, QUIET):
        start: int | None = None
        for x, dark in enumerate((*row, False), QUIET):
            if dark and start is None:
                start = x
            elif not dark and start is not None:
                runs.append(f"M{start} {y}h{x - start}v1H{start}z")
                start = None
    paper = f'<path fill="{ground}" d="M0 0h{side}v{side}H0z"/>' if ground else ""
    # One path for all modules: neighbours meet without a hair line where a screen blends edges.
    return f'{opening(side, side, label=label)}{paper}<path fill="{ink}" d="{"".join(runs)}"/></svg>'


def qr_png(text: str, *, scale: int) -> bytes:
    """The same as a black and white PNG, each module `scale` pixels wide."""
    rows = qr_modules(text)
    side = len(rows) + 2 * QUIET
    picture = Image.new("1", (side, side), 1)
    for y, row in enumerate(rows, QUIET):
        for x, dark in enumerate(row, QUIET):
            if dark:
                picture.putpixel((x, y), 0)
    small = BytesIO()
    picture.resize((side * scale, side * scale), Image.Resampling.NEAREST).save(small, "PNG", optimize=True)
    return small.getvalue()


def qr_lines(text: str, *, level: Level = "L", quiet: int = 2) -> list[str]:
    """The same in half blocks, for a terminal of light letters on dark: two rows of modules a line."""
    rows = qr_modules(text, level=level)
    side = len(rows) + 2 * quiet
    blank, margin = [False] * side, [False] * quiet
    full = [*[blank] * quiet, *([*margin, *row, *margin] for row in rows), *[blank] * (quiet + 1)]
    return [
        "".join(" ▄▀█"[(not above) * 2 + (not below)] for above, below in zip(*pair, strict=True))
        for pair in zip(full[::2], full[1::2], strict=False)
    ]
