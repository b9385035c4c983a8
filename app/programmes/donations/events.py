"""What happened to donations."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.foundation.outbox import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class DonationTransferred(Event):
    """Grams went into a zone's account for good. On the wire: `donation.transferred`."""

    kind: ClassVar[str] = "donation.transferred"
    donation_id: UUID
    mass_g: int

    @property
    def subject(self) -> str:
        """The donation, as its transfer and its paper are called."""
        return f"donation:{self.donation_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DonationsRetired(Event):
    """A retirement took what donors gave, and their papers do not say so yet. On the wire: `donations.retired`."""

    kind: ClassVar[str] = "donations.retired"
    retirement_id: UUID

    @property
    def subject(self) -> str:
        """The retirement, as what its donors are told of it."""
        return f"donations:{self.retirement_id}"
