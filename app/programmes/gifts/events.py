"""What happened to gifts."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from app.foundation.outbox import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftCollected(Event):
    """A set of people collected; written by `gifts.collect` itself. On the wire: `gift.collected`."""

    kind: ClassVar[str] = "gift.collected"
    set_id: UUID
    people: int
    mass_g: int
    requests: dict[str, str] = field(default_factory=dict)
    """Where people came by several requests: of each collection, by its id, the request's."""

    @property
    def subject(self) -> str:
        """The set, as its reservation is called."""
        return f"gifts:{self.set_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What a sponsor may want to be told of a campaign; nothing in it is about a person."""

    event: str
    """The same as `kind`, for whoever passes it on."""
    event_id: UUID
    """Also of what is sent: the same however often."""
    organisation_id: UUID
    """The sponsor."""
    campaign_id: UUID
    at: datetime
    data: dict[str, Any]
    """As a program is told it."""
    text_zh: str
    text_en: str

    @property
    def subject(self) -> str:
        """The campaign."""
        return f"gift:{self.campaign_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolLow(_Told, Event):
    """A fifth or less of everything that went into the pool is left. On the wire: `gift.pool_low`."""

    kind: ClassVar[str] = "gift.pool_low"


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolDrained(_Told, Event):
    """Nothing is left, or less than one share. On the wire: `gift.pool_empty`."""

    kind: ClassVar[str] = "gift.pool_empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftEnded(_Told, Event):
    """It was ended, or its time is over. On the wire: `gift.ended`."""

    kind: ClassVar[str] = "gift.ended"
