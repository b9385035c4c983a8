"""Something happened: it is lined up for the endpoints that want to know. A person may ask for a test, or for it again."""

from collections.abc import Sequence
from uuid import UUID

from app.foundation import audit
from app.foundation.webhooks.errors import DeliveryWaits, EndpointOff
from app.foundation.webhooks.reading import find_delivery
from app.foundation.webhooks.rules import TEST, DeliveryState, EndpointState, Notice, message_id
from app.foundation.webhooks.setting_up import locked
from app.gateways import tracing
from app.gateways.database import Tx, fetch, fetch_value, transaction
from app.kernel.clock import utc_now
from app.kernel.ids import public, uuid7
from app.kernel.text import Text


async def announce(notices: Sequence[Notice], *, tx: Tx) -> int:
    """Line notices up for the endpoints of their organisations; how many deliveries that made. Repeated: none."""
    return await _announce(notices, [None] * len(notices), tx=tx)


async def test(endpoint_id: UUID, *, by: UUID) -> UUID:
    """Tell one endpoint that this is a test; answers the event.

    Raises:
        EndpointUnknown, RoleMissing: `by` looks after no such endpoint.
        EndpointOff: nothing is sent there now.
    """
    async with transaction() as tx:
        one = await locked(endpoint_id, by=by, tx=tx)
        if one.state is not EndpointState.ACTIVE:
            raise EndpointOff
        notice = Notice(
            id=uuid7(), kind=TEST, organisation_id=one.organisation_id, at=utc_now(),
            data={"endpoint": public("whe", one.id)},
            text=Text(zh=f"点点：这是一条测试消息（{one.label}）。", en=f"Diandian: this is a test ({one.label})."),
        )  # fmt: skip
        await _announce([notice], [one.id], tx=tx)
        await audit.record(
            "webhook.tested", str(one.id), before=None, after={"event": message_id(notice.id)}, by=by, tx=tx
        )
    return notice.id


async def redeliver(delivery_id: UUID, *, endpoint_id: UUID, by: UUID) -> None:
    """Send it again, from the first try on, under the id it had.

    Raises:
        EndpointUnknown, RoleMissing, EndpointOff: as `test`.
        DeliveryUnknown: this endpoint has none such.
        DeliveryWaits: it is waiting for its first try.
    """
    async with transaction() as tx:
        one = await locked(endpoint_id, by=by, tx=tx)
        found = await find_delivery(delivery_id, endpoint_id=endpoint_id, tx=tx)
        if one.state is not EndpointState.ACTIVE:
            raise EndpointOff
        if found.state is DeliveryState.WAITING:
            raise DeliveryWaits
        await fetch(
            "UPDATE webhook_delivery SET state = 'waiting', failures = 0, next_at = clock_timestamp() WHERE id = $1",
            delivery_id, tx=tx,
        )  # fmt: skip
        before, after = {"state": found.state.value}, {"state": "waiting", "event": message_id(found.event_id)}
        await audit.record("webhook.redelivered", str(endpoint_id), before=before, after=after, by=by, tx=tx)


async def _announce(notices: Sequence[Notice], only: Sequence[UUID | None], *, tx: Tx) -> int:
    if not notices:
        return 0
    return int(
        await fetch_value(
            "SELECT webhooks.announce($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[],"
            " $7::timestamptz[], $8::uuid[], $9::text[])",
            [one.id for one in notices],
            [one.kind for one in notices],
            [one.organisation_id for one in notices],
            [one.body for one in notices],
            [one.text.zh[:500] for one in notices],
            [one.text.en[:500] for one in notices],
            [one.at for one in notices],
            list(only),
            [one.request_id or tracing.current() for one in notices],
            tx=tx,
        )
    )
