"""One frozen record becomes the PDF or PNG of its certificate, set by Typst.

The same record, name, language, kind and instant give the same bytes.
"""

import json
import threading
import unicodedata
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

import typst

from app.certificates.rendering import art
from app.certificates.rendering.picturing import picture_of
from app.certificates.rendering.wording import sheet
from app.foundation.fonts import find_fonts
from app.foundation.fonts.rules import SANS, SERIF
from app.kernel.drawing import logo_svg
from app.kernel.drawing.glyphs import Coverage, printable
from app.kernel.graphemes import graphemes, is_right_to_left
from app.kernel.text import Language

Kind = Literal["pdf", "png"]

TEMPLATE: Final = Path(__file__).with_name("templates") / "certificate.typ"
"""The neutrality paper's."""
POSTER: Final = TEMPLATE.with_name("poster.typ")
"""What is shared of a paper: a picture for telephones, with the code to verify it."""
ACCOUNT: Final = TEMPLATE.with_name("account.typ")
"""The statement of a personal account: books beside each other, and their months."""
Sheet = Callable[[Mapping[str, Any], Language], dict[str, Any]]
"""Puts a record into the words of its paper."""
Marks = Callable[[str, str], tuple[str, str]]
"""Draws ring and code of a number and an address."""
_NARROW: Final = {"sans": "Noto Sans CJK KR", "serif": "Noto Serif CJK KR"}
"""The Korean faces of the same families draw quotation marks as narrow as Latin letters; the Chinese ones a full em."""
NAME_LONGEST: Final = 50
"""Graphemes of a name that stands in full, whatever it is written in."""
_NAME_EMS: Final = 50
"""Two lines of the smallest size; a longer name than both ends in an ellipsis."""
_WIDE: Final = (
    (range(0xFDFA, 0xFDFB), 3.0),
    (range(0xFDFD, 0xFDFE), 11.0),  # a whole sentence
    (range(0x12000, 0x12550), 3.0),
    (range(0x1F000, 0x20000), 1.3),
)
"""Blocks whose characters are wider than Han."""
_EVEN: Final = frozenset({SANS, SERIF, "Noto Sans"})
"""Families whose letters keep within the line: no stacks, no joined letters."""
_LONG_WORD: Final = 16
_LINE_EMS: Final = 24
"""What a line of the smallest size surely holds."""
_AIRY: Final = 1_800
"""Characters of a whole sheet with one lot that surely fit the page in the largest setting."""


class Unprintable(Exception):
    """The template asked for something this press does not have: our fault, never the record's."""


