"""Where the fonts are: the wheels that every installation has, folders of the settings, and the system's own."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Final

import typst

from app.foundation.fonts.rules import SANS, SERIF, in_order, is_wanted
from app.kernel.drawing.glyphs import Coverage, Face

_WHEELS: Final = ("noto_cjk_sans_otc", "manimgx_fonts")
_SYSTEM: Final = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "~/.fonts",
    "/Library/Fonts",
    "/System/Library/Fonts",
)
_BRINGS_MORE: Final = re.compile(r"Noto(Sans|Serif)(Tibetan|Yi|Mongolian)\b.*\.(ttf|otf)", re.IGNORECASE)
"""What no wheel has. A folder of the system is read where it has one of these, with all text faces of Noto in it."""
_NO_GLYPH: Final = ".notdef"
_NO_LETTERS: Final = (13, 14)
_BOLD: Final = 700
_WEIGHTS: Final = (400, _BOLD)
"""What the certificate is set in."""


@dataclass(frozen=True)
class FontBook:
    """The fonts of an installation: for Typst to print with, and what they draw."""

    fonts: typst.Fonts
    coverage: Coverage
    """Of the families that certificates are set in, in their order."""
    bold: frozenset[str]
    """Families with a bold face of their own."""
    narrow: frozenset[str]
    """The Korean faces of the Han families, for quotation marks."""

    @property
    def serif(self) -> Coverage:
        """The same with the Han serif first, where there is one."""
        faces = self.coverage.faces
        return Coverage(tuple(sorted(faces, key=lambda face: face.family != SERIF)))

    @property
    def families(self) -> frozenset[str]:
        """The families in use."""
        return frozenset(face.family for face in self.coverage.faces)


def find_fonts(folders: Sequence[Path] = (), *, system: bool = True) -> FontBook:
    """The fonts of the wheels, of `folders`, and (unless `system` is False) of where the system keeps its own."""
    places = [*(str(folder) for folder in folders), *(str(resources.files(wheel)) for wheel in _WHEELS)]
    everywhere = [*places, *(_system_folders() if system else ())]
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=everywhere)
    faces = fonts.fonts()
    families = {face.family for face in faces}
    by_family: dict[str, list[typst.FontInfo]] = {}
    for face in faces:
        is_chosen = bool(face.path) and any(Path(str(face.path)).is_relative_to(place) for place in places)
        if face.style == "normal" and face.path and is_wanted(face.family, families, is_chosen=is_chosen):
            by_family.setdefault(face.family, []).append(face)
    return FontBook(
        fonts,
        Coverage(tuple(_read(family, by_family[family]) for family in in_order(by_family))),
        frozenset(family for family, found in by_family.items() if any(face.weight >= _BOLD for face in found)),
        frozenset(families & {SANS.replace("SC", "KR"), SERIF.replace("SC", "KR")}),
    )


def _read(family: str, faces: Sequence[typst.FontInfo]) -> Face:
    """The family as one face: what its regular and its bold, which Typst may choose from, draw both."""
    chosen = {
        (face.path, face.index)
        for weight in _WEIGHTS
        for face in [min(faces, key=lambda one: abs(one.weight - weight))]
    }
    read = [_face(family, str(path), index) for path, index in sorted(chosen)]
    points = frozenset[int].intersection(*(face.points for face in read))
    return Face(family, "+".join(face.version for face in read), points)


@lru_cache(maxsize=512)
def _face(family: str, path: str, index: int) -> Face:
    """The face as its file describes it: revision and check sum of `head`, and the characters its `cmap` leads to a glyph.

    Glyph 0 is the empty box of every font and draws nothing, also where a subtable names it. Subtables of format 13 give
    one picture for a whole block, those of 14 only choose among forms; neither shows a letter.
    """
    # Three megabytes that only the process that looks into fonts shall carry.
    from fontTools.ttLib import TTFont

    with TTFont(path, fontNumber=index, lazy=True) as font:
        # Names of glyphs would be read from the outlines, 15 MB of a Han font; their numbers are enough.
        font.setGlyphOrder([_NO_GLYPH, *map(str, range(1, font["maxp"].numGlyphs))])
        points = frozenset(
            point
            for subtable in font["cmap"].tables
            if subtable.isUnicode() and subtable.format not in _NO_LETTERS
            for point, glyph in subtable.cmap.items()
            if glyph != _NO_GLYPH
        )
        head = font["head"]
        return Face(family, f"{head.fontRevision:.3f}/{head.checkSumAdjustment:08x}", points)


def _system_folders() -> Iterator[str]:
    for root in _SYSTEM:
        for folder, below, files in os.walk(Path(root).expanduser()):
            below.sort()
            if any(_BRINGS_MORE.fullmatch(name) for name in files):
                yield folder
