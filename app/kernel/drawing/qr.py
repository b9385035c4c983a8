"""QR codes as SVG: level M, four modules of quiet zone, one path."""

from typing import Final
from urllib.parse import urlsplit

import segno

from app.kernel.drawing.pen import opening

QUIET: Final = 4
"""Modules of quiet zone on each side (ISO/IEC 18004 asks four)."""


def scan_text(url: str) -> str:
    """The shortest text that leads to `url`: in capitals where only scheme and host change by it.

    Capitals, digits and `:/.-` take 5.5 bits instead of 8, which saves a version: larger modules. A path
    or query with small letters keeps the address as it is, since a server may tell them apart.
    """
    parts = urlsplit(url)
    rest = parts.path + parts.query + parts.fragment
    return url.upper() if rest == rest.upper() else url


def qr_svg(text: str, *, ink: str = "#10261D", ground: str | None = "#FFFFFF", label: str | None = None) -> str:
    """The QR code of `text`; one unit of its viewBox is one module, quiet zone included.

    `ground` None leaves the paper showing through, for a card that is light already.
    """
    rows = tuple(segno.make(text, error="m", micro=False, boost_error=False).matrix)
    side = len(rows) + 2 * QUIET
    runs: list[str] = []
    for y, row in enumerate(rows, QUIET):
        start: int | None = None
        for x, dark in enumerate((*row, 0), QUIET):
            if dark and start is None:
                start = x
            elif not dark and start is not None:
                runs.append(f"M{start} {y}h{x - start}v1H{start}z")
                start = None
    paper = f'<path fill="{ground}" d="M0 0h{side}v{side}H0z"/>' if ground else ""
    # One path for all modules: neighbours meet without a hair line where a screen blends edges.
    return f'{opening(side, side, label=label)}{paper}<path fill="{ink}" d="{"".join(runs)}"/></svg>'
