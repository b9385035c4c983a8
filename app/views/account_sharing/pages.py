"""The pages of whoever shares their account: `/me/sharing`, one request, and taking it back."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from app.programmes.sharing import Granularity, ReadOutcome, ShareState
from app.views.page import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareCard:
    """A request that they answered."""

    id: str
    organisation: str
    purpose: str
    state: ShareState
    granted: tuple[str, ...]
    """Books that they said yes to."""
    withheld: tuple[str, ...]
    """Those that were asked for, and are not told."""
    granularity: Granularity
    period_from: date
    period_to: date
    answered_at: datetime
    revoked_at: datetime | None
    until: date
    revoke_url: str | None
    """None where there is nothing to take back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLine:
    """One read: who, when, and what they got."""

    share_id: str
    organisation: str
    key_end: str
    """The last characters of the key's id."""
    at: datetime
    outcome: ReadOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """A statement that they asked for. `number` is None while its paper is being issued."""

    id: str
    period_from: date
    period_to: date
    granularity: Granularity
    made_at: datetime
    number: str | None = None
    verify_url: str = ""
    pdf_zh_url: str = ""
    pdf_en_url: str = ""
    json_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharingPage(Page):
    """All of it. GET `ask_action` with `code`; POST `state_action` with `period_from`, `period_to`, `granularity`, `name`,
    `intent` and `csrf_token`."""

    template: ClassVar[str] = "citizen/account_sharing.html"

    is_known: bool
    """False of a browser that nobody knows: it has no account to share."""
    shares: tuple[ShareCard, ...]
    reads: tuple[ReadLine, ...]
    statements: tuple[StatementLine, ...]
    intent: str
    csrf_token: str
    typed: dict[str, str]
    notice: str | None = None
    """Why the last try was refused."""
    fault_field: str = ""
    ask_action: str = "/me/sharing/ask"
    state_action: str = "/me/sharing/statements"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskPage(Page):
    """One request, before it is answered: POST `action` with `code`, `book_<name>` (yes or no) of each, or `do=no`."""

    template: ClassVar[str] = "citizen/share_ask.html"

    is_known: bool
    may_answer: bool
    code: str
    organisation: str
    purpose: str
    books: tuple[str, ...]
    granularity: Granularity
    period_from: date
    period_to: date
    until: date
    asked_at: datetime
    intent: str
    csrf_token: str
    notice: str | None = None
    action: str = "/me/sharing/ask"


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokePage(Page):
    """What taking back means, before it is done: POST to the page itself with `intent` and `csrf_token`."""

    template: ClassVar[str] = "citizen/share_revoke.html"

    share: ShareCard
    intent: str
    csrf_token: str
