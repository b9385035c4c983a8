"""What happened to retirements."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.foundation.outbox import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class RetirementRequested(Event):
    """Somebody is entitled to have grams retired. On the wire: `retirement.requested`."""

    kind: ClassVar[str] = "retirement.requested"
    retirement_id: UUID

    @property
    def subject(self) -> str:
        """The retirement."""
        return f"retirement:{self.retirement_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetirementSettled(Event):
    """The grams are gone for good. On the wire: `retirement.settled`."""

    kind: ClassVar[str] = "retirement.settled"
    retirement_id: UUID
    mass_g: int

    @property
    def subject(self) -> str:
        """The retirement."""
        return f"retirement:{self.retirement_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetirementNamed(Event):
    """The name that its paper waited for was given, or is not coming. On the wire: `retirement.named`."""

    kind: ClassVar[str] = "retirement.named"
    retirement_id: UUID

    @property
    def subject(self) -> str:
        """The retirement."""
        return f"retirement:{self.retirement_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimJudged(Event):
    """What an organisation claims with it was judged at settling. On the wire: `claim.judged`."""

    kind: ClassVar[str] = "claim.judged"
    retirement_id: UUID

    @property
    def subject(self) -> str:
        """The retirement."""
        return f"retirement:{self.retirement_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetirementWithdrawn(Event):
    """Given up before it was settled; the grams are back with their holder. On the wire: `retirement.withdrawn`."""

    kind: ClassVar[str] = "retirement.withdrawn"
    retirement_id: UUID
    mass_g: int

    @property
    def subject(self) -> str:
        """The retirement."""
        return f"retirement:{self.retirement_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetirementTruedUp(Event):
    """What was really emitted is known, and covered. On the wire: `retirement.trued_up`."""

    kind: ClassVar[str] = "retirement.trued_up"
    retirement_id: UUID
    actual_g: int

    @property
    def subject(self) -> str:
        """The retirement."""
        return f"retirement:{self.retirement_id}"
