"""What happened to gifts."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.foundation.outbox import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftCollected(Event):
    """A set of people collected; written by `gifts.collect` itself. On the wire: `gift.collected`."""

    kind: ClassVar[str] = "gift.collected"
    set_id: UUID
    people: int
    mass_g: int

    @property
    def subject(self) -> str:
        """The set, as its reservation is called."""
        return f"gifts:{self.set_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftEnded(Event):
    """A campaign ended, by somebody or because its time was over; written by PostgreSQL with the step."""

    kind: ClassVar[str] = "gift.ended"
    campaign_id: UUID
    sponsor_id: UUID
    left_g: int
    """In the pool at that moment."""
    collected_g: int
    people: int

    @property
    def subject(self) -> str:
        """The campaign."""
        return f"gift_campaign:{self.campaign_id}"
