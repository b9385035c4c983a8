"""Graphemes (字素): what a reader sees as one character, however many code points it is written with.

A name is counted, cut and masked by them: 👩‍👩‍👧 is one, as are क्षि and é. The clusters are Unicode's extended ones
(UAX 29), by the `regex` package, whose tables are newer than those of Python's own `unicodedata`.
"""

import unicodedata
from collections.abc import Iterator
from typing import Final

import regex

_CLUSTER: Final = regex.compile(r"\X")
_BLANKS: Final = regex.compile("[\u00ad\u200b\u2060\ufeff]+")
"""Zero-width blanks and soft hyphens: nobody sees them, and keyboards of some scripts send them for a space."""
_BRAILLE_BLANK: Final = "\u2800"
"""A picture of nothing, which Unicode counts among the symbols."""

# A character that shows nothing by itself. Arabic signs that enclose a number are of the same category and visible.
_HIDDEN: Final = regex.compile(
    r"(?V1)[[\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]--\p{Prepended_Concatenation_Mark}]"
)
_CONTROL: Final = regex.compile(r"[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]")
_UNJOINED: Final = r"\p{Latn}\p{Grek}\p{Cyrl}\p{Hani}\p{Hira}\p{Kana}\p{Hang}\p{Bopo}\p{Yiii}\p{Zyyy}\p{Zinh}"
_IN_PLACE: Final = regex.compile(
    # Non-joiner and joiner shape the letters of Persian, Hindi, Mongolian …; a joiner also makes one picture of several.
    rf"(?V1)(?<=[[\p{{L}}\p{{M}}]--[{_UNJOINED}]]|[\u064B-\u065F\u0670])[\u200C\u200D]"
    r"|(?<=[\p{Extended_Pictographic}\uFE0F\U0001F3FB-\U0001F3FF])\u200D(?=\p{Extended_Pictographic})"
    # Which shape of the character before is meant.
    r"|(?<=[[\p{L}\p{N}\p{S}\p{P}]--\p{Default_Ignorable_Code_Point}])[\uFE00-\uFE0F\U000E0100-\U000E01EF]"
    r"|(?<=\p{Mong})[\u180B-\u180F]"
    # The flags of England, Scotland and Wales are spelled in tags behind a black flag.
    r"|(?<=\U0001F3F4)[\U000E0020-\U000E007E]+\U000E007F"
)
_SHAPING: Final = regex.compile(r"(?V1)[\p{Default_Ignorable_Code_Point}--[\U000E0020-\U000E007F]]+")
_ACCENT: Final = regex.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")
"""Marks of no script in particular, which pile up over any letter."""
_ACCENTS_MOST: Final = 2
_MARKS_MOST: Final = 8
"""A Tibetan stack has six, a Hebrew letter with vowel and accent four."""
_BASE: Final = regex.compile(r"[\p{L}\p{M}\p{N}]")
_MARK: Final = regex.compile(r"\p{M}")
_PAUSE: Final = regex.compile(r"[\p{P}\p{Z}\p{Default_Ignorable_Code_Point}]+")
"""Blanks, points, and what shows nothing."""
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL"})
_STRONG: Final = _RIGHT_TO_LEFT | {"L"}


def graphemes(text: str) -> list[str]:
    """The text's graphemes, in order."""
    found: list[str] = _CLUSTER.findall(text)
    return found


def tidied(text: str) -> str:
    """One line of what was typed: blanks that nobody sees and those at the ends taken away, runs made one space, accents
    joined to their letters (NFC).

    A single code point stays as it is, whatever Unicode calls its equal: 神 of a Japanese register has a form of its own.
    """
    line = " ".join(_BLANKS.sub("", text).replace(_BRAILLE_BLANK, " ").split())
    return "".join(
        unicodedata.normalize("NFC", one) if len(one) > 1 and not _HIDDEN.search(one) else one
        for one in graphemes(line)
    )


def out_of_place(text: str) -> list[str]:
    """The characters that show nothing where they stand, in order: controls, among them those that turn the reading
    direction, private ones, joiners and selectors with nothing to join or select, marks that have no letter or pile up."""
    return [text[at] for at in sorted(set(_faulty(text)))]


def has_controls(text: str) -> bool:
    """Whether there are control characters or breaks of lines, which no text of one line has."""
    return _CONTROL.search(text) is not None


def plain(text: str) -> str:
    """The text without what is out of place, as `tidied` would have it: what was written down before anybody asked."""
    line = tidied(text)
    while faults := set(_faulty(line)):
        line = tidied("".join(letter for at, letter in enumerate(line) if at not in faults))
    return line


def shown(grapheme: str) -> str:
    """The code points of a grapheme that a font must have; joiners and selectors only shape those."""
    return str(_SHAPING.sub("", grapheme))


def initial(text: str) -> str:
    """The first grapheme that a reader sees; empty where there is none.

    A ligature that stands for a whole word is opened: ﷴ gives م.
    """
    for one in graphemes(plain(text)):
        if shown(one).strip():
            return graphemes(unicodedata.normalize("NFKC", one))[0] if len(one) == 1 else one
    return ""


def letters(text: str) -> list[str]:
    """The graphemes that tell one text from another: without blanks, points and what shows nothing."""
    return [one for one in graphemes(plain(text)) if not _PAUSE.fullmatch(one)]


def is_right_to_left(text: str) -> bool:
    """Whether a reader begins at the right: the first letter with a direction decides, as in HTML's `dir=auto`."""
    for letter in text:
        if (direction := unicodedata.bidirectional(letter)) in _STRONG:
            return direction in _RIGHT_TO_LEFT
    return False


def isolated(text: str) -> str:
    """The text as it may stand within another one: where it has letters that run from right to left, between two
    invisible characters (FSI, PDI) that keep them from turning what stands beside them."""
    if any(unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for letter in text):
        return f"\u2068{text}\u2069"
    return text


def named(grapheme: str) -> tuple[str | None, str]:
    """A grapheme as a message names it: in quotation marks where it can be seen, and by its code points."""
    points = " ".join(f"U+{ord(letter):04X}" for letter in grapheme[:4]) + (" …" if len(grapheme) > 4 else "")
    is_visible = not _HIDDEN.search(grapheme[:1]) and not _MARK.match(grapheme)
    return f"“{isolated(grapheme[:24])}”" if is_visible else None, points


def _faulty(text: str) -> Iterator[int]:
    in_place = {at for found in _IN_PLACE.finditer(text) for at in range(*found.span())}
    yield from {found.start() for found in _HIDDEN.finditer(text)} - in_place
    yield from _loose_marks(text)


def _loose_marks(text: str) -> Iterator[int]:
    """Where a mark has no letter below it, or too many others."""
    at = 0
    for cluster in graphemes(text):
        # Some marks of Burmese stand beside their letter and count as graphemes of their own.
        is_loose = not _BASE.match(text[at - 1]) if at else True
        accents = marks = 0
        for step, letter in enumerate(cluster):
            if not _MARK.match(letter) or _SHAPING.match(letter):
                continue
            marks += 1
            accents += bool(_ACCENT.match(letter))
            if (step == 0 and is_loose) or cluster[0].isspace() or accents > _ACCENTS_MOST or marks > _MARKS_MOST:
                yield at + step
        at += len(cluster)
