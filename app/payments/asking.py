"""Asking the channel about payments that no message came for."""

import asyncio
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from app import outbox
from app.gateways.channels.base import Channel, ChannelName, Outcome, Pending, Refused
from app.gateways.database import again, fetch, fetch_one, transaction
from app.kernel.errors import Unavailable
from app.payments.errors import PaymentUnknown
from app.payments.learning import learn
from app.payments.rules import PaymentState

_NEVER_MADE: Final = frozenset({"ORDER_NOT_EXIST", "ORDERNOTEXIST"})


async def ask(payment_id: UUID, *, channels: Mapping[ChannelName, Channel]) -> None:
    """Ask the channel what became of a payment and take its word; past its end, or where we gave it up, close it first.

    Touches the wire, outside any transaction. A final payment is not asked about.

    Raises:
        PaymentUnknown: no such payment.
        Unavailable: the channel could not be reached; the payment stays as it is.
    """
    row = await fetch_one(
        "SELECT channel, reference, state, expires_at < clock_timestamp() AS is_over FROM payment WHERE id = $1",
        payment_id,
    )
    if row is None:
        raise PaymentUnknown
    if row["state"] not in {PaymentState.CREATED, PaymentState.PENDING, PaymentState.CLOSING}:
        return
    name = ChannelName(row["channel"])
    giving_up = row["is_over"] or row["state"] == PaymentState.CLOSING
    outcome = await channels[name].query(row["reference"])
    if isinstance(outcome, Refused) and outcome.code in _NEVER_MADE and not giving_up:
        outcome = Pending(code=outcome.code)  # the creating call may still be on its way
    await take_word(name, row["reference"], outcome)
    if giving_up:
        await _close_if_open(payment_id, name, row["reference"], channels[name])


async def ask_due(*, channels: Mapping[ChannelName, Channel], limit: int = 50) -> int:
    """Ask about every payment whose time to be asked has come; answers how many were asked.

    A row's time is moved before the wire is touched, so that two sweepers do not ask twice.
    """
    rows = await fetch(
        "UPDATE payment SET next_query_at = clock_timestamp() + interval '30 s' WHERE id IN ("
        " SELECT id FROM payment WHERE next_query_at <= clock_timestamp() AND state IN ('created', 'pending', 'closing')"
        " ORDER BY next_query_at LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING id",
        limit,
    )

    async def one(payment_id: UUID) -> None:
        try:
            await ask(payment_id, channels=channels)
        except Unavailable:
            return  # silence: its next time stands already

    await asyncio.gather(*(one(row["id"]) for row in rows))
    return len(rows)


async def take_word(channel: ChannelName, reference: str, outcome: Outcome) -> None:
    """Take a channel's answer in a transaction of its own."""

    async def use_case() -> None:
        async with transaction() as tx:
            await learn(channel, reference, outcome, tx=tx)

    await again(use_case)
    outbox.nudge()


async def _close_if_open(payment_id: UUID, name: ChannelName, reference: str, channel: Channel) -> None:
    row = await fetch_one(
        "UPDATE payment SET state = 'closing' WHERE id = $1 AND state IN ('created', 'pending', 'closing') RETURNING id",
        payment_id,
    )
    if row is not None:
        await take_word(name, reference, await channel.close(reference))
