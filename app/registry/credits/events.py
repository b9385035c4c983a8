"""What happened to credits."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from app.foundation.outbox import Event


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


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodologySuspended(Event):
    """Its lots are not sold from that day on; what was retired stays. On the wire: `methodology.suspended`."""

    kind: ClassVar[str] = "methodology.suspended"
    programme: str
    methodology: str
    suspended_from: date

    @property
    def subject(self) -> str:
        """The methodology."""
        return f"methodology:{self.programme}:{self.methodology}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodologyResumed(Event):
    """Its lots may be sold again. On the wire: `methodology.resumed`."""

    kind: ClassVar[str] = "methodology.resumed"
    programme: str
    methodology: str

    @property
    def subject(self) -> str:
        """The methodology."""
        return f"methodology:{self.programme}:{self.methodology}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LotCorrected(Event):
    """Two people agreed that a fact about a lot is another. On the wire: `lot.corrected`."""

    kind: ClassVar[str] = "lot.corrected"
    lot_id: int

    @property
    def subject(self) -> str:
        """The lot."""
        return f"lot:{self.lot_id}"
