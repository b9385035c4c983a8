"""Asking the channel about payments that no message came for."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from app import outbox
from app.gateways.channels.base import Channel, ChannelName, Outcome, Pending, Refused
from app.gateways.database import Row, again, fetch, fetch_one, transaction
from app.gateways.patience import ask_each, within
from app.payments.errors import PaymentUnknown
from app.payments.learning import learn
from app.payments.rules import PaymentState

_NEVER_MADE: Final = frozenset({"ORDER_NOT_EXIST", "ORDERNOTEXIST"})


async def ask(payment_id: UUID, *, channels: Mapping[ChannelName, Channel]) -> bool:
    """Ask the channel what became of a payment and take its word; past its end, or where we gave it up, close it first.

    Answers whether the channel itself said that nothing has been paid; whatever else came, an unreadable answer or none
    of a proxy's pages among it, is no such word. Touches the wire, outside any transaction. A final payment is not asked
    about.

    Raises:
        PaymentUnknown: no such payment.
        Unavailable: the channel could not be reached, or was silent for too long; the payment stays as it is.
    """
    row = await fetch_one(
        "SELECT channel, reference, state, expires_at < clock_timestamp() AS is_over FROM payment WHERE id = $1",
        payment_id,
    )
    if row is None:
        raise PaymentUnknown
    if row["state"] not in {PaymentState.CREATED, PaymentState.PENDING, PaymentState.CLOSING}:
        return False
    name = ChannelName(row["channel"])
    giving_up = row["is_over"] or row["state"] == PaymentState.CLOSING
    outcome = await within(channels[name].query(row["reference"]))
    if isinstance(outcome, Refused) and outcome.code in _NEVER_MADE and not giving_up:
        outcome = Pending(code=outcome.code)  # the creating call may still be on its way
    await take_word(name, row["reference"], outcome)
    if giving_up:
        await _close_if_open(payment_id, name, row["reference"], channels[name])
    return isinstance(outcome, Refused) or (isinstance(outcome, Pending) and outcome.is_unpaid)


async def ask_due(*, channels: Mapping[ChannelName, Channel], limit: int = 50) -> int:
    """Ask about the payments whose time to be asked has come, at most `limit` of each channel; answers how many.

    A row's time is moved before the wire is touched, so that two sweepers do not ask twice. Several are asked at once,
    each channel in a lane of its own.
    """
    rows = [
        row
        for name in channels
        for row in await fetch(
            "UPDATE payment SET next_query_at = clock_timestamp() + interval '30 s' WHERE id IN ("
            " SELECT id FROM payment WHERE next_query_at <= clock_timestamp() AND channel = $2"
            " AND state IN ('created', 'pending', 'closing')"
            " ORDER BY next_query_at LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING id, channel",
            limit, name.value,
        )
    ]  # fmt: skip
    await ask_many(rows, channels=channels)
    return len(rows)


async def ask_many(rows: Sequence[Row], *, channels: Mapping[ChannelName, Channel]) -> None:
    """`ask` for each of these rows (`id`, `channel`), several at once; silence leaves a payment as it is."""

    async def one(row: Row) -> None:
        await ask(row["id"], channels=channels)

    await ask_each(rows, one, far_side=lambda row: row["channel"], what="asked")


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
        await take_word(name, reference, await within(channel.close(reference)))
