"""The drawings of a certificate, the same on its page as on paper. Pure."""

from functools import lru_cache

from app.kernel.drawing import landscape_svg, qr_svg, ring_svg, scan_text

PAPER = "#FBF9F2"
"""The ground they lie on."""


@lru_cache(maxsize=64)
def marks(number: str, url: str) -> tuple[str, str]:
    """Ring and code of one certificate, as SVG; kept, as its files and page are drawn one after the other."""
    return ring_svg(number, use="certificate", progress=1), qr_svg(scan_text(url), ground=None)


@lru_cache(maxsize=64)
def foot(seed: str) -> str:
    """The landscape at the foot; kept, as one scenario issues many certificates."""
    return landscape_svg(seed, 684, 215, sky=PAPER, sun_top=0.22, sun_within=(0.42, 0.6), step=5)
