"""The picture of a certificate, from its finished PDF: the same paper, for whoever shares it. Pure."""

import threading
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final

import pypdfium2
from PIL import Image

WIDTH: Final = 1080
"""Pixels."""
_COMPRESSION: Final = 2
"""Three times as fast as the usual 6, and an eighth larger."""
_PDFIUM: Final = threading.Lock()
"""PDFium is not thread-safe: one at a time in a process."""


def picture_of(pdf: bytes, *, accent: str | None = None) -> bytes:
    """A PDF's first page as a PNG, 1080 pixels wide, in the colours of `palette.txt` and of a zone's accent: about 50 ms of
    processor.

    The same PDF gives the same bytes, with the same libraries, in any process.
    """
    with _PDFIUM:
        document = pypdfium2.PdfDocument(pdf)
        try:
            page = document[0]
            scale = WIDTH / page.get_width()
            height = round(page.get_height() * scale)  # PDFium begins one more line for a part of it
            drawn = page.render(scale=scale).to_pil()
        finally:
            document.close()
    picture = (
        drawn.convert("RGB").quantize(palette=_palette(accent), dither=Image.Dither.NONE).crop((0, 0, WIDTH, height))
    )
    small = BytesIO()
    picture.save(small, "PNG", compress_level=_COMPRESSION)
    return small.getvalue()


ACCENTS: Final = {
    "teal": ("#0B6670", "#074A52", "#85B2B1"),
    "blue": ("#1F5A93", "#163F69", "#8DA9C2"),
    "amber": ("#7A4F0A", "#583806", "#BAA47E"),
    "crimson": ("#9A2A3C", "#701D2B", "#CA9197"),
}
"""Of the accents that are none of the palette's: text, title, and the edge of either on paper; `certificate.typ` has the
first two of each."""


@cache
def _palette(accent: str | None) -> Image.Image:
    """The colours of every picture; finding them for each would take longer than drawing it."""
    colours = Path(__file__).with_name("palette.txt").read_text("ascii").split()
    colours += ACCENTS.get(accent or "", ())
    palette = Image.new("P", (1, 1))
    palette.putpalette([int(colour[at : at + 2], 16) for colour in colours for at in (1, 3, 5)])
    return palette
