"""Words of webhooks, and how an event is spelled for a program. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from app.kernel import ids
from app.kernel.text import Language, Text

ENDPOINTS_MOST: Final = 10
"""Of one organisation; PostgreSQL holds it."""
LABEL_MOST: Final = 40
OVERLAP: Final = timedelta(hours=24)
"""How long messages carry the signature of the secret before the present one, too."""
TEST: Final = "endpoint.test"
_SHOWN_MOST: Final = 100
_TAIL: Final = 4


class EndpointState(StrEnum):
    """Whether an endpoint is told."""

    ACTIVE = "active"
    PAUSED = "paused"
    """By its people; what happens meanwhile waits."""
    OFF = "off"
    """By us; what happens meanwhile is not lined up."""
    REMOVED = "removed"
    """For good; address and secrets are gone."""


class OffBecause(StrEnum):
    """Why we switched an endpoint off."""

    GONE = "gone"
    """It answered 410."""
    FAILING = "failing"
    """Nothing arrived for three days."""


class DeliveryState(StrEnum):
    """How far a delivery is."""

    WAITING = "waiting"
    """For its first try, or the first after somebody asked for it again."""
    FAILED = "failed"
    """At least once, and to be tried again."""
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something that an organisation may want to be told, in the words of the room where it happened.

    No personal data: it goes to a machine of somebody else's.
    """

    id: UUID
    """The event's: its deliveries carry it on every try."""
    kind: str
    organisation_id: UUID
    at: datetime
    data: Mapping[str, Any]
    """For programs; JSON."""
    text: Text
    """For people in a group chat: one line."""
    request_id: str | None = None
    """Of the request that it follows from, where that is known."""

    @property
    def body(self) -> str:
        """What a program is sent, byte by byte the same on every try."""
        at = self.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return msgspec.json.encode({"type": self.kind, "timestamp": at, "data": self.data}).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointDraft:
    """An endpoint as somebody describes it."""

    kind: str
    label: str
    url: str = field(repr=False)
    events: tuple[str, ...]
    language: Language = Language.ZH
    robot_secret: str | None = field(default=None, repr=False)
    """What a group shows under 加签 or 签名校验; a program's secret is made here."""


def message_id(event_id: UUID) -> str:
    """The event as receivers know it (`webhook-id`): equal on every try and redelivery."""
    return ids.public("evt", event_id)


def shown(url: str, *, is_robot: bool) -> str:
    """As much of an address as its people are shown again: of a robot's, and of any query, the end alone is.

    Whoever has the whole address of a robot can write into its group.
    """
    parts = urlsplit(url)
    head = f"{parts.scheme}://{parts.netloc}"
    if is_robot:
        return f"{head}/…{url[-_TAIL:]}"[:_SHOWN_MOST]
    tail = f"?…{url[-_TAIL:]}" if parts.query else ""
    return f"{head}{parts.path}"[: _SHOWN_MOST - len(tail)] + tail
