"""Which families are used and in which order, which writing systems they cover, and what is wrong with a text. Pure."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from app.kernel import graphemes
from app.kernel.drawing.glyphs import Coverage

SANS: Final = "Noto Sans CJK SC"
SERIF: Final = "Noto Serif CJK SC"

SCRIPTS: Final = {
    "Han": "王𠮷㐂䶮",
    "Kana": "ひロ",
    "Hangul": "김",
    "Latin": "Zoëłễ",
    "Cyrillic": "Дї",
    "Greek": "Ωλ",
    "Tibetan": "བོདསྒྲུ",
    "Yi": "ꆈꌠ",
    "Mongolian": "ᠮᠣᠩ",
    "Arabic": "محمدئۇ",
    "Lisu": "ꓡꓲ",
    "Miao": "𖼀𖽔",
    "Tai Le": "ᥖᥭ",
    "New Tai Lue": "ᦺᦑ",
    "Thai": "ที่",
    "Lao": "ລາວ",
    "Khmer": "ខ្មែ",
    "Myanmar": "မြန်",
    "Devanagari": "क्षि",
    "Bengali": "বাং",
    "Gurmukhi": "ਗੁ",
    "Gujarati": "ગુ",
    "Odia": "ଓଡ଼ି",
    "Tamil": "தமி",
    "Telugu": "తె",
    "Kannada": "ಕನ್",
    "Malayalam": "മല",
    "Sinhala": "සිං",
    "Hebrew": "שלו",
    "Armenian": "Հայ",
    "Georgian": "ქართ",
    "Ethiopic": "አማ",
    "emoji": "👟👩‍👩‍👧🇨🇳👍🏽",
}
"""A writing system by some of its letters, those that fonts lack first among them."""

_LETTERS: Final = re.compile(r"Noto (Sans|Serif)( [A-Z]\w*)*")
_ORNAMENTAL: Final = re.compile(r"CJK|Mono|Display|Unjoined|Looped|Slanted|Tifinagh \w|UI\b")
_FIRST: Final = (SANS, "Noto Sans")
_LAST: Final = ("Noto Emoji", "Noto Sans Symbols", "Noto Sans Symbols2", "Noto Sans Math", SERIF)
_NAMED_MOST: Final = 5


def is_wanted(family: str, families: set[str], *, is_chosen: bool) -> bool:
    """Whether certificates are set in a family.

    From a folder that somebody named in the settings (`is_chosen`) any is; from where the system keeps its fonts
    Noto's text faces, one for each writing system. Of Han fonts only the Chinese ones: the others draw 直 otherwise.
    """
    if family in {SANS, SERIF, "Noto Emoji"}:
        return True
    if "CJK" in family or not (is_chosen or _LETTERS.fullmatch(family)):
        return False
    is_second = family.startswith("Noto Serif ") and family.replace("Serif", "Sans", 1) in families
    return is_chosen or not (_ORNAMENTAL.search(family) or is_second or family == "Noto Serif")


def in_order(families: Iterable[str]) -> list[str]:
    """Han first, then letters, then pictures and symbols: the first that has a character draws it."""

    def place(family: str) -> tuple[int, int, str]:
        if family in _FIRST:
            return 0, _FIRST.index(family), family
        if family in _LAST:
            return 3, _LAST.index(family), family
        return (1 if family.startswith("Noto ") else 2), 0, family

    return sorted(families, key=place)


def scripts(coverages: Sequence[Coverage]) -> tuple[list[str], list[str]]:
    """The writing systems that all of these can draw, and those that one of them cannot."""
    drawn = [name for name, letters in SCRIPTS.items() if not any(one.missing(letters) for one in coverages)]
    return drawn, [name for name in SCRIPTS if name not in drawn]


def faults(text: str, coverages: Sequence[Coverage]) -> list[str]:
    """The graphemes of a text that cannot be printed by every one of `coverages`, each once, in order."""
    if text.isascii() and text.isprintable():
        return []  # every font has these
    line = graphemes.tidied(text)
    hidden = graphemes.out_of_place(line)
    missing = [one for coverage in coverages for one in coverage.missing(graphemes.plain(line))]
    return list(dict.fromkeys([*missing, *hidden]))


def in_words(characters: Sequence[str], *, is_chinese: bool) -> str:
    """The characters as a message names them: the first five, the rest counted."""
    pattern, between = ("{}（{}）", "、") if is_chinese else ("{} ({})", ", ")
    names = [
        points if letters is None else pattern.format(letters, points)
        for letters, points in map(graphemes.named, characters[:_NAMED_MOST])
    ]
    rest = len(characters) - len(names)
    more = (f" 等 {len(characters)} 个" if is_chinese else f" and {rest} more") if rest else ""
    return between.join(names) + more
