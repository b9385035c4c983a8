"""Reading endpoints, and the log of what they were told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from app.foundation.webhooks.errors import DeliveryUnknown, EndpointUnknown
from app.foundation.webhooks.rules import DeliveryState, EndpointState, OffBecause
from app.gateways.database import Row, Tx, fetch, fetch_as, fetch_one, fetch_value
from app.gateways.webhooks import EndpointKind, Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An endpoint as its people see it; the address in part, the secrets not at all."""

    id: UUID
    organisation_id: UUID
    kind: EndpointKind
    label: str
    shown: str
    language: str
    events: tuple[str, ...]
    state: EndpointState
    off_because: OffBecause | None
    failing_since: datetime | None
    previous_until: datetime | None
    """Until when messages carry the signature of the secret before, too; may be over."""
    made_at: datetime
    waiting: int
    """Deliveries that are still to be made."""
    given_up: int


_ENDPOINT: Final = (
    "SELECT e.id, e.organisation_id, e.kind, e.label, e.shown, e.language, e.events, e.state, e.off_because,"
    " e.failing_since, e.previous_until, e.made_at,"
    " (SELECT count(*)::int FROM webhook_delivery d WHERE d.endpoint_id = e.id AND d.next_at IS NOT NULL) AS waiting,"
    " (SELECT count(*)::int FROM webhook_delivery d WHERE d.endpoint_id = e.id AND d.state = 'given_up') AS given_up"
    " FROM webhook_endpoint e WHERE e.state <> 'removed' AND"
)


async def find_endpoint(endpoint_id: UUID, *, tx: Tx | None = None) -> Endpoint:
    """An endpoint by its id; whose it is, the caller asks.

    Raises:
        EndpointUnknown: there is none, or it was removed.
    """
    found = await fetch_as(Endpoint, f"{_ENDPOINT} e.id = $1", endpoint_id, tx=tx)
    if not found:
        raise EndpointUnknown
    return found[0]


async def endpoints_of(organisation_ids: Sequence[UUID]) -> list[Endpoint]:
    """The endpoints of these organisations, the newest first; of each at most ten."""
    return await fetch_as(
        Endpoint, f"{_ENDPOINT} e.organisation_id = ANY($1::uuid[]) ORDER BY e.id DESC", list(organisation_ids)
    )


async def kinds_to_choose() -> list[str]:
    """The kinds of events that an endpoint may be told of, in their order."""
    return [row["code"] for row in await fetch("SELECT code FROM webhook_kind WHERE is_chosen ORDER BY code")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One sending."""

    began_at: datetime
    duration_ms: int | None
    """None: it is under way, or whoever made it was killed, and nobody knows what came of it."""
    status: int | None
    fault: Fault | None
    answer: str | None

    @property
    def is_delivered(self) -> bool:
        """Whether it arrived."""
        return self.duration_ms is not None and self.fault is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event for one endpoint, and how far it is."""

    id: UUID
    endpoint_id: UUID
    event_id: UUID
    kind: str
    state: DeliveryState
    failures: int
    next_at: datetime | None
    at: datetime
    """When it happened."""
    body: str
    tries: int
    latest: Try | None
    """Of its tries; None: it was not sent yet."""


_DELIVERY: Final = (
    "SELECT d.id, d.endpoint_id, d.event_id, v.kind, d.state, d.failures, d.next_at, v.at, v.body,"
    " (SELECT count(*)::int FROM webhook_try t WHERE t.delivery_id = d.id) AS tries,"
    " l.began_at, l.duration_ms, l.status, l.fault, l.answer"
    " FROM webhook_delivery d JOIN webhook_event v ON v.id = d.event_id LEFT JOIN LATERAL"
    " (SELECT * FROM webhook_try t WHERE t.delivery_id = d.id ORDER BY t.id DESC LIMIT 1) l ON true WHERE"
)


async def deliveries_of(endpoint_id: UUID, *, limit: int, offset: int = 0) -> list[Delivery]:
    """What an endpoint was told, the newest first."""
    rows = await fetch(
        f"{_DELIVERY} d.endpoint_id = $1 ORDER BY d.event_id DESC LIMIT $2 OFFSET $3", endpoint_id, limit, offset
    )
    return [_delivery(row) for row in rows]


async def count_deliveries(endpoint_id: UUID) -> int:
    """How many there are."""
    return int(await fetch_value("SELECT count(*) FROM webhook_delivery WHERE endpoint_id = $1", endpoint_id))


async def find_delivery(delivery_id: UUID, *, endpoint_id: UUID, tx: Tx | None = None) -> Delivery:
    """A delivery of this endpoint.

    Raises:
        DeliveryUnknown: there is none.
    """
    row = await fetch_one(f"{_DELIVERY} d.id = $1 AND d.endpoint_id = $2", delivery_id, endpoint_id, tx=tx)
    if row is None:
        raise DeliveryUnknown
    return _delivery(row)


async def tries_of(delivery_id: UUID, *, limit: int = 50) -> list[Try]:
    """The tries of a delivery, the newest first."""
    return await fetch_as(
        Try, "SELECT began_at, duration_ms, status, fault, answer FROM webhook_try WHERE delivery_id = $1"
        " ORDER BY id DESC LIMIT $2",
        delivery_id, limit,
    )  # fmt: skip


def _delivery(row: Row) -> Delivery:
    """A row with the latest of its tries beside it."""
    tried = {name: row.pop(name) for name in ("began_at", "duration_ms", "status", "fault", "answer")}
    latest = (
        None
        if tried["began_at"] is None
        else Try(**tried | {"fault": Fault(tried["fault"]) if tried["fault"] else None})
    )
    return Delivery(**row | {"state": DeliveryState(row["state"]), "latest": latest})
