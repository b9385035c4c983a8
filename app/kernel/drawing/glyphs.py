"""Which characters fonts can draw, and how a text is made of those alone.

An archival PDF (PDF/A) refuses a character without a glyph. Whether a text can be printed is asked when it is typed
(`Coverage.missing`); `printable` is the last line, for what was written down before that, or for other fonts.
"""

import struct
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
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


def read_face(family: str, font: bytes | memoryview, index: int) -> Face:
    """A face as its file describes it: revision and check sum of the table `head`, characters of the table `cmap`."""
    start = _start(font, index)
    (head,) = (offset for tag, offset in _tables(font, start) if tag == b"head")
    revision, check_sum = struct.unpack_from(">iI", font, head + 4)
    return Face(family, f"{revision / 65536:.3f}/{check_sum:08x}", code_points(font, index))


def code_points(font: bytes | memoryview, index: int) -> frozenset[int]:
    """The code points the face `index` of an OpenType file or collection maps to a glyph.

    Reads subtables of format 4 and 12 of the table `cmap` (OpenType 1.9); others are passed over.
    """
    found: set[int] = set()
    for tag, cmap in _tables(font, _start(font, index)):
        if tag != b"cmap":
            continue
        (subtables,) = struct.unpack_from(">H", font, cmap + 2)
        for subtable in range(subtables):
            platform, encoding, offset = struct.unpack_from(">HHI", font, cmap + 4 + 8 * subtable)
            if platform == 0 or (platform == 3 and encoding in {1, 10}):
                for first, last in _subtable(font, cmap + offset):
                    found.update(range(first, last + 1))
    return frozenset(found - {0xFFFF})


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


def _start(font: bytes | memoryview, index: int) -> int:
    """Where the table directory of a face begins."""
    if bytes(font[:4]) != b"ttcf":
        return 0
    return int(struct.unpack_from(">I", font, 12 + 4 * index)[0])


def _tables(font: bytes | memoryview, start: int) -> Iterator[tuple[bytes, int]]:
    """Tag and offset of each table."""
    (tables,) = struct.unpack_from(">H", font, start + 4)
    for table in range(tables):
        tag, _, offset, _ = struct.unpack_from(">4sIII", font, start + 12 + 16 * table)
        yield tag, offset


def _subtable(font: bytes | memoryview, at: int) -> Iterator[tuple[int, int]]:
    """First and last code point of each run of one subtable."""
    (format_,) = struct.unpack_from(">H", font, at)
    if format_ == 12:
        (groups,) = struct.unpack_from(">I", font, at + 12)
        for first, last, glyph in struct.iter_unpack(">III", font[at + 16 : at + 16 + 12 * groups]):
            # Glyph 0 is the empty box every font has; a run may begin with it.
            yield (first + 1 if glyph == 0 else first), last
    elif format_ == 4:
        (doubled,) = struct.unpack_from(">H", font, at + 6)
        count = doubled // 2
        ends = struct.unpack_from(f">{count}H", font, at + 14)
        starts = struct.unpack_from(f">{count}H", font, at + 16 + doubled)
        yield from zip(starts, ends, strict=True)
