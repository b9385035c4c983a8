"""What happened to upstream cancellations."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.foundation.outbox import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class CancellationApproved(Event):
    """A second person wants the registry to be asked. On the wire: `cancellation.approved`."""

    kind: ClassVar[str] = "cancellation.approved"
    cancellation_id: UUID

    @property
    def subject(self) -> str:
        """The cancellation."""
        return f"cancellation:{self.cancellation_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CancellationConfirmed(Event):
    """Whole tonnes of a lot are gone at their registry, with proof. On the wire: `cancellation.confirmed`."""

    kind: ClassVar[str] = "cancellation.confirmed"
    cancellation_id: UUID
    lot_id: int
    tonnes: int

    @property
    def subject(self) -> str:
        """The cancellation."""
        return f"cancellation:{self.cancellation_id}"
