"""What an organisation says of itself, and where that stands: pure."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.foundation.identity.errors import EmailUnreadable
from app.foundation.identity.rules import OrganisationCard, OrganisationKind, Register, plain_email
from app.kernel.text import Text

PURPOSE_MOST: Final = 300


class ApplicationState(StrEnum):
    """Where it stands."""

    WAITING = "waiting"
    """For one of ours to propose it."""
    PROPOSED = "proposed"
    """For a second one to agree."""
    RETURNED = "returned"
    VERIFIED = "verified"


@dataclass(frozen=True, slots=True)
class Applied:
    """What an organisation says of itself."""

    name: Text
    """An English name that is empty becomes the Chinese one."""
    kind: OrganisationKind
    register: Register
    purpose: str


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who signs it up."""

    name: str
    email: str
    password: str = field(repr=False)

    def plain_email(self) -> str:
        """The address they sign in with.

        Raises:
            EmailUnreadable: it is none.
        """
        if (plain := plain_email(self.email)) is None:
            raise EmailUnreadable
        return plain


@dataclass(frozen=True, slots=True)
class Application:
    """An application as its own people see it, and ours."""

    organisation: OrganisationCard
    applicant_id: UUID
    applicant: str | None
    email: str | None
    purpose: str
    sent_at: datetime
    state: ApplicationState
    reason: str | None
    """Why it was sent back."""


def state_of(*, is_verified: bool, is_proposed: bool, returned_at: datetime | None) -> ApplicationState:
    """Where it stands."""
    if is_verified:
        return ApplicationState.VERIFIED
    if returned_at is not None:
        return ApplicationState.RETURNED
    return ApplicationState.PROPOSED if is_proposed else ApplicationState.WAITING
