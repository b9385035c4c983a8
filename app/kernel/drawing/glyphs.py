"""Which characters fonts can draw, and how a text is made of those alone.

An archival PDF (PDF/A) refuses a character without a glyph. Whether a text can be printed is asked when it is typed
(`Coverage.missing`); `printable` is the last line, for what was written down before that, or for other fonts.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

import msgspec

from app.kernel import graphemes


@dataclass(frozen=True, slots=True)
class Face:
    """One face of a font file, by what it can draw."""

    family: str
    version: str
    """Of the file: another one may draw the same characters otherwise."""
    points: frozenset[int]


@dataclass(frozen=True)
class Coverage:
    """What a list of faces can draw together, in the order in which they are asked."""

    faces: tuple[Face, ...]

    @cached_property
    def document(self) -> str:
        """The same as JSON, runs of code points as pairs of first and last; read by `read_coverage`."""
        told = [{"family": one.family, "version": one.version, "runs": _runs(one.points)} for one in self.faces]
        return msgspec.json.encode(told, order="deterministic").decode()

    @property
    def digest(self) -> bytes:
        """SHA-256 of the document: equal faces in equal order have equal digests."""
        return sha256(self.document.encode()).digest()

    def missing(self, text: str) -> list[str]:
        """The graphemes of a tidied text that no face can draw, each once, in order.

        One face must have all of a grapheme: a letter of one font does not join the accent of another.
        """
        found = dict.fromkeys(graphemes.graphemes(text))
        return [one for one in found if not one.isspace() and self.family_of(one) is None]

    def family_of(self, grapheme: str) -> str | None:
        """The family of the first face that draws a grapheme; None where there is none."""
        return next((face.family for face in self.faces if _draws(face.points, grapheme)), None)

    def families_of(self, letters: Iterable[str]) -> list[str]:
        """The families that these graphemes need, in the order of the faces."""
        needed = {self.family_of(one) for one in letters if not one.isspace()}
        return list(dict.fromkeys(face.family for face in self.faces if face.family in needed))


def read_coverage(document: str) -> Coverage:
    """What `Coverage.document` told."""
    told: list[Mapping[str, Any]] = msgspec.json.decode(document)
    return Coverage(
        tuple(
            Face(
                one["family"],
                one["version"],
                frozenset(point for first, last in one["runs"] for point in range(first, last + 1)),
            )
            for one in told
        )
    )


def printable(text: str, coverage: Coverage) -> str:
    """The text in one line of graphemes that `coverage` draws; what is out of place vanishes.

    A grapheme without a glyph loses its marks, or else is spelled by its code points, which tells a reader that
    something is missing and what it is.
    """
    line = graphemes.plain(text)
    # Blanks at the ends part the text from its neighbours.
    before, after = (" " if text[at:][:1].isspace() and line else "" for at in (0, -1))
    return before + "".join(_printed(one, coverage) for one in graphemes.graphemes(line)) + after


def _printed(grapheme: str, coverage: Coverage) -> str:
    if grapheme == " " or coverage.family_of(grapheme) is not None:
        return grapheme
    if coverage.family_of(grapheme[0]) is not None and unicodedata.category(grapheme[0])[0] == "L":
        return grapheme[0]
    return "".join(f"[U+{ord(letter):04X}]" for letter in graphemes.shown(grapheme))


def _draws(points: frozenset[int], grapheme: str) -> bool:
    """Whether a face has all of a grapheme, as it is written or in one of its equal forms, which a shaper looks for."""
    if len(grapheme) == 1 and ord(grapheme) in points:
        return True
    shown = graphemes.shown(grapheme)
    forms = (shown, unicodedata.normalize("NFC", shown), unicodedata.normalize("NFD", shown))
    return any(form and all(ord(letter) in points for letter in form) for form in forms)


def _runs(points: frozenset[int]) -> Sequence[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for point in sorted(points):
        if runs and runs[-1][1] == point - 1:
            runs[-1] = (runs[-1][0], point)
        else:
            runs.append((point, point))
    return runs
