"""What happened to credits."""

from dataclasses import dataclass
from typing import ClassVar

from app.outbox import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class LotOpened(Event):
    """A batch of a registry came into our books. On the wire: `lot.opened`."""

    kind: ClassVar[str] = "lot.opened"
    lot_id: int
    mass_g: int

    @property
    def subject(self) -> str:
        """The lot."""
        return f"lot:{self.lot_id}"
