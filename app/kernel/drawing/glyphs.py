"""Which characters a font can draw, and how a text is made of those alone.

An archival PDF (PDF/A) refuses a character without a glyph, so names are cleaned before they are set.
"""

import struct
import unicodedata
from collections.abc import Container, Iterator
from typing import Final

DOT: Final = "•"
"""Stands for a picture (emoji, symbol) no font has: a dot, as everything with us."""
BOX: Final = "□"
"""Stands for a letter no font has: visible, so that nobody takes the text for complete."""

_KEPT_MARKS: Final = 2
_SELECTORS: Final = range(0xFE00, 0xFE10)
"""Ask for another shape of the character before; none is a mark of its own."""
_MODIFIERS: Final = (_SELECTORS, range(0x1F3FB, 0x1F400), range(0xE0020, 0xE0080))
"""Belong to the picture before: selectors, skin tones, the tags of flags."""
_JOINER: Final = "\u200d"


def code_points(font: bytes | memoryview, index: int) -> frozenset[int]:
    """The code points the face `index` of an OpenType file or collection maps to a glyph.

    Reads subtables of format 4 and 12 of the table `cmap` (OpenType 1.9); others are passed over.
    """
    start: int = 0
    if bytes(font[:4]) == b"ttcf":
        (start,) = struct.unpack_from(">I", font, 12 + 4 * index)
    (tables,) = struct.unpack_from(">H", font, start + 4)
    found: set[int] = set()
    for table in range(tables):
        tag, _, cmap, _ = struct.unpack_from(">4sIII", font, start + 12 + 16 * table)
        if tag != b"cmap":
            continue
        (subtables,) = struct.unpack_from(">H", font, cmap + 2)
        for subtable in range(subtables):
            platform, encoding, offset = struct.unpack_from(">HHI", font, cmap + 4 + 8 * subtable)
            if platform == 0 or (platform == 3 and encoding in {1, 10}):
                for first, last in _ranges(font, cmap + offset):
                    found.update(range(first, last + 1))
    return frozenset(found - {0xFFFF})


def printable(text: str, drawn: Container[int]) -> str:
    """The text in one line of characters from `drawn`, in composed form (NFC).

    Controls vanish, also those that turn the reading direction; so do joiners and marks without a glyph
    or piled up beyond two. Whatever remains without a glyph becomes a dot (pictures, one for each) or a
    box (letters).
    """
    kept: list[str] = []
    marks, joined = 0, False
    for letter in unicodedata.normalize("NFC", text):
        kind = unicodedata.category(letter)[0]
        if letter == _JOINER:
            joined = True
        elif kind == "M" and ord(letter) not in _SELECTORS:
            marks += 1
            if ord(letter) in drawn and marks <= _KEPT_MARKS and kept:
                kept.append(letter)
        elif shown := _shown(letter, kind, drawn):
            # One space for a run of them (those at the ends part the text from its neighbours), and one dot
            # for a picture joined of several.
            if not (shown == " " == "".join(kept[-1:]) or (joined and shown == DOT == "".join(kept[-1:]))):
                kept.append(shown)
            marks, joined = 0, False
    return "".join(kept)


def _shown(letter: str, kind: str, drawn: Container[int]) -> str:
    """What stands for one letter of a major category; nothing for a control or what only modifies a picture."""
    point = ord(letter)
    if kind == "Z" or letter in "\t\n\r\v\f":
        return " "
    if kind == "C" or any(point in block for block in _MODIFIERS):
        return ""
    if point in drawn:
        return letter
    return BOX if kind == "L" else DOT


def _ranges(font: bytes | memoryview, at: int) -> Iterator[tuple[int, int]]:
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
