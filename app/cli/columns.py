"""Text in a terminal's columns: a Chinese character takes two, a mark above a letter and a colour take none."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

WIDTH: Final = 80
"""No line that a verb prints is wider, but for what must not be broken: an address, a digest, JSON."""
_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m")
_NOT_FIRST: Final = frozenset("，。；：、）”’！？》」…—,.;:)!?%")
_NOT_LAST: Final = frozenset("（“‘《「(")


def columns(text: str) -> int:
    """How many columns the text takes."""
    return sum(map(_width, _COLOUR.sub("", text)))


def padded(text: str, width: int) -> str:
    """The text with blanks behind it, up to so many columns."""
    return text + " " * max(0, width - columns(text))


def flushed(text: str, width: int) -> str:
    """The text with blanks before it, up to so many columns."""
    return " " * max(0, width - columns(text)) + text


def apart(left: str, right: str, width: int) -> str:
    """One text at the left end of so many columns, the other at the right; at least two blanks between them."""
    return left + " " * max(2, width - columns(left) - columns(right)) + right


def cut(text: str, width: int) -> str:
    """As much of the text as fits into so many columns."""
    if columns(text) <= width:
        return text
    while text and columns(text) > width - 1:
        text = text[:-1]
    return text + "…"


def wrapped(text: str, *, hang: int = 2, width: int = WIDTH) -> Iterator[str]:
    """The text on lines of so many columns, broken between words and between Chinese characters.

    What follows the first line is indented as that is, and by `hang` more. An address or a digest is never broken:
    somebody copies it.
    """
    rest = " " * (len(text) - len(text.lstrip(" ")) + hang)
    line, used = "", 0
    for word in _words(text):
        wide = columns(word)
        if used and line.strip() and used + wide > width and used + columns(word.rstrip()) > width:
            yield line.rstrip()
            line, used = rest, len(rest)
        line, used = line + word, used + wide
        while used > width and columns(line.rstrip()) > width and _may_break(word):
            head = _fitting(line, width)
            yield head
            line = rest + line[len(head) :]
            used = columns(line)
    yield line.rstrip()


@lru_cache(8_192)  # a list of a thousand faults asks a million times
def _width(letter: str) -> int:
    if unicodedata.combining(letter) or unicodedata.category(letter) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def _may_break(word: str) -> bool:
    return not ("://" in word or "\x1b" in word or re.search(r"[0-9A-Za-z_-]{40}", word))


def _fitting(line: str, width: int) -> str:
    used = 0
    for place, letter in enumerate(line):
        used += _width(letter)
        if used > width:
            return line[:place]
    return line


def _words(text: str) -> Iterator[str]:
    word = ""
    for letter in text:
        is_between = word and word[-1] != " " and (_width(letter) == 2 or _width(word[-1]) == 2)
        if (is_between and letter != " " and letter not in _NOT_FIRST and word[-1] not in _NOT_LAST) or (
            word and word[-1] == " " and letter != " " and word.strip()
        ):
            yield word
            word = ""
        word += letter
    yield word
