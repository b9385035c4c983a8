"""Reading a certificate from outside: its QR code, from the pixels of the PDF and of the picture."""

from pathlib import Path

import pypdfium2
import zxingcpp
from PIL import Image

_DPI = 150


def read_qr_of_pdf(path: Path) -> str | None:
    """The text of the QR code on the first page, drawn at 150 dpi; None where none can be read."""
    document = pypdfium2.PdfDocument(path)
    try:
        return _read(document[0].render(scale=_DPI / 72).to_pil())
    finally:
        document.close()


def read_qr_of_png(path: Path) -> str | None:
    """The text of the QR code in a picture; None where none can be read."""
    with Image.open(path) as picture:
        return _read(picture.convert("RGB"))


def _read(picture: Image.Image) -> str | None:
    found = zxingcpp.read_barcodes(picture)
    return found[0].text if found else None
