"""What somebody typed behind `diandian`, with a Chinese keyboard or out of a chat: one width before it is understood."""

from pathlib import Path

import click

from app.kernel.typed import typed_code


class TypedGroup(click.Group):
    """A group that reads `——apply`, `Ｒ－２０２６` and `ord_…。` as they were meant."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does, the words folded first."""
        return super().parse_args(ctx, [folded(word) for word in args])


def folded(word: str) -> str:
    """A number, a code or an option in half width. A file that is there keeps its name, and so do words of a language:
    whatever is not plain once it is folded, or has blanks in it, stays as it was typed."""
    if word.isascii() or Path(word).exists():
        return word
    plain = typed_code(word)
    if plain.startswith("-") and not plain.startswith("--") and word.startswith(("—", "–")) and len(plain) > 2:
        plain = "-" + plain  # keyboards make one long dash of two
    return plain if plain.isascii() and " " not in plain else word
