"""Pictures drawn by arithmetic: the dot year-ring (点点年轮), the landscape, logo, avatar and QR code, as SVG text.

Everything here is deterministic: the same seed gives the same bytes on every machine and in every
release, because a ring is a fingerprint people recognise. No `style=` attribute is written (a strict
Content-Security-Policy blocks them), only presentation attributes and classes.
"""

from app.kernel.drawing.avatar import avatar_svg
from app.kernel.drawing.landscape import landscape_svg
from app.kernel.drawing.logo import logo_svg
from app.kernel.drawing.qr import qr_lines, qr_png, qr_svg, scan_text
from app.kernel.drawing.ridges import night_ridges_svg
from app.kernel.drawing.ring import count_dots, ring_svg, year_ring_svg

__all__ = [
    "avatar_svg",
    "count_dots",
    "landscape_svg",
    "logo_svg",
    "night_ridges_svg",
    "qr_lines",
    "qr_png",
    "qr_svg",
    "ring_svg",
    "scan_text",
    "year_ring_svg",
]
