"""SQL as tokens and statements: enough to tell words from comments, strings and bodies of functions."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

TOKEN: Final = re.compile(
    r"""
    (?P<comment>--[^\n]*|/\*.*?\*/)
    | \$(?P<tag>[A-Za-z_]\w*|)\$(?P<body>.*?)\$(?P=tag)\$
    | (?P<string>[eE]'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*')
    | (?P<word>"[^"]+"|[A-Za-z_]\w*)
    | (?P<space>\s+)
    | (?P<sign>.)
    """,
    re.DOTALL | re.VERBOSE,
)
"""One token. Nested comments, which none of our files has, are not known here."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement without its semicolon, and where in its file it stands.

    `comment` is the lines right above it, which no blank line parts from it; `start` and `stop` hold comment, text and
    semicolon.
    """

    comment: str
    text: str
    start: int
    stop: int


def statements(sql: str) -> Iterator[Statement]:
    """Every statement of a file, in order; a comment that stands by itself belongs to none."""
    comment, gap = "", "\n"
    above = begun = -1  # where the comment begins, and the statement
    for token in TOKEN.finditer(sql):
        piece = token[0]
        if begun >= 0:
            if piece == ";":
                yield _statement(sql, comment, above, begun, token.start(), token.end())
                comment, gap, above, begun = "", "", -1, -1
        elif token["space"]:
            gap = piece
            if piece.count("\n") > 1:
                comment, above = "", -1
        elif token["comment"]:
            if "\n" in gap:  # else it says something about the last statement, on whose line it stands
                comment, above = f"{comment}\n{piece}".strip(), token.start() if above < 0 else above
        elif piece != ";":
            begun = token.start()
    if begun >= 0:
        yield _statement(sql, comment, above, begun, len(sql), len(sql))


def _statement(sql: str, comment: str, above: int, begun: int, ended: int, stop: int) -> Statement:
    return Statement(comment, sql[begun:ended].rstrip(), above if above >= 0 else begun, stop)


def words(sql: str) -> Iterator[str]:
    """Every name and keyword in lower case, those in bodies of functions too; none of comments or strings."""
    for token in TOKEN.finditer(sql):
        if token["word"]:
            yield token["word"].strip('"').lower()
        elif token["body"] is not None:
            yield from words(token["body"])


def body(definition: str) -> str:
    """What stands between the quotes after AS; nothing where the body is an expression (`RETURN …`)."""
    tokens = [token for token in TOKEN.finditer(definition) if not token["space"] and not token["comment"]]
    for before, token in pairwise(tokens):
        if before[0].upper() == "AS" and token["body"] is not None:
            return token["body"]
        if before[0].upper() == "AS" and token["string"]:
            return token["string"][1:-1].replace("''", "'")
    return ""
