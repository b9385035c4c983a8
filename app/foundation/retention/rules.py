"""How long information is kept."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Kind(StrEnum):
    """What is deleted when its time is over."""

    MESSAGES = "messages"
    """Rows of the outbox, since they were done. What is open, set aside, or has no job stays."""
    ANSWERS = "answers"
    """What a client was told under an `Idempotency-Key`; the effect's own key stays with the effect."""
    SESSIONS = "sessions"
    """Sign-ins, since they ended."""
    ATTEMPTS = "attempts"
    """Password tries; they count for an hour."""
    FIGURES = "figures"
    """Calculations by which nobody ordered."""
    GUESTS = "guests"
    """Persons whom no row refers to any more, with their data keys; a sign-in that is kept refers to them."""
    KEYS = "keys"
    """Data keys: those of such persons, and those whose person was never written down."""
    NOTICES = "notices"
    """What opens channels' raw messages; their facts stay."""
    OWN_FIGURES = "own_figures"
    """What somebody kept of a day or a year of theirs, who cannot come back."""
    PHONE_MESSAGES = "phone_messages"
    """Messages in WeChat, since they ended, and what people said when they were asked for one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """Days that each kind is kept."""

    messages_days: int
    answers_days: int
    sessions_days: int
    attempts_days: int
    figures_days: int = 30
    guests_days: int = 30
    notices_days: int = 3650
    phone_messages_days: int = 180

    def of(self, kind: Kind) -> timedelta:
        """How long this kind is kept."""
        days = {
            Kind.MESSAGES: self.messages_days,
            Kind.ANSWERS: self.answers_days,
            Kind.SESSIONS: self.sessions_days,
            Kind.ATTEMPTS: self.attempts_days,
            Kind.FIGURES: self.figures_days,
            Kind.GUESTS: self.guests_days,
            Kind.KEYS: self.guests_days,
            Kind.NOTICES: self.notices_days,
            Kind.OWN_FIGURES: self.guests_days,
            Kind.PHONE_MESSAGES: self.phone_messages_days,
        }
        return timedelta(days=days[kind])
