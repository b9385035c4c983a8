"""Who may let whom in, for how long a link is good, how often one may be wrong: pure, the caller passes `now`."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.foundation.approvals import Approval, State
from app.foundation.identity.rules import OrganisationCard, OrganisationKind, Role

INVITATION_LIFETIME: Final = timedelta(days=7)
RESET_LIFETIME: Final = timedelta(days=1)
ADMINISTRATORS: Final = 2
"""How many a set-up makes room for: what one breaks, the other can mend."""
REASON_MOST: Final = 400
"""Characters of why an application is sent back."""
LABEL_MOST: Final = 60
"""Characters of the note that says for whom an invitation is."""


class TryKind(StrEnum):
    """What may be guessed at the sign-in."""

    PASSWORD = "password"  # noqa: S105 - a word, not one
    CODE = "code"
    """Of an authenticator, or a recovery code; asked for after the right password only."""


@dataclass(frozen=True, slots=True)
class Measure:
    """How many wrong tries of one account within an hour are looked at."""

    here: int
    """From one network."""
    elsewhere: int
    """From all networks together where nobody has come in under this account before: slow enough for guessing, and no
    stranger can shut the networks that its owner comes from."""


TRIES: Final[Mapping[TryKind, Measure]] = {
    TryKind.PASSWORD: Measure(here=10, elsewhere=100),
    TryKind.CODE: Measure(here=5, elsewhere=20),
}
PLACE_KEPT: Final = timedelta(days=90)
"""How long a network stays familiar after the last sign-in from it."""


class LinkState(StrEnum):
    """What a link of ours is worth now."""

    OPEN = "open"
    WAITING = "waiting"
    """To the platform, and another administrator has not agreed."""
    USED = "used"
    REVOKED = "revoked"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation as whoever holds its link may see it."""

    id: UUID
    organisation: OrganisationCard
    roles: tuple[Role, ...]
    state: LinkState
    expires_at: datetime
    inviter_id: UUID | None
    """None: the link was printed by the set-up."""


@dataclass(frozen=True, slots=True)
class PendingInvitation:
    """An invitation as those who may invite see it."""

    id: UUID
    roles: tuple[Role, ...]
    label: str | None
    """For whom; None where nothing was written or its writer is forgotten."""
    made_at: datetime
    expires_at: datetime
    state: LinkState


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody with roles in an organisation."""

    person_id: UUID
    name: str | None
    email: str | None
    roles: tuple[Role, ...]
    has_factor: bool
    is_disabled: bool


@dataclass(frozen=True, slots=True)
class Link:
    """A link just made, with the only copy of its token there will ever be."""

    id: UUID
    token: str = field(repr=False)
    expires_at: datetime
    waits: Approval | None = None
    """What another administrator agrees to before it opens; None: it is open."""


@dataclass(frozen=True, slots=True)
class Verification:
    """A proposed or decided verification."""

    id: UUID
    organisation: OrganisationCard
    papers: str
    sha256: str
    maker_id: UUID
    proposed_at: datetime
    state: State
    checker_id: UUID | None
    reason: str | None


def givable(kind: OrganisationKind, *, platform: Collection[Role], own: Collection[Role]) -> frozenset[Role]:
    """The roles somebody may give in an organisation of this kind, or take away; none: they may not invite at all.

    `platform` are their roles for the platform, `own` those in the organisation itself.
    """
    if kind is OrganisationKind.EXCHANGE:
        return frozenset(Role) - {Role.SPONSOR, Role.COURT} if Role.ADMINISTRATOR in platform else frozenset()
    if Role.ADMINISTRATOR in platform or {Role.SPONSOR, Role.ADMINISTRATOR} & set(own):
        roles = frozenset({Role.SPONSOR, Role.OPERATOR, Role.FINANCE, Role.AUDITOR})
        return roles | {Role.COURT} if kind in {OrganisationKind.COURT, OrganisationKind.AGENCY} else roles
    return frozenset()


def link_state(
    *,
    used_at: datetime | None,
    revoked_at: datetime | None,
    expires_at: datetime,
    is_waiting: bool = False,
    now: datetime,
) -> LinkState:
    """What a link is worth; at its end it is worth nothing any more."""
    if used_at is not None:
        return LinkState.USED
    if revoked_at is not None:
        return LinkState.REVOKED
    if now >= expires_at:
        return LinkState.EXPIRED
    return LinkState.WAITING if is_waiting else LinkState.OPEN
