"""Rendering (制证): one frozen record becomes the PDF or PNG of its certificate. Pure: no table, no wire.

The layout stands in `templates/certificate.typ`, the record's facts are put into words by `wording`. The same
record, name, language, kind and instant give the same bytes.
"""

import json
import mmap
import threading
from base64 import b64encode
from collections.abc import Container, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, Final, Literal

import typst

from app.certificates.wording import sheet
from app.kernel.drawing import landscape_svg, logo_svg, qr_svg, ring_svg, scan_text
from app.kernel.drawing.glyphs import code_points, printable
from app.kernel.drawing.png import slimmed
from app.kernel.text import Language

Kind = Literal["pdf", "png"]

_TEMPLATES: Final = Path(__file__).with_name("templates")
_SANS: Final = "Noto Sans CJK SC"
_SERIF: Final = "Noto Serif CJK SC"
_NARROW: Final = {"sans": "Noto Sans CJK KR", "serif": "Noto Serif CJK KR"}
"""The Korean faces of the same families draw quotation marks as narrow as Latin letters; the Chinese ones a full em."""
_PNG_WIDTH: Final = 1080
_INCHES_WIDE: Final = 210 / 25.4
_FLAT_COLOURS: Final = (
    "#FBF9F2",
    "#FFFFFF",
    "#10261D",
    "#4B5F56",
    "#0B5D46",
    "#084635",
    "#E9A820",
    "#B3372C",
    "#F3DAD2",
)
"""The colours of large areas and of text in the template."""
_NAME_EMS: Final = 50
"""Two lines of the smallest size; a longer name ends in an ellipsis."""
_LONG_WORD: Final = 16
_AIRY: Final = 1_800
"""Characters of a whole sheet with one lot that surely fit the page in the largest setting."""


class Unprintable(Exception):
    """The template asked for something this press does not have: our fault, never the record's."""


class Press:
    """Prints certificates; one for a process, used by any number of threads.

    `font_folders` come before the font every installation has (Noto Sans CJK, one weight): a folder with
    Debian's fonts-noto-cjk adds the serif and the bold faces. `seal` is the issuer's seal as PNG, JPEG or
    SVG, shown on certificates that are not of the sandbox.
    """

    def __init__(self, *, font_folders: Sequence[Path] = (), seal: bytes | None = None) -> None:
        folders = [str(folder) for folder in (*font_folders, resources.files("noto_cjk_sans_otc"))]
        self._fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)
        faces = self._fonts.fonts()
        families, bold = {face.family for face in faces}, {face.family for face in faces if face.weight >= 700}
        # A family that is not there would be a warning, and the serif is optional: only what exists is named.
        sans = [family for family in (_SANS,) if family in families]
        serif = [family for family in (_SERIF, _SANS) if family in families]
        self._faces = {
            "sans": sans,
            "serif": serif,
            "sans_narrow": _NARROW["sans"] if _NARROW["sans"] in families else None,
            "serif_narrow": next((face for face in (_NARROW["serif"], _NARROW["sans"]) if face in families), None),
            "sans_bold": bool(sans) and sans[0] in bold,
            "serif_bold": bool(serif) and serif[0] in bold,
        }
        # The other faces of the family have the same characters in other shapes; reading them all takes a second.
        read = {(face.path, face.index) for face in faces if face.family in serif or "CJK" not in face.family}
        self._drawn = frozenset[int]().union(*(_coverage(path, index) for path, index in read if path))
        self._seal = None if seal is None else _as_svg(seal)
        self._local = threading.local()

    def render(self, record: Mapping[str, Any], *, name: str, language: Language, kind: Kind, at: datetime) -> bytes:
        """The certificate of `record` for `name`: an archival PDF (PDF/A-2b) or a PNG 1080 px wide.

        `at` is the creation time written into the PDF. Characters without a glyph are replaced, controls
        dropped. About 30 ms for a PDF and 150 ms for a PNG once warm: call it in a thread.

        Raises:
            Unprintable: the template warned, for example of a font that is missing.
        """
        assert at.tzinfo is not None, at
        compiler = self._compiler()
        inputs = self._inputs(record, name, language)
        if kind == "pdf":
            paper, warnings = compiler.compile_with_warnings(
                format="pdf", pdf_standards=["a-2b"], timestamp=int(at.timestamp()), sys_inputs=inputs
            )
        else:
            ppi = _PNG_WIDTH / _INCHES_WIDE
            paper, warnings = compiler.compile_with_warnings(format="png", ppi=ppi, sys_inputs=inputs)
        if warnings:
            raise Unprintable("; ".join(warning.message for warning in warnings))
        if not isinstance(paper, bytes):
            raise Unprintable("more than one page")
        return paper if kind == "pdf" else slimmed(paper, keep=_FLAT_COLOURS)

    def _compiler(self) -> typst.Compiler:
        """This thread's compiler: one must not be shared, and a warm one is twenty times as fast."""
        compiler: typst.Compiler | None = getattr(self._local, "compiler", None)
        if compiler is None:
            template = _TEMPLATES / "certificate.typ"
            compiler = typst.Compiler(template, root=_TEMPLATES, font_paths=self._fonts, ignore_system_fonts=True)
            self._local.compiler = compiler
        return compiler

    def _inputs(self, record: Mapping[str, Any], name: str, language: Language) -> dict[str, str]:
        ring, qr = _marks(record["number"], record["verify_url"])
        told = _cleaned(sheet(record, language), self._drawn)
        told["name"] = _breakable(_shortened(printable(name, self._drawn).strip()))
        told["airy"] = len(record["lines"]) == 1 and len(json.dumps(told, ensure_ascii=False)) < _AIRY
        inputs = {
            "data": json.dumps(told | {"fonts": self._faces}, ensure_ascii=False),
            "ring": ring,
            "landscape": _foot(record["scenario_code"] or record["number"]),
            "logo": logo_svg(colour="#084635"),
            "qr": qr,
        }
        if self._seal is not None:
            inputs["seal_art"] = self._seal
        return inputs


