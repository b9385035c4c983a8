"""Reading the texts: `<folder>/<purpose>/<version>.toml`, each with the digest of its words in both languages.

The digest makes a change of words without a new version a broken file, and PostgreSQL keeps the first digest it was told
of a version: what somebody agreed to cannot be given other words afterwards.
"""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any, Final

from app.foundation.consents.errors import ConsentFileBroken
from app.foundation.consents.rules import ConsentPurpose, ConsentText, ConsentTexts
from app.kernel.text import Language, Text

_FIELDS: Final = {"effective_on", "zh", "en"}
_WORDS: Final = {"title", "text", "sha256"}


def load_texts(folder: Path) -> ConsentTexts:
    """Every version of every purpose below `folder`.

    Raises:
        ConsentFileBroken: a purpose without a text, a gap in its versions, words of another digest.
        OSError: a file cannot be read.
    """
    if strange := {path.name for path in folder.iterdir() if path.is_dir()} - set(ConsentPurpose):
        raise ConsentFileBroken(f"{folder}: no purpose is called {', '.join(sorted(strange))}")
    return ConsentTexts({purpose: _versions(folder / purpose, purpose) for purpose in ConsentPurpose})


def _versions(folder: Path, purpose: ConsentPurpose) -> tuple[ConsentText, ...]:
    found = {path.stem: path for path in folder.glob("*.toml")}
    numbers = [str(number) for number in range(1, len(found) + 1)]
    if not found or set(found) != set(numbers):
        raise ConsentFileBroken(f"{folder}: versions are files 1.toml, 2.toml, … without a gap")
    read = tuple(_read(found[number], purpose, int(number)) for number in numbers)
    days = [one.effective_on for one in read]
    if days != sorted(days):
        raise ConsentFileBroken(f"{folder}: a version begins before the one it replaces")
    return read


def _read(path: Path, purpose: ConsentPurpose, version: int) -> ConsentText:
    try:
        told: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise ConsentFileBroken(f"{path}: {fault}") from fault
    if set(told) != _FIELDS or type(told["effective_on"]) is not date:
        raise ConsentFileBroken(f"{path}: wants effective_on, a day, and the tables zh and en")
    for language in Language:
        words = told[language]
        if not isinstance(words, dict) or set(words) != _WORDS or not all(_is_said(word) for word in words.values()):
            raise ConsentFileBroken(f"{path}: {language} wants title, text and sha256")
    text = ConsentText(
        purpose,
        version,
        told["effective_on"],
        title=Text(zh=told["zh"]["title"], en=told["en"]["title"]),
        text=Text(zh=told["zh"]["text"], en=told["en"]["text"]),
    )
    for language in Language:
        if (digest := text.digest(language).hex()) != told[language]["sha256"]:
            raise ConsentFileBroken(f"{path}: the words of {language} have the digest {digest}; new words, new version")
    return text


def _is_said(word: object) -> bool:
    return isinstance(word, str) and word == word.strip() != ""
