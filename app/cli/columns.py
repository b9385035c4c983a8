"""Text in a terminal's columns: a Chinese character takes two."""

import unicodedata


def columns(text: str) -> int:
    """How many columns the text takes."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def padded(text: str, width: int) -> str:
    """The text with blanks behind it, up to so many columns."""
    return text + " " * max(0, width - columns(text))


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
