"""One scene's words, code and drawings set as a poster, a table tent or stickers. Pure: no table, no wire.

The same matter, kind and instant give the same bytes, of the same fonts. Layouts stand in `templates`, one for each kind.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from app.certificates.rendering import Press
from app.kernel.drawing import landscape_svg, logo_svg, qr_svg, ring_svg
from app.kernel.drawing.qr import QUIET, qr_modules
from app.kernel.drawing.ring import CUTS
from app.kernel.text import Text

_TEMPLATES: Final = Path(__file__).with_name("templates")
_PAPER: Final = "#FBF9F2"
_BRAND: Final = "点点 · 碳中和"
_FILLED: Final = 0.84
"""Of the ring: the paper hangs for weeks, so it tells no progress, only whose it is."""
_LANDSCAPE_PX: Final = 630
"""As wide as it is drawn: its firs and glints keep their share of it on every kind."""
_AROUND_MM: Final = 1.4
"""Between the code's card and the dots of the ring."""


class PrintKind(StrEnum):
    """What is printed."""

    POSTER = "poster"
    TENT = "tent"
    """A4, folded once: two faces, the upper one upside down."""
    STICKERS = "stickers"
    """Three by four on A4."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What stands on it."""

    code: str
    url: str
    """What the QR code says, as it is written: WeChat compares it with the prefix of its rule."""
    title: Text
    organiser: Text
    is_gift: bool
    """Whether whoever scans is given something: the sentence promises it."""
    is_sandbox: bool


@dataclass(frozen=True, slots=True)
class _Measures:
    """Of one kind, in millimetres: the code without its quiet zone, the box of the ring, and the landscape."""

    code: float
    ring: float
    landscape: tuple[float, float]
    sun_top: float
    sun_within: tuple[float, float]


_MEASURES: Final = {
    PrintKind.POSTER: _Measures(91, 190, (210, 75), 0.1, (0.885, 0.93)),
    PrintKind.TENT: _Measures(58, 124, (210, 36), 0.1, (0.8, 0.93)),
    PrintKind.STICKERS: _Measures(26, 55, (70, 17), 0.04, (0.86, 0.93)),
}
_GIVEN: Final = (("扫一扫，", "主办方请你碳中和"), "Scan: a carbon gift from the organiser")
_PAID: Final = (("扫一扫，", "中和你今天的碳足迹"), "Scan to neutralise your footprint")
_STEPS: Final = (("扫码", "WeChat or browser"), ("选怎么来的", "Pick your trip"))
_LAST: Final = {True: ("领证书", "Get your certificate"), False: ("付款，领证书", "Pay, get your certificate")}


def render(matter: Matter, kind: PrintKind, *, press: Press, at: datetime) -> bytes:
    """One page of A4 as PDF/A-2b; `at` is the creation time written into it. 20 to 50 ms of processor once warm, some
    200 before: call it in a thread, always the same.

    Raises:
        Unprintable: the template asked for what the press does not have: our fault, never the scene's.
    """
    size = _MEASURES[kind]
    modules = len(qr_modules(matter.url))
    card = size.code * (modules + 2 * QUIET) / modules
    clear = (card + 2 * _AROUND_MM * size.ring / _MEASURES[PrintKind.POSTER].ring) / size.ring * CUTS["poster"].size
    width, height = size.landscape
    scale = _LANDSCAPE_PX / width
    drawings = {
        "qr": qr_svg(matter.url),
        "ring": ring_svg(matter.code, use="poster", progress=_FILLED, clear=clear),
        "landscape": landscape_svg(
            matter.code,
            width * scale,
            height * scale,
            sky=_PAPER,
            sun_top=size.sun_top,
            sun_within=size.sun_within,
            step=5,
        ),
        "logo": logo_svg(colour="#084635"),
    }
    told = _told(matter) | {"card": card, "ring": size.ring, "landscape": height}
    return press.compose(told, drawings, template=_TEMPLATES / f"{kind.value}.typ", at=at)


def _told(matter: Matter) -> dict[str, Any]:
    (head, rest), english = _GIVEN if matter.is_gift else _PAID
    address = urlsplit(matter.url)
    return {
        "brand": _BRAND,
        "head": [head, rest],
        "english": english,
        "steps": [*_STEPS, _LAST[matter.is_gift]],
        "title": matter.title.zh,
        "title_en": _second(matter.title),
        "organiser": matter.organiser.zh,
        "organiser_en": _second(matter.organiser),
        "url": address.netloc + address.path,
        "address": matter.url,
        "sandbox": matter.is_sandbox,
    }


def _second(text: Text) -> str:
    """The English line; nothing where it would say the same again."""
    return "" if text.en == text.zh else text.en
