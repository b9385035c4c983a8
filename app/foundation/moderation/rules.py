"""What a content check is, how words are found in a text, and what WeChat's word means: pure."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID


class ContentKind(StrEnum):
    """What is looked at."""

    TEXT = "text"
    PICTURE = "picture"


class ContentPurpose(StrEnum):
    """Where it is to be shown; the same text for another purpose is another check."""

    NAME = "name"
    """A name on the wall, on a poster, on a board."""
    AVATAR = "avatar"
    """The picture beside it."""


class CheckState(StrEnum):
    """How far a check is. Only `passed` may be shown to others."""

    WAITING = "waiting"
    PASSED = "passed"
    REFUSED = "refused"


class WaitsFor(StrEnum):
    """Whose word a waiting check waits for."""

    WECHAT = "wechat"
    PEOPLE = "people"


class Checker(StrEnum):
    """By whom it was decided."""

    WORDS = "words"
    """The word list; it refuses, and never passes anything."""
    WECHAT = "wechat"
    PERSON = "person"


class Reason(StrEnum):
    """Why something is not shown, in one word; the pages have the sentence."""

    ABUSE = "abuse"
    SEXUAL = "sexual"
    ILLEGAL = "illegal"
    HATE = "hate"
    IMPERSONATION = "impersonation"
    CONTACT = "contact"
    """A way to reach somebody: an address on the net, a long number."""
    OTHER = "other"


class Suggestion(StrEnum):
    """What WeChat advises."""

    PASS = "pass"  # noqa: S105 - WeChat's word, no secret
    REVIEW = "review"
    RISKY = "risky"


@dataclass(frozen=True, slots=True)
class Standing:
    """A check, and how far it is."""

    check_id: UUID
    state: CheckState


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One check as a moderator sees it."""

    id: UUID
    kind: ContentKind
    purpose: ContentPurpose
    state: CheckState
    waits_for: WaitsFor | None
    decided_by: Checker | None
    decider_id: UUID | None
    reason: Reason | None
    asked_at: datetime
    decided_at: datetime | None
    persons: int
    """How many people show it."""
    text: str | None = field(repr=False)
    """None of a picture, and once everybody who showed it is forgotten."""


@dataclass(frozen=True, slots=True)
class WordGroup:
    """Words that are refused for one reason, folded."""

    reason: Reason
    parts: tuple[str, ...]
    """Found anywhere in the folded text."""
    whole: frozenset[str]
    """Words of Latin letters: found where they stand by themselves."""


WECHAT_TRIES_MOST: Final = 3
"""Questions that WeChat leaves unanswered; then people decide."""
AGAIN_AFTER: Final = timedelta(seconds=20)
"""Before a silent question is asked again."""
PICTURE_WAIT: Final = timedelta(minutes=30)
"""How long WeChat may take over a picture. Source: its documentation of `mediaCheckAsync`, "30 分钟内"."""
LABELS: Final = {
    20001: Reason.ILLEGAL,  # 时政
    20002: Reason.SEXUAL,
    20003: Reason.ABUSE,
    20006: Reason.ILLEGAL,
    20008: Reason.ILLEGAL,  # 欺诈
    20012: Reason.OTHER,  # 低俗
    20013: Reason.OTHER,  # 版权
    10001: Reason.CONTACT,  # 广告
    21000: Reason.OTHER,
}
"""WeChat's labels of `msgSecCheck` and `mediaCheckAsync` by our reasons; 100 is harmless."""
_NUMBER: Final = re.compile(r"\d{7}")
_ADDRESS: Final = re.compile(r"https?:|www\.|\.(?:com|cn|net|top|xyz|io|me)\b", re.IGNORECASE)
_LATIN: Final = re.compile(r"[a-z]+")


def fold(text: str) -> str:
    """One spelling of many: NFKC, lower case, letters and digits only; accents, signs, spaces and what is invisible gone."""
    return "".join(letter for letter in _plain(text) if letter.isalnum())


def word_group(reason: Reason, words: Sequence[str]) -> WordGroup:
    """The words of a reason, as `find_reason` looks for them."""
    folded = [fold(word) for word in words]
    assert all(folded), words
    whole = frozenset(word for word in folded if _LATIN.fullmatch(word))
    return WordGroup(reason, tuple(word for word in folded if word not in whole), whole)


def find_reason(text: str, groups: Sequence[WordGroup]) -> Reason | None:
    """Why this text may not be shown, by the word list alone; None says nothing about it."""
    folded, plain = fold(text), _plain(text)
    latin = set(_LATIN.findall(plain)) | {folded} | set(_LATIN.findall(folded))
    for group in groups:
        if any(part in folded for part in group.parts) or not group.whole.isdisjoint(latin):
            return group.reason
    if _NUMBER.search(folded) or _ADDRESS.search(unicodedata.normalize("NFKC", text)):
        return Reason.CONTACT
    return None


def decided(suggestion: Suggestion, label: int) -> tuple[CheckState, Reason | None]:
    """What follows from WeChat's advice: `review` waits for people, a risk is refused for the reason of its label."""
    match suggestion:
        case Suggestion.PASS:
            return CheckState.PASSED, None
        case Suggestion.RISKY:
            return CheckState.REFUSED, LABELS.get(label, Reason.OTHER)
        case Suggestion.REVIEW:
            return CheckState.WAITING, None


def _plain(text: str) -> str:
    """Folded, with what stood between words as spaces."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text)).casefold()
    kept = (letter for letter in apart if unicodedata.category(letter) not in {"Mn", "Me", "Cf", "Cc"})
    return "".join(letter if letter.isalnum() else " " for letter in kept)