class Press:
    """Prints certificates; one for a process, used by any number of threads.

    Fonts are those of every installation (Noto Sans CJK in one weight, Noto for some twenty scripts, Noto Emoji), those of
    `font_folders`, and (unless `system_fonts` is False) what the system has for further scripts:
    `app.foundation.fonts`. A folder with Debian's fonts-noto-cjk adds the serif and the bold faces. `seal` is the issuer's
    seal as PNG, JPEG or SVG, shown on
    certificates that are not of the sandbox.
    """

    def __init__(
        self, *, font_folders: Sequence[Path] = (), system_fonts: bool = True, seal: bytes | None = None
    ) -> None:
        book = find_fonts(font_folders, system=system_fonts)
        self._fonts = book.fonts
        self._coverage, self._serif = book.coverage, book.serif
        # A family that is not there would be a warning, and the serif is optional: only what exists is named.
        serif = SERIF if SERIF in book.families else SANS
        self._faces: dict[str, Any] = {
            "sans": [SANS] if SANS in book.families else [],
            "serif": [family for family in (SERIF, SANS) if family in book.families],
            "sans_narrow": _NARROW["sans"] if _NARROW["sans"] in book.narrow else None,
            "serif_narrow": next((face for face in (_NARROW["serif"], _NARROW["sans"]) if face in book.narrow), None),
            "sans_bold": SANS in book.bold,
            "serif_bold": serif in book.bold,
        }
        self._seal = None if seal is None else _as_svg(seal)
        self._local = threading.local()

    @property
    def coverage(self) -> Coverage:
        """What this press can print."""
        return self._coverage

    def render(
        self,
        record: Mapping[str, Any],
        *,
        name: str,
        language: Language,
        kind: Kind,
        at: datetime,
        template: Path = TEMPLATE,
        put: Sheet = sheet,
        marks: Marks = art.marks,
    ) -> bytes:
        """The certificate of `record` for `name`: an archival PDF (PDF/A-2b) or, drawn from that, a PNG 1080 px wide.

        `template` and `put` are those of its kind of paper: the layout, and the record put into words; `marks` draws its
        ring and code. `at` is the creation time written into the PDF. Whether a name can be printed is asked when it is typed
        (`fonts.demand`); of one that was not asked about, controls vanish and what has no glyph is spelled by its code
        points. About 15 ms of processor for a PDF and 65 ms for a PNG once warm: call it in a thread.

        Raises:
            Unprintable: the template warned, for example of a font that is missing.
        """
        paper = self._compiled(template, self._inputs(record, name, language, put, marks), at)
        return paper if kind == "pdf" else picture_of(paper, accent=(record.get("zone") or {}).get("accent"))

    def compose(self, told: Mapping[str, Any], drawings: Mapping[str, str], *, template: Path, at: datetime) -> bytes:
        """A sheet that is no certificate, as one page of PDF/A-2b: a layout that finds `told` as `data`, in characters that
        have glyphs and with the fonts it needs, and each drawing (SVG) under its name.

        Raises:
            Unprintable: the template warned, or has more than one page.
        """
        cleaned: dict[str, Any] = _cleaned(dict(told), self._coverage)
        cleaned["even"] = self._is_even("".join(_texts(cleaned)))
        cleaned["fonts"] = self._faces | self._further(cleaned)
        return self._compiled(template, {"data": json.dumps(cleaned, ensure_ascii=False), **drawings}, at)

    def picture(
        self, told: Mapping[str, Any], drawings: Mapping[str, str], *, template: Path, at: datetime, accent: str | None
    ) -> bytes:
        """The first page of such a sheet as a PNG, 1080 px wide, in the colours of papers and of a zone's accent.

        Raises:
            Unprintable: as `compose`.
        """
        return picture_of(self.compose(told, drawings, template=template, at=at), accent=accent)

    def _compiled(self, template: Path, inputs: dict[str, str], at: datetime) -> bytes:
        assert at.tzinfo is not None, at
        paper, warnings = self._compiler(template).compile_with_warnings(
            format="pdf", pdf_standards=["a-2b"], timestamp=int(at.timestamp()), sys_inputs=inputs
        )
        if warnings:
            raise Unprintable("; ".join(warning.message for warning in warnings))
        if not isinstance(paper, bytes):
            raise Unprintable("more than one page")
        return paper

    def _compiler(self, template: Path) -> typst.Compiler:
        """This thread's compiler of a template: one must not be shared, and a warm one is twenty times as fast."""
        compilers: dict[Path, typst.Compiler] = self._local.__dict__.setdefault("compilers", {})
        if template not in compilers:
            compilers[template] = typst.Compiler(
                template, root=template.parent, font_paths=self._fonts, ignore_system_fonts=True
            )
        return compilers[template]

    def _further(self, told: Mapping[str, Any]) -> dict[str, list[str]]:
        """The families that this sheet needs: the same for every sheet of Han and Latin, so that their bytes stay."""
        letters = set(graphemes("\n".join(_texts(told))))
        return {
            style: self._faces[style]
            + [family for family in coverage.families_of(letters) if family not in self._faces[style]]
            for style, coverage in (("sans", self._coverage), ("serif", self._serif))
        }

    def _is_even(self, text: str) -> bool:
        """Whether all of a text keeps within its lines."""
        return set(self._serif.families_of(set(graphemes(text)))) <= _EVEN

    def _inputs(
        self, record: Mapping[str, Any], name: str, language: Language, put: Sheet = sheet, marks: Marks = art.marks
    ) -> dict[str, str]:
        ring, qr = marks(record["number"], record["verify_url"])
        told = put(_cleaned(record, self._coverage), language)
        is_even = self._is_even("".join(_texts(told)))
        shown = _shortened(printable(name, self._coverage).strip())
        told["name"] = _breakable(shown)
        told["airy"] = (
            len(record.get("lines", ())) == 1
            and is_even
            and len(json.dumps(told, ensure_ascii=False)) < _AIRY
            and sum(map(_em, graphemes(shown))) <= _NAME_EMS
        )
        told["name_dir"] = "rtl" if is_right_to_left(shown) else "ltr"
        told["name_plain"], told["even"] = self._is_even(shown), is_even
        told["fonts"] = self._faces | self._further(told)
        inputs = {
            "data": json.dumps(told, ensure_ascii=False),
            "ring": ring,
            "landscape": art.foot(art.foot_seed(record)),
            "logo": logo_svg(colour="#084635"),
            "qr": qr,
        }
        if self._seal is not None:
            inputs["seal_art"] = self._seal
        return inputs


