"""What the inbox's page needs. Texts from rows are already in the reader's language."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from app.views.console import Age, Console, Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One role in the strip: how much waits for it, and since when."""

    role: str
    """In the reader's words."""
    count: int
    oldest: Age | None
    """None: nothing waits."""
    is_late: bool
    url: str
    """The inbox with what this role decides; of the one that is shown, the whole inbox."""
    is_on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxRow:
    """One approval in a list."""

    url: str
    kind: str
    about: str
    maker: str
    figure: str
    age: Age
    is_late: bool
    is_open: bool
    """The one shown beside the list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactLine:
    """One fact that is decided about."""

    label: str
    value: str
    before: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryLine:
    """One thing that happened to it."""

    state: str
    tone: Tone
    who: str
    note: str | None
    """The reason that was given."""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedView:
    """One approval, and what this reader may do with it."""

    id: str
    kind: str
    title: str
    maker: str
    proposed_at: datetime
    state: str
    tone: Tone
    lines: tuple[FactLine, ...]
    payload: str
    sha256: str
    outcome: str
    steps: tuple[HistoryLine, ...]
    typed: str | None
    """The digits that must be typed to agree."""
    unit: str
    link: str | None
    is_ready: bool
    may_decide: bool
    may_withdraw: bool
    approve_action: str
    return_action: str
    withdraw_action: str
    typed_reason: str = ""
    typed_amount: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxPage(Console):
    """Everything that waits, for this reader; with one opened beside it."""

    template: ClassVar[str] = "operator/inbox.html"

    columns: tuple[Column, ...]
    mine: tuple[InboxRow, ...]
    mine_count: int
    handed_on: tuple[InboxRow, ...]
    others: tuple[InboxRow, ...]
    opened: OpenedView | None
    closed_url: str
    """The inbox without it."""
