"""The word list: read from its file once, by an entrance."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.foundation.moderation.errors import WordFileBroken
from app.foundation.moderation.rules import Reason, WordGroup, find_reason, fold, word_group


@dataclass(frozen=True, slots=True)
class WordList:
    """What may not stand in a text that others see."""

    groups: tuple[WordGroup, ...]

    def find(self, text: str) -> Reason | None:
        """Why the text is refused; None says nothing about it."""
        return find_reason(text, self.groups)


def load_words(path: Path) -> WordList:
    """The word list of a file.

    Raises:
        WordFileBroken: a reason that we do not know, a word without letters, no source.
        OSError: the file cannot be read.
    """
    try:
        told: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise WordFileBroken(f"{path}: {fault}") from fault
    if not told.get("source") or not told.get("group"):
        raise WordFileBroken(f"{path}: wants a source and at least one group")
    groups = []
    for one in told["group"]:
        reason, words = one.get("reason"), one.get("words")
        if reason not in set(Reason):
            raise WordFileBroken(f"{path}: no reason is called {reason!r}")
        if not isinstance(words, list) or not all(isinstance(word, str) and fold(word) for word in words):
            raise WordFileBroken(f"{path}: {reason} holds something that is no word")
        groups.append(word_group(Reason(reason), words))
    return WordList(tuple(groups))
