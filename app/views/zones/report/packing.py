"""The files of a closing report, and all of them in one ZIP. Slow work of a processor: for a thread of its own."""

from collections.abc import Mapping
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from app.certificates.rendering import Press
from app.kernel.clock import BEIJING
from app.kernel.drawing import landscape_svg, logo_svg, qr_svg
from app.kernel.text import Language
from app.views.zones.report.gathering import Report
from app.views.zones.report.wording import worded

_TEMPLATES: Final = Path(__file__).with_name("templates")
_PAPER: Final = "#FBF9F2"
_PARTS: Final = ("board", "figures")


def pack(report: Report, sheets: Mapping[Language, bytes], *, press: Press) -> bytes:
    """PDF, sheet and pictures in both languages, and the digest of each; the same report gives the same bytes.

    Some two seconds of processor.

    Raises:
        Unprintable: the layout asked for what the press does not have: our fault.
    """
    files: dict[str, bytes] = {}
    for language in Language:
        words = worded(report, language)
        files[f"report-{language.value}.pdf"] = document(words, report, press=press)
        files[f"report-{language.value}.xlsx"] = sheets[language]
        for part in _PARTS:
            files[f"{part}-{language.value}.png"] = _picture(words | {"part": part}, report, press=press)
    sums = "".join(f"{sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items()))
    return _zipped(files | {"SHA256SUMS": sums.encode()}, report)


def document(words: Mapping[str, Any], report: Report, *, press: Press) -> bytes:
    """The PDF in one language, as PDF/A-2b."""
    drawings = _drawings(report, 210, 62) | {"qr": qr_svg(words["address"])}
    return press.compose(words, drawings, template=_TEMPLATES / "report.typ", at=report.made_at)


def _picture(words: Mapping[str, Any], report: Report, *, press: Press) -> bytes:
    return press.picture(
        words,
        _drawings(report, 270, 34),
        template=_TEMPLATES / "picture.typ",
        at=report.made_at,
        accent=words["accent"],
    )


def _drawings(report: Report, width: float, height: float) -> dict[str, str]:
    scale = 630 / width
    hills = landscape_svg(
        report.board.zone.slug, width * scale, height * scale, sky=_PAPER, sun_top=0.06, sun_within=(0.72, 0.9), step=5
    )
    return {"landscape": hills, "logo": logo_svg(colour="#084635")}


def _zipped(files: Mapping[str, bytes], report: Report) -> bytes:
    made = report.made_at.astimezone(BEIJING)
    done = BytesIO()
    with ZipFile(done, "w") as archive:
        for name, data in sorted(files.items()):
            entry = ZipInfo(f"{report.board.zone.slug}/{name}", date_time=made.timetuple()[:6])
            entry.compress_type = ZIP_DEFLATED
            archive.writestr(entry, data)
    return done.getvalue()
