"""Words for messages to somebody's phone: what they are about, what was answered, how far each is. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.kernel.text import Language

STALE_AFTER: Final = timedelta(minutes=10)
"""Whoever was sending it is gone by then; whether it went out, nobody knows."""
TRIES_MOST: Final = 8
TITLE_MOST: Final = 20
"""Characters of a `thing` field of WeChat's templates."""


class MessageKind(StrEnum):
    """What a message tells."""

    CERTIFICATE = "certificate"
    """证书已出: a certificate is ready."""
    REFUND = "refund"
    """退款到账: money went back to whoever paid."""


class Answer(StrEnum):
    """What somebody said when they were asked for one message, in WeChat's own words."""

    ACCEPT = "accept"
    """Yes, to one message."""
    REJECT = "reject"
    BAN = "ban"
    """The template was taken out of use by WeChat."""


class MessageState(StrEnum):
    """How far a message is."""

    WAITING = "waiting"
    """To be sent when it is due."""
    SENDING = "sending"
    SENT = "sent"
    """WeChat took it."""
    REFUSED = "refused"
    """WeChat will not take it, or did not for too long."""
    UNKNOWN = "unknown"
    """Nobody knows whether WeChat took it; it is not sent again, as the consent may be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """A message to whoever has agreed to one; nothing personal is in it."""

    kind: MessageKind
    about: str
    """`certificate:<id>`; one message is sent about it, ever."""
    person_id: UUID
    page: str
    """Of the mini-program."""
    values: dict[str, str]
    """By the template's field."""
    language: Language


def due_again(tries: int, now: datetime) -> datetime:
    """When a message is tried again that WeChat did not take: after 5, 10, 20 … minutes, at most six hours."""
    wait = min(timedelta(minutes=5 * (1 << (tries - 1))), timedelta(hours=6))
    return now + wait


def fit_title(title: str) -> str:
    """What fits into a `thing` field: twenty characters, the last an ellipsis where it was longer."""
    plain = " ".join(title.split())
    return plain if len(plain) <= TITLE_MOST else plain[: TITLE_MOST - 1] + "…"
