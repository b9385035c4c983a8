"""Giving up on being paid for a subject."""

from collections.abc import Mapping

from app.gateways.channels.base import Channel, ChannelName
from app.gateways.database import Tx, fetch, fetch_value
from app.kernel.errors import Unavailable
from app.payments.asking import ask


async def close(subject: str, *, channels: Mapping[ChannelName, Channel]) -> bool:
    """Close every open payment of a subject at its channel; True when none is paid or can still be paid.

    False means a channel was silent or somebody is just paying: ask again later. Touches the wire.
    """
    rows = await fetch(
        "UPDATE payment SET state = 'closing', next_query_at = clock_timestamp() + interval '30 s'"
        " WHERE subject = $1 AND state IN ('created', 'pending', 'closing') RETURNING id",
        subject,
    )
    for row in rows:
        try:
            await ask(row["id"], channels=channels)
        except Unavailable:
            continue
    return not await may_be_paid(subject)


async def holds_money(subject: str, *, tx: Tx) -> bool:
    """Whether a payment of this subject is paid and not yet back with its payer."""
    return bool(
        await fetch_value("SELECT EXISTS (SELECT FROM payment WHERE subject = $1 AND state = 'paid')", subject, tx=tx)
    )


async def may_be_paid(subject: str, *, tx: Tx | None = None) -> bool:
    """Whether a payment of this subject is paid, or somebody could still pay one."""
    return bool(
        await fetch_value(
            "SELECT EXISTS (SELECT FROM payment WHERE subject = $1 AND state IN ('created', 'pending', 'closing', 'paid'))",
            subject, tx=tx,
        )
    )  # fmt: skip
