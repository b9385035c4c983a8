"""Purposes, texts by version, and how a person stands to them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256

from app.kernel.text import Language, Text


class ConsentPurpose(StrEnum):
    """What a person's data may be used for beyond the order itself; each is agreed to by itself."""

    WALL = "wall"
    """大屏: their name and picture on the screen at a venue."""
    BOARD = "board"
    """榜单: their name on public lists of who neutralised how much."""
    SHARING = "sharing"
    """共享: name and figure told to the organiser of the scene."""
    NOTICES = "notices"
    """通知: messages about what is new, beside those about an order."""
    ABROAD = "abroad"
    """境外: what a way to pay abroad needs, told to whoever runs it there (个人信息保护法, article 39)."""


class ConsentState(StrEnum):
    """How a person stands to a purpose; `given` alone is a yes."""

    NEVER = "never"
    """They were never asked, or never said yes."""
    GIVEN = "given"
    WITHDRAWN = "withdrawn"
    OUTDATED = "outdated"
    """They said yes to an older text; it does not count until they are asked again."""


class ConsentPlace(StrEnum):
    """Where somebody said it."""

    PAGE = "page"
    API = "api"
    ERASURE = "erasure"
    """Nobody said it: the person is being forgotten."""


@dataclass(frozen=True, slots=True)
class ConsentText:
    """One version of what is asked for one purpose, in both languages; never changed."""

    purpose: ConsentPurpose
    version: int
    effective_on: date
    title: Text
    text: Text

    def digest(self, language: Language) -> bytes:
        """SHA-256 of the words that a reader of `language` is shown: title, line feed, text, as UTF-8."""
        return sha256(f"{self.title.in_(language)}\n{self.text.in_(language)}".encode()).digest()


@dataclass(frozen=True, slots=True)
class ConsentTexts:
    """All versions of all purposes, each purpose with one at least, the oldest first."""

    versions: Mapping[ConsentPurpose, Sequence[ConsentText]]

    def present(self, purpose: ConsentPurpose) -> ConsentText:
        """What is asked now: the highest version."""
        return self.versions[purpose][-1]


@dataclass(frozen=True, slots=True)
class ConsentStatus:
    """The latest word of a person about a purpose."""

    state: ConsentState
    version: int | None = None
    """To which text; None where there was never a word."""
    at: datetime | None = None

    @property
    def is_given(self) -> bool:
        """Whether the purpose is allowed now."""
        return self.state is ConsentState.GIVEN


NEVER = ConsentStatus(ConsentState.NEVER)


@dataclass(frozen=True, slots=True)
class Question:
    """A purpose as a person meets it."""

    text: ConsentText
    standing: ConsentStatus


def stands(state: str, version: int, at: datetime, present: ConsentText) -> ConsentStatus:
    """What a kept word means beside the present text."""
    if state == ConsentState.GIVEN and version < present.version:
        return ConsentStatus(ConsentState.OUTDATED, version, at)
    return ConsentStatus(ConsentState(state), version, at)