def _shortened(name: str) -> str:
    """The name, cut with an ellipsis where it would not fit two lines of the smallest size."""
    ems = 0.0
    for at, letter in enumerate(name):
        ems += 0.48 if ord(letter) < 0x2E80 else 1
        if ems > _NAME_EMS:
            whole, space, part = name[:at].rpartition(" ")
            return (whole if space and len(part) < _LONG_WORD else name[:at]).rstrip() + "…"
    return name


def _cleaned(value: Any, drawn: Container[int]) -> Any:  # noqa: ANN401  # a tree of JSON
    """Every text of the tree made of characters that have glyphs, and of one line."""
    match value:
        case str():
            return printable(value, drawn)
        case dict():
            return {key: _cleaned(part, drawn) for key, part in value.items()}
        case list() | tuple():
            return [_cleaned(part, drawn) for part in value]
        case _:
            return value


def _breakable(name: str) -> str:
    """A name's word that is too long for a line gets places to break (U+200B); no other text does, or it could
    not be found or copied."""
    words = (
        word if len(word) <= _LONG_WORD
        else "\u200b".join(word[at : at + _LONG_WORD] for at in range(0, len(word), _LONG_WORD))
        for word in name.split()
    )  # fmt: skip
    return " ".join(words)


@lru_cache(maxsize=64)
def _marks(number: str, url: str) -> tuple[str, str]:
    """Ring and code of one certificate; cached, as its PDF and PNG are drawn one after the other."""
    return ring_svg(number, use="certificate", progress=1), qr_svg(scan_text(url), ground=None)


@lru_cache(maxsize=64)
def _foot(seed: str) -> str:
    """The landscape at the foot; cached, as one scenario issues many certificates."""
    return landscape_svg(seed, 684, 215, sky="#FBF9F2", sun_top=0.22, sun_within=(0.42, 0.6), step=5)


@lru_cache(maxsize=64)
def _coverage(path: str, index: int) -> frozenset[int]:
    with Path(path).open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as font:
        return code_points(memoryview(font), index)


def _as_svg(picture: bytes) -> str:
    """The seal as SVG text, since the template takes text only; a bitmap is wrapped."""
    for magic, type_ in ((b"\x89PNG", "png"), (b"\xff\xd8\xff", "jpeg")):
        if picture.startswith(magic):
            href = f"data:image/{type_};base64,{b64encode(picture).decode()}"
            image = f'<image width="100" height="100" href="{href}"/>'
            return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">{image}</svg>'
    return picture.decode("utf-8")