def _em(grapheme: str) -> float:
    """About how wide a grapheme is, in the size of its letters; rather too much than too little."""
    letter = ord(grapheme[0])
    if letter < 0x0900:
        return 0.48
    wide = next((ems for block, ems in _WIDE if letter in block), 1)
    return wide + 0.6 * sum(unicodedata.category(other) == "Lo" for other in grapheme[1:])


def _shortened(name: str) -> str:
    """The name, cut with an ellipsis where it would take more than the sheet has for it: no name that may be typed does,
    only an organisation's could."""
    ems, letters = 0.0, graphemes(name)
    for at, one in enumerate(letters):
        ems += _em(one)
        if ems > _NAME_EMS and at >= NAME_LONGEST:
            shown = "".join(letters[:at])
            whole, space, part = shown.rpartition(" ")
            return (whole if space and len(part) < _LONG_WORD else shown).rstrip() + "…"
    return name


def _cleaned(value: Any, coverage: Coverage) -> Any:  # noqa: ANN401  # a tree of JSON
    """Every text of the tree made of characters that have glyphs, and of one line."""
    match value:
        case str():
            return value if value.isascii() and value.isprintable() else printable(value, coverage)
        case dict():
            return {key: _cleaned(part, coverage) for key, part in value.items()}
        case list() | tuple():
            return [_cleaned(part, coverage) for part in value]
        case _:
            return value


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401  # a tree of JSON
    match value:
        case str():
            yield value
        case dict():
            for part in value.values():
                yield from _texts(part)
        case list() | tuple():
            for part in value:
                yield from _texts(part)


def _breakable(name: str) -> str:
    """A name's word that is too long for a line gets places to break (U+200B) between graphemes; no other text does, or
    it could not be found or copied."""
    return " ".join("\u200b".join(_pieces(word)) for word in name.split())


def _pieces(word: str) -> Iterator[str]:
    letters = graphemes(word)
    if sum(map(_em, letters)) <= _LINE_EMS and len(letters) <= _LONG_WORD:
        yield word
        return
    piece, ems = "", 0.0
    for at, one in enumerate(letters):
        if piece and (at % _LONG_WORD == 0 or ems + _em(one) > _LINE_EMS):
            yield piece
            piece, ems = "", 0.0
        piece, ems = piece + one, ems + _em(one)
    yield piece


def _as_svg(picture: bytes) -> str:
    """The seal as SVG text, since the template takes text only; a bitmap is wrapped."""
    for magic, type_ in ((b"\x89PNG", "png"), (b"\xff\xd8\xff", "jpeg")):
        if picture.startswith(magic):
            href = f"data:image/{type_};base64,{b64encode(picture).decode()}"
            image = f'<image width="100" height="100" href="{href}"/>'
            return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">{image}</svg>'
    return picture.decode("utf-8")
