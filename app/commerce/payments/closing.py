"""Giving up on being paid for a subject."""

from collections.abc import Mapping, Sequence

from app.commerce.payments.querying import ask_many
from app.gateways.channels.base import Channel
from app.gateways.database import Row, Tx, again, fetch, fetch_value


async def close(subject: str, *, channels: Mapping[str, Channel]) -> bool:
    """Close every open payment of a subject at its channel; True when none is paid or can still be paid.

    False means a channel was silent or somebody is just paying: ask again later. Touches the wire.
    """
    await close_many([subject], channels=channels)
    return not await may_be_paid(subject)


async def close_many(subjects: Sequence[str], *, channels: Mapping[str, Channel]) -> None:
    """Close every open payment of these subjects at its channel, several at once. `payable` tells what came of it.

    Where a channel is silent they are due again in the order in which the subjects are named, whoever lies first in the table.
    """

    # Locked by id, as whoever is paid or opens one locks them: in the table's order two closings waited for each other.
    async def use_case() -> list[Row]:
        return await fetch(
            "WITH open AS MATERIALIZED (SELECT p.id FROM payment p WHERE p.subject = ANY($1::text[])"
            " AND p.state IN ('created', 'pending', 'closing') ORDER BY p.id FOR NO KEY UPDATE)"
            " UPDATE payment p SET state = 'closing',"
            " next_query_at = statement_timestamp() + interval '30 s' + s.no * interval '1 microsecond'"
            " FROM open, unnest($1::text[]) WITH ORDINALITY AS s (subject, no)"
            " WHERE p.id = open.id AND p.subject = s.subject RETURNING p.id, p.channel",
            list(subjects),
        )

    await ask_many(await again(use_case), channels=channels)


async def holds_money(subject: str, *, tx: Tx) -> bool:
    """Whether money of this subject is paid and not yet back with its payer, be it a part."""
    return bool(
        await fetch_value("SELECT EXISTS (SELECT FROM payment WHERE subject = $1 AND state = 'paid')", subject, tx=tx)
    )


async def may_be_paid(subject: str, *, tx: Tx | None = None) -> bool:
    """Whether a payment of this subject is paid, or somebody could still pay one."""
    return bool(await payable([subject], tx=tx))


async def payable(subjects: Sequence[str], *, tx: Tx | None = None) -> set[str]:
    """Those of these subjects that are paid, or that somebody could still pay."""
    rows = await fetch(
        "SELECT DISTINCT subject FROM payment"
        " WHERE subject = ANY($1::text[]) AND state IN ('created', 'pending', 'closing', 'paid')",
        list(subjects), tx=tx,
    )  # fmt: skip
    return {row["subject"] for row in rows}
