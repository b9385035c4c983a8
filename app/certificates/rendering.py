"""Rendering (制证): one frozen record becomes the PDF or PNG of its certificate. Pure: no table, no wire.

The words stand in `templates/words.json`, the layout in `templates/certificate.typ`; here the record's
facts are put into words. The same record, name, language, kind and instant give the same bytes.
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
from urllib.parse import urlsplit

import typst

from app.certificates.rules import programme_shown
from app.kernel import ids, mass
from app.kernel.clock import BEIJING
from app.kernel.drawing import landscape_svg, logo_svg, qr_svg, ring_svg, scan_text
from app.kernel.drawing.glyphs import code_points, printable
from app.kernel.drawing.png import slimmed
from app.kernel.text import Language

Kind = Literal["pdf", "png"]

_TEMPLATES: Final = Path(__file__).with_name("templates")
_WORDS: Final[Mapping[str, Any]] = json.loads((_TEMPLATES / "words.json").read_text("utf-8"))
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
_LOTS_SHOWN: Final = 6
_NAME_EMS: Final = 50
"""Two lines of the smallest size; a longer name ends in an ellipsis."""
_LONG_WORD: Final = 16
_AIRY: Final = 1_800
"""Characters of a whole sheet with one lot that surely fit the page in the largest setting."""
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


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
        sheet = _cleaned(_sheet(record, language), self._drawn)
        sheet["name"] = _breakable(_shortened(printable(name, self._drawn).strip()))
        sheet["airy"] = len(record["lines"]) == 1 and len(json.dumps(sheet, ensure_ascii=False)) < _AIRY
        inputs = {
            "data": json.dumps(sheet | {"fonts": self._faces}, ensure_ascii=False),
            "ring": ring,
            "landscape": _foot(record["scenario_code"] or record["number"]),
            "logo": logo_svg(colour="#084635"),
            "qr": qr,
        }
        if self._seal is not None:
            inputs["seal_art"] = self._seal
        return inputs


def _sheet(record: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """Everything the template prints, in words of `language`; no fact is left for the template to decide."""
    words, other = _WORDS[language], Language.EN if language is Language.ZH else Language.ZH
    figure, unit = mass.friendly(record["mass_g"])
    subtitle = record["title"][other]
    # A person took part in the subject; whoever states something else states it about the subject itself.
    sentences = words["sentence"].get(record["kind"], words["sentence"]["statement"])
    url = urlsplit(record["verify_url"])
    issued = _filled(words["issued"], date=_day(record["issued_at"], language))
    return {
        "lang": language.value,
        "title": record["title"][language],
        "subtitle": subtitle.upper() if other is Language.EN else subtitle,
        "description": words["description"],
        "brand": words["brand"],
        "number": record["number"],
        "number_line": _filled(words["number"], number=record["number"]),
        "sentence": [_runs(line, record["subject"][language]) for line in sentences[record["level"]]],
        "figure": figure,
        "unit": unit,
        "giver": " · ".join((record["payer"][language], words["forever"])),
        "rows": [_basis(record, language), _credits(record["lines"], language), _retirement(record, language)],
        "verify": {
            "title": words["verify"],
            "host": url.netloc.lower(),
            "code": ids.grouped(record["verify_code"]),
            "url": record["verify_url"],
        },
        "issuer": record["issuer"][language],
        "issued": issued,
        "seal": words["seal"],
        "sandbox": bool(record["sandbox"]),
    }


def _basis(record: Mapping[str, Any], language: Language) -> dict[str, Any]:
    words, basis, period = _WORDS[language], record["basis"], record["period"]
    span = period["from"] if period["from"] == period["to"] else _filled(words["span"], **period)
    notes = [
        _filled(words["amounts"], emission=f"{record['emission_g']:,}", mass=f"{record['mass_g']:,}"),
        _filled(words["period"], period=span),
        _filled(words["versions"], calculator=basis["calculator"], factor_set=basis["factor_set"]),
    ]
    return {"label": words["basis"], "entries": [{"head": basis[language], "notes": [" · ".join(notes)]}]}


def _credits(lines: Sequence[Mapping[str, Any]], language: Language) -> dict[str, Any]:
    """One entry per lot; of a longer mix the last entry counts what is not shown."""
    words = _WORDS[language]
    shown = lines if len(lines) <= _LOTS_SHOWN else lines[: _LOTS_SHOWN - 1]
    entries = [_credit(line, language) for line in shown]
    if rest := lines[len(shown) :]:
        rest_g = sum(line["mass_g"] for line in rest)
        entries.append({"head": _filled(words["more"], count=len(rest), mass=f"{rest_g:,}"), "notes": []})
    return {"label": words["credit"], "entries": entries}


def _credit(line: Mapping[str, Any], language: Language) -> dict[str, Any]:
    words = _WORDS[language]
    programme = programme_shown(line, language, with_name=True)
    head = (programme, line["project"][language], _filled(words["vintage"], **line))
    run = {"start": f"{line['start_g']:,}", "stop": f"{line['stop_g']:,}", "mass": f"{line['mass_g']:,}"}
    project = {"project": line["project_number"], "methodology": line["methodology"]}
    lot = {"lot": line["lot"], "serial": line["serial"], "tonnes": line.get("tonnes")}
    place = line.get("place", {}).get(language)
    notes = [
        [*(_filled(words[fact], **line) for fact, known in project.items() if known), *([place] if place else [])],
        [_filled(words[fact], **line) for fact, known in lot.items() if known],
        [_filled(words["grams"], **run), words["upstream"][line["upstream"]]],
    ]
    return {"head": " · ".join(head), "notes": [" · ".join(note) for note in notes if note]}


def _retirement(record: Mapping[str, Any], language: Language) -> dict[str, Any]:
    words = _WORDS[language]
    time = datetime.fromisoformat(record["retired_at"]).astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")
    head = " · ".join((record["retirement_number"], _filled(words["retired_at"], time=time)))
    return {"label": words["retirement"], "entries": [{"head": head, "notes": []}]}


def _runs(line: str, subject: str) -> list[tuple[str, bool]]:
    """The sentence in runs of plain (False) and strong (True) text: the subject is strong."""
    before, found, after = line.partition("{subject}")
    runs = [(before, False), (subject if found else "", True), (after, False)]
    return [(text, strong) for text, strong in runs if text]


def _day(instant: str, language: Language) -> str:
    day = datetime.fromisoformat(instant).astimezone(BEIJING)
    name = _MONTHS[day.month - 1]
    return _filled(_WORDS[language]["date"], year=day.year, month=day.month, day=day.day, month_name=name)


def _filled(pattern: str, **values: object) -> str:
    """`{name}` replaced by each value in one pass, so that a value with braces stays as it is."""
    parts = pattern.split("{")
    filled = (f"{values[name]}{rest}" for name, _, rest in (part.partition("}") for part in parts[1:]))
    return parts[0] + "".join(filled)


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
