"""Delivering: what is due is taken, sent outside of any transaction, and noted. The worker's side."""

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import structlog

from app.foundation.identity import Keyring
from app.foundation.webhooks.rules import message_id
from app.foundation.webhooks.sealing import SECRET, URL, opened
from app.gateways import tracing
from app.gateways.database import fetch, fetch_as, fetch_value, transaction
from app.gateways.webhooks import EndpointKind, Message, WebhookSender

LEASE_S: Final = 30
"""How long an endpoint is taken for one try: longer than a message may take, so that two never send there at once."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A try that was written down and is to be made now."""

    try_id: int
    endpoint_id: UUID
    kind: EndpointKind
    event_id: UUID
    body: str = field(repr=False)
    text: str
    wrapped: bytes = field(repr=False)
    url_sealed: bytes = field(repr=False)
    secret_sealed: bytes | None = field(repr=False)
    previous_sealed: bytes | None = field(repr=False)
    """None also once its day is over."""
    request_id: str | None
    """Of the request that the event follows from; None: not known, or from before."""


async def begin(*, limit: int) -> list[Due]:
    """Take up to `limit` endpoints that have something due, with one delivery of each; nobody else takes them meanwhile.

    Whoever is killed before `deliver` has ended leaves the delivery due: it goes out again under the same id.
    """
    async with transaction() as tx:
        tries = await fetch("SELECT try_id FROM webhooks.begin($1, $2)", limit, LEASE_S, tx=tx)
        if not tries:
            return []
        return await fetch_as(
            Due,
            "SELECT t.id AS try_id, e.id AS endpoint_id, e.kind, v.id AS event_id, v.body, v.request_id,"
            " CASE e.language WHEN 'zh' THEN v.text_zh ELSE v.text_en END AS text, e.wrapped, e.url_sealed, e.secret_sealed,"
            " CASE WHEN e.previous_until > clock_timestamp() THEN e.previous_sealed END AS previous_sealed"
            " FROM webhook_try t JOIN webhook_delivery d ON d.id = t.delivery_id JOIN webhook_event v ON v.id = d.event_id"
            " JOIN webhook_endpoint e ON e.id = d.endpoint_id WHERE t.id = ANY($1::bigint[]) ORDER BY t.id",
            [row["try_id"] for row in tries], tx=tx,
        )  # fmt: skip


async def deliver(due: Due, *, keyring: Keyring, sender: WebhookSender) -> bool:
    """Make one try and note what came of it; whether it arrived. It is made under the request that it follows from."""
    with tracing.bound(due.request_id):
        return await _deliver(due, keyring=keyring, sender=sender)


async def _deliver(due: Due, *, keyring: Keyring, sender: WebhookSender) -> bool:
    reply = await sender.send(due.kind, *message_of(due, keyring))
    outcome = reply.fault.value if reply.fault else "delivered"
    _log.info("webhook.sent", subject=str(due.endpoint_id), outcome=outcome, status=reply.status, ms=reply.duration_ms)
    off = await fetch_value(
        "SELECT webhooks.finish($1, $2, $3, $4, $5, $6)",
        due.try_id, reply.fault.value if reply.fault else None, reply.status, reply.answer, reply.duration_ms, reply.is_gone,
    )  # fmt: skip
    if off is not None:
        _log.warning("webhook.switched_off", name=off, subject=str(due.endpoint_id))
    return reply.fault is None


def message_of(due: Due, keyring: Keyring) -> tuple[str, Message]:
    """Address and message of a try, unsealed: the message is the same at every try but for the signatures' time."""

    def read(sealed: bytes | None, purpose: str) -> str | None:
        return opened(due.wrapped, due.endpoint_id, sealed, purpose, keyring=keyring)

    url = read(due.url_sealed, URL)
    assert url is not None
    secrets = (read(due.secret_sealed, SECRET), read(due.previous_sealed, SECRET))
    return url, Message(
        id=message_id(due.event_id),
        body=due.body.encode(),
        text=due.text,
        secrets=tuple(one for one in secrets if one is not None),
    )
