"""Help and refusals of the command line in Chinese: English stands in the code, its Chinese in `locales/zh.json`.

click translates its own sentences through a name in its modules that is gettext's; we put ours there, since a
catalogue of gettext's would have to be compiled and installed. Sentences that a newer click brings fail a test.
"""

import functools
import json
from gettext import gettext, ngettext
from pathlib import Path
from typing import Final

import click
import click.core
import click.decorators
import click.exceptions
import click.formatting
import click.parser
import click.termui
import click.types

from app.cli.output import read_language

CATALOGUE: Final = Path(__file__).parent / "locales" / "zh.json"
CLICKS: Final = (
    click.core, click.decorators, click.exceptions, click.formatting, click.parser, click.termui, click.types,
)  # fmt: skip
"""The modules that speak to whoever types."""


def speak(command: click.Command) -> None:
    """Let click, this command and all below it speak the reader's language from now on."""
    for module in CLICKS:
        for name, ours in (("_", _said), ("ngettext", _counted)):
            if hasattr(module, name):
                setattr(module, name, ours)
    _turn(command, is_chinese=_is_chinese())


@functools.cache
def catalogue() -> dict[str, dict[str, str]]:
    """Chinese by English: of `click`, and of the `help` of our own verbs."""
    read: dict[str, dict[str, str]] = json.loads(CATALOGUE.read_text("utf-8"))
    return read


def plain(text: str) -> str:
    """A help text as the catalogue has it: each paragraph on one line."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def _turn(command: click.Command, *, is_chinese: bool) -> None:
    for one in (command, *command.params):
        if text := getattr(one, "help", None):
            setattr(one, "help", _helped(text, is_chinese=is_chinese))  # noqa: B010 - arguments have none, for mypy
    for below in getattr(command, "commands", {}).values():
        _turn(below, is_chinese=is_chinese)


def _helped(text: str, *, is_chinese: bool) -> str:
    if is_chinese:
        return catalogue()["help"].get(plain(text), text)
    return _english().get(text, text)


@functools.cache
def _english() -> dict[str, str]:
    return {zh: en for en, zh in catalogue()["help"].items()}


def _said(text: str) -> str:
    return catalogue()["click"].get(text, text) if _is_chinese() else gettext(text)


def _counted(one: str, many: str, count: int) -> str:
    return _said(one if count == 1 else many) if _is_chinese() else ngettext(one, many, count)


def _is_chinese() -> bool:
    return bool(read_language() == "zh")
