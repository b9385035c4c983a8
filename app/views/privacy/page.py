"""What is kept of a person, `/me/privacy`, and the step before they are erased."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from app.foundation.consents import ConsentPurpose
from app.foundation.privacy import Group, Look
from app.foundation.retention import Keep
from app.views.mine import ConsentSwitch
from app.views.page import Page

_CLOSED: Final = frozenset({ConsentPurpose.WALL, ConsentPurpose.BOARD, ConsentPurpose.SHARING, ConsentPurpose.ABROAD})
"""To whoever is under 14."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptLine:
    """One group of what is kept: its words stand in the locales by its key."""

    key: str
    until: str
    after: str
    sooner: tuple[tuple[str, int], ...]
    """What of it goes by time: a kind of `retention`, and after how many days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookLine:
    """Staff looked."""

    at: datetime
    what_key: str
    reason_key: str
    said: str | None
    """Why, in the words of whoever looked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacyPage(Page):
    """POST `under_14` (yes or no) to `/me/privacy/age`; the export under `/me/privacy/export.json` and `.pdf`."""

    template: ClassVar[str] = "privacy/privacy.html"

    kept: tuple[KeptLine, ...]
    consents: tuple[ConsentSwitch, ...]
    """Those that they may decide about; empty for somebody whom nobody knows yet: then the page only tells."""
    is_known: bool
    is_under_14: bool
    looks: tuple[LookLine, ...]
    intent: str
    csrf_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasePage(Page):
    """POST `sure` (the word of the page) to `/me/privacy/erase`."""

    template: ClassVar[str] = "privacy/erase.html"

    deleted: tuple[str, ...]
    """Keys of groups, by what becomes of them."""
    nameless: tuple[str, ...]
    held_g: int
    """What lies in the account unused, and that nobody can use afterwards."""
    cards_g: int = 0
    """What is unused on gift cards, and goes back to their hosts."""
    intent: str
    csrf_token: str
    is_wrong: bool = False
    """The word was typed otherwise."""
    notice: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedPage(Page):
    """It is done."""

    template: ClassVar[str] = "privacy/erased.html"


def kept_lines(groups: tuple[Group, ...], keep: Keep) -> tuple[KeptLine, ...]:
    """What the page says of each group but the staff's, whom another notice tells."""
    return tuple(
        KeptLine(
            key=one.key, until=one.until.value, after=one.after.value,
            sooner=tuple((kind.value, keep.of(kind).days) for kind in one.kinds),
        )
        for one in groups
        if one.key != "staff"
    )  # fmt: skip


def look_lines(looks: tuple[Look, ...]) -> tuple[LookLine, ...]:
    """Who looked, as the page shows it."""
    return tuple(
        LookLine(at=one.at, what_key=one.what.value, reason_key=one.reason.value, said=one.said) for one in looks
    )


def open_to(switches: Sequence[ConsentSwitch], *, is_under_14: bool) -> tuple[ConsentSwitch, ...]:
    """What somebody may agree to: under 14 nothing by which others see or read of them, as `consents.give` refuses it."""
    return tuple(one for one in switches if not (is_under_14 and one.purpose in _CLOSED))
