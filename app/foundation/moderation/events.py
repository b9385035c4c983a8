"""What happened to content checks."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.foundation.outbox import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decided:
    """A check was decided, or decided otherwise than before; nothing in it is about a person."""

    check_id: UUID
    content_kind: str
    """`text` or `picture`."""
    purpose: str

    @property
    def subject(self) -> str:
        """The check."""
        return f"moderation:{self.check_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentPassed(_Decided, Event):
    """It may be shown to others. On the wire: `moderation.passed`."""

    kind: ClassVar[str] = "moderation.passed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentRefused(_Decided, Event):
    """It may not be shown, or no longer. On the wire: `moderation.refused`."""

    kind: ClassVar[str] = "moderation.refused"
