"""What a person typed, read as it was meant: with a Chinese keyboard, on a phone, pasted out of a chat.

Two strengths. A *line* (a name, a place) keeps its characters and loses only what nobody sees; a *code* (a number, a
day, a reference) also has one width, one kind of dash and no full stop of the sentence it was copied from. Nothing
here guesses: a letter is never exchanged for another one.
"""

import re
import unicodedata
from typing import Final

_PLAIN: Final = re.compile(r"[A-Za-z0-9_@/-](?:[ -~]*[A-Za-z0-9_@/-])?", re.ASCII)
"""Most of what is typed, and nothing to do about it."""
_BREAKS: Final = re.compile(r"[^\S\n\r\v\f\x1c-\x1e\x85\u2028\u2029]*[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]\s*")
_JOINERS: Final = frozenset("\u200c\u200d")
"""Zero-width too, but emoji and the scripts of India and Iran are written with them."""
_DASHES: Final = "‐‑‒–—―−﹘﹣－"
_TRAILING: Final = " 。．.，,、；;：:！!？?…·"
_PAIRS: Final = ("“”", "‘’", '""', "''", "「」", "『』", "《》", "<>", "()", "[]", "【】")
_POINT: Final = re.compile(r"(?<=[0-9])。(?=[0-9])")

_NUMBER: Final = re.compile(
    r"(?P<whole>[1-9][0-9]{0,2}(?:(?:,[0-9]{3})+|(?:'[0-9]{3})+|(?: [0-9]{3})+)|[0-9]*)(?:\.(?P<part>[0-9]*))?",
    re.ASCII,
)

_HALF: Final = (
    {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
    | {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFE50, 0xFE6C) if code not in {0xFE53, 0xFE67}}
    | dict.fromkeys(map(ord, _DASHES), "-")
    | {0xFFE0: "¢", 0xFFE1: "£", 0xFFE5: "¥", 0xFFE6: "₩"}
)


def typed_line(text: str) -> str:
    """One line of text: breaks within it folded, invisible marks and outer blanks taken away, all else as written.

    A break between two Chinese characters leaves nothing behind, elsewhere a blank.
    """
    if text.isascii() and text.isprintable():
        return text.strip()
    seen = "".join(letter for letter in text if letter in _JOINERS or unicodedata.category(letter) != "Cf")
    return _BREAKS.sub(_joint, seen.strip(" \t\n\r\v\f\x85\xa0\u3000\u2028\u2029")).strip()


def typed_code(text: str) -> str:
    """A code, a number or a day: a line in half width, with plain dashes, without quotation marks around it or
    punctuation behind it. Its case stays, and blanks within it."""
    if _PLAIN.fullmatch(text):
        return text
    plain = typed_line(text).translate(_HALF)
    plain = " ".join(_POINT.sub(".", plain).replace("\u200c", "").replace("\u200d", "").split())
    before = None
    while plain != before:
        before, plain = plain, plain.rstrip(_TRAILING)
        if len(plain) > 1 and plain[0] + plain[-1] in _PAIRS:
            plain = plain[1:-1].strip()
    return plain


def typed_number(text: str, *units: str) -> str | None:
    """A number that is not below nothing, in plain digits with one point at most: `1234.5`. One of the units may stand behind.

    None where it is no such number, or may be two: a comma groups three digits and is never the point, so `1,5` is none.
    """
    plain = typed_code(text)
    unit = next((unit for unit in units if plain.casefold().endswith(unit)), "")
    found = _NUMBER.fullmatch(plain[: len(plain) - len(unit)].rstrip())
    if found is None or not (found["whole"] or found["part"]):
        return None
    whole = re.sub("[,' ]", "", found["whole"])
    return f"{whole or 0}.{found['part']}" if found["part"] else whole


def is_nothing(text: str) -> bool:
    """Whether a cell or a field holds no more than the sign people leave for "nothing": dashes, a slash, 无, N/A."""
    if not text:
        return True
    if text[0].isalnum() and text[0] not in "无nNｎＮ":  # nearly all
        return False
    plain = typed_code(text).casefold()
    return not plain.strip("-/\\_ ") or plain in {"无", "n/a", "#n/a", "null", "none"}


def _joint(found: "re.Match[str]") -> str:
    before, after = found.string[: found.start()][-1:], found.string[found.end() :][:1]
    return "" if _is_wide(before) and _is_wide(after) else " "


def _is_wide(letter: str) -> bool:
    return bool(letter) and unicodedata.east_asian_width(letter) in "WF"
