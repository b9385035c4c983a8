"""The drawings of a certificate, the same on its page as on paper. Pure."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from app.kernel.drawing import landscape_svg, qr_svg, ring_svg, scan_text

PAPER = "#FBF9F2"
"""The ground they lie on."""


@lru_cache(maxsize=64)
def marks(number: str, url: str) -> tuple[str, str]:
    """Ring and code of one certificate, as SVG; kept, as its files and page are drawn one after the other."""
    return ring_svg(number, use="certificate", progress=1), qr_svg(scan_text(url), ground=None)


@lru_cache(maxsize=64)
def poster_marks(number: str, url: str) -> tuple[str, str]:
    """The same for its poster: the ring leaves room for the figure in its middle."""
    return ring_svg(number, use="poster", progress=1), qr_svg(scan_text(url))


@lru_cache(maxsize=64)
def foot(seed: str) -> str:
    """The landscape at the foot; kept, as one scenario issues many certificates."""
    return landscape_svg(seed, 684, 215, sky=PAPER, sun_top=0.22, sun_within=(0.42, 0.6), step=5)


def foot_seed(record: Mapping[str, Any]) -> str:
    """Whose landscape stands at the foot: the zone's, else the scene's, else the paper's own."""
    zone = record.get("zone")
    return str(zone["slug"] if zone else record.get("scenario_code") or record["number"])
